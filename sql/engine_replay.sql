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
  (:account, :'thread', 1, 'reply', '{"content": "wrong"}', frontdesk.clock(), 'dead', 6, frontdesk.clock(), '{"class": "refused", "code": "422", "text": "too long"}'),
  (:account, :'thread', 2, 'reply', '{"content": "right"}', frontdesk.clock(), 'sent', 1, frontdesk.clock(), NULL);

SELECT what, seq, kind, failure_class, failure, payload FROM frontdesk.dead_letters WHERE account_id = :account ORDER BY what;

-- a delivery, edited, goes to the end of the lane; the dead one stays as history
UPDATE frontdesk.deliveries SET payload = '{"content": "mended"}' WHERE account_id = :account AND seq = 1;
SELECT frontdesk.replay_delivery(:account, :'thread', 1);
SELECT seq, kind, status, attempts, payload FROM frontdesk.deliveries WHERE account_id = :account ORDER BY seq;
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
