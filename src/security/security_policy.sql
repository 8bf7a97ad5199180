-- security: who asks, and which accounts they may see.
--
-- Row security of a table that people see is two plain statements in its
-- domain:
--
--   ALTER TABLE frontdesk.<table> ENABLE ROW LEVEL SECURITY;
--   CREATE POLICY <table>_visible ON frontdesk.<table>
--     USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
--
-- The inner SELECT makes the function run once per query and not once per row.
-- The owner of the extension (workers, definer functions) bypasses the
-- policies: internal statements name their account.

CREATE OR REPLACE FUNCTION frontdesk.caller() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
SELECT coalesce(frontdesk.caller_subject(), frontdesk.caller_role())
$$;
COMMENT ON FUNCTION frontdesk.caller() IS
'The name of whoever asks, for the audit trail: the subject of the request''s token, else the role.';

CREATE OR REPLACE FUNCTION frontdesk.served_account() RETURNS integer
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_served_account';
COMMENT ON FUNCTION frontdesk.served_account() IS
'In the tool worker, the account whose function it runs; null everywhere else.';

CREATE OR REPLACE FUNCTION frontdesk.visible_accounts() RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asking text := frontdesk.caller_role();
BEGIN
  IF frontdesk.served_account() IS NOT NULL THEN
    RETURN ARRAY[frontdesk.served_account()];
  END IF;
  IF NOT frontdesk.role_is_proven() THEN
    RETURN '{}';
  END IF;
  IF (SELECT roles.rolsuper OR roles.rolbypassrls OR roles.oid = extensions.extowner
      FROM pg_roles AS roles, pg_extension AS extensions
      WHERE roles.rolname = asking AND extensions.extname = 'pg_frontdesk') THEN
    RETURN ARRAY(SELECT accounts.id FROM frontdesk.accounts ORDER BY accounts.id);
  END IF;
  RETURN ARRAY(
    SELECT DISTINCT users.account_id FROM frontdesk.users
    WHERE (users.kind = 'role' AND users.role_name = asking)
       OR (users.kind = 'subject' AND users.role_name = frontdesk.caller_subject())
    ORDER BY users.account_id);
END
$$;
COMMENT ON FUNCTION frontdesk.visible_accounts() IS
'The accounts whose rows the caller may see: those where frontdesk.users knows the caller''s role or, in a request, the subject of its token. None in a session that carries requests while none is open, or when the house has stored its key (secret jwt of account 0) and the request had no token. All of them for superusers, the owner and roles with BYPASSRLS. For a function that the tool worker runs, the account it runs for.';

CREATE OR REPLACE FUNCTION frontdesk.require_account(account_id integer) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF account_id = ANY (frontdesk.visible_accounts()) THEN
    RETURN;
  END IF;
  -- a superuser sees all there are
  IF (SELECT roles.rolsuper FROM pg_roles AS roles WHERE roles.rolname = frontdesk.caller_role()) THEN
    RAISE EXCEPTION 'account % does not exist', coalesce(account_id::text, 'null')
      USING ERRCODE = 'insufficient_privilege',
        HINT = 'SELECT id, name FROM frontdesk.accounts lists those there are; frontdesk.add_account() adds one.';
  END IF;
  RAISE EXCEPTION 'account % does not exist or is not yours', coalesce(account_id::text, 'null')
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'An operator of the house adds a row to frontdesk.users.';
END
$$;
COMMENT ON FUNCTION frontdesk.require_account(integer) IS
'Raises insufficient_privilege (42501) unless the caller may see the account. First call of every definer function that is given an account.';

ALTER TABLE frontdesk.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY accounts_visible ON frontdesk.accounts
  USING (id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_visible ON frontdesk.users
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.services ENABLE ROW LEVEL SECURITY;
CREATE POLICY services_visible ON frontdesk.services
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.registrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY registrations_visible ON frontdesk.registrations
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY secrets_visible ON frontdesk.secrets
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_visible ON frontdesk.audit
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.audit_repeats ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_repeats_visible ON frontdesk.audit_repeats
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
