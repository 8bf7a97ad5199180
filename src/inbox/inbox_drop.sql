-- inbox: leads are not dropped by accident, with the library or without.

-- In a server that does not preload the library nothing else would load it
-- before the drop.  Where its file is gone, too, nothing can tell what a statement
-- would take along; then every one of these is refused while there are leads.
CREATE OR REPLACE FUNCTION frontdesk.guard_drop() RETURNS event_trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.arm_drop_guard();
EXCEPTION WHEN undefined_file THEN
  IF EXISTS (SELECT FROM frontdesk.leads)
    AND NOT coalesce(nullif(current_setting('frontdesk.allow_drop', true), '')::boolean, false) THEN
    RAISE EXCEPTION 'cannot tell whether this would drop extension "pg_frontdesk" while it holds leads'
      USING ERRCODE = 'dependent_objects_still_exist',
        DETAIL = 'The library of pg_frontdesk, which looks after that, is not installed in this server any more.',
        HINT = 'Install the library again, or dump the database and set frontdesk.allow_drop to on.';
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.guard_drop() IS
'Event trigger before DROP EXTENSION and DROP OWNED: sees to it that the guard of the leads is there. Raises 2BP01 when it must refuse by itself.';

CREATE EVENT TRIGGER frontdesk_guard_drop ON ddl_command_start
  WHEN TAG IN ('DROP EXTENSION', 'DROP OWNED')
  EXECUTE FUNCTION frontdesk.guard_drop();
ALTER EVENT TRIGGER frontdesk_guard_drop ENABLE ALWAYS;

CREATE OR REPLACE FUNCTION frontdesk.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM frontdesk.leads)
    AND NOT coalesce(nullif(current_setting('frontdesk.allow_drop', true), '')::boolean, false) THEN
    RAISE EXCEPTION 'cannot truncate frontdesk.% while there are leads', TG_TABLE_NAME
      USING ERRCODE = 'dependent_objects_still_exist',
        HINT = 'Remove a person with DELETE; for all of them dump the database, then set frontdesk.allow_drop to on and truncate again.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION frontdesk.refuse_truncate() IS
'Trigger before TRUNCATE of frontdesk.leads and frontdesk.accounts, also of one that cascades to them. Raises 2BP01 while there are leads, unless frontdesk.allow_drop is on.';

CREATE OR REPLACE TRIGGER leads_before_truncate
  BEFORE TRUNCATE ON frontdesk.leads
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.refuse_truncate();
ALTER TABLE frontdesk.leads ENABLE ALWAYS TRIGGER leads_before_truncate;
CREATE OR REPLACE TRIGGER accounts_before_truncate
  BEFORE TRUNCATE ON frontdesk.accounts
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.refuse_truncate();
ALTER TABLE frontdesk.accounts ENABLE ALWAYS TRIGGER accounts_before_truncate;
