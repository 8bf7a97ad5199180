-- security: the house itself, and what a dump takes along.

INSERT INTO frontdesk.accounts (id, name) VALUES (0, 'house');
INSERT INTO frontdesk.sites (account_id, id, transport) VALUES (0, 0, 'local');

INSERT INTO frontdesk.secret_kinds (kind, function, comment) VALUES
  ('jwt', 'token_key_purposes', 'jwt, of account 0 alone: the key with which tokens of requests are signed'),
  ('webhook', 'webhook_purposes', 'webhook:<login>, with which a sender signs'),
  ('chatwoot_bot_token', 'bot_token_purposes', 'chatwoot_bot_token:<site>, with which the bot speaks'),
  ('chatwoot_user_token', 'user_token_purposes', 'chatwoot_user_token:<site>, with which a site is asked what no webhook told');

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('key', 'key_problems', 'the key file and the secrets under it'),
  ('purposes', 'purpose_problems', 'secrets that nobody reads'),
  ('roles', 'role_problems', 'the roles and what they were granted'),
  ('senders', 'sender_problems', 'the ways in'),
  ('sites', 'site_problems', 'tokens of sites');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.accounts', 'WHERE id <> 0');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.accounts_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.users', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.sites', 'WHERE (account_id, id) <> (0, 0)');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.registrations', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.secrets', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.audit', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.audit_repeats', '');
