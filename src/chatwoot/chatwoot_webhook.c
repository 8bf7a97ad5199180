/*
 * chatwoot_webhook.c
 *	  frontdesk.chatwoot_webhook(json): what Chatwoot sends, and nobody else.
 *
 * Runs in a backend, see inbox_webhook.c.
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/base_domain.h"
#include "chatwoot/chatwoot_transport.h"
#include "inbox/inbox_webhook.h"

SQL_FUNCTION(chatwoot_webhook);

PGDLLEXPORT Datum
frontdesk_chatwoot_webhook(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(inbox_webhook_answer(PG_GETARG_TEXT_PP(0), &chatwoot_transport));
}
