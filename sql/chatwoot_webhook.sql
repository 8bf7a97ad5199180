-- Who may come in, and what every kind of event does.
\getenv abs_srcdir PG_ABS_SRCDIR
\set setup :abs_srcdir '/test/fixtures/inbox.sql'
\set ECHO none
\i :setup
SELECT clock_timestamp() AS started \gset
\set ECHO all

-- customers' messages are stored once each and wait for a turn
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'));
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'));
SELECT pg_temp.deliver(pg_temp.body('incoming-instagram'));
SELECT pg_temp.deliver(pg_temp.body('incoming-email'));
SELECT pg_temp.deliver(pg_temp.body('incoming-webwidget'));
SELECT * FROM pg_temp.stored;
SELECT * FROM pg_temp.mail;
SELECT * FROM pg_temp.held;
-- the provider told one message twice, under two ids
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 84999}'));
SELECT count(*) FROM pg_temp.mail WHERE conversation = 1532;

-- a message of ours and its failure: stored, no turn
SELECT pg_temp.deliver(pg_temp.body('outgoing-bot'));
SELECT pg_temp.deliver(pg_temp.body('message-updated-failed'));
SELECT * FROM pg_temp.stored WHERE conversation = 1532;
SELECT handled_by FROM pg_temp.held WHERE conversation = 1532;

-- a private note: stored as such, no turn, nobody has taken over by it alone
SELECT pg_temp.deliver(pg_temp.changed('private-note', '{}', '{"meta": {}}'));
SELECT author, private, content FROM pg_temp.stored WHERE id = '84222';
SELECT handled_by FROM pg_temp.held WHERE conversation = 1532;

-- a person answers: the bot is silent, messages are still stored
SELECT pg_temp.deliver(pg_temp.changed('outgoing-human', '{}', '{"meta": {}}'));
SELECT handled_by FROM pg_temp.held WHERE conversation = 1532;
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp',
  '{"id": 84230, "source_id": "wamid.2", "content": "Ortopedia"}'));
SELECT count(*) FROM pg_temp.mail WHERE conversation = 1532;

-- resolved and pending give the conversation back, open does not
SELECT pg_temp.deliver(pg_temp.changed('conversation-status-changed', '{"status": "open", "updated_at": 1781691540.1}'));
SELECT status, handled_by FROM pg_temp.held WHERE conversation = 1532;
SELECT pg_temp.deliver(pg_temp.changed('conversation-status-changed', '{"status": "resolved", "updated_at": 1781691541.1}'));
SELECT status, handled_by FROM pg_temp.held WHERE conversation = 1532;
-- an older description changes nothing
SELECT pg_temp.deliver(pg_temp.body('conversation-status-changed'));
SELECT status, handled_by FROM pg_temp.held WHERE conversation = 1532;

-- the business answers from the phone's own app
SELECT pg_temp.deliver(pg_temp.body('outgoing-echo'));
SELECT author, content FROM pg_temp.stored WHERE id = '84225';
SELECT handled_by FROM pg_temp.held WHERE conversation = 1532;
SELECT pg_temp.deliver(pg_temp.changed('conversation-status-changed', '{"status": "pending", "updated_at": 1781691550.1}'));
SELECT status, handled_by FROM pg_temp.held WHERE conversation = 1532;

-- assignment to a person takes over; labels are kept; status is followed
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-assignee', '{"status": "pending", "updated_at": 1781691560.1}'));
SELECT handled_by, assignee_id FROM pg_temp.held WHERE conversation = 1532;
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-label', '{"updated_at": 1781691561.1}'));
SELECT labels FROM pg_temp.held WHERE conversation = 1532;
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-status', '{"status": "snoozed", "updated_at": 1781691562.1}'));
SELECT status, handled_by FROM pg_temp.held WHERE conversation = 1532;
SELECT action, detail FROM frontdesk.audit WHERE account_id = :account AND action LIKE 'conversation.%' ORDER BY id;

-- unchanged bodies of the same events, on a conversation that is not known yet
SELECT pg_temp.deliver(pg_temp.changed('conversation-created', '{"id": 1600}'));
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-status', '{"id": 1601}'));
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-label', '{"id": 1602}'));
SELECT pg_temp.deliver(pg_temp.changed('conversation-updated-assignee', '{"id": 1603}'));
SELECT conversation, status, handled_by, assignee_id, labels FROM pg_temp.held WHERE conversation >= 1600;

-- the same of a note and an answer by the person it is assigned to
SELECT pg_temp.deliver(pg_temp.changed('private-note', '{}', '{"id": 1604}'));
SELECT pg_temp.deliver(pg_temp.changed('outgoing-human', '{}', '{"id": 1605}'));
SELECT conversation, handled_by, assignee_id FROM pg_temp.held WHERE conversation >= 1604;

-- leads
SELECT pg_temp.deliver(pg_temp.body('contact-created'));
SELECT pg_temp.deliver(pg_temp.body('contact-updated'));
SELECT name, email, phone, profile, channel FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = '501';
SELECT pg_temp.deliver(pg_temp.changed('contact-updated',
  '{"email": "other@example.org", "changed_attributes": [{"last_activity_at": {"previous_value": 1, "current_value": 2}}, {"updated_at": {}}]}'));
SELECT email FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = '501';
-- what strangers set at length is not kept
SELECT pg_temp.deliver(pg_temp.changed('contact-updated', jsonb_build_object('email', 'long@example.org',
  'custom_attributes', jsonb_build_object('long', repeat('x', 65536)),
  'changed_attributes', jsonb_build_array(jsonb_build_object('email', jsonb_build_object('current_value', 'long@example.org'))))::text));
SELECT email, profile ? 'long' AS kept FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = '501';

-- events of no meaning leave nothing
SELECT pg_temp.deliver(pg_temp.body('webwidget-triggered'));
SELECT pg_temp.deliver(pg_temp.body('conversation-typing-on'));
SELECT pg_temp.deliver(pg_temp.changed('conversation-created', '{"event": "automation_event.conversation_created"}'));
SELECT pg_temp.deliver('{"event": "inbox_updated", "channel": {"api_key": "k"}}');
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 84300, "message_type": "activity"}'));
-- the form an activity has in the REST API is no event
SELECT pg_temp.deliver(pg_temp.body('activity-rest'));

-- every event number was handed out once, to a message or not at all
SELECT count(*) FROM frontdesk.threads AS t JOIN frontdesk.messages AS m
  ON m.account_id = t.account_id AND m.conversation_id = t.id
WHERE t.account_id = :account AND m.seq > t.event_seq;

-- who may come in
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'), '{}');
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'), NULL);
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'), '{"authorization": "Basic bm9ib2R5OnNlY3JldA=="}');
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'), '{"authorization": 7}');
SELECT pg_temp.deliver(pg_temp.body('incoming-whatsapp'), 'no json');
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"account": {"id": 4}}'));

-- a sender that signs
SELECT login, password FROM frontdesk.register_webhook(:account, :site, secret => '3sVQ7vLkN2hWq9TzXcRbY4Ej') \gset
SELECT jsonb_build_object('x-chatwoot-timestamp', '1781691330',
  'x-chatwoot-signature', 'sha256=08935bf3b1f11eea1d60c19e2c3023ce8f5d99df5ee353ae927531a5d9ac20ab',
  'authorization', 'Basic ' || translate(encode(convert_to(:'login' || ':' || :'password', 'UTF8'), 'base64'), E'\n', ''))::text AS signed \gset
\set vector '{"event":"message_created","id":84213,"content":"Olá \\u003cb\\u003e"}'
SELECT frontdesk.shift_clock(to_timestamp(1781691330) - clock_timestamp());
-- genuine, but not a whole event
SELECT pg_temp.deliver(:'vector', :'signed');
SELECT pg_temp.deliver(:'vector', (:'signed'::jsonb - 'x-chatwoot-signature')::text);
SELECT pg_temp.deliver(:'vector', (:'signed'::jsonb || '{"x-chatwoot-signature": "sha1=00"}')::text);
SELECT pg_temp.deliver(:'vector', (:'signed'::jsonb || '{"x-chatwoot-timestamp": "1781691331"}')::text);
SELECT pg_temp.deliver(:'vector' || ' ', :'signed');
SELECT frontdesk.shift_clock(to_timestamp(1781691330 + 3600) - clock_timestamp());
SELECT pg_temp.deliver(:'vector', :'signed');
SELECT frontdesk.shift_clock('0');
SELECT frontdesk.revoke_registration(:'login');
SELECT pg_temp.deliver(:'vector', :'signed');

-- each refusal left its row
SELECT action, detail ->> 'reason' AS reason, count(*) FROM frontdesk.audit
WHERE action IN ('webhook.refused', 'webhook.unusable') AND at > :'started'
  AND account_id IN (0, :account)
GROUP BY 1, 2 ORDER BY 1, 2;

-- one row a minute of a sender and a reason; the others are counted
SELECT r.account_id = 0 AS house, r.action, r.reason, r.repeats FROM frontdesk.audit_repeats AS r
WHERE r.since > :'started' AND r.account_id IN (0, :account) AND r.repeats > 0 ORDER BY r.reason;
CREATE FUNCTION pg_temp.knock(times integer) RETURNS bigint LANGUAGE sql
AS $$ SELECT count(pg_temp.deliver('{"text": "' || repeat('x', 1000) || '"}', '{"authorization": "Basic bm9ib2R5OnNlY3JldA=="}')) FROM generate_series(1, times) $$;
SELECT pg_temp.knock(100);
SELECT frontdesk.shift_clock('61 seconds');
SELECT pg_temp.knock(100);
SELECT frontdesk.shift_clock('100 seconds');
SELECT pg_temp.knock(100);
SELECT frontdesk.shift_clock('125 seconds');
SELECT pg_temp.knock(1);
SELECT frontdesk.shift_clock('0');
SELECT detail - 'bytes' AS detail, (detail ->> 'bytes')::integer > 1000 AS size FROM frontdesk.audit
WHERE action = 'webhook.refused' AND detail ->> 'reason' = 'credentials wrong' AND at > :'started' ORDER BY id;
-- a repetition waits for no disk, what is stored does
BEGIN;
SELECT pg_temp.deliver('{}', '{}');
SHOW synchronous_commit;
SELECT pg_temp.deliver('{}', '{}');
SHOW synchronous_commit;
ROLLBACK;

-- of a body that was of no use: what it is about, and a beginning without secrets
SELECT frontdesk.shift_clock('125 seconds');
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', jsonb_build_object('account', jsonb_build_object('id', 5), 'content',
  E'call\n+31 6 12345678 or mail a@example.com, card 4111 1111 1111 1111, ' || repeat('x', 100000))::text));
SELECT (jsonb_each(a.detail - 'body')).*, length(a.detail ->> 'body') AS body FROM (
  SELECT detail FROM frontdesk.audit WHERE account_id = :account AND action = 'webhook.unusable' ORDER BY id DESC LIMIT 1) AS a;
SELECT frontdesk.shift_clock('250 seconds');
SELECT pg_temp.deliver($json${"event": "message_created", "account": {"id": 4}, "id": 4111111111111111, "message_type": "incoming",
  "pubsub_token": "AB,CD}EF", "pubsub\u005ftoken": "GH\"IJ", "nested": [{"api_access_token": {"a": ["KLMN"]}, "hmac_token": 4242, "API_Key": null}],
  "content": "tell\n+31 6 12345678, ana@example.com", "+31 6 87654321": 4111111111111111, "conversation": {"id": 7}, "small": -1.5e3, "yes": true}$json$);
SELECT detail ->> 'body' AS body FROM frontdesk.audit WHERE account_id = :account AND action = 'webhook.unusable' ORDER BY id DESC LIMIT 1;
SELECT frontdesk.shift_clock('375 seconds');
-- none of one that cannot be read
SELECT pg_temp.deliver(repeat('[', 100) || '"pubsub_token"' || repeat(']', 100));
SELECT detail FROM frontdesk.audit WHERE account_id = :account AND action = 'webhook.unusable' ORDER BY id DESC LIMIT 1;
SELECT frontdesk.shift_clock('0');

-- a name is stored as long as names are
SELECT pg_temp.deliver(pg_temp.changed('contact-updated', jsonb_build_object('id', 900, 'name', repeat('é', 1000000), 'email', repeat('a', 1000), 'phone_number', repeat('1', 1000))::text));
SELECT length(name), length(email), length(phone) FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = '900';
SELECT frontdesk.receive_message(:account, 'webchat', 'longname', 'hi', repeat('é', 1000)) AS local \gset
SELECT length(l.name) FROM frontdesk.leads AS l WHERE l.account_id = :account AND l.chatwoot_contact_id = 'longname';

-- the token of the contact's socket is stored nowhere
SELECT count(*) FROM (
  SELECT a.account_id, a::text FROM frontdesk.audit AS a UNION ALL SELECT m.account_id, m::text FROM frontdesk.messages AS m
  UNION ALL SELECT c.account_id, c::text FROM frontdesk.conversations AS c UNION ALL SELECT l.account_id, l::text FROM frontdesk.leads AS l
  UNION ALL SELECT b.account_id, b::text FROM frontdesk.mailbox AS b) AS rows (account_id, words)
WHERE account_id = :account AND words LIKE '%Zp4r8LkT1vQy6NcW2sXhB9mD%';

-- the acknowledgement is of a durable commit
SET synchronous_commit = off;
BEGIN;
SELECT pg_temp.deliver(pg_temp.changed('incoming-whatsapp', '{"id": 84400, "source_id": "wamid.3"}'));
SHOW synchronous_commit;
COMMIT;
SHOW synchronous_commit;
