-- Living threads are moved to another version of their graph, in batches.
SELECT frontdesk.add_account('Migration') AS account \gset
SET client_min_messages = notice;
SELECT set_config('test.account', :'account', false) \gset ignore_
INSERT INTO frontdesk.graphs (account_id, name, version, entry) SELECT :account, 'walk', v, 'first' FROM generate_series(1, 2) v;
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, settings) VALUES
  (:account, 'walk', 1, 'first', 'llm', 'router', '{}'), (:account, 'walk', 1, 'old', 'llm', 'router', '{}'), (:account, 'walk', 1, 'ask', 'interrupt', NULL, '{"question": "?"}'),
  (:account, 'walk', 2, 'first', 'llm', 'router', '{}'), (:account, 'walk', 2, 'fresh', 'llm', 'router', '{}'), (:account, 'walk', 2, 'inquire', 'interrupt', NULL, '{"question": "?"}');
UPDATE frontdesk.graphs SET active = true WHERE account_id = :account AND version = 1;
-- threads as workers leave them: named by their last digits
CREATE FUNCTION pg_temp.thread(n integer, status text DEFAULT 'idle', step_seq bigint DEFAULT 1) RETURNS uuid LANGUAGE sql AS $$
  INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, status, status_reason, step_seq, turns)
  VALUES (current_setting('test.account')::integer, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'spec', 'walk', current_setting('test.account')::integer, 1, status, 'asks: ?', step_seq, 1) RETURNING id $$;
CREATE FUNCTION pg_temp.step(thread uuid, seq bigint, node text, next_node text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, mail_seq, created_at)
  VALUES (current_setting('test.account')::integer, thread, seq, 1, node, next_node, '{}', 7, frontdesk.clock()) $$;
CREATE VIEW pg_temp.threads AS
SELECT right(t.id::text, 2) AS thread, t.graph_version, t.epoch, t.status,
  (SELECT concat_ws(' ', c.seq, c.node, '->', c.next_node, c.mail_seq) FROM frontdesk.checkpoints c WHERE c.thread_id = t.id ORDER BY c.seq DESC LIMIT 1) AS newest
FROM frontdesk.threads t WHERE t.account_id = current_setting('test.account')::integer ORDER BY t.id;
SELECT pg_temp.step(pg_temp.thread(1), 1, 'first', NULL);
SELECT pg_temp.step(pg_temp.thread(2, 'waiting'), 2, 'first', 'old');
SELECT pg_temp.step(pg_temp.thread(3, 'waiting'), 2, 'first', 'ask');
SELECT pg_temp.step(pg_temp.thread(4, 'waiting'), 2, 'old', NULL);
SELECT pg_temp.step(pg_temp.thread(5, 'asking', 3), 3, 'ask', 'ask');
SELECT pg_temp.step(pg_temp.thread(6), 1, 'first', NULL);
UPDATE frontdesk.threads SET slot = 1, generation = 1, incarnation = 1 WHERE account_id = :account AND id::text LIKE '%6';
SELECT pg_temp.step(pg_temp.thread(7, 'failed'), 1, 'old', NULL);
SELECT pg_temp.thread(8);

\set VERBOSITY terse
-- at rest; in the middle of a turn only where the map says so; never while at work
CALL frontdesk.migrate_threads('walk', :account, 1, 2, batch => 3);
SELECT * FROM pg_temp.threads;
CALL frontdesk.migrate_threads('walk', :account, 1, 2, '{"old": "fresh", "ask": "fresh"}', batch => 3);
SELECT * FROM pg_temp.threads;
UPDATE frontdesk.threads SET slot = NULL, generation = NULL, incarnation = NULL WHERE account_id = :account;
CALL frontdesk.migrate_threads('walk', :account, 1, 2, '{"ask": "inquire"}');
SELECT * FROM pg_temp.threads;
-- nobody walks the old version any more, but it is the active one
DELETE FROM frontdesk.graphs WHERE account_id = :account AND version = 1;
UPDATE frontdesk.graphs SET active = false WHERE account_id = :account;
DELETE FROM frontdesk.graphs WHERE account_id = :account AND version = 1;
\set VERBOSITY sqlstate
CALL frontdesk.migrate_threads('walk', :account, 1, 3);
CALL frontdesk.migrate_threads('walk', :account, 1, 2, '{"old": "older"}');
