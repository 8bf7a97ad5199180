-- security: storing, removing and re-encrypting secrets.

CREATE OR REPLACE FUNCTION frontdesk.hide_statement() RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_hide_statement';
COMMENT ON FUNCTION frontdesk.hide_statement() IS
'Takes the running statement out of pg_stat_activity, of the log and of pg_stat_statements, because it carries a secret. First call of every function that is given one.';

CREATE OR REPLACE FUNCTION frontdesk.set_secret(account_id integer, purpose text, value text) RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_set_secret';
COMMENT ON FUNCTION frontdesk.set_secret(integer, text, text) IS
'Encrypts and stores a secret of an account, replacing the one of the same purpose: webhook:<login>, chatwoot_bot_token:<site>, chatwoot_user_token:<site>, provider:<name>, and what else frontdesk.secret_kinds lists. No value is ever shown again. Where the library is preloaded no log line and no statistic shows the value; in psql read it with \prompt or \getenv and pass it as :''value'', so that it stays out of the history, too. Raises FD002 without a usable key file, 42501 when the account is not the caller''s, 42704 for a purpose that nothing in the account has a use for (a slip, or a login, site or provider that does not exist), with the nearest one that is known.';

CREATE OR REPLACE FUNCTION frontdesk.delete_secret(account_id integer, purpose text) RETURNS boolean
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_delete_secret';
COMMENT ON FUNCTION frontdesk.delete_secret(integer, text) IS
'Removes a secret of an account; tells whether there was one. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.rotate_secrets() RETURNS bigint
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_rotate_secrets';
COMMENT ON FUNCTION frontdesk.rotate_secrets() IS
'Encrypts every secret that is not yet under the newest key of frontdesk.key_file with that key and returns how many were changed; after it has committed, older keys may leave the file. Raises FD002 when the file lacks a key that a secret needs, FD003 when a secret does not decrypt, also one that is under the newest key already; nothing is changed then. frontdesk.check_secrets() lists what does not decrypt.';

CREATE OR REPLACE FUNCTION frontdesk.check_secrets(OUT account_id integer, OUT purpose text, OUT key_version integer, OUT stored_at timestamptz, OUT fault text)
RETURNS SETOF record
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_check_secrets';
COMMENT ON FUNCTION frontdesk.check_secrets() IS
'Tries to decrypt every secret under the key file as it is now and lists those that do not, with the reason: after a restore, or before an old key is thrown away. No row: all decrypt. Superusers only; operators see their own in frontdesk.check().';

-- ---- what a secret may be for ----

CREATE OR REPLACE FUNCTION frontdesk.known_purposes(account_id integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  purposes text;
BEGIN
  FOR purposes IN SELECT kinds.function FROM frontdesk.secret_kinds AS kinds ORDER BY kinds.kind LOOP
    RETURN QUERY EXECUTE format('SELECT p FROM frontdesk.%I($1) AS p', purposes) USING known_purposes.account_id;
  END LOOP;
END
$$;
COMMENT ON FUNCTION frontdesk.known_purposes(integer) IS
'The purposes for which an account has a use for a secret, whether one is stored or not: what set_secret() accepts. For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.token_key_purposes(account_id integer) RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT 'jwt' WHERE account_id = 0 $$;
COMMENT ON FUNCTION frontdesk.token_key_purposes(integer) IS
'Part of known_purposes(): the house''s key for tokens.';

CREATE OR REPLACE FUNCTION frontdesk.webhook_purposes(account_id integer) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'webhook:' || r.login FROM frontdesk.registrations AS r
  WHERE r.account_id = webhook_purposes.account_id AND r.active;
$$;
COMMENT ON FUNCTION frontdesk.webhook_purposes(integer) IS
'Part of known_purposes(): the signing secrets of active registrations.';

CREATE OR REPLACE TRIGGER secrets_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.secrets
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER secrets_after_truncate AFTER TRUNCATE ON frontdesk.secrets
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
