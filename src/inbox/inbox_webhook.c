/*
 * inbox_webhook.c
 *	  frontdesk.receive_webhook(json): a request of a far side becomes rows.
 *
 * Runs in a backend, for a gateway or PostgREST, under a role that may call
 * this function and nothing else.  The sender is named by the credentials of
 * the webhook's address (header Authorization) and, unless its registration
 * says it cannot sign, must have signed the body.  Its site's transport reads
 * the body; all else is the same for all of them.
 *
 * Nothing that the sender did wrong is raised: raising would roll the audit
 * row back.  The status goes into response.status, the reason into the body.
 * The transaction commits durably whatever the role's synchronous_commit, and
 * writes whatever its default_transaction_read_only.
 *
 *	200 {"status": "stored", "message_id": …}   kept
 *	200 {"status": "duplicate"}                 was kept before
 *	200 {"status": "ignored", "reason": …}      means nothing to us
 *	401 {"status": "refused", "reason": …}      not who it says; audited
 *	422 {"status": "unusable", "reason": …}     makes no sense; audited
 *
 * A sender adds at most one row a minute to the trail for each reason, whatever
 * it sends; the others are counted (frontdesk.audit_repeats).
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/base_domain.h"
#include "base/base_object.h"
#include "base/base_span.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "inbox/inbox_excerpt.h"
#include "inbox/inbox_ingest.h"
#include "inbox/inbox_standby.h"
#include "inbox/inbox_transport.h"
#include "inbox/inbox_webhook.h"
#include "security/security_audit.h"
#include "security/security_registration.h"

SQL_FUNCTION(receive_webhook);

static const char no_secret[] = "no secret is stored for this login";

typedef struct WebhookHeaders
{
	char	   *authorization;	/* NULL when absent; so the others */
	char	   *signature;
	char	   *timestamp;
} WebhookHeaders;

/* One request on its way through. */
typedef struct Webhook
{
	const char *body;
	int			body_bytes;
	int			account_id;
	const SecurityRegistration *registration;
	const InboxTransport *expected; /* the one this function serves; NULL any */
	const InboxTransport *transport;	/* reads the body */
	BaseObject	answer;
} Webhook;

static void
set_locally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

static void
begin_answer(Webhook *webhook, const char *status, const char *reason)
{
	base_object_add_text(&webhook->answer, "status", status);
	base_object_add_text(&webhook->answer, "reason", reason);
}

/* What the body says it is about, as far as it could be read. */
static void
add_ids(BaseObject *detail, const InboxEvent *event)
{
	const struct
	{
		const char *key;
		int64		id;
	}			ids[] = {{"chatwoot_account_id", event->account_id}, {"conversation_id", event->conversation.display_id}};

	if (event->name)
		base_object_add_bytes(detail, "event", event->name,
							  pg_mbcharcliplen(event->name, strlen(event->name), 100));
	for (int i = 0; i < lengthof(ids); i++)
		if (ids[i].id != 0)
			base_object_add_int(detail, ids[i].key, ids[i].id);
	base_object_add_text(detail, "message_id", event->message.external_id);
}

/* Bytes, ids and the beginning of a body; of a refused one nothing is believed. */
static void
add_body(BaseObject *detail, const Webhook *webhook, const InboxEvent *event)
{
	char	   *excerpt = event ? inbox_excerpt_make(webhook->body, webhook->body_bytes) : NULL;

	base_object_add_int(detail, "bytes", webhook->body_bytes);
	if (event)
		add_ids(detail, event);
	base_object_add_text(detail, "body", excerpt);
}

/* A row of the trail, but only one a minute for a sender and a reason; false
 * when this one was counted only. */
static bool
audit(const Webhook *webhook, const char *action, const char *reason, const InboxEvent *event)
{
	/* nobody's account is the house's business */
	int			account_id = Max(webhook->account_id, 0);
	const char *login = webhook->registration ? webhook->registration->login : "";
	int64		repeats;
	BaseObject	detail;

	if (!security_audit_is_due(account_id, action, login, reason, &repeats))
		return false;
	base_object_begin(&detail);
	base_object_add_text(&detail, "reason", reason);
	add_body(&detail, webhook, event);
	if (repeats > 0)
		base_object_add_int(&detail, "repeats", repeats);
	security_audit_write(account_id, action, login, base_object_end_jsonb(&detail));
	return true;
}

static void
refuse(Webhook *webhook, const char *reason)
{
	set_locally("response.status", "401");
	if (reason == no_secret)
		reason = psprintf("%s: SELECT frontdesk.set_secret(%d, 'webhook:%s', …) stores it", no_secret,
						  webhook->account_id, webhook->registration->login);
	begin_answer(webhook, "refused", reason);
	/* who knocks again waits for no disk while the counter is locked */
	if (!audit(webhook, "webhook.refused", reason, NULL))
		set_locally("synchronous_commit", "off");
}

static void
return_unusable(Webhook *webhook, const char *reason, const InboxEvent *event)
{
	set_locally("response.status", "422");
	begin_answer(webhook, "unusable", reason);
	audit(webhook, "webhook.unusable", reason, event);
}

/* Reads what proves the sender; the credentials alone while nobody knows yet
 * which transport has signed. */
static WebhookHeaders
read_headers(const InboxTransport *transport)
{
	enum
	{
		AUTHORIZATION, SIGNATURE, TIMESTAMP, COUNT
	};
	const char *keys[COUNT] = {"authorization", "", ""};
	const char *text = GetConfigOption("request.headers", true, false);
	WebhookHeaders headers = {0};
	BaseSpan	object;
	BaseSpan	v[COUNT];

	if (text == NULL || !base_span_parse(text, strlen(text), &object))
		return headers;
	if (transport && transport->signature_header)
		keys[SIGNATURE] = transport->signature_header;
	if (transport && transport->timestamp_header)
		keys[TIMESTAMP] = transport->timestamp_header;
	base_span_find(&object, keys, COUNT, v);
	headers.authorization = base_span_text(&v[AUTHORIZATION]);
	headers.signature = base_span_text(&v[SIGNATURE]);
	headers.timestamp = base_span_text(&v[TIMESTAMP]);
	return headers;
}

/*
 * Who reads what comes for a registration.  A place of transport local, other
 * than the account's own, is one to rehearse in: what the function serves comes
 * in there, too.  NULL where nobody may come in.
 */
static const InboxTransport *
find_transport(const Webhook *webhook)
{
	InboxOrigin	origin = {webhook->registration->account_id, webhook->registration->site_id};
	const HttpService *site = origin.site_id == 0 ? NULL : http_service_get(inbox_site_key(origin));
	const InboxTransport *transport = site ? inbox_transport_of(site) : NULL;

	if (transport && transport->stays_here)
		transport = webhook->expected;
	if (transport == NULL || transport->decode == NULL)
		return NULL;
	return webhook->expected == NULL || webhook->expected == transport ? transport : NULL;
}

/* Why the request is not who it says; NULL when it is. */
static const char *
find_fault(Webhook *webhook)
{
	static const char *const faults[] = {
		[SECURITY_SIGNATURE_NO_SECRET] = no_secret,
		[SECURITY_SIGNATURE_MISSING] = "signature missing",
		[SECURITY_SIGNATURE_MALFORMED] = "signature malformed",
		[SECURITY_SIGNATURE_STALE] = "signature stale",
		[SECURITY_SIGNATURE_WRONG] = "signature wrong",
	};
	WebhookHeaders headers = read_headers(NULL);
	const SecurityRegistration *registration;

	registration = security_registration_find(headers.authorization,
											  &webhook->account_id);
	if (registration == NULL)
		return headers.authorization ? "credentials wrong" : "credentials missing";
	webhook->registration = registration;
	if (!registration->active)
		return "registration inactive";
	webhook->transport = find_transport(webhook);
	if (webhook->transport == NULL)
		return psprintf("registration is not for %s",
						webhook->expected ? webhook->expected->adapter.title : "a transport that has webhooks");
	if (!registration->is_signed)
		return NULL;
	headers = read_headers(webhook->transport);
	return faults[security_registration_verify(registration, headers.signature,
											   headers.timestamp, webhook->body,
											   webhook->body_bytes)];
}

/* Answers what became of an event; what makes no sense leaves a row in the
 * trail, too. */
static void
return_outcome(Webhook *webhook, const InboxEvent *event, const InboxOutcome *outcome)
{
	char		id[BASE_UUID_TEXT];

	switch (outcome->kind)
	{
		case INBOX_STORED:
			begin_answer(webhook, "stored", NULL);
			if (outcome->has_message)
			{
				base_uuid_print(&outcome->message_id, id);
				base_object_add_text(&webhook->answer, "message_id", id);
			}
			break;
		case INBOX_DUPLICATE:
			begin_answer(webhook, "duplicate", NULL);
			break;
		case INBOX_NOTHING:
			begin_answer(webhook, "ignored", outcome->reason);
			break;
		case INBOX_UNUSABLE:
			return_unusable(webhook, outcome->reason, event);
			break;
	}
}

/* The registration is known and the body is its sender's. */
static void
take_in(Webhook *webhook)
{
	InboxOrigin	origin = {webhook->registration->account_id, webhook->registration->site_id};
	const HttpService *site;
	InboxEvent	event;
	InboxOutcome outcome;

	memset(&event, 0, sizeof(event));
	if (!webhook->transport->decode(webhook->body, webhook->body_bytes, &event))
	{
		return_unusable(webhook, event.problem, &event);
		return;
	}
	site = event.account_told ? http_service_get(inbox_site_key(origin)) : NULL;
	if (site && site->remote_account != event.account_id)
	{
		return_unusable(webhook, "account.id is not the account of this registration", &event);
		return;
	}
	event.is_proven = webhook->registration->is_signed;
	inbox_ingest(origin, &event, &outcome);
	return_outcome(webhook, &event, &outcome);
}

text *
inbox_webhook_answer(text *body, const InboxTransport *expected)
{
	Webhook		webhook = {
		.body = VARDATA_ANY(body),
		.body_bytes = VARSIZE_ANY_EXHDR(body),
		.account_id = -1,
		.expected = expected,
	};
	const char *fault;

	base_object_begin(&webhook.answer);
	if (synchronous_commit < SYNCHRONOUS_COMMIT_ON)
		set_locally("synchronous_commit", "on");
	/* sessions may be read-only by default; most rows are written without statements,
	 * which would ask, and the few that are not must be as free */
	if (!RecoveryInProgress())
		XactReadOnly = false;
	inbox_standby_bound_wait();
	SPI_connect();
	fault = find_fault(&webhook);
	if (fault)
		refuse(&webhook, fault);
	else
		take_in(&webhook);
	SPI_finish();
	return cstring_to_text(base_object_end(&webhook.answer));
}

PGDLLEXPORT Datum
frontdesk_receive_webhook(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(inbox_webhook_answer(PG_GETARG_TEXT_PP(0), NULL));
}
