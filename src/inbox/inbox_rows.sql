-- inbox: what a dump takes along.

SELECT pg_catalog.pg_extension_config_dump('frontdesk.leads', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.conversations', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.conversation_numbers', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.messages', '');
