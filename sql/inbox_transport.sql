-- Services and the transports among them: what the library knows, and what it
-- does not.
SELECT kind, adapter, title, secrets FROM frontdesk.service_adapters() ORDER BY kind, adapter;

SELECT frontdesk.add_account('Services') AS account \gset
SELECT frontdesk.add_service(:account, 'transport', 'chatwoot', 'https://chat.example.com/', 7) AS service \gset
SELECT kind, adapter, url, remote_account, settings FROM frontdesk.services WHERE account_id = :account ORDER BY id;
SELECT id, transport, url, chatwoot_account_id, max_concurrent FROM frontdesk.sites WHERE account_id = :account ORDER BY id;
SELECT p FROM frontdesk.service_purposes(:account) p ORDER BY p;
-- sites is a view that can be written
UPDATE frontdesk.sites SET max_concurrent = 5, url = 'https://other.example.com' WHERE account_id = :account AND id = :service;
SELECT url, max_concurrent FROM frontdesk.services WHERE account_id = :account AND id = :service;
-- a service that is no site
ALTER TABLE frontdesk.services DISABLE TRIGGER services_before_write;
INSERT INTO frontdesk.services (account_id, id, kind, adapter, url) VALUES (:account, 5, 'mail', 'smtp', 'smtps://mail.example.com:465');
ALTER TABLE frontdesk.services ENABLE TRIGGER services_before_write;
SELECT id FROM frontdesk.sites WHERE account_id = :account ORDER BY id;
SELECT frontdesk.add_site(:account, 'https://chat.example.com', 8);
SELECT p FROM frontdesk.service_purposes(:account) p ORDER BY p;

-- what the library does not know
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT frontdesk.add_service(:account, 'transport', 'carrier pigeon', 'https://loft.example.com');
SELECT frontdesk.add_service(:account, 'crm', 'none', 'https://crm.example.com');
UPDATE frontdesk.sites SET transport = 'pigeon' WHERE account_id = :account AND id = :service;
SELECT problem, subject, message, effect, remedy FROM frontdesk.check() WHERE account_id = :account AND problem = 'adapter_unknown';
\set VERBOSITY sqlstate
SELECT frontdesk.add_service(:account, 'transport', 'chatwoot', 'https://other.example.com', 7);
\set VERBOSITY terse
SELECT frontdesk.add_service(:account, 'transport', 'chatwoot', 'smtp://mail.example.com', 7);
SELECT frontdesk.add_service(:account, 'mail', 'smtp', 'smtp://user@mail.example.com');
SELECT frontdesk.add_service(987654, 'transport', 'chatwoot', 'https://chat.example.com');
-- a webhook comes in by whichever transport its site has
SELECT url_path, encode(convert_to(login || ':' || password, 'UTF8'), 'base64') AS credentials
FROM frontdesk.register_webhook(:account, :service, signed => false) \gset
SELECT :'url_path' AS url_path, url_path AS of_a_place_to_rehearse_in
FROM frontdesk.register_webhook(:account, frontdesk.add_site(:account, NULL, 9), signed => false);
SELECT set_config('request.headers', jsonb_build_object('authorization', 'Basic ' || translate(:'credentials', E'\n', ''))::text, false) \gset ignore_
SELECT frontdesk.receive_webhook('{"event": "message_created", "id": 1, "message_type": "incoming", "content": "Hi", "account": {"id": 7},
  "conversation": {"id": 4, "channel": "Channel::Sms", "meta": {"sender": {"id": 3}}}}') ->> 'status' AS status;
SELECT frontdesk.receive_webhook('{"event": "message_created", "id": 2, "message_type": "incoming", "content": "Hi", "account": {"id": 8},
  "conversation": {"id": 4}}') AS of_another_account;
SELECT url_path, encode(convert_to(login || ':' || password, 'UTF8'), 'base64') AS credentials
FROM frontdesk.register_webhook(:account, 5, signed => false) \gset
SELECT :'url_path' AS url_path;
SELECT set_config('request.headers', jsonb_build_object('authorization', 'Basic ' || translate(:'credentials', E'\n', ''))::text, false) \gset ignore_
SELECT frontdesk.receive_webhook('{}'), frontdesk.chatwoot_webhook('{}');
SELECT action, subject, detail FROM frontdesk.audit WHERE account_id = :account AND action IN ('account.added', 'service.added', 'site.added') ORDER BY id;
