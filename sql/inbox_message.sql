-- Who speaks, what changes later, and what a choice of a customer is.
\getenv abs_srcdir PG_ABS_SRCDIR
\set setup :abs_srcdir '/test/fixtures/inbox.sql'
\set ECHO none
\i :setup
\set ECHO all

-- authors
SELECT label, pg_temp.deliver(pg_temp.changed(name, top, conversation)) FROM (VALUES
  ('automation rule', 'outgoing-bot', '{"id": 1, "sender": null, "content_attributes": {"automation_rule_id": 4}}', '{"id": 1}'),
  ('rule posting as a person', 'outgoing-human', '{"id": 2, "content_attributes": {"automation_rule_id": 4}}', '{"id": 2, "meta": {}}'),
  ('campaign', 'outgoing-human', '{"id": 3, "additional_attributes": {"campaign_id": 9}}', '{"id": 3, "meta": {}}'),
  ('template', 'outgoing-bot', '{"id": 4, "sender": null, "message_type": "template"}', '{"id": 4}'),
  ('nobody named', 'outgoing-bot', '{"id": 5, "sender": null}', '{"id": 5}'),
  ('telegram echo', 'outgoing-bot', '{"id": 6, "sender": null}', '{"id": 6, "channel": "Channel::Telegram"}'),
  ('captain', 'outgoing-bot', '{"id": 7, "sender": {"id": 1, "type": "captain_assistant"}}', '{"id": 7}'),
  ('ours, posted with a user token', 'outgoing-human', '{"id": 8, "content_attributes": {"frontdesk": "t/1"}}', '{"id": 8, "meta": {}}'),
  ('blocked contact', 'incoming-whatsapp', '{"id": 9, "source_id": "b9", "sender": {"id": 501, "blocked": true}}', '{"id": 9}'),
  ('automatic mail', 'incoming-email', '{"id": 10, "source_id": "b10", "content_attributes": {"email": {"auto_reply": true}}}', '{"id": 10}'),
  ('private incoming', 'incoming-whatsapp', '{"id": 11, "source_id": "b11", "private": true}', '{"id": 11}')
) AS cases (label, name, top, conversation);
SELECT s.id, s.direction, s.author, h.handled_by FROM pg_temp.stored AS s
JOIN pg_temp.held AS h USING (conversation);
SELECT count(*) FROM pg_temp.mail;

-- channels that share one of Chatwoot's
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', jsonb_build_object('id', 20 + n, 'source_id', 'c' || n)::text,
  (jsonb_build_object('id', 20 + n) || conversation::jsonb)::text)) FROM (VALUES
  (1, '{"channel": "Channel::TwilioSms", "contact_inbox": {"source_id": "+5511987654321"}}'),
  (2, '{"channel": "Channel::TwilioSms", "contact_inbox": {"source_id": "whatsapp:+5511987654321"}}'),
  (3, '{"channel": "Channel::FacebookPage"}'),
  (4, '{"channel": "Channel::FacebookPage", "additional_attributes": {"type": "instagram_direct_message"}}'),
  (5, '{"channel": "Channel::Line"}'), (6, '{"channel": "Channel::Tiktok"}'), (7, '{"channel": "Channel::Api"}'),
  (8, '{"channel": "Channel::Sms"}'), (9, '{"channel": "Channel::Telegram"}'), (10, '{"channel": "Channel::Voice"}')
) AS cases (n, conversation);
SELECT conversation, channel FROM pg_temp.held WHERE conversation BETWEEN 21 AND 30;

-- an e-mail's newest reply, without its history
SELECT pg_temp.deliver(pg_temp.changed('incoming-email', '{"id": 40, "source_id": "m40", "content": "Yes\n\nOn Monday you wrote: …",
  "content_attributes": {"email": {"text_content": {"full": "Yes\n\nOn Monday you wrote: …", "quoted": "Yes"}}}}', '{"id": 40}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-email', '{"id": 41, "source_id": "m41", "content": "No\n\nOn Monday you wrote: …",
  "content_attributes": {"email": {"text_content": {}, "html_content": {"quoted": "No"}}}}', '{"id": 40}'));
SELECT content FROM pg_temp.stored WHERE conversation = 40;

-- attachments alone
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 50, "source_id": "a50", "content": null,
  "attachments": [{"id": 1, "message_id": 50, "file_type": "image", "data_url": "https://chat.example/1"}]}', '{"id": 50}'));
SELECT content, attachments FROM frontdesk.messages WHERE account_id = :account AND chatwoot_message_id = '50';
SELECT payload FROM pg_temp.mail WHERE conversation = 50;

-- delivery status never goes back, but a retry may work after a failure
SELECT pg_temp.deliver(pg_temp.changed('outgoing-bot', '{"id": 60}', '{"id": 60, "messages": [{"id": 60, "status": "sent"}]}'));
CREATE FUNCTION pg_temp.report(status text, failure text DEFAULT NULL) RETURNS TABLE (is_now text, because text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.deliver(pg_temp.changed('outgoing-bot', jsonb_build_object('id', 60, 'event', 'message_updated',
    'content_attributes', jsonb_strip_nulls(jsonb_build_object('external_error', failure)))::text,
    jsonb_build_object('id', 60, 'messages', jsonb_build_array(jsonb_build_object('id', 60, 'status', status)))::text));
  RETURN QUERY SELECT s.status, s.failure FROM pg_temp.stored AS s WHERE s.id = '60';
END
$$;
SELECT * FROM pg_temp.report('failed', 'not on WhatsApp');
SELECT * FROM pg_temp.report('sent');
SELECT * FROM pg_temp.report('delivered');
SELECT * FROM pg_temp.report('read');
SELECT * FROM pg_temp.report('delivered');
SELECT * FROM pg_temp.report('failed', 'late');
-- the embedded last message is another one: it says nothing about this
SELECT pg_temp.deliver(pg_temp.changed('outgoing-bot', '{"id": 61}', '{"id": 60, "messages": [{"id": 60, "status": "read"}]}'));
SELECT status FROM pg_temp.stored WHERE id = '61';

-- edited, then deleted: the turn to come reads it once more for its other words
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 70, "source_id": "e70"}', '{"id": 70}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 70, "source_id": "e70", "event": "message_updated", "content": "edited"}', '{"id": 70}'));
SELECT content FROM pg_temp.stored WHERE id = '70';
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 70, "source_id": "e70", "event": "message_updated", "content": "This message was deleted", "content_attributes": {"deleted": true}}', '{"id": 70}'));
SELECT content FROM pg_temp.stored WHERE id = '70';
SELECT count(*) FROM pg_temp.mail WHERE conversation = 70;

-- an update that overtook its message: answered if fresh, kept if old
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', jsonb_build_object('id', 80, 'source_id', 'o80', 'event', 'message_updated',
  'created_at', to_char(frontdesk.clock() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text, '{"id": 80}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 80, "source_id": "o80"}', '{"id": 80}'));
SELECT count(*) FROM pg_temp.mail WHERE conversation = 80;
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 81, "source_id": "o81", "event": "message_updated"}', '{"id": 81}'));
SELECT pg_temp.deliver(pg_temp.changed('outgoing-human', '{"id": 82, "event": "message_updated"}', '{"id": 81, "meta": {}}'));
SELECT count(*) AS stored, (SELECT count(*) FROM pg_temp.mail WHERE conversation = 81) AS mail,
  (SELECT handled_by FROM pg_temp.held WHERE conversation = 81) FROM pg_temp.stored WHERE conversation = 81;

-- a choice on a message of ours comes as its update and is an answer, once
SELECT pg_temp.deliver(pg_temp.changed('outgoing-bot', '{"id": 90, "content_type": "input_select"}', '{"id": 90, "channel": "Channel::WebWidget"}'));
SELECT pg_temp.deliver(pg_temp.changed('outgoing-bot', '{"id": 90, "event": "message_updated", "content_type": "input_select",
  "content_attributes": {"submitted_values": [{"title": "09:00", "value": "slot-1"}]}}', '{"id": 90}')) FROM generate_series(1, 2);
SELECT id, direction, author, content FROM pg_temp.stored WHERE conversation = 90;
SELECT payload FROM pg_temp.mail WHERE conversation = 90;

-- times: as the source told them, with any offset
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', jsonb_build_object('id', 95 + n, 'source_id', 't' || n, 'created_at', told)::text, '{"id": 95}'))
FROM (VALUES (1, '"2026-06-17T10:15:30.482Z"'::jsonb), (2, '"2026-06-17T07:15:30-03:00"'), (3, '1781691330')) AS times (n, told);
SELECT sent_at AT TIME ZONE 'UTC' AS sent_at FROM frontdesk.messages
WHERE account_id = :account AND source_id IN ('t1', 't2', 't3') ORDER BY source_id;

-- a provider's id is looked for in the account alone, however often another has it
SET session_replication_role = replica;
INSERT INTO frontdesk.messages (account_id, id, conversation_id, seq, direction, author, private, channel, content, source_id, sent_at)
SELECT :account + 1000, gen_random_uuid(), gen_random_uuid(), 1, 'incoming', 'customer', false, 'whatsapp', 'theirs', 'p1', now() FROM generate_series(1, 20000);
-- and of very many of its own some are looked at, and always the conversation's
INSERT INTO frontdesk.messages (account_id, id, conversation_id, seq, direction, author, private, channel, content, source_id, sent_at)
SELECT :account, gen_random_uuid(), gen_random_uuid(), 1, 'incoming', 'customer', false, 'whatsapp', 'ours', 'p2', now() FROM generate_series(1, 1000);
RESET session_replication_role;
BEGIN;
SELECT pg_stat_get_xact_tuples_returned('frontdesk.messages_source_key'::regclass) AS before \gset
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 110, "source_id": "p1"}', '{"id": 110}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 111, "source_id": "p1"}', '{"id": 110}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 112, "source_id": "p1"}', '{"id": 112}'));
SELECT pg_stat_get_xact_tuples_returned('frontdesk.messages_source_key'::regclass) - :before AS read;
ROLLBACK;
BEGIN;
SELECT pg_stat_get_xact_tuples_returned('frontdesk.messages_source_key'::regclass) AS before \gset
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 113, "source_id": "p2"}', '{"id": 113}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 114, "source_id": "p2"}', '{"id": 113}'));
SELECT pg_stat_get_xact_tuples_returned('frontdesk.messages_source_key'::regclass) - :before BETWEEN 1 AND 200 AS read_few;
ROLLBACK;
BEGIN;
SELECT pg_stat_get_xact_tuples_returned('frontdesk.messages_source_key'::regclass) AS before \gset
-- Telegram counts the messages of each chat
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 115, "source_id": "p2"}', '{"id": 115, "channel": "Channel::Telegram"}'));
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 116, "source_id": "p2"}', '{"id": 115, "channel": "Channel::Telegram"}'));
SELECT pg_stat_get_xact_tuples_returned('frontdesk.messages_source_key'::regclass) - :before AS read;
ROLLBACK;
DELETE FROM frontdesk.messages WHERE source_id IN ('p1', 'p2');

-- to look for words costs what they and the texts are long; what is found is as it was
SELECT w, d, frontdesk.without_words(d, w) AS rest FROM (VALUES
  ('my number is 44718', '{"a": "number", "n": 44718, "m": 447, "intent": "number", "l": ["it said: my number is 44718", "my number is 44718\nmy number is 44718 ok", "no"]}'::jsonb),
  ('Grüße an ßß', '["ßß", "sagt Grüße an ßß hier"]'), ('xy', '["", "x", "axyxyb"]')) AS v (w, d);
CREATE FUNCTION pg_temp.lasts(query text) RETURNS interval LANGUAGE plpgsql AS $$
DECLARE
  begun timestamptz := clock_timestamp();
BEGIN
  EXECUTE query;
  RETURN clock_timestamp() - begun;
END $$;
SELECT pg_temp.lasts($$ SELECT frontdesk.without_words(to_jsonb('b' || repeat('a', 4000)), repeat('a', 60000)) $$)
  < pg_temp.lasts($$ SELECT strpos(repeat('a', 60000), 'b' || repeat('a', 4000)) $$) / 10 AS as_long_as_they_are;
