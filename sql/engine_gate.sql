-- Waiting until everything is answered; no worker runs here, so nothing ever is.
SELECT frontdesk.add_account('Waiting') AS waiting \gset
SELECT frontdesk.add_account('Silent') AS silent \gset
SELECT frontdesk.receive_message(:waiting, 'webchat', 'first', 'hello') AS thread \gset
SELECT frontdesk.wait_for_answers('0 seconds', :waiting) AS waiting, frontdesk.wait_for_answers('0 seconds', :silent) AS silent;
-- a question to a person is not waited for, a function that runs and an alarm that is due are
INSERT INTO frontdesk.interrupts (account_id, thread_id, seq, node, question, asked_at, status)
VALUES (:waiting, :'thread', 1, 'ask', 'Well?', now(), 'open');
SELECT frontdesk.wait_for_answers('0 seconds', :waiting) AS asking;
INSERT INTO frontdesk.tool_runs (account_id, thread_id, seq, node, function, original_id, timeout_ms, status, created_at)
VALUES (:waiting, :'thread', 1, 'run', 'f', :'thread', 1000, 'running', now());
SELECT frontdesk.wait_for_answers('0 seconds', :waiting) AS running;
UPDATE frontdesk.tool_runs SET status = 'done' WHERE account_id = :waiting;
SELECT frontdesk.wait_for_answers('0 seconds', :waiting) AS done;
INSERT INTO frontdesk.alarms (account_id, thread_id, name, due_at) VALUES (:waiting, :'thread', 'a', frontdesk.clock() + interval '1 day'), (:waiting, :'thread', 'b', frontdesk.clock());
SELECT frontdesk.wait_for_answers('0 seconds', :waiting) AS due;
\set VERBOSITY sqlstate
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT frontdesk.wait_for_answers('0 seconds', :waiting);
ROLLBACK;
CREATE ROLE regress_frontdesk_waiter;
SELECT count(*) > 0 AS roles FROM frontdesk.setup_roles();
GRANT frontdesk_operator TO regress_frontdesk_waiter;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:waiting, 'regress_frontdesk_waiter', 'Waiter');
SET ROLE regress_frontdesk_waiter;
SELECT frontdesk.wait_for_answers('0 seconds', :waiting) AS hers;
SELECT frontdesk.wait_for_answers('0 seconds', :silent);
SELECT frontdesk.wait_for_answers('0 seconds');
RESET ROLE;
DELETE FROM frontdesk.accounts WHERE id IN (:waiting, :silent);
DROP ROLE regress_frontdesk_waiter;
