/*
 * inbox_transport.c
 *	  The transports there are, and transport local, which is this database.
 *
 * The table is filled in _PG_init, is the same in every process, and never
 * changes afterwards.
 */
#include "postgres.h"

#include "inbox/inbox_transport.h"

#define MAX_TRANSPORTS 16

static const InboxTransport *transports[MAX_TRANSPORTS];
static int	transport_count = 0;

/* Registers one; what it forgot to say is found at the server's start. */
void
inbox_transport_register(const InboxTransport *transport)
{
	const InboxOutlet *reply = transport->outlets[INBOX_REPLY];

	if (!transport->stays_here && reply == NULL)
		elog(ERROR, "transport \"%s\" does not say how replies leave", transport->adapter.name);
	if (transport_count >= MAX_TRANSPORTS)
		elog(ERROR, "too many transports registered with the inbox");
	for (int i = 0; i < INBOX_DELIVERY_COUNT; i++)
	{
		const InboxOutlet *outlet = transport->outlets[i];

		if (outlet != NULL &&
			(outlet->encode == NULL || outlet->judge == NULL ||
			 (outlet->encode_lookup == NULL) != (outlet->judge_lookup == NULL)))
			elog(ERROR, "an outlet of transport \"%s\" is not complete", transport->adapter.name);
	}
	http_service_register(&transport->adapter);
	transports[transport_count++] = transport;
}

const InboxTransport *
inbox_transport_find(const char *name)
{
	for (int i = 0; i < transport_count; i++)
		if (strcmp(transports[i]->adapter.name, name) == 0)
			return transports[i];
	return NULL;
}

const InboxTransport *
inbox_transport_of(const HttpService *service)
{
	return service->adapter && strcmp(service->adapter->kind, HTTP_SERVICE_TRANSPORT) == 0 ?
		inbox_transport_find(service->adapter_name) : NULL;
}

static const InboxTransport local_transport = {
	.adapter = {HTTP_SERVICE_TRANSPORT, "local", "this database"},
	.stays_here = true,
	.abilities = INBOX_CAN_MARKUP,
};

void
inbox_transport_init(void)
{
	inbox_transport_register(&local_transport);
}
