-- Why a conversation is where it is, in words: each situation as workers, people
-- and providers leave it.  Times are masked.
SELECT frontdesk.add_account('Explain') AS account \gset
SELECT set_config('test.account', :'account', false) \gset ignore_
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'hello') AS thread \gset
SELECT display_id AS display FROM frontdesk.conversations WHERE id = :'thread' \gset
CREATE FUNCTION pg_temp.explain(conversation text, account integer DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(replace(e, conversation, '<it>'), '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d', '<time>', 'g'),
    'Conversation \d+ of account \d+', 'Conversation <n> of account <a>'), '(frontdesk\.\w+\()\d+|by \w+ \(', '\1<a>', 'g')
  FROM frontdesk.explain_conversation(conversation, account) e WHERE e NOT LIKE 'Nobody works for this database%' $$;
CREATE FUNCTION pg_temp.reset(id uuid) RETURNS void LANGUAGE sql AS $$
  DELETE FROM frontdesk.ready WHERE thread_id = $1;
  DELETE FROM frontdesk.mailbox WHERE thread_id = $1;
  UPDATE frontdesk.threads SET queued_seq = 0, status = 'idle', status_reason = NULL, slot = NULL, incarnation = NULL, generation = NULL WHERE threads.id = $1 $$;

-- a quiet time; due, and nobody there
UPDATE frontdesk.ready SET due_at = frontdesk.clock() + interval '1 minute' WHERE thread_id = :'thread';
SELECT * FROM pg_temp.explain(:'thread');
UPDATE frontdesk.ready SET due_at = frontdesk.clock() - interval '1 minute' WHERE thread_id = :'thread';
SELECT * FROM pg_temp.explain(:'thread');
-- in a worker's hands
UPDATE frontdesk.ready SET slot = 3 WHERE thread_id = :'thread';
UPDATE frontdesk.threads SET slot = 3, incarnation = 1, generation = 1 WHERE id = :'thread';
SELECT * FROM pg_temp.explain(:'thread');
-- at rest, by the number that people know
SELECT pg_temp.reset(:'thread');
SELECT count(*) FROM pg_temp.explain(:'display', :account);
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, model, tokens_in, tokens_out, cost, attempt, failure, created_at) VALUES
  (:account, :'thread', 1, 1, 'classify', 'generate_response', '{}', 'openai/small', 10, 1, 0.0002, 1, NULL, frontdesk.clock()),
  (:account, :'thread', 2, 1, 'generate_response', NULL, '{}', 'anthropic/big', 10, 1, 0.0013, 1, NULL, frontdesk.clock());
UPDATE frontdesk.threads SET step_seq = 2, turns = 1 WHERE id = :'thread';
SELECT * FROM pg_temp.explain(:'thread');
-- a step that is tried again
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, attempt, failure, created_at) VALUES
  (:account, :'thread', 3, 2, 'classify', 'classify', '{}', 2, '{"class": "overloaded", "code": "529", "text": "come back later"}', frontdesk.clock());
UPDATE frontdesk.threads SET status = 'waiting', status_reason = 'step classify is tried again', queued_seq = 1 WHERE id = :'thread';
INSERT INTO frontdesk.ready (account_id, thread_id, class, due_at, first_at) VALUES (:account, :'thread', 0, frontdesk.clock() + interval '5 minutes', frontdesk.clock());
SELECT * FROM pg_temp.explain(:'thread');
-- and while all work is paused
SELECT frontdesk.pause(:account, 'the plumber is here');
SELECT * FROM pg_temp.explain(:'thread') LIMIT 2;
SELECT frontdesk.resume_work(:account);
DELETE FROM frontdesk.checkpoints WHERE thread_id = :'thread' AND seq = 3;
-- its lane: uncertain, to be tried again, on its way, arrived; and what waits behind
SELECT pg_temp.reset(:'thread');
UPDATE frontdesk.threads SET lane_seq = 3 WHERE id = :'thread';
INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts, due_at, sent_at, failure) VALUES
  (:account, :'thread', 1, 'reply', '{}', frontdesk.clock(), 'uncertain', 1, frontdesk.clock() + interval '20 s', frontdesk.clock(), '{"text": "the connection broke"}'),
  (:account, :'thread', 2, 'labels', '{}', frontdesk.clock(), 'pending', 0, NULL, NULL, NULL),
  (:account, :'thread', 3, 'status', '{}', frontdesk.clock(), 'pending', 0, NULL, NULL, NULL);
SELECT e FROM pg_temp.explain(:'thread') e WHERE e LIKE 'Delivery%';
UPDATE frontdesk.deliveries SET status = 'pending' WHERE thread_id = :'thread' AND seq = 1;
SELECT e FROM pg_temp.explain(:'thread') e WHERE e LIKE 'Delivery%';
UPDATE frontdesk.deliveries SET status = 'sending' WHERE thread_id = :'thread' AND seq = 1;
SELECT e FROM pg_temp.explain(:'thread') e WHERE e LIKE 'Delivery%';
UPDATE frontdesk.deliveries SET status = 'arrived' WHERE thread_id = :'thread' AND seq = 1;
SELECT e FROM pg_temp.explain(:'thread') e WHERE e LIKE 'Delivery%';
-- dead letters, with what tries them again
UPDATE frontdesk.deliveries SET status = 'dead', settled_at = frontdesk.clock(),
  failure = CASE seq WHEN 2 THEN '{"class": "bad_request", "text": "no such label"}' ELSE '{"class": "uncertain", "text": "nobody can tell whether it took effect"}' END::jsonb WHERE thread_id = :'thread';
UPDATE frontdesk.threads SET lane_head = 4, status = 'failed', status_reason = 'step classify: cannot digest this' WHERE id = :'thread';
SELECT e FROM pg_temp.explain(:'thread') e WHERE e ~ 'Delivery|delivery|given up';
DELETE FROM frontdesk.deliveries WHERE thread_id = :'thread';
-- a question
UPDATE frontdesk.threads SET status = 'asking', status_reason = 'asks: May we?' WHERE id = :'thread';
INSERT INTO frontdesk.interrupts (account_id, id, thread_id, seq, node, question, deadline, escalation, asked_at, status) VALUES
  (:account, '00000000-0000-7000-8000-00000000000a', :'thread', 2, 'ask', 'May we?', frontdesk.clock() + interval '1 day', '{"node": "give_in"}', frontdesk.clock(), 'open');
SELECT * FROM pg_temp.explain(:'thread');
DELETE FROM frontdesk.interrupts WHERE thread_id = :'thread';
-- a draft; then a person, with messages since
SELECT pg_temp.reset(:'thread');
INSERT INTO frontdesk.reply_drafts (account_id, id, conversation_id, mode, content, created_at)
VALUES (:account, '00000000-0000-7000-8000-00000000000b', :'thread', 'approve', 'Hello', frontdesk.clock());
SELECT * FROM pg_temp.explain(:'thread');
SELECT frontdesk.take_over(:account, :'thread');
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'is anybody there?', conversation_id => :'thread') = :'thread' AS received;
SELECT * FROM pg_temp.explain(:'thread');
-- what mends a dead letter of a site
SELECT frontdesk.give_back(:account, :'thread');
UPDATE frontdesk.sites SET transport = 'chatwoot' WHERE account_id = :account AND id = 0;
INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts, settled_at, failure) VALUES
  (:account, :'thread', 11, 'reply', '{}', frontdesk.clock(), 'dead', 1, frontdesk.clock(), '{"class": "unusable", "code": "no_token", "text": "no bot token is stored for the site"}'),
  (:account, :'thread', 12, 'assign', '{}', frontdesk.clock(), 'dead', 1, frontdesk.clock(), '{"class": "unusable", "code": "no_token", "text": "no user token is stored for the site"}'),
  (:account, :'thread', 13, 'reply', '{}', frontdesk.clock(), 'dead', 1, frontdesk.clock(), '{"class": "auth", "code": "401", "text": "Invalid Access Token"}'),
  (:account, :'thread', 14, 'reply', '{}', frontdesk.clock(), 'dead', 1, frontdesk.clock(), '{"class": "egress", "code": "egress", "text": "the address is not one that requests may leave for"}');
SELECT e FROM pg_temp.explain(:'thread') e WHERE e ~ 'mends|egress_allow' ORDER BY e;
UPDATE frontdesk.sites SET transport = 'local' WHERE account_id = :account AND id = 0;
DELETE FROM frontdesk.deliveries WHERE thread_id = :'thread';
-- a version that is to follow
UPDATE frontdesk.threads SET graph_account_id = :account, graph_version = 1 WHERE id = :'thread';
INSERT INTO frontdesk.graphs (account_id, name, version, entry, succeeded_by) VALUES (:account, 'conversation', 1, 'x', 2);
SELECT e FROM pg_temp.explain(:'thread') e WHERE e LIKE '%version%';
\set VERBOSITY sqlstate
SELECT frontdesk.explain_conversation('nobody');
SELECT frontdesk.explain_thread(:account, frontdesk.uuid());
