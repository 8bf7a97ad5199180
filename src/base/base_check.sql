-- base: what is wrong with the library, its settings and the database itself.

CREATE OR REPLACE FUNCTION frontdesk.library_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  -- without it there is no shared memory, and nobody to start a worker
  SELECT 'library_not_preloaded', 0, current_database()::text, NULL::timestamptz,
    'The library pg_frontdesk is not preloaded.',
    'Messages are stored and nobody answers them; limits and caches do not work either.',
    'Add pg_frontdesk to shared_preload_libraries in postgresql.conf and restart the server.'
  FROM frontdesk.library_state() AS s WHERE NOT s.preloaded
  UNION ALL
  -- the launcher starts a coordinator for the databases of the list alone
  SELECT 'database_not_listed', 0, current_database()::text, NULL::timestamptz,
    format('The setting frontdesk.databases does not name database "%s".', current_database()),
    'Messages are stored and nobody answers them.',
    format('ALTER SYSTEM SET frontdesk.databases = %L; SELECT pg_reload_conf();',
      concat_ws(', ', nullif(current_setting('frontdesk.databases', true), ''), quote_ident(current_database())))
  FROM frontdesk.library_state() AS s WHERE NOT s.listed
  UNION ALL
  SELECT 'no_workers_wanted', 0, current_database()::text, NULL::timestamptz,
    format('The setting %s is 0.', 'frontdesk.workers'),
    'Messages are stored and nobody answers them.',
    format('ALTER SYSTEM SET %s = 1; SELECT pg_reload_conf();', 'frontdesk.workers')
  FROM frontdesk.library_state() AS s WHERE s.workers = 0
  UNION ALL
  -- a new library was installed and the SQL was not brought to it, or the other way round
  SELECT 'version_differs', 0, e.extversion, NULL::timestamptz,
    format('The extension is %s in this database, the library is %s.', e.extversion, s.version),
    'The workers of this database stay idle.',
    CASE WHEN EXISTS (SELECT FROM pg_available_extension_versions AS v WHERE v.name = 'pg_frontdesk' AND v.version = s.version AND NOT v.installed)
      THEN 'ALTER EXTENSION pg_frontdesk UPDATE;'
      ELSE 'Install the library of the same version, or restart the server so that it loads the one that was installed.' END
  FROM pg_extension AS e, frontdesk.library_state() AS s
  WHERE e.extname = 'pg_frontdesk' AND e.extversion <> s.version
  UNION ALL
  -- CREATE EXTENSION refuses such a database; a dump may have been restored into one
  SELECT 'encoding', 0, getdatabaseencoding()::text, NULL::timestamptz,
    format('The encoding of the database is %s.', getdatabaseencoding()),
    'What customers write and what the shipped rows say is stored wrongly or not at all.',
    'Move to a database made with ENCODING ''UTF8'' TEMPLATE template0.'
  WHERE getdatabaseencoding() <> 'UTF8';
$$;
COMMENT ON FUNCTION frontdesk.library_problems() IS
'Part of check(): the library is not preloaded or of another version, the database is not served or not UTF8.';
