-- Secrets at rest: stored, replaced, rotated, and never shown.
\set VERBOSITY terse
\set key_file `echo "$PG_ABS_BUILDDIR/tmp_check/frontdesk.key"`
\setenv KEY_FILE :key_file
SELECT frontdesk.add_account('Secrets Ltd') AS account \gset
SELECT frontdesk.set_secret(:account, 'provider:openai', 'sk-very-secret');
SELECT purpose, key_version FROM frontdesk.secret_list WHERE account_id = :account;
SELECT octet_length(ciphertext), position('\x736b2d'::bytea IN ciphertext)
FROM frontdesk.secrets WHERE account_id = :account;
-- the same text is never the same twice
SELECT ciphertext AS before FROM frontdesk.secrets WHERE account_id = :account \gset
SELECT frontdesk.set_secret(:account, 'provider:openai', 'sk-very-secret');
SELECT ciphertext = :'before' AS repeated FROM frontdesk.secrets WHERE account_id = :account;
-- the statement that carried it is not to be seen
DO $$
BEGIN
  PERFORM frontdesk.set_secret(0, 'provider:openai', 'sk-very-secret');
  PERFORM pg_catalog.pg_stat_clear_snapshot();
  RAISE WARNING '%', (SELECT query FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid());
  PERFORM frontdesk.delete_secret(0, 'provider:openai');
END
$$;
SELECT count(*) FROM frontdesk.audit WHERE audit::text LIKE '%sk-very%';

-- refused
SELECT frontdesk.set_secret(:account, '', 'x');
SELECT frontdesk.set_secret(:account, repeat('p', 201), 'x');
SELECT frontdesk.set_secret(:account, 'provider:openai', '');
SELECT frontdesk.set_secret(:account, 'provider:openai', NULL);
SELECT frontdesk.set_secret(987654, 'provider:openai', 'x');

-- rotation: the highest version encrypts, all decrypt
SELECT frontdesk.rotate_secrets();
\! printf '2:%064d\n1:%064d\n# old keys stay until nothing needs them\n\n' 8 7 > "$KEY_FILE"
SELECT frontdesk.rotate_secrets() > 0 AS rotated;
SELECT frontdesk.rotate_secrets();
SELECT purpose, key_version FROM frontdesk.secret_list WHERE account_id = :account;
SELECT action FROM frontdesk.audit WHERE account_id = :account ORDER BY id;
-- rotating decrypts first: a row that was moved or altered does not (FD003)
\set VERBOSITY sqlstate
\! printf '3:%064d\n2:%064d\n' 9 8 > "$KEY_FILE"
BEGIN;
UPDATE frontdesk.secrets SET purpose = 'provider:other' WHERE account_id = :account;
SELECT frontdesk.rotate_secrets();
ROLLBACK;
BEGIN;
UPDATE frontdesk.secrets SET account_id = 0 WHERE account_id = :account;
SELECT frontdesk.rotate_secrets();
ROLLBACK;
BEGIN;
UPDATE frontdesk.secrets SET ciphertext = set_byte(ciphertext, 14, get_byte(ciphertext, 14) # 1) WHERE account_id = :account;
SELECT frontdesk.rotate_secrets();
ROLLBACK;
BEGIN;
UPDATE frontdesk.secrets SET ciphertext = 'short' WHERE account_id = :account;
SELECT frontdesk.rotate_secrets();
ROLLBACK;
BEGIN;
SELECT frontdesk.rotate_secrets() > 0 AS rotated;
ROLLBACK;
-- a key that is gone (FD002), and one that is another
\! printf '3:%064d\n' 9 > "$KEY_FILE"
SELECT frontdesk.rotate_secrets();
\! printf '3:%064d\n2:%064d\n' 9 7 > "$KEY_FILE"
SELECT frontdesk.rotate_secrets();

-- files that are no key file; no message quotes them
\set VERBOSITY default
\! printf '%063d\n' 5 > "$KEY_FILE"
SELECT frontdesk.rotate_secrets();
\! printf '1:%064d\n1:%064d\n' 5 6 > "$KEY_FILE"
SELECT frontdesk.rotate_secrets();
\! printf '0:%064d\n' 5 > "$KEY_FILE"
SELECT frontdesk.rotate_secrets();
\! printf '# nothing\n' > "$KEY_FILE"
SELECT frontdesk.rotate_secrets();
\! printf '%064d\n' 7 > "$KEY_FILE"; chmod 640 "$KEY_FILE"
SELECT frontdesk.set_secret(:account, 'provider:openai', 'x');
\! mv "$KEY_FILE" "$KEY_FILE.away"
SELECT frontdesk.set_secret(:account, 'provider:openai', 'x');
\! mkdir -m 700 "$KEY_FILE"
SELECT frontdesk.set_secret(:account, 'provider:openai', 'x');
-- one that lies in the data directory, be it through a link
\! rmdir "$KEY_FILE"; mv "$KEY_FILE.away" "${KEY_FILE%/*}/data/frontdesk.key"; chmod 600 "${KEY_FILE%/*}/data/frontdesk.key"; ln -s data/frontdesk.key "$KEY_FILE"
SELECT frontdesk.set_secret(:account, 'provider:openai', 'x');
\! mv -f "${KEY_FILE%/*}/data/frontdesk.key" "$KEY_FILE"
SELECT frontdesk.set_secret(:account, 'provider:openai', 'x');

SELECT frontdesk.delete_secret(:account, 'provider:openai');
SELECT frontdesk.delete_secret(:account, 'provider:openai');
DELETE FROM frontdesk.accounts WHERE id = :account;
