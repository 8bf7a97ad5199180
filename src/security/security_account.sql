-- security: accounts and their users.

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
  INSERT INTO frontdesk.services (account_id, id, kind, adapter) VALUES (added, 0, 'transport', 'local');
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

CREATE OR REPLACE TRIGGER accounts_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.accounts
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER accounts_after_truncate AFTER TRUNCATE ON frontdesk.accounts
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER users_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.users
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER users_after_truncate AFTER TRUNCATE ON frontdesk.users
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER services_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.services
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER services_after_truncate AFTER TRUNCATE ON frontdesk.services
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
