-- What was forgotten is said, by check() and where it happens.
\set SHOW_CONTEXT never
BEGIN;
SET LOCAL client_min_messages = notice;
SELECT frontdesk.add_account('Unserved') > 0 AS added;
ROLLBACK;
\set account 4712
INSERT INTO frontdesk.accounts (id, name) VALUES (:account, 'Forgetful');
CREATE VIEW pg_temp.found AS SELECT problem, account_id = 0 AS of_the_house, subject, since IS NOT NULL AS dated, message, effect, remedy
FROM frontdesk.check() WHERE problem <> 'provider_key_missing';
\x on
SELECT * FROM pg_temp.found WHERE problem !~ '^role';
\x off
SELECT subject, effect, remedy FROM pg_temp.found WHERE problem = 'role_missing';
-- every function that is registered is there, and the other way round
SELECT name, function FROM frontdesk.checks WHERE to_regprocedure('frontdesk.' || function || '()') IS NULL;
SELECT proname FROM pg_proc WHERE pronamespace = 'frontdesk'::regnamespace AND prorettype = 'frontdesk.problem'::regtype AND proname <> 'check'
EXCEPT SELECT function FROM frontdesk.checks;
SELECT kind, function FROM frontdesk.secret_kinds WHERE to_regprocedure('frontdesk.' || function || '(integer)') IS NULL;

-- a slip in a purpose is refused, with what was meant
SELECT frontdesk.set_secret(:account, 'provider:opnai', 'x');
SELECT frontdesk.set_secret(:account, 'chatwoot_bot_tokn:1', 'x');
SELECT frontdesk.add_site(:account, 'https://chat.example.com', 7) AS site \gset
SELECT frontdesk.set_secret(:account, 'chatwoot_bot_tokn:1', 'x');
SELECT frontdesk.set_secret(:account, 'chatwoot_bot_token:2', 'x');
SELECT frontdesk.set_secret(:account, 'chatwoot_bot_token:0', 'x');
SELECT frontdesk.set_secret(:account, 'webhook:nobody', 'x');
SELECT frontdesk.set_secret(:account, 'sk-a-key-in-the-wrong-place', 'provider:openai');
INSERT INTO frontdesk.providers (account_id, name, kind, base_url) VALUES (:account, 'own', 'openai', 'https://models.example.com');
SELECT frontdesk.set_secret(:account, 'provider:own', 'x');
SELECT frontdesk.set_secret(0, 'provider:own', 'x');
-- sites and accounts that are not there, or there already
SELECT frontdesk.register_webhook(:account, 2);
SELECT frontdesk.add_site(:account, 'https://chat.example.com/', 7);
SELECT frontdesk.register_webhook(987654, 1);

-- tokens and signing secrets
\x on
SELECT login FROM frontdesk.register_webhook(:account, :site, label => 'main') \gset
SELECT problem, replace(subject, :'login', '<login>') AS subject, dated, message, effect, replace(remedy, :'login', '<login>') AS remedy
FROM pg_temp.found WHERE problem !~ '^(role|database)';
\x off
SELECT frontdesk.set_secret(:account, 'webhook:' || :'login', 'x'), frontdesk.set_secret(:account, 'chatwoot_user_token:' || :site, 'x');
SELECT problem, effect FROM pg_temp.found WHERE NOT of_the_house;
SELECT frontdesk.set_secret(:account, 'chatwoot_bot_token:' || :site, 'x');
SELECT problem, effect FROM pg_temp.found WHERE NOT of_the_house;
-- a secret whose provider is gone; one that was moved and does not decrypt
DELETE FROM frontdesk.providers WHERE account_id = :account;
UPDATE frontdesk.secrets SET ciphertext = set_byte(ciphertext, 14, get_byte(ciphertext, 14) # 1)
WHERE account_id = :account AND purpose LIKE 'chatwoot_user%';
\x on
SELECT problem, subject, dated, message, effect, remedy FROM pg_temp.found WHERE NOT of_the_house;
SELECT purpose, key_version, stored_at IS NOT NULL AS dated, fault FROM frontdesk.check_secrets();
\x off
-- rotating does not pass over what does not decrypt
\set VERBOSITY sqlstate
SELECT frontdesk.rotate_secrets();
\set VERBOSITY default
SELECT frontdesk.delete_secret(:account, 'provider:own'), frontdesk.set_secret(:account, 'chatwoot_user_token:' || :site, 'x');
SELECT count(*) FROM pg_temp.found WHERE NOT of_the_house;
-- the key file itself
\set key_file `echo "$PG_ABS_BUILDDIR/tmp_check/frontdesk.key"`
\setenv KEY_FILE :key_file
\! chmod 644 "$KEY_FILE"
\x on
SELECT * FROM pg_temp.found WHERE problem = 'key_file';
\x off
SELECT purpose ~ '^webhook' AS webhook, fault FROM frontdesk.check_secrets();
\! chmod 600 "$KEY_FILE"
SELECT count(*) FROM frontdesk.check_secrets();

-- roles and grants; an operator sees her accounts
BEGIN;
SELECT count(*) FROM frontdesk.setup_roles();
SELECT problem FROM pg_temp.found WHERE problem ~ '^(role|grants)';
REVOKE EXECUTE ON FUNCTION frontdesk.set_secret(integer, text, text) FROM frontdesk_operator;
REVOKE UPDATE ON frontdesk.leads FROM frontdesk_operator;
REVOKE UPDATE (name, email, phone, tags, qualification_status) ON frontdesk.leads FROM frontdesk_operator;
REVOKE SELECT ON frontdesk.messages FROM frontdesk_tool;
SELECT subject, message, remedy FROM pg_temp.found WHERE problem ~ '^(role|grants)';
SELECT count(*) FROM frontdesk.setup_roles();
SELECT problem FROM pg_temp.found WHERE problem ~ '^(role|grants)';
SELECT frontdesk.add_account('Other') AS other \gset
CREATE ROLE regress_frontdesk_checker IN ROLE frontdesk_operator;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:other, 'regress_frontdesk_checker', 'Checker');
SET ROLE regress_frontdesk_checker;
SELECT DISTINCT account_id = :other AS hers FROM frontdesk.check();
SELECT frontdesk.check_secrets();
ROLLBACK;

-- a session that reads literals as they were read long ago is told the same
INSERT INTO frontdesk.providers (account_id, name, kind, base_url) VALUES (:account, 'plain', 'openai', 'http://[::1]:9/v1');
CREATE TEMP TABLE told AS SELECT * FROM frontdesk.check();
SET standard_conforming_strings = off;
SELECT count(*) AS told_otherwise FROM (
  (SELECT account_id, problem, subject, message FROM frontdesk.check() EXCEPT SELECT account_id, problem, subject, message FROM told)
  UNION ALL
  (SELECT account_id, problem, subject, message FROM told EXCEPT SELECT account_id, problem, subject, message FROM frontdesk.check())) AS x;
RESET standard_conforming_strings;
-- as every function with a backslash in a plain literal must see to
SELECT oid::regprocedure FROM pg_proc
WHERE pronamespace = 'frontdesk'::regnamespace AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
  AND regexp_replace(prosrc, $r$\mE'([^'\\]|''|\\.)*'$r$, '', 'g') ~ '\\'
  AND NOT coalesce('standard_conforming_strings=on' = ANY (proconfig), false);
DELETE FROM frontdesk.accounts WHERE id = :account;
