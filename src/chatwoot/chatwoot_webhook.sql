-- chatwoot: its webhooks come in here.

CREATE OR REPLACE FUNCTION frontdesk.chatwoot_webhook(json) RETURNS json
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_chatwoot_webhook';
COMMENT ON FUNCTION frontdesk.chatwoot_webhook(json) IS
'Takes a webhook of Chatwoot in. The argument is the raw body; setting request.headers holds the request''s headers as a JSON object with lower-case names: authorization (the credentials that register_webhook() made), x-chatwoot-signature, x-chatwoot-timestamp. Returns {"status": "stored", "message_id"}, {"status": "duplicate"} or {"status": "ignored", "reason"}; with response.status 401 {"status": "refused", "reason"} for wrong credentials or a wrong, missing or stale signature; with 422 {"status": "unusable", "reason"} for a body that makes no sense. Refused and unusable requests leave a row in frontdesk.audit and raise nothing. What it returns for is committed durably.';
