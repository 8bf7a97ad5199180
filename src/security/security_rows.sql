-- security: the house itself, and what a dump takes along.

INSERT INTO frontdesk.accounts (id, name) VALUES (0, 'house');
INSERT INTO frontdesk.services (account_id, id, kind, adapter) VALUES (0, 0, 'transport', 'local');

INSERT INTO frontdesk.secret_kinds (kind, function, comment) VALUES
  ('jwt', 'token_key_purposes', 'jwt, of account 0 alone: the key with which tokens of requests are signed'),
  ('webhook', 'webhook_purposes', 'webhook:<login>, with which a sender signs');

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('key', 'key_problems', 'the key file and the secrets under it'),
  ('purposes', 'purpose_problems', 'secrets that nobody reads'),
  ('roles', 'role_problems', 'the roles and what they were granted'),
  ('senders', 'sender_problems', 'the ways in');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.accounts', 'WHERE id <> 0');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.accounts_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.users', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.services', 'WHERE (account_id, id) <> (0, 0)');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.registrations', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.secrets', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.audit', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.audit_repeats', '');
