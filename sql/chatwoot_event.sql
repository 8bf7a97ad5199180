-- Bad input: each has a clear answer, loses nothing, and leaves the server up.
\getenv abs_srcdir PG_ABS_SRCDIR
\set setup :abs_srcdir '/test/fixtures/inbox.sql'
\set ECHO none
\i :setup
\set ECHO all

-- no JSON never gets as far as the function
SELECT pg_temp.deliver('{"event":');
SELECT pg_temp.deliver('');
-- JSON, but no event
SELECT body, pg_temp.deliver(body) FROM (VALUES ('null'), ('[]'), ('"x"'), ('7'), ('{}'),
  ('{"event": null}'), ('{"event": 7}'), ('{"event": "party_started"}')) AS bodies (body);

-- a wrong type where it decides: refused as a whole; elsewhere: as if absent
SELECT change, pg_temp.deliver(pg_temp.changed('incoming-whatsapp', change)) FROM (VALUES
  ('{"id": "84213"}'), ('{"id": null}'), ('{"id": 1.5}'), ('{"id": -1}'), ('{"id": 99999999999999999999}'),
  ('{"message_type": 0}'), ('{"message_type": null}'), ('{"private": "no"}'), ('{"content": {"a": 1}}'), ('{"content": 7}'),
  ('{"account": {"id": "3"}}'), ('{"account": 3}')
) AS changes (change);
SELECT change, pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{}', change)) FROM (VALUES
  ('{"id": "1532"}'), ('{"id": 0}'), ('{"id": null}'), ('{"meta": 7}')) AS changes (change);
SELECT change, pg_temp.deliver((pg_temp.body('incoming-whatsapp')::jsonb || jsonb_build_object('conversation', change::jsonb, 'source_id', 'of ' || change))::text)
FROM (VALUES ('null'), ('[]'), ('7'), ('{}'), ('{"id": 1700}'), ('{"id": 1701, "meta": {"sender": {"id": "x"}}}')) AS changes (change);
SELECT * FROM pg_temp.stored;
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp',
  '{"id": 1, "source_id": 7, "content_type": [], "content_attributes": "x", "attachments": {}, "created_at": {}, "sender": 5, "inbox": null}',
  '{"channel": 7, "status": 3, "labels": "x", "inbox_id": {}, "updated_at": "soon", "contact_inbox": [], "additional_attributes": 1}'));
SELECT * FROM pg_temp.stored;
SELECT content_type, content_attributes, attachments, source_id FROM frontdesk.messages WHERE account_id = :account ORDER BY source_id;
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-label', '{"labels": {"a": 1}, "custom_attributes": [], "priority": 7, "status": "closed", "updated_at": 1e99}'));
-- its time was no time: later descriptions count
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-label', '{"status": "snoozed"}'));
SELECT status, labels FROM pg_temp.held WHERE conversation = 1532;
SELECT pg_temp.deliver(pg_temp.changed('contact-updated', '{"id": null}'));
SELECT pg_temp.deliver(pg_temp.changed('contact-updated', '{"name": 7, "email": [], "custom_attributes": "x", "changed_attributes": 1}'));

-- fields missing one by one
SELECT field, pg_temp.deliver((pg_temp.body('incoming-whatsapp')::jsonb - field || '{"id": 2, "source_id": "w2"}')::text)
FROM unnest(ARRAY['event', 'message_type', 'conversation']) AS field;
SELECT field, pg_temp.deliver(((pg_temp.body('incoming-whatsapp')::jsonb || jsonb_build_object('id', 100 + n, 'source_id', 'w' || n)) - field)::text)
FROM unnest(ARRAY['account', 'additional_attributes', 'content', 'content_attributes', 'content_type',
  'created_at', 'inbox', 'private', 'sender', 'source_id']) WITH ORDINALITY AS fields (field, n);

-- \u0000 and lone surrogates become U+FFFD, pairs stay, and nothing is lost
SELECT pg_temp.deliver(replace(pg_temp.changed('incoming-whatsapp',
  '{"id": 201, "source_id": "u1", "content": "@@", "content_attributes": {"@@": "@@"}}'), '@@', 'a\u0000b\ud800c\udc00d\ud83d\ude00e\\u0000'));
SELECT content, content_attributes FROM frontdesk.messages WHERE account_id = :account AND chatwoot_message_id = '201';
SELECT payload ->> 'content' AS content FROM pg_temp.mail WHERE payload ->> 'message_id' = '201';
-- an escaped key is the key it spells
SELECT pg_temp.deliver(replace(pg_temp.changed('incoming-whatsapp', '{"id": 202, "source_id": "u2"}'), '"event"', '"\u0065vent"'));
SELECT pg_temp.deliver(replace(pg_temp.body('incoming-whatsapp'), '"message_created"', '"message\u005fcreated"'));

-- of a key that stands twice the last one counts, at every level
SELECT pg_temp.deliver(regexp_replace(pg_temp.changed('incoming-whatsapp', '{"id": 203, "source_id": "d1", "content": "second"}'),
  '^\{', '{"content": "first", "id": 999, "conversation": {"id": 7}, "message_type": "outgoing", '));
SELECT conversation, direction, content FROM pg_temp.stored WHERE id IN ('203', '999');

-- nesting: skipped anywhere up to the limit, beyond it the body makes no sense
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 204, "source_id": "n1", "unknown": ' || repeat('[', 60) || repeat(']', 60) || '}'));
SELECT pg_temp.deliver(replace(pg_temp.changed('incoming-whatsapp', '{"id": 205, "source_id": "n2", "unknown": "@@"}'),
  '"@@"', repeat('[', 100) || repeat(']', 100)));
CREATE FUNCTION pg_temp.deep(depth integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN pg_temp.deliver(replace(pg_temp.changed('incoming-whatsapp', '{"id": 206, "source_id": "n3", "unknown": "@@"}'),
    '"@@"', repeat('{"a":[', depth / 2) || repeat(']}', depth / 2)));
EXCEPTION WHEN statement_too_complex THEN
  RETURN 'statement too complex';
END
$$;
SELECT pg_temp.deep(10000) IN ('statement too complex',
  '422 {"reason": "the body is malformed or nested too deeply", "status": "unusable"}') AS refused;

-- 5 MB of content: the first 150,000 characters are kept, at a character's end
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', jsonb_build_object('id', 207, 'source_id', 'l1', 'content', repeat('€', 1700000))::text));
SELECT length(content), octet_length(content), content_attributes FROM frontdesk.messages WHERE account_id = :account AND chatwoot_message_id = '207';
SELECT octet_length(payload ->> 'content') FROM pg_temp.mail WHERE payload ->> 'message_id' = '207';

-- numbers no column can hold
SELECT pg_temp.deliver(replace(pg_temp.changed('incoming-whatsapp', '{"id": 208, "source_id": "x1", "content_attributes": {"n": "@@", "m": -1.5e3}}'), '"@@"', '1e999999'));
SELECT content_attributes FROM frontdesk.messages WHERE account_id = :account AND chatwoot_message_id = '208';

-- what made no sense is in the audit trail: its beginning, masked, once a minute for each reason
SELECT frontdesk.shift_clock('61 seconds');
SELECT pg_temp.deliver('{"event": "message_created", "content": "write to bruno@example.org", "pubsub_token": "Zp4r8LkT1vQy6NcW2sXhB9mD", "id": {}}');
SELECT detail FROM frontdesk.audit WHERE account_id = :account AND action = 'webhook.unusable' ORDER BY id DESC LIMIT 1;
SELECT frontdesk.shift_clock('0');
SELECT bool_and(length(detail ->> 'body') <= 500) AS short, sum(1 + coalesce((detail ->> 'repeats')::bigint, 0)) + (
  SELECT sum(r.repeats) FROM frontdesk.audit_repeats AS r WHERE r.account_id = :account AND r.action = 'webhook.unusable') > 10 AS all_of_them
FROM frontdesk.audit WHERE account_id = :account AND action = 'webhook.unusable';

-- no body is lost without a word: everything was stored, ignored or audited
SELECT count(*) FROM frontdesk.messages AS m JOIN frontdesk.threads AS t ON t.account_id = m.account_id AND t.id = m.conversation_id
WHERE m.account_id = :account AND m.seq > t.event_seq;
