\echo Use "CREATE EXTENSION pg_frontdesk" to load this file. \quit

-- Messages are Unicode, and so are the rows that ship.
DO $$
BEGIN
  IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
    RAISE EXCEPTION 'pg_frontdesk needs a database whose encoding is UTF8'
      USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = pg_catalog.format('The encoding of database "%s" is %s.', pg_catalog.current_database(), pg_catalog.getdatabaseencoding()),
        HINT = 'CREATE DATABASE name ENCODING ''UTF8'' LOCALE ''C.UTF-8'' TEMPLATE template0 makes one.';
  END IF;
END
$$;

-- The schema is made here and is a member of the extension.  One that is there
-- already is never adopted: its owner could put objects of his own in the place
-- of ours, and workers would run them with a superuser's rights.
DO $$
DECLARE
  planted record;
BEGIN
  SELECT pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend AS d
     WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid) AS objects
  INTO planted FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'frontdesk';
  IF FOUND THEN
    RAISE EXCEPTION 'schema "frontdesk" exists already'
      USING ERRCODE = 'duplicate_schema',
        DETAIL = pg_catalog.format('It belongs to role "%s" and holds %s objects.', planted.owner, planted.objects),
        HINT = 'Find out who made it, then drop or rename it and run CREATE EXTENSION again: the extension makes its own.';
  END IF;
END
$$;

CREATE SCHEMA frontdesk;
COMMENT ON SCHEMA frontdesk IS 'The front desk of a business: everything of extension pg_frontdesk. Nobody but superusers may create objects here.';

