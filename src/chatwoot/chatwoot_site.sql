-- chatwoot: places there as services of kind transport.

CREATE OR REPLACE FUNCTION frontdesk.add_site(account_id integer, url text, chatwoot_account_id bigint, bot_token text DEFAULT NULL, user_token text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  service frontdesk.services;
BEGIN
  PERFORM frontdesk.hide_statement();
  PERFORM frontdesk.require_account(add_site.account_id);
  service.account_id := add_site.account_id;
  service.kind := 'transport';
  service.adapter := CASE WHEN add_site.url IS NULL THEN 'local' ELSE 'chatwoot' END;
  service.url := add_site.url;
  service.remote_account := add_site.chatwoot_account_id;
  service.id := frontdesk.insert_service(service);
  IF add_site.bot_token IS NOT NULL THEN
    PERFORM frontdesk.set_secret(add_site.account_id, 'chatwoot_bot_token:' || service.id, add_site.bot_token);
  END IF;
  IF add_site.user_token IS NOT NULL THEN
    PERFORM frontdesk.set_secret(add_site.account_id, 'chatwoot_user_token:' || service.id, add_site.user_token);
  END IF;
  PERFORM frontdesk.record_audit(add_site.account_id, 'site.added', service.id::text,
    jsonb_build_object('url', rtrim(add_site.url, '/'), 'chatwoot_account_id', add_site.chatwoot_account_id));
  RETURN service.id;
END
$$;
COMMENT ON FUNCTION frontdesk.add_site(integer, text, bigint, text, text) IS
'Adds the place at Chatwoot where conversations of an account live and returns its id (from 1 per account). Without an address the place is one to rehearse in: its webhooks come in like any, but answers stay in this database (transport local). The tokens become the secrets chatwoot_bot_token:<id> and chatwoot_user_token:<id>. Raises 22023 for an unusable address, 23505 when the place is known already, 42501 when the account is not the caller''s.';

