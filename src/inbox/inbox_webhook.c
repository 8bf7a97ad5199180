/*
 * inbox_webhook.c
 *	  frontdesk.chatwoot_webhook(json): a request of Chatwoot becomes rows.
 *
 * Runs in a backend, for a gateway or PostgREST, under a role that may call
 * this function and nothing else.  The sender is named by the credentials of
 * the webhook's address (header Authorization) and, unless its registration
 * says it cannot sign, must have signed the body.
 *
 * Nothing that the sender did wrong is raised: raising would roll the audit
 * row back.  The status goes into response.status, the reason into the body.
 * The transaction commits durably whatever the role's synchronous_commit.
 *
 *	200 {"status": "stored", "message_id": …}   kept
 *	200 {"status": "duplicate"}                 was kept before
 *	200 {"status": "ignored", "reason": …}      means nothing to us
 *	401 {"status": "refused", "reason": …}      not who it says; audited
 *	422 {"status": "unusable", "reason": …}     makes no sense; audited
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/base_domain.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "inbox/inbox_ingest.h"
#include "security/security_audit.h"
#include "security/security_redact.h"
#include "security/security_registration.h"

/* Bytes of an unusable body that the audit trail keeps. */
#define AUDIT_BODY_BYTES 2048

SQL_FUNCTION(chatwoot_webhook);

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
	StringInfoData answer;
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
	appendStringInfo(&webhook->answer, "{\"status\": \"%s\"", status);
	if (reason)
	{
		appendStringInfoString(&webhook->answer, ", \"reason\": ");
		base_json_append_string(&webhook->answer, reason, strlen(reason));
	}
}

/* Overwrites the value of a member that must not be kept anywhere. */
static void
mask_member(char *text, const char *name)
{
	while ((text = strstr(text, name)) != NULL)
	{
		text += strlen(name);
		text += strcspn(text, ":");
		while (*text && *text != ',' && *text != '}')
		{
			if (*text != ':' && *text != '"' && *text != ' ')
				*text = '*';
			text++;
		}
	}
}

/* The beginning of the body, fit to be kept. */
static char *
excerpt_body(const Webhook *webhook)
{
	int			bytes = Min(webhook->body_bytes, AUDIT_BODY_BYTES);
	char	   *excerpt;

	bytes = pg_mbcliplen(webhook->body, webhook->body_bytes, bytes);
	excerpt = security_redact(pnstrdup(webhook->body, bytes));
	mask_member(excerpt, "pubsub_token");
	return excerpt;
}

static void
audit(const Webhook *webhook, const char *action, const char *reason, bool with_body)
{
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfoString(&detail, "{\"reason\": ");
	base_json_append_string(&detail, reason, strlen(reason));
	if (with_body)
	{
		char	   *excerpt = excerpt_body(webhook);

		appendStringInfo(&detail, ", \"bytes\": %d, \"body\": ", webhook->body_bytes);
		base_json_append_string(&detail, excerpt, strlen(excerpt));
	}
	appendStringInfoChar(&detail, '}');
	/* nobody's account is the house's business */
	security_audit_write(Max(webhook->account_id, 0), action,
						 webhook->registration ? webhook->registration->login : "",
						 base_jsonb_parse(detail.data));
}

static void
refuse(Webhook *webhook, const char *reason)
{
	set_locally("response.status", "401");
	if (reason == no_secret)
		reason = psprintf("%s: SELECT frontdesk.set_secret(%d, 'webhook:%s', …) stores it", no_secret,
						  webhook->account_id, webhook->registration->login);
	begin_answer(webhook, "refused", reason);
	audit(webhook, "webhook.refused", reason, false);
}

static void
return_unusable(Webhook *webhook, const char *reason)
{
	set_locally("response.status", "422");
	begin_answer(webhook, "unusable", reason);
	audit(webhook, "webhook.unusable", reason, true);
}

static WebhookHeaders
read_headers(void)
{
	enum
	{
		AUTHORIZATION, SIGNATURE, TIMESTAMP, COUNT
	};
	static const char *const keys[COUNT] = {
		"authorization", "x-chatwoot-signature", "x-chatwoot-timestamp",
	};
	const char *text = GetConfigOption("request.headers", true, false);
	WebhookHeaders headers = {0};
	InboxJson	object;
	InboxJson	v[COUNT];

	if (text == NULL || !inbox_json_parse(text, strlen(text), &object))
		return headers;
	inbox_json_find(&object, keys, COUNT, v);
	headers.authorization = inbox_json_text(&v[AUTHORIZATION]);
	headers.signature = inbox_json_text(&v[SIGNATURE]);
	headers.timestamp = inbox_json_text(&v[TIMESTAMP]);
	return headers;
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
	WebhookHeaders headers = read_headers();
	const SecurityRegistration *registration;

	registration = security_registration_find(headers.authorization,
											  &webhook->account_id);
	if (registration == NULL)
		return headers.authorization ? "credentials wrong" : "credentials missing";
	webhook->registration = registration;
	if (!registration->active)
		return "registration inactive";
	if (registration->site_id == 0)
		return "registration is not for Chatwoot";
	if (!registration->is_signed)
		return NULL;
	return faults[security_registration_verify(registration, headers.signature,
											   headers.timestamp, webhook->body,
											   webhook->body_bytes)];
}

static void
return_outcome(Webhook *webhook, const InboxOutcome *outcome)
{
	char		id[BASE_UUID_TEXT];

	switch (outcome->kind)
	{
		case INBOX_STORED:
			begin_answer(webhook, "stored", NULL);
			if (outcome->has_message)
			{
				base_uuid_print(&outcome->message_id, id);
				appendStringInfo(&webhook->answer, ", \"message_id\": \"%s\"", id);
			}
			break;
		case INBOX_DUPLICATE:
			begin_answer(webhook, "duplicate", NULL);
			break;
		case INBOX_NOTHING:
			begin_answer(webhook, "ignored", outcome->reason);
			break;
		case INBOX_UNUSABLE:
			return_unusable(webhook, outcome->reason);
			break;
	}
}

/* The registration is known and the body is its sender's. */
static void
take_in(Webhook *webhook)
{
	InboxPlace	place = {webhook->registration->account_id, webhook->registration->site_id};
	const InboxSite *site;
	InboxEvent	event;
	InboxOutcome outcome;

	if (!inbox_event_decode(webhook->body, webhook->body_bytes, &event))
	{
		return_unusable(webhook, event.problem);
		return;
	}
	site = event.account_told ? inbox_site_get(place) : NULL;
	if (site && site->chatwoot_account_id != event.account_id)
	{
		return_unusable(webhook, "account.id is not the account of this registration");
		return;
	}
	event.is_proven = webhook->registration->is_signed;
	inbox_ingest(place, &event, &outcome);
	return_outcome(webhook, &outcome);
}

PGDLLEXPORT Datum
frontdesk_chatwoot_webhook(PG_FUNCTION_ARGS)
{
	text	   *body = PG_GETARG_TEXT_PP(0);
	Webhook		webhook = {
		.body = VARDATA_ANY(body),
		.body_bytes = VARSIZE_ANY_EXHDR(body),
		.account_id = -1,
	};
	const char *fault;

	initStringInfo(&webhook.answer);
	if (synchronous_commit < SYNCHRONOUS_COMMIT_ON)
		set_locally("synchronous_commit", "on");
	SPI_connect();
	fault = find_fault(&webhook);
	if (fault)
		refuse(&webhook, fault);
	else
		take_in(&webhook);
	SPI_finish();
	appendStringInfoChar(&webhook.answer, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(webhook.answer.data,
											  webhook.answer.len));
}
