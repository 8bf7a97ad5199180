-- Providers that agents ask and that cannot be asked are named.
\set SHOW_CONTEXT never
SELECT frontdesk.add_account('Keyless') AS account \gset
CREATE VIEW pg_temp.found AS SELECT problem, subject, message, effect, regexp_replace(remedy, '\(\d+,', '(<a>,') AS remedy
FROM frontdesk.check() WHERE problem LIKE 'provider%' AND account_id = current_setting('test.account')::integer;
SELECT set_config('test.account', :'account', false) \gset ignore_
\x on
SELECT * FROM pg_temp.found;
\x off
-- preview_call() says so, too
SELECT c ->> 'key' AS key, c -> 'instead' AS instead, c ->> 'headers' LIKE '%***%' AS masked
FROM frontdesk.preview_call('conversation', 'Hi', :account) c;
SELECT frontdesk.set_secret(:account, 'provider:anthropic', 'x');
SELECT c ->> 'key' AS key, c -> 'instead' AS instead FROM frontdesk.preview_call('conversation', 'Hi', :account) c;
SELECT subject FROM pg_temp.found;
-- the house's key is for the house's address
SELECT frontdesk.set_secret(0, 'provider:openai', 'x');
SELECT subject FROM pg_temp.found;
SELECT frontdesk.provider_key_state(:account, p) FROM unnest('{openai,anthropic,local,nobody}'::text[]) p;
INSERT INTO frontdesk.providers (account_id, name, kind, base_url) VALUES (:account, 'openai', 'openai', 'https://models.example.com');
SELECT subject FROM pg_temp.found;
UPDATE frontdesk.providers SET settings = '{"key": "none"}' WHERE account_id = :account;
SELECT subject FROM pg_temp.found;
SELECT frontdesk.provider_key_state(:account, 'openai'), frontdesk.preview_call('router', 'Hi', :account) ->> 'key' AS previewed;
-- addresses
UPDATE frontdesk.providers SET base_url = '127.0.0.1:21230' WHERE account_id = :account;
SELECT url, frontdesk.is_base_url(url) FROM unnest(ARRAY['https://a', 'http://a:1/v1', 'https://[::1]:8080/x', '', 'https://', 'ftp://a', 'https://u:p@a', 'https://a?b', 'https://a b', 'a.example.com']) url;
ALTER TABLE frontdesk.providers DISABLE TRIGGER providers_before_change;
UPDATE frontdesk.providers SET base_url = '127.0.0.1:21230' WHERE account_id = :account;
ALTER TABLE frontdesk.providers ENABLE TRIGGER providers_before_change;
SELECT subject, message, remedy FROM pg_temp.found;
UPDATE frontdesk.providers SET base_url = 'http://models.example.com', settings = '{}' WHERE account_id = :account;
SELECT problem, message FROM pg_temp.found ORDER BY problem;
UPDATE frontdesk.providers SET base_url = 'http://127.0.0.1:1234' WHERE account_id = :account;
SELECT problem FROM pg_temp.found;
-- a kind that nobody knows how to speak to
SELECT frontdesk.provider_kinds() @> '{anthropic,local,openai}' AS kinds_are_listed;
\set VERBOSITY terse
INSERT INTO frontdesk.providers (account_id, name, kind, base_url) VALUES (:account, 'other', 'oracle', 'https://models.example.com');
BEGIN;
ALTER TABLE frontdesk.providers DROP CONSTRAINT providers_kind_check;
UPDATE frontdesk.providers SET kind = 'oracle' WHERE account_id = :account;
SELECT problem, message, effect, regexp_replace(remedy, ': .*', '') AS remedy FROM pg_temp.found
WHERE problem = 'provider_unusable';
SELECT frontdesk.preview_call('router', 'Hi', :account);
ROLLBACK;
\set VERBOSITY default
-- an agent whose provider does not exist
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt) VALUES (:account, 'conversation', 'nowhere', 'm', 'p');
SELECT problem, subject, message, remedy FROM pg_temp.found ORDER BY problem;
SELECT frontdesk.delete_secret(0, 'provider:openai');
DELETE FROM frontdesk.accounts WHERE id = :account;
