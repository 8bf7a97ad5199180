-- Rehearsals: what is forked from where; whatever lies in their way raises.
SELECT frontdesk.add_account('Rehearsals') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'hello') AS thread \gset
SELECT display_id AS display FROM frontdesk.conversations WHERE id = :'thread' \gset
-- as a worker leaves it: two turns of two steps, a snapshot at the third step, an overtaken turn's cost
DELETE FROM frontdesk.ready WHERE account_id = :account;
DELETE FROM frontdesk.mailbox WHERE account_id = :account;
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, snapshot, mail_seq, created_at) VALUES
  (:account, :'thread', -7, 1, 'classify', NULL, '{}', NULL, 1, frontdesk.clock()),
  (:account, :'thread', 1, 1, 'classify', 'generate_response', '{"a": 1, "b": 1}', NULL, 1, frontdesk.clock()),
  (:account, :'thread', 2, 1, 'generate_response', NULL, '{"b": null}', NULL, 1, frontdesk.clock()),
  (:account, :'thread', 3, 2, 'classify', 'generate_response', '{"b": 3}', '{"a": 1, "b": 3}', 2, frontdesk.clock()),
  (:account, :'thread', 4, 2, 'generate_response', NULL, '{"c": 4}', NULL, 2, frontdesk.clock());
UPDATE frontdesk.threads SET queued_seq = 0, step_seq = 4, turns = 2, read_seq = 2, state = '{"a": 1, "b": 3, "c": 4}' WHERE id = :'thread';
SELECT n, frontdesk.state_at(:account, :'thread', n) FROM generate_series(-1, 5) n;

SELECT frontdesk.fork_thread(:account, :'thread') AS newest \gset
SELECT frontdesk.fork_conversation(:'display', 1, account_id => :account) AS first \gset
SELECT frontdesk.fork_conversation(:'thread', 3, '{"route": "recruitment"}') AS patched \gset
SELECT frontdesk.fork_thread(:account, :'patched', 1) AS twice \gset
SELECT r.thread_id = :'twice' AS twice, r.source_id = :'thread' AS of_the_source, r.kind, r.checkpoint, r.known_event, t.kind, t.status, t.class, t.state,
  c.node, c.next_node, c.patch, c.snapshot, c.mail_seq = t.wake_seq AS read
FROM frontdesk.rehearsals r JOIN frontdesk.threads t ON t.id = r.thread_id JOIN frontdesk.checkpoints c ON c.thread_id = r.thread_id
WHERE r.account_id = :account ORDER BY r.checkpoint, r.thread_id = :'twice';
SELECT count(*) FROM frontdesk.ready r WHERE account_id = :account AND due_at <= frontdesk.clock();
-- the source has not moved
SELECT state, step_seq, epoch, status FROM frontdesk.threads WHERE id = :'thread';
SELECT status, path, cost, held FROM frontdesk.rehearsal_results WHERE thread_id = :'first';
SELECT action, detail - 'rehearsal' AS detail FROM frontdesk.audit WHERE account_id = :account AND action = 'thread.forked' ORDER BY id;

-- pruned: what a snapshot covers is still there, what it took is not
DELETE FROM frontdesk.checkpoints WHERE thread_id = :'thread' AND seq = 1;
SELECT n, frontdesk.state_at(:account, :'thread', n) FROM generate_series(0, 4) n;
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (:account, 'conversation', 5, 'only');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent) VALUES (:account, 'conversation', 5, 'only', 'llm', 'conversation');
\set VERBOSITY default
SELECT frontdesk.find_conversation('0', :account);
\set VERBOSITY sqlstate
SELECT frontdesk.fork_thread(:account, :'newest', 9);
SELECT frontdesk.fork_thread(:account, :'thread', 3, graph_version => 99);
SELECT frontdesk.fork_thread(:account, :'thread', 2);
SELECT frontdesk.fork_thread(:account, :'thread', 1);
SELECT frontdesk.fork_thread(:account, :'thread', -7);
SELECT frontdesk.fork_thread(:account, :'thread', 3, graph_version => 5);
SELECT frontdesk.fork_conversation('nobody');
SELECT frontdesk.replay_conversation(:'thread', 99);
SELECT frontdesk.replay_conversation(:'thread', from_checkpoint => 5);
SELECT frontdesk.add_account('Another') AS another \gset
SELECT frontdesk.receive_message(:another, 'webchat', 'x', 'hello') AS x \gset
UPDATE frontdesk.conversations SET display_id = :display WHERE account_id = :another;
SELECT frontdesk.find_conversation(:'display');
SELECT (frontdesk.find_conversation(:'display', :another)).id = :'x' AS found;

-- forgotten, but not while they are at work
UPDATE frontdesk.threads SET slot = 1, generation = 1, incarnation = 1 WHERE id = :'twice';
SELECT frontdesk.forget_rehearsals(:account), frontdesk.forget_rehearsals(:account, '-1 second');
SELECT count(*) FILTER (WHERE kind = 'rehearsal') AS rehearsals, count(*) FILTER (WHERE kind = 'conversation') AS conversations FROM frontdesk.threads WHERE account_id = :account;
SELECT count(*) FROM frontdesk.ready WHERE account_id = :account;
