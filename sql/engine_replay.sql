-- Dead letters: listed, edited, replayed.
SELECT frontdesk.add_account('Replay') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'hello') AS thread \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone else', 'hello') AS other \gset
-- as a worker leaves them: one thread failed, one with a dead reply and one behind it that left
DELETE FROM frontdesk.ready WHERE account_id = :account;
DELETE FROM frontdesk.mailbox WHERE account_id = :account;
UPDATE frontdesk.threads SET queued_seq = 0, lane_seq = 2, lane_head = 3 WHERE account_id = :account;
UPDATE frontdesk.threads SET status = 'failed', status_reason = 'step x: no' WHERE id = :'other';
INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts, settled_at, failure) VALUES
  (:account, :'thread', 1, 'reply', '{"content": "wrong"}', frontdesk.clock(), 'dead', 6, frontdesk.clock(), '{"class": "bad_request", "code": "422", "text": "too long"}'),
  (:account, :'thread', 2, 'reply', '{"content": "right"}', frontdesk.clock(), 'sent', 1, frontdesk.clock(), NULL);

SELECT what, seq, kind, failure_class, failure, payload FROM frontdesk.dead_letters WHERE account_id = :account ORDER BY what;

-- a delivery, edited, goes to the end of the lane; the dead one stays as history
UPDATE frontdesk.deliveries SET payload = '{"content": "mended"}', mail_seq = 1 WHERE account_id = :account AND seq = 1;
SELECT frontdesk.replay_delivery(:account, :'thread', 1);
SELECT seq, kind, status, attempts, payload, mail_seq FROM frontdesk.deliveries WHERE account_id = :account ORDER BY seq;
SELECT lane_seq, lane_head, status, status_reason FROM frontdesk.threads WHERE id = :'thread';
SELECT kind FROM frontdesk.mailbox WHERE thread_id = :'thread';
SELECT slot, due_at <= frontdesk.clock() AS is_due FROM frontdesk.ready WHERE thread_id = :'thread';

SELECT what, seq FROM frontdesk.dead_letters WHERE account_id = :account ORDER BY what;
SELECT failure FROM frontdesk.deliveries WHERE account_id = :account AND seq = 1;

-- a thread walks its graph again
SELECT frontdesk.replay_thread(:account, :'other');
SELECT kind FROM frontdesk.mailbox WHERE thread_id = :'other';
SELECT slot, due_at <= frontdesk.clock() AS is_due FROM frontdesk.ready WHERE thread_id = :'other';

\set VERBOSITY sqlstate
-- replayed already, delivered, unknown
SELECT frontdesk.replay_delivery(:account, :'thread', 1);
SELECT frontdesk.replay_delivery(:account, :'thread', 2);
SELECT frontdesk.replay_delivery(:account, :'thread', 99);
SELECT frontdesk.replay_delivery(:account, frontdesk.uuid(), 1);
UPDATE frontdesk.threads SET slot = 1, generation = 1, incarnation = 1 WHERE id = :'thread';
SELECT frontdesk.replay_delivery(:account, :'thread', 1);
SELECT frontdesk.replay_thread(:account, frontdesk.uuid());

-- a person mends dead letters: edits, resolves, withdraws, replays many
\set VERBOSITY terse
SELECT frontdesk.add_account('Repair') AS account \gset
CREATE FUNCTION pg_temp.thread_with(name text, VARIADIC failures text[]) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  account integer := (SELECT max(id) FROM frontdesk.accounts);
  thread uuid := frontdesk.receive_message(account, 'webchat', name, 'hello');
BEGIN
  DELETE FROM frontdesk.ready WHERE thread_id = thread;
  DELETE FROM frontdesk.mailbox WHERE thread_id = thread;
  UPDATE frontdesk.threads SET queued_seq = 0, lane_seq = cardinality(failures), lane_head = cardinality(failures) + 1 WHERE id = thread;
  INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts, settled_at, failure)
  SELECT account, thread, n, 'reply', '{"content": "x"}', frontdesk.clock(), 'dead', 6, frontdesk.clock() - n * interval '1 hour',
    jsonb_build_object('class', f, 'text', 'no') FROM unnest(failures) WITH ORDINALITY u(f, n);
  RETURN thread;
END $$;
SELECT pg_temp.thread_with('one', 'refused', 'uncertain', 'uncertain') AS one \gset
SELECT pg_temp.thread_with('two', 'refused', 'auth', 'uncertain') AS two \gset
SELECT regexp_replace(replace(command, :'one', '<one>'), '\(\d+', '(<account>') AS command FROM frontdesk.dead_letters WHERE thread_id = :'one' ORDER BY seq;
SELECT frontdesk.edit_delivery(:account, :'one', 1, '{"content": "mended"}');
SELECT frontdesk.resolve_delivery(:account, :'one', 2, true, '4711');
SELECT frontdesk.resolve_delivery(:account, :'one', 3, false);
SELECT frontdesk.withdraw_delivery(:account, :'two', 2, 'no longer wanted');
SELECT seq, status, payload, remote_id, failure - 'text' AS failure FROM frontdesk.deliveries WHERE thread_id = :'one' ORDER BY seq;
SELECT seq, status, failure - 'withdrawn_by' AS failure FROM frontdesk.deliveries WHERE thread_id = :'two' ORDER BY seq;
SELECT lane_head, lane_seq, status FROM frontdesk.threads WHERE id = :'one';
SELECT what, seq, failure_class FROM frontdesk.dead_letters WHERE account_id = :account ORDER BY thread_id = :'two', seq;
-- many at once: by time, by class; never the uncertain unless they are named
SELECT frontdesk.replay_dead_letters(:account, until => frontdesk.clock() - interval '90 minutes');
SELECT frontdesk.replay_dead_letters(:account, 'auth');
SELECT frontdesk.replay_dead_letters(:account);
SELECT frontdesk.replay_dead_letters(:account);
SELECT frontdesk.replay_dead_letters(:account, 'uncertain');
-- a word that no failure has
SELECT frontdesk.replay_dead_letters(:account, 'gone');
SELECT count(*) FROM frontdesk.deliveries WHERE account_id = :account AND NOT frontdesk.is_failure_class(failure ->> 'class');
SELECT what, seq, failure_class FROM frontdesk.dead_letters WHERE account_id = :account;
-- a thread: its state edited at rest, with mail, and half way through a turn
UPDATE frontdesk.threads SET status = 'failed', status_reason = 'step x: no', state = '{"content": "poison", "n": 1}' WHERE id = :'two';
SELECT frontdesk.edit_thread_state(:account, :'two', '{"content": "food"}');
SELECT m.seq = t.wake_seq AS newest, m.payload FROM frontdesk.mailbox m JOIN frontdesk.threads t ON t.id = m.thread_id WHERE t.id = :'two' ORDER BY 1;
SELECT seq, node, next_node, patch FROM frontdesk.checkpoints WHERE thread_id = :'two';
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, created_at)
SELECT :account, :'two', 2, 1, 'classify', 'generate_response', '{"n": 2}', frontdesk.clock();
SELECT frontdesk.edit_thread_state(:account, :'two', '{"n": 3}');
SELECT seq, turn, node, next_node, patch FROM frontdesk.checkpoints WHERE thread_id = :'two' ORDER BY seq;
SELECT state, step_seq FROM frontdesk.threads WHERE id = :'two';
-- what a person writes has the size of a state, in whichever row it waits
\set VERBOSITY sqlstate
SELECT frontdesk.edit_thread_state(:account, :'two', jsonb_build_object('long', repeat('x', 262144)));
SELECT frontdesk.fork_thread(:account, :'two', 1, jsonb_build_object('long', repeat('x', 262144)));
SELECT frontdesk.post_mail(:account, :'two', 'message', jsonb_build_object('content', repeat('x', 262144)));
-- also behind the steps of a turn that failed half way, which count with it
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, created_at)
SELECT :account, :'two', 9, 1, 'classify', 'generate_response', jsonb_build_object('half', repeat('x', 200000)), frontdesk.clock();
SELECT frontdesk.edit_thread_state(:account, :'two', jsonb_build_object('long', repeat('x', 100000)));
BEGIN;
SELECT frontdesk.edit_thread_state(:account, :'two', jsonb_build_object('half', repeat('x', 100000), 'long', repeat('x', 100000))) ->> 'n' AS n;
ROLLBACK;
DELETE FROM frontdesk.checkpoints WHERE thread_id = :'two' AND seq >= 9;
SELECT frontdesk.withdraw_thread(:account, :'two', repeat('x', 9000));
SELECT frontdesk.pause(:account, repeat('x', 9000));
SELECT count(*) FROM frontdesk.pauses WHERE account_id = :account;
-- mail waits: it will be tried anyway
SELECT frontdesk.withdraw_thread(:account, :'two');
\set VERBOSITY terse
DELETE FROM frontdesk.ready WHERE thread_id = :'two';
UPDATE frontdesk.threads SET queued_seq = 0 WHERE id = :'two';
SELECT frontdesk.withdraw_thread(:account, :'two', 'nonsense');
SELECT status, state, step_seq, lane_head - lane_seq AS lane, read_seq = wake_seq AS is_read FROM frontdesk.threads WHERE id = :'two';
SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = :'two';
SELECT string_agg(status, ' ' ORDER BY seq) FROM frontdesk.deliveries WHERE thread_id = :'two';
SELECT action, replace(replace(subject, :'one', '<one>'), :'two', '<two>') AS subject, detail - 'before' AS detail FROM frontdesk.audit WHERE account_id = :account AND action ~ '^(delivery|thread)' ORDER BY id;
\set VERBOSITY sqlstate
SELECT frontdesk.edit_delivery(:account, :'one', 2, '{}');
SELECT frontdesk.edit_delivery(:account, :'one', 1, '{}');
SELECT frontdesk.withdraw_delivery(:account, :'two', 2);
SELECT frontdesk.withdraw_thread(:account, :'two');
SELECT frontdesk.edit_thread_state(:account, :'two', '[]');
SELECT frontdesk.edit_thread_state(:account, frontdesk.uuid(), '{}');
SELECT pg_temp.thread_with('three', 'refused', 'uncertain') AS three \gset
SELECT frontdesk.resolve_delivery(:account, :'three', 1, true);
UPDATE frontdesk.threads SET slot = 1, generation = 1, incarnation = 1 WHERE id = :'three';
SELECT frontdesk.resolve_delivery(:account, :'three', 2, true);
SELECT frontdesk.edit_thread_state(:account, :'three', '{}');
SELECT frontdesk.replay_dead_letters(:account, 'refused');
-- what was compressed on its way into a row counts as long as it is
CREATE TEMP TABLE packed AS SELECT jsonb_build_object('content', repeat('x', 9000000)) AS payload;
SELECT pg_column_size(payload) < 262144 AS is_packed FROM packed;
SELECT pg_temp.thread_with('four', 'refused') AS four \gset
SELECT frontdesk.edit_delivery(:account, :'four', 1, payload) FROM packed;
SELECT frontdesk.edit_delivery(:account, :'four', 1, '{"content": "short"}');
SELECT frontdesk.edit_thread_state(:account, :'four', payload) FROM packed;
-- nobody else writes these rows, which no constraint checks
SELECT statement FROM frontdesk.role_grants
WHERE statement ~ '(INSERT|UPDATE|DELETE|TRUNCATE|ALL)[^;]* ON [^;]*frontdesk\.(threads|ready|mailbox|checkpoints|deliveries)\M';
