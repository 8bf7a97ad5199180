-- inbox: the house's rules, and what a dump takes along.

INSERT INTO frontdesk.people_rules (account_id, builtin) VALUES (0, true);

INSERT INTO frontdesk.templates (account_id, name, language, content, builtin) VALUES
  (0, 'handover', 'en', 'A colleague takes over and will answer you here.', true),
  (0, 'handover', 'nl', 'Een collega neemt het over en antwoordt je hier.', true),
  (0, 'handover', 'pt', 'Um colega assume a conversa e responde por aqui.', true),
  (0, 'handover', 'de', 'Ein Mensch aus unserem Team übernimmt und antwortet Ihnen hier.', true),
  (0, 'handover', 'es', 'Una persona de nuestro equipo se encarga y te responderá aquí.', true),
  (0, 'handover', 'fr', 'Une personne de notre équipe prend le relais et vous répondra ici.', true),
  (0, 'handover', 'it', 'Una persona del nostro team se ne occupa e ti risponderà qui.', true),
  (0, 'handover_closed', 'en', 'A colleague takes over and will answer you here as soon as we are open again.', true),
  (0, 'handover_closed', 'nl', 'Een collega neemt het over en antwoordt je hier zodra we weer open zijn.', true),
  (0, 'handover_closed', 'pt', 'Um colega assume a conversa e responde por aqui assim que reabrirmos.', true),
  (0, 'handover_closed', 'de', 'Ein Mensch aus unserem Team übernimmt und antwortet Ihnen hier, sobald wir wieder geöffnet haben.', true),
  (0, 'handover_closed', 'es', 'Una persona de nuestro equipo se encarga y te responderá aquí en cuanto volvamos a abrir.', true),
  (0, 'handover_closed', 'fr', 'Une personne de notre équipe prend le relais et vous répondra ici dès notre réouverture.', true),
  (0, 'handover_closed', 'it', 'Una persona del nostro team se ne occupa e ti risponderà qui appena riapriamo.', true);

INSERT INTO frontdesk.retention_kinds (what, function, keep, comment) VALUES
  ('drafts', 'prune_drafts', '1 year', 'replies that waited for approval and were decided');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.leads', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.conversations', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.conversation_numbers', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.messages', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.people_rules', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.reply_drafts', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.templates', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.office_hours', '');
