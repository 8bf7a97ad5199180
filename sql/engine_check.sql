-- Nobody works here, and that is said; what was given up is counted.
\set SHOW_CONTEXT never
SELECT frontdesk.add_account('Unserved') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'hello') AS thread \gset
SELECT frontdesk.serving_workers(), frontdesk.serving_problem();
SELECT account_id, state, reason, at_work FROM frontdesk.work_status;
SELECT e FROM frontdesk.explain_conversation(:'thread') e WHERE e LIKE 'Nobody%';
SELECT frontdesk.resume_work();
-- what a person has ordered is told first
SELECT frontdesk.pause(0, 'the plumber is here');
SELECT state, reason FROM frontdesk.work_status;
SELECT problem, subject, since IS NOT NULL AS dated, regexp_replace(message, 'by \w+', 'by <who>') AS message, effect, remedy
FROM frontdesk.check() WHERE problem LIKE 'work\_%';
SELECT frontdesk.resume_work();
SELECT frontdesk.drain(0);
SELECT state FROM frontdesk.work_status;
SELECT frontdesk.resume_work();
-- a copy
BEGIN;
UPDATE frontdesk.place SET database_oid = 1;
SELECT state, reason FROM frontdesk.work_status;
SELECT problem, message, remedy FROM frontdesk.check() WHERE problem LIKE 'work\_%';
ROLLBACK;
-- dead letters
UPDATE frontdesk.threads SET status = 'failed', status_reason = 'step classify: cannot digest this' WHERE id = :'thread';
INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts, settled_at, failure)
SELECT :account, :'thread', n, 'reply', '{}', frontdesk.clock(), 'dead', 1, frontdesk.clock(), '{"class": "auth", "text": "Invalid Access Token"}'
FROM generate_series(11, 12) n;
SELECT subject, since IS NOT NULL AS dated, message, regexp_replace(remedy, '\d+', '<a>', 'g') AS remedy
FROM frontdesk.check() WHERE problem = 'dead_letters' AND account_id = :account;
DELETE FROM frontdesk.deliveries WHERE thread_id = :'thread';
UPDATE frontdesk.threads SET status = 'idle', status_reason = NULL WHERE id = :'thread';
