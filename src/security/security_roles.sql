-- security: the roles of the cluster, made on request and never adopted blindly.

CREATE OR REPLACE FUNCTION frontdesk.require_role_clean(role_name text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
  found pg_authid%ROWTYPE;
  ours boolean;
  complaint text;
BEGIN
  SELECT * INTO STRICT found FROM pg_authid WHERE rolname = require_role_clean.role_name;
  -- whoever could forge this mark could as well give himself the role later;
  -- dangerous attributes are therefore refused with the mark, too
  ours := coalesce(shobj_description(found.oid, 'pg_authid') LIKE 'pg\_frontdesk: %', false);
  complaint := CASE
    WHEN found.rolsuper THEN 'It is a superuser.'
    WHEN found.rolcreaterole THEN 'It may create roles.'
    WHEN found.rolcreatedb THEN 'It may create databases.'
    WHEN found.rolreplication THEN 'It may replicate.'
    WHEN found.rolbypassrls THEN 'It bypasses row security.'
    WHEN ours THEN NULL
    WHEN found.rolcanlogin AND require_role_clean.role_name <> 'frontdesk_authenticator' THEN 'It may log in.'
    WHEN found.rolpassword IS NOT NULL THEN 'It has a password.'
    WHEN EXISTS (SELECT FROM pg_auth_members WHERE member = found.oid) THEN 'It is a member of other roles.'
    WHEN EXISTS (SELECT FROM pg_auth_members WHERE roleid = found.oid) THEN 'It has members.'
    WHEN EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = found.oid AND deptype = 'o') THEN 'It owns objects.'
    WHEN EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = found.oid) THEN 'It has settings of its own.'
  END;
  IF complaint IS NOT NULL THEN
    RAISE EXCEPTION 'role "%" exists and is not as setup_roles() would have made it', require_role_clean.role_name
      USING ERRCODE = 'duplicate_object', DETAIL = complaint,
        HINT = 'Find out who made it, then rename or drop it and run frontdesk.setup_roles() again.';
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.require_role_clean(text) IS
'Raises duplicate_object (42710) when an existing role has what setup_roles() would not have given it. A role that bears our mark in its comment may have got members, settings, a password since; setup_role() takes settings and passwords back, but for the authenticator''s password.';

CREATE OR REPLACE FUNCTION frontdesk.setup_role(kind text) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
  role_name text := 'frontdesk_' || kind;
  existing oid := (SELECT oid FROM pg_roles WHERE rolname = 'frontdesk_' || kind);
  purpose text := CASE kind
    WHEN 'authenticator' THEN 'the gateway logs in as this role and sets another per request'
    WHEN 'anon' THEN 'requests without a token'
    WHEN 'webhook' THEN 'senders of webhooks'
    WHEN 'operator' THEN 'people at the dashboard'
    WHEN 'tool' THEN 'functions and tools that accounts add'
  END;
BEGIN
  IF existing IS NOT NULL THEN
    PERFORM frontdesk.require_role_clean(role_name);
    IF shobj_description(existing, 'pg_authid') LIKE 'pg\_frontdesk: %' THEN
      EXECUTE format('ALTER ROLE %I RESET ALL', role_name);
      EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', role_name, current_database());
      IF kind <> 'authenticator' THEN
        EXECUTE format('ALTER ROLE %I PASSWORD NULL', role_name);
      END IF;
      IF kind = 'tool' THEN
        EXECUTE format('ALTER ROLE %I LOGIN PASSWORD NULL CONNECTION LIMIT 0', role_name);
      END IF;
      RETURN 'kept';
    END IF;
    EXECUTE format('ALTER ROLE %I', role_name)
      || CASE kind WHEN 'authenticator' THEN ' LOGIN NOINHERIT' WHEN 'tool' THEN ' LOGIN INHERIT CONNECTION LIMIT 0' ELSE ' NOLOGIN INHERIT' END;
  ELSE
    EXECUTE format('CREATE ROLE %I', role_name)
      || CASE kind WHEN 'authenticator' THEN ' LOGIN NOINHERIT' WHEN 'tool' THEN ' LOGIN CONNECTION LIMIT 0' ELSE ' NOLOGIN' END;
  END IF;
  EXECUTE format('COMMENT ON ROLE %I IS %L', role_name, 'pg_frontdesk: ' || purpose);
  RETURN CASE WHEN existing IS NULL THEN 'created' ELSE 'adopted' END;
END
$$;
COMMENT ON FUNCTION frontdesk.setup_role(text) IS
'One step of setup_roles(): makes the role of a kind or checks the one that is there; tells whether it was created, adopted or kept. One that is kept loses the settings that it has got, everywhere and in this database, and a password unless it is the authenticator.';

CREATE OR REPLACE FUNCTION frontdesk.setup_roles() RETURNS TABLE (role_name text, action text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
  kinds constant text[] := '{anon,authenticator,operator,tool,webhook}';
  kind text;
  granted text;
BEGIN
  IF NOT (SELECT roles.rolsuper FROM pg_roles AS roles WHERE roles.rolname = current_user) THEN
    RAISE EXCEPTION 'only a superuser may set up the roles of pg_frontdesk'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM frontdesk.require_own_schema();
  FOREACH kind IN ARRAY kinds LOOP
    role_name := 'frontdesk_' || kind;
    action := frontdesk.setup_role(kind);
    EXECUTE format('GRANT USAGE ON SCHEMA frontdesk TO %I', role_name);
    FOR granted IN
      SELECT role_grants.statement FROM frontdesk.role_grants
      WHERE role_grants.role_kind = kind ORDER BY role_grants.statement
    LOOP
      EXECUTE format(granted, role_name);
    END LOOP;
    RETURN NEXT;
  END LOOP;
  -- a background worker needs both to run as this role; no client can use either
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO frontdesk_tool', current_database());
  GRANT frontdesk_anon, frontdesk_webhook, frontdesk_operator TO frontdesk_authenticator;
  -- credentials and customers' words are parameters of its statements
  ALTER ROLE frontdesk_authenticator SET log_statement = 'none';
  ALTER ROLE frontdesk_authenticator SET log_min_duration_statement = -1;
  ALTER ROLE frontdesk_authenticator SET log_min_duration_sample = -1;
  ALTER ROLE frontdesk_authenticator SET log_parameter_max_length = 0;
  ALTER ROLE frontdesk_authenticator SET log_parameter_max_length_on_error = 0;
  PERFORM frontdesk.record_audit(0, 'roles.set_up');
END
$$;
COMMENT ON FUNCTION frontdesk.setup_roles() IS
'Makes the roles frontdesk_authenticator (the gateway''s login, without a password and without inheritance), frontdesk_anon, frontdesk_webhook, frontdesk_operator and frontdesk_tool, grants them what frontdesk.role_grants says, and lets the authenticator become the first three but not tool. The tool role may log in, without which no background worker could run as it, but has no password and a connection limit of 0, which turns every client away and does not count for background workers. May be run again at any time. Refuses a role of such a name with dangerous attributes, or one that was not made here and has a login, password, members, memberships, settings or objects (42710). Superusers only. Statements of the authenticator are not logged, for their parameters are credentials and customers'' words. Give the authenticator its password afterwards with \password.';
