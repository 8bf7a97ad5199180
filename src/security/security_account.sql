-- security: accounts and their sites.

CREATE OR REPLACE FUNCTION frontdesk.add_account(name text, settings jsonb DEFAULT '{}', redact_for_models boolean DEFAULT false) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  added integer;
  found frontdesk.problem;
BEGIN
  INSERT INTO frontdesk.accounts (name, settings, redact_for_models)
  VALUES (add_account.name, add_account.settings, add_account.redact_for_models)
  RETURNING id INTO added;
  INSERT INTO frontdesk.sites (account_id, id, transport) VALUES (added, 0, 'local');
  PERFORM frontdesk.record_audit(added, 'account.added', add_account.name);
  FOR found IN
    SELECT * FROM frontdesk.library_problems() AS p WHERE p.problem IN ('library_not_preloaded', 'database_not_listed', 'no_workers_wanted')
  LOOP
    RAISE NOTICE 'nothing serves this account: %', found.message USING DETAIL = found.effect, HINT = found.remedy;
  END LOOP;
  RETURN added;
END
$$;
COMMENT ON FUNCTION frontdesk.add_account(text, jsonb, boolean) IS
'Adds an account together with its local site (id 0) and returns its id. settings as in frontdesk.accounts. For the operator of the house only. A NOTICE tells when nothing serves the database.';

CREATE OR REPLACE FUNCTION frontdesk.add_site(account_id integer, url text, chatwoot_account_id bigint, bot_token text DEFAULT NULL, user_token text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  added integer;
  known integer;
  address text := pg_catalog.rtrim(add_site.url, '/');
BEGIN
  PERFORM frontdesk.hide_statement();
  PERFORM frontdesk.require_account(add_site.account_id);
  IF address !~ '^https?://[^/?#@[:space:]]+(/[^?#[:space:]]*)?$' THEN
    RAISE EXCEPTION 'address of a site must be an http or https URL without credentials, query or fragment'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'For instance https://chat.example.com';
  END IF;
  PERFORM FROM frontdesk.accounts WHERE accounts.id = add_site.account_id FOR UPDATE;
  SELECT sites.id INTO known FROM frontdesk.sites
  WHERE sites.account_id = add_site.account_id AND sites.url = coalesce(address, '') AND sites.chatwoot_account_id = add_site.chatwoot_account_id;
  IF FOUND THEN
    RAISE EXCEPTION 'site % of account % is this place already', known, add_site.account_id
      USING ERRCODE = 'unique_violation',
        DETAIL = format('It is account %s at %s.', add_site.chatwoot_account_id, coalesce(address, 'this database')),
        HINT = format('frontdesk.set_secret(%s, ''chatwoot_bot_token:%s'', …) gives it another token.', add_site.account_id, known);
  END IF;
  SELECT coalesce(pg_catalog.max(sites.id), 0) + 1 INTO added
  FROM frontdesk.sites WHERE sites.account_id = add_site.account_id;
  INSERT INTO frontdesk.sites (account_id, id, transport, url, chatwoot_account_id)
  VALUES (add_site.account_id, added, CASE WHEN address IS NULL THEN 'local' ELSE 'chatwoot' END,
          coalesce(address, ''), add_site.chatwoot_account_id);
  IF add_site.bot_token IS NOT NULL THEN
    PERFORM frontdesk.set_secret(add_site.account_id, 'chatwoot_bot_token:' || added, add_site.bot_token);
  END IF;
  IF add_site.user_token IS NOT NULL THEN
    PERFORM frontdesk.set_secret(add_site.account_id, 'chatwoot_user_token:' || added, add_site.user_token);
  END IF;
  PERFORM frontdesk.record_audit(add_site.account_id, 'site.added', added::text,
    pg_catalog.jsonb_build_object('url', address, 'chatwoot_account_id', add_site.chatwoot_account_id));
  RETURN added;
END
$$;
COMMENT ON FUNCTION frontdesk.add_site(integer, text, bigint, text, text) IS
'Adds the place at Chatwoot where conversations of an account live and returns its id (from 1 per account). Without an address the place is one to rehearse in: its webhooks come in like any, but answers stay in this database (transport local). The tokens become the secrets chatwoot_bot_token:<id> and chatwoot_user_token:<id>. Raises 22023 for an unusable address, 23505 when the place is known already, 42501 when the account is not the caller''s.';

CREATE OR REPLACE TRIGGER accounts_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.accounts
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER users_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.users
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER sites_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.sites
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.tell_user_kind() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.kind := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = NEW.role_name) THEN 'role' ELSE 'subject' END;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION frontdesk.tell_user_kind() IS
'Trigger that fills in users.kind where it was left out.';

CREATE OR REPLACE TRIGGER users_before_insert
  BEFORE INSERT ON frontdesk.users
  FOR EACH ROW WHEN (NEW.kind IS NULL) EXECUTE FUNCTION frontdesk.tell_user_kind();
