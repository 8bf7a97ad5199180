-- security: the house itself, and what a dump takes along.

INSERT INTO frontdesk.accounts (id, name) VALUES (0, 'house');
INSERT INTO frontdesk.sites (account_id, id, transport) VALUES (0, 0, 'local');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.accounts', 'WHERE id <> 0');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.accounts_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.users', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.sites', 'WHERE (account_id, id) <> (0, 0)');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.registrations', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.secrets', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.audit', '');
