/*
 * inbox_transport.h
 *	  A transport: how messages of one kind of site come in and leave.
 *
 * A domain above registers its struct from its init function; the rows of
 * frontdesk.sites name it.  Its webhook decodes what the far side sends into an InboxEvent and
 * hands it to inbox_ingest() (inbox_ingest.h); what leaves goes through the
 * outlets below.  A site whose transport nobody registered is refused.
 */
#ifndef INBOX_TRANSPORT_H
#define INBOX_TRANSPORT_H

#include "engine/engine_turn.h"
#include "http/http_service.h"
#include "inbox/inbox_delivery.h"
#include "inbox/inbox_event.h"

/* What a transport can, beyond plain text. */
typedef enum InboxAbility
{
	INBOX_CAN_MARKUP = 1 << 0,	/* writes Markdown as each channel has it; without
								 * it all signs are taken out of what leaves */
	INBOX_CAN_TEMPLATES = 1 << 1	/* its reply's encode knows a payload's "template",
									 * agreed on beforehand with the provider */
} InboxAbility;

/*
 * How deliveries of one kind leave through a transport: as in
 * EngineDeliveryKind.  encode is not called for what a person has overtaken,
 * nor judge for what settled without a request.  Whether an uncertain reply or
 * note arrived is first looked for in our own rows, by its marker; then
 * encode_lookup asks the far side.  Without one a person is asked.  Changes
 * (labels and so on) must bear repetition: they are never looked up.
 */
typedef struct InboxOutlet
{
	bool		(*encode) (EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request);
	bool		(*judge) (EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response);
	bool		(*encode_lookup) (EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request);
	EngineLookup (*judge_lookup) (EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response);
} InboxOutlet;

typedef struct InboxTransport
{
	HttpAdapter adapter;		/* of kind HTTP_SERVICE_TRANSPORT; its name is
								 * sites.transport, its secrets open a site */
	bool		stays_here;		/* nothing leaves: our rows are the effect */
	int			abilities;		/* of InboxAbility */

	/*
	 * Reads the body of a webhook into the event, which is all zero before;
	 * palloc'd in the current context.  False, with `problem` set, for a body
	 * that makes no sense.  NULL: nothing comes in by webhook.  The headers,
	 * in lower case, carry the sender's signature as
	 * security_registration_verify() judges it; NULL: it has none, and its
	 * registrations must say so.
	 */
	bool		(*decode) (const char *body, int body_bytes, InboxEvent *event);
	const char *signature_header;
	const char *timestamp_header;

	/* By kind of delivery; NULL where the far side has nothing of the kind:
	 * then it settles as our row alone.  A reply must have one, unless
	 * nothing leaves. */
	const InboxOutlet *outlets[INBOX_DELIVERY_COUNT];
} InboxTransport;

/* For the init functions of domains. */
extern void inbox_transport_register(const InboxTransport *transport);

/* The transport of a name; NULL when no domain has registered it. */
extern const InboxTransport *inbox_transport_find(const char *name);

/* The transport of a service; NULL when it has none, or nobody knows it. */
extern const InboxTransport *inbox_transport_of(const HttpService *service);

/* Transport local. */
extern void inbox_transport_init(void);

#endif							/* INBOX_TRANSPORT_H */
