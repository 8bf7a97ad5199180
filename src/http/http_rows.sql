-- http: what it adds to the lists of the house.

INSERT INTO frontdesk.secret_kinds (kind, function, comment) VALUES
  ('service', 'service_purposes', '<adapter>_<secret>:<service>, as chatwoot_bot_token:1, with which the bot speaks at site 1, and chatwoot_user_token:1, with which the site is asked what no webhook told; SELECT * FROM frontdesk.service_adapters() lists their names');

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('services', 'service_problems', 'services that the library cannot speak with');
