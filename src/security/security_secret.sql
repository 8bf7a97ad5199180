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
'Encrypts and stores a secret of an account, replacing the one of the same purpose: webhook:<login>, chatwoot_bot_token:<site>, chatwoot_user_token:<site>, provider:<name>. No value is ever shown again. Where the library is preloaded no log line and no statistic shows the value; in psql read it with \prompt or \getenv and pass it as :''value'', so that it stays out of the history, too. Raises FD002 without a usable key file, 42501 when the account is not the caller''s.';

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
'Encrypts every secret that is not yet under the newest key of frontdesk.key_file with that key and returns how many were changed; after it has committed, older keys may leave the file. Raises FD002 when the file lacks a key that a secret needs, FD003 when a secret does not decrypt; nothing is changed then.';

CREATE OR REPLACE TRIGGER secrets_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.secrets
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
