-- inbox: webhooks of transports come in here.

CREATE OR REPLACE FUNCTION frontdesk.receive_webhook(json) RETURNS json
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_receive_webhook';
COMMENT ON FUNCTION frontdesk.receive_webhook(json) IS
'Takes a webhook in, of whichever transport the site of its registration has. The argument is the raw body; setting request.headers holds the request''s headers as a JSON object with lower-case names: authorization (the credentials that register_webhook() made), and those of the signature if the sender signs. Returns and audits as chatwoot_webhook() does.';
