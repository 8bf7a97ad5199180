-- inbox: the house's rules, and what a dump takes along.

INSERT INTO frontdesk.people_rules (account_id, builtin) VALUES (0, true);

INSERT INTO frontdesk.retention_kinds (what, function, keep, comment) VALUES
  ('drafts', 'prune_drafts', '1 year', 'replies that waited for approval and were decided');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.leads', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.conversations', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.conversation_numbers', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.messages', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.people_rules', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.reply_drafts', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.templates', 'WHERE NOT builtin');
