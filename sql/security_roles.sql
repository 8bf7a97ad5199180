-- Roles: made on request, never adopted blindly; rows: one's own accounts.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
-- planted before us
CREATE ROLE frontdesk_anon SUPERUSER;
SELECT frontdesk.setup_roles();
ALTER ROLE frontdesk_anon NOSUPERUSER CREATEROLE;
\set VERBOSITY terse
SELECT frontdesk.setup_roles();
ALTER ROLE frontdesk_anon NOCREATEROLE BYPASSRLS;
SELECT frontdesk.setup_roles();
-- a forged mark does not help
COMMENT ON ROLE frontdesk_anon IS 'pg_frontdesk: trust me';
SELECT frontdesk.setup_roles();
COMMENT ON ROLE frontdesk_anon IS NULL;
\set VERBOSITY default
ALTER ROLE frontdesk_anon NOBYPASSRLS LOGIN;
SELECT frontdesk.setup_roles();
ALTER ROLE frontdesk_anon NOLOGIN PASSWORD 'known';
SELECT frontdesk.setup_roles();
ALTER ROLE frontdesk_anon PASSWORD NULL;
CREATE ROLE regress_frontdesk_mallory;
GRANT frontdesk_anon TO regress_frontdesk_mallory;
SELECT frontdesk.setup_roles();
REVOKE frontdesk_anon FROM regress_frontdesk_mallory;
GRANT regress_frontdesk_mallory TO frontdesk_anon;
SELECT frontdesk.setup_roles();
REVOKE regress_frontdesk_mallory FROM frontdesk_anon;
ALTER ROLE frontdesk_anon SET search_path = mallory;
SELECT frontdesk.setup_roles();
ALTER ROLE frontdesk_anon RESET search_path;
CREATE TABLE public.owned_by_anon ();
ALTER TABLE public.owned_by_anon OWNER TO frontdesk_anon;
SELECT frontdesk.setup_roles();
DROP TABLE public.owned_by_anon;
-- nothing was left behind; a clean one is taken over
SELECT rolname FROM pg_catalog.pg_roles WHERE rolname LIKE 'frontdesk\_%';
SELECT * FROM frontdesk.setup_roles();
SELECT * FROM frontdesk.setup_roles();
-- the tool role is for background workers, which must be able to log in; no client is
ALTER ROLE frontdesk_tool NOLOGIN PASSWORD 'x' CONNECTION LIMIT 5;
SELECT action FROM frontdesk.setup_roles() WHERE role_name = 'frontdesk_tool';
SELECT rolpassword IS NULL AS no_password, rolconnlimit FROM pg_catalog.pg_authid WHERE rolname = 'frontdesk_tool';
SELECT rolname, rolcanlogin, rolinherit, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS mighty
FROM pg_catalog.pg_roles WHERE rolname LIKE 'frontdesk\_%' ORDER BY rolname;
SELECT roleid::regrole, member::regrole FROM pg_catalog.pg_auth_members
WHERE member::regrole::text LIKE 'frontdesk\_%' ORDER BY roleid::regrole::text;
SELECT has_schema_privilege('frontdesk_webhook', 'frontdesk', 'USAGE') AS usage,
  has_function_privilege('frontdesk_operator', 'frontdesk.set_secret(integer, text, text)', 'EXECUTE') AS operator,
  has_function_privilege('frontdesk_webhook', 'frontdesk.set_secret(integer, text, text)', 'EXECUTE') AS webhook,
  has_function_privilege('frontdesk_tool', 'frontdesk.set_secret(integer, text, text)', 'EXECUTE') AS tool,
  has_function_privilege('frontdesk_operator', 'frontdesk.prune_audit(interval)', 'EXECUTE') AS prune,
  has_function_privilege('frontdesk_operator', 'frontdesk.record_audit(integer, text, text, jsonb)', 'EXECUTE') AS forge;

-- what operators write into rows, by themselves or by functions, has a size: workers and
-- sessions keep it as a whole
SELECT c.oid::regclass AS unbounded, a.attname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'frontdesk'::regnamespace AND c.relkind = 'r'
  AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
  AND (has_column_privilege('frontdesk_operator', c.oid, a.attnum, 'INSERT, UPDATE')
    OR c.relname IN ('services', 'registrations'))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
    WHERE k.conrelid = c.oid AND k.conname = c.relname || '_size_check' AND a.attnum = ANY (k.conkey))
ORDER BY 1, 2;
\set VERBOSITY terse
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt) VALUES (0, 'vast', 'local', 'answers', repeat('x', 131073));
\set VERBOSITY default

-- two accounts, and a person who may see one of them
CREATE ROLE regress_frontdesk_alice LOGIN IN ROLE frontdesk_operator;
SELECT frontdesk.add_account('Alice Ltd') AS alice \gset
SELECT frontdesk.add_account('Bob Ltd') AS bob \gset
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:alice, 'regress_frontdesk_alice', 'Alice'), (:bob, 'bob@token', 'Bob');
SELECT frontdesk.set_secret(:bob, 'provider:openai', 'x');
\set VERBOSITY terse
SET ROLE regress_frontdesk_alice;
SELECT frontdesk.visible_accounts() = ARRAY[:alice] AS hers_alone;
SELECT name FROM frontdesk.accounts;
SELECT transport FROM frontdesk.sites;
SELECT frontdesk.set_secret(:alice, 'provider:openai', 'x');
SELECT purpose FROM frontdesk.secret_list;
SELECT ciphertext FROM frontdesk.secrets;
SELECT actor, action FROM frontdesk.audit WHERE action = 'secret.stored';
SELECT frontdesk.add_site(:alice, 'https://chat.example.com', 1);
SELECT login AS hers FROM frontdesk.register_webhook(:alice, 1, 'x') \gset
SELECT site_id, signed, active FROM frontdesk.registrations;
SELECT password_sha256 FROM frontdesk.registrations;
UPDATE frontdesk.accounts SET settings = '{"language": "en"}';
UPDATE frontdesk.accounts SET id = 0;
UPDATE frontdesk.accounts SET active = false;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (0, 'regress_frontdesk_alice', 'Alice');
INSERT INTO frontdesk.audit (account_id, action) VALUES (0, 'forged');
SELECT frontdesk.rotate_secrets();
SELECT frontdesk.setup_roles();
SELECT frontdesk.add_account('Mallory Ltd');
-- the other account is as if it were not there
DO $$
DECLARE other integer;
BEGIN
  SELECT max(id) + 1 INTO other FROM frontdesk.accounts;
  BEGIN PERFORM frontdesk.set_secret(other, 'p', 'x'); RAISE WARNING 'let in'; EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING 'set_secret refused'; END;
  BEGIN PERFORM frontdesk.delete_secret(other, 'provider:openai'); RAISE WARNING 'let in'; EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING 'delete_secret refused'; END;
  BEGIN PERFORM frontdesk.register_webhook(other, 0); RAISE WARNING 'let in'; EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING 'register_webhook refused'; END;
  BEGIN PERFORM frontdesk.add_site(other, 'https://chat.example.com', 1); RAISE WARNING 'let in'; EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING 'add_site refused'; END;
END
$$;
-- a setting tells nobody who asks: any SQL may write it
SET request.jwt.claims = '{"sub": "bob@token", "role": "frontdesk_operator"}';
SELECT name FROM frontdesk.accounts;
SELECT frontdesk.caller();
RESET ROLE;
SELECT login AS his FROM frontdesk.register_webhook(:bob, 0, 'x') \gset
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:bob, 'ben@token', 'Ben'), (:alice, 'amy@token', 'Amy'),
  (:alice, 'both@token', 'Both'), (:bob, 'both@token', 'Both');
SET SESSION AUTHORIZATION frontdesk_authenticator;
SELECT name FROM frontdesk.accounts;
SET ROLE frontdesk_operator;
SELECT name FROM frontdesk.accounts;
RESET ROLE;
BEGIN;
SELECT frontdesk.open_request('frontdesk_operator', 'POST', '/', '{}', '{"sub": "bob@token", "role": "frontdesk_operator"}', false) AS his_share \gset
SELECT name FROM frontdesk.accounts;
SELECT frontdesk.caller();
SELECT frontdesk.verify_signature(:'hers', '', NULL, NULL);
SELECT frontdesk.verify_signature(:'his', '', NULL, NULL);
SELECT frontdesk.revoke_registration(:'hers');
SELECT frontdesk.revoke_registration(:'his');
SELECT actor, action FROM frontdesk.audit WHERE action = 'registration.revoked';
COMMIT;
-- the gateway hears who has a share with whom: people of the same accounts
BEGIN;
SELECT frontdesk.open_request('frontdesk_operator', 'POST', '/', '{}', '{"sub": "ben@token", "role": "frontdesk_operator"}', false) = :his_share AS with_him;
COMMIT;
BEGIN;
SELECT frontdesk.open_request('frontdesk_operator', 'POST', '/', '{}', '{"sub": "amy@token", "role": "frontdesk_operator"}', false) = :his_share AS with_him;
COMMIT;
BEGIN;
SELECT frontdesk.open_request('frontdesk_operator', 'POST', '/', '{}', '{"sub": "both@token", "role": "frontdesk_operator"}', false) = :his_share AS with_him;
COMMIT;
BEGIN;
SELECT frontdesk.open_request('frontdesk_operator', 'POST', '/', '{}', '{"sub": "nobody", "role": "frontdesk_operator"}', false) IS NULL AS with_nobody;
COMMIT;
SELECT current_user, current_setting('request.jwt.claims') AS claims;
SET ROLE frontdesk_tool;
RESET SESSION AUTHORIZATION;
RESET ROLE;
SELECT cardinality(frontdesk.visible_accounts()) = (SELECT count(*) FROM frontdesk.accounts) AS all_of_them;
DELETE FROM frontdesk.accounts WHERE id IN (:alice, :bob);
DROP ROLE regress_frontdesk_alice, regress_frontdesk_mallory;
-- who may become a role that all share does not change it, nor take its rights away
SELECT count(*) AS kept FROM frontdesk.setup_roles();
CREATE ROLE regress_frontdesk_person IN ROLE frontdesk_operator;
SET SESSION AUTHORIZATION regress_frontdesk_person;
SET ROLE frontdesk_operator;
ALTER ROLE frontdesk_operator SET statement_timeout = '1ms';
ALTER ROLE CURRENT_USER RESET ALL;
ALTER ROLE frontdesk_operator PASSWORD 'x';
DROP OWNED BY frontdesk_operator;
DO $$BEGIN EXECUTE 'ALTER ROLE frontdesk_operator SET work_mem = 64'; END$$;
RESET ROLE;
ALTER ROLE regress_frontdesk_person SET statement_timeout = '1min';
RESET SESSION AUTHORIZATION;
-- and what it has got is taken back
ALTER ROLE frontdesk_operator SET statement_timeout = '1ms';
ALTER ROLE frontdesk_operator IN DATABASE contrib_regression SET work_mem = 64;
ALTER ROLE frontdesk_operator PASSWORD 'x';
SELECT count(*) AS kept FROM frontdesk.setup_roles();
SELECT rolpassword, (SELECT count(*) FROM pg_catalog.pg_db_role_setting WHERE setrole = pg_authid.oid) AS settings
FROM pg_catalog.pg_authid WHERE rolname = 'frontdesk_operator';
DROP ROLE regress_frontdesk_person;
