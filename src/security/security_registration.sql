-- security: letting senders in and shutting them out.

CREATE OR REPLACE FUNCTION frontdesk.random_token(length integer) RETURNS text
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'frontdesk_random_token';
COMMENT ON FUNCTION frontdesk.random_token(integer) IS
'So many letters and digits, drawn with the server''s strong random source: 5.86 bits each, safe in addresses, none that is mistaken for another.';

CREATE OR REPLACE FUNCTION frontdesk.register_webhook(account_id integer, site_id integer, secret text DEFAULT NULL, label text DEFAULT '', signed boolean DEFAULT true)
RETURNS TABLE (login text, password text, url_path text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.hide_statement();
  PERFORM frontdesk.require_account(register_webhook.account_id);
  IF NOT EXISTS (SELECT FROM frontdesk.services AS s WHERE s.account_id = register_webhook.account_id AND s.id = register_webhook.site_id) THEN
    RAISE EXCEPTION 'account % has no site %', register_webhook.account_id, coalesce(register_webhook.site_id::text, 'null')
      USING ERRCODE = 'foreign_key_violation',
        HINT = format('SELECT id, url FROM frontdesk.sites WHERE account_id = %s lists its sites; %s() adds one.', register_webhook.account_id, 'frontdesk.add_site');
  END IF;
  -- the gateway gives shares by what stands before the dot
  login := register_webhook.account_id || '.' || frontdesk.random_token(16);
  password := frontdesk.random_token(33);
  url_path := (SELECT '/rpc/' || CASE WHEN s.adapter IN ('chatwoot', 'local') THEN 'chatwoot_webhook' ELSE 'receive_webhook' END
    FROM frontdesk.services AS s WHERE s.account_id = register_webhook.account_id AND s.id = register_webhook.site_id);
  INSERT INTO frontdesk.registrations (account_id, site_id, login, password_sha256, signed, label)
  VALUES (register_webhook.account_id, register_webhook.site_id, register_webhook.login,
    sha256(convert_to(register_webhook.password, 'UTF8')), register_webhook.signed, register_webhook.label);
  IF register_webhook.secret IS NOT NULL THEN
    PERFORM frontdesk.set_secret(register_webhook.account_id, 'webhook:' || login, register_webhook.secret);
  END IF;
  PERFORM frontdesk.record_audit(register_webhook.account_id, 'registration.added', login,
    jsonb_build_object('site_id', register_webhook.site_id, 'label', register_webhook.label, 'signed', register_webhook.signed));
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION frontdesk.register_webhook(integer, integer, text, text, boolean) IS
'Lets one sender in: draws its credentials and returns them with the path of the webhook''s address, https://<login>:<password>@<gateway><url_path>. The password is shown this once. secret is the sender''s signing secret; Chatwoot tells it only after the webhook was made, so it may follow with frontdesk.set_secret(account_id, ''webhook:<login>'', …), and until then its requests are refused. signed = false for senders that never sign. Raises 42501 when the account is not the caller''s, 23503 for an unknown site.';

CREATE OR REPLACE FUNCTION frontdesk.revoke_registration(login text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner integer;
BEGIN
  UPDATE frontdesk.registrations SET active = false
  WHERE registrations.login = revoke_registration.login
    AND registrations.account_id = ANY (frontdesk.visible_accounts())
    AND registrations.active
  RETURNING registrations.account_id INTO owner;
  IF owner IS NULL THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.delete_secret(owner, 'webhook:' || revoke_registration.login);
  PERFORM frontdesk.record_audit(owner, 'registration.revoked', revoke_registration.login);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.revoke_registration(text) IS
'Shuts a sender out for good and forgets its signing secret; sessions notice at their next request. False when no active registration of the caller''s accounts has that login.';

CREATE OR REPLACE FUNCTION frontdesk.verify_signature(login text, body text, signature text, "timestamp" text) RETURNS text
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_verify_signature';
COMMENT ON FUNCTION frontdesk.verify_signature(text, text, text, text) IS
'Whether a webhook is genuine and, if not, why: "genuine" or the reason in words. body is the raw body exactly as it came, signature and timestamp the headers X-Chatwoot-Signature and X-Chatwoot-Timestamp. Answers for registrations of the caller''s accounts only.';

CREATE OR REPLACE TRIGGER registrations_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.registrations
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER registrations_after_truncate AFTER TRUNCATE ON frontdesk.registrations
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
