-- The key that encrypts secrets, where test/regress.conf expects it.
\! umask 077; printf '%064d\n' 7 > "$PG_ABS_BUILDDIR/tmp_check/frontdesk.key"
SELECT extname FROM pg_catalog.pg_extension WHERE extname = 'pg_frontdesk';
SELECT id, name, active FROM frontdesk.accounts;
SELECT account_id, id, transport FROM frontdesk.sites;
-- nothing is open to everybody
SELECT oid::regprocedure FROM pg_catalog.pg_proc
WHERE pronamespace = 'frontdesk'::regnamespace
  AND pg_catalog.has_function_privilege('public', oid, 'EXECUTE');
SELECT oid::regclass FROM pg_catalog.pg_class
WHERE relnamespace = 'frontdesk'::regnamespace AND relkind IN ('r', 'v', 'S')
  AND EXISTS (SELECT FROM pg_catalog.aclexplode(relacl) WHERE grantee = 0);
