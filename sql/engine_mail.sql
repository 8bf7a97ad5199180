-- Mail: one ready row per thread, due after its quiet time, at the latest after
-- the limit.  Nobody works here, so the rows can be looked at.
SELECT frontdesk.add_account('Mail') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'hello') AS thread \gset
DELETE FROM frontdesk.ready WHERE account_id = :account;
DELETE FROM frontdesk.mailbox WHERE account_id = :account;
UPDATE frontdesk.threads SET queued_seq = 0, event_seq = 0, wake_seq = 0 WHERE account_id = :account;

CREATE FUNCTION pg_temp.look() RETURNS TABLE (due_in numeric, first_ago numeric, class smallint, mails bigint, queued_seq bigint, event_seq bigint, wake_seq bigint)
LANGUAGE sql AS $$
  SELECT round(extract(epoch FROM r.due_at - frontdesk.clock()), -1), round(extract(epoch FROM frontdesk.clock() - r.first_at), -1), r.class,
    (SELECT count(*) FROM frontdesk.mailbox m WHERE m.thread_id = t.id), t.queued_seq, t.event_seq, t.wake_seq
  FROM frontdesk.threads t LEFT JOIN frontdesk.ready r ON r.account_id = t.account_id AND r.thread_id = t.id
  WHERE t.account_id = (SELECT max(id) FROM frontdesk.accounts) $$;

SELECT frontdesk.post_mail(:account, :'thread', 'note', '{"a": 1}');
SELECT * FROM pg_temp.look();
SELECT kind, seq, payload FROM frontdesk.mailbox WHERE account_id = :account;

-- a second mail makes no second row; its quiet time postpones the thread, but
-- never beyond the limit (5 s here) after the first
DELETE FROM frontdesk.ready WHERE account_id = :account;
UPDATE frontdesk.threads SET queued_seq = 0 WHERE account_id = :account;
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '1 s');
SELECT due_at - first_at AS due_after FROM frontdesk.ready WHERE account_id = :account;
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '1 h');
SELECT due_at - first_at AS due_after FROM frontdesk.ready WHERE account_id = :account;
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '2 days');
SELECT due_at - first_at AS due_after FROM frontdesk.ready WHERE account_id = :account;

-- what may wait long is overtaken by what may not
DELETE FROM frontdesk.ready WHERE account_id = :account;
UPDATE frontdesk.threads SET queued_seq = 0 WHERE account_id = :account;
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '2 days');
SELECT due_at - first_at AS due_after FROM frontdesk.ready WHERE account_id = :account;
SELECT frontdesk.shift_clock('1 hour');
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '100 s');
SELECT * FROM pg_temp.look();

-- a thread that somebody owns is left to its owner, who sees wake_seq move
UPDATE frontdesk.threads SET slot = 3, generation = 7, incarnation = 5 WHERE account_id = :account;
UPDATE frontdesk.ready SET slot = 3, generation = 7, incarnation = 5, due_at = frontdesk.clock() + '600 s' WHERE account_id = :account;
SELECT frontdesk.post_mail(:account, :'thread', 'note');
SELECT * FROM pg_temp.look();

-- all or nothing
BEGIN;
SELECT frontdesk.post_mail(:account, :'thread', 'note') - event_seq AS the_next FROM frontdesk.threads WHERE account_id = :account;
ROLLBACK;
SELECT * FROM pg_temp.look();
SELECT frontdesk.shift_clock('0');

\set VERBOSITY sqlstate
SELECT frontdesk.post_mail(:account, frontdesk.uuid(), 'note');
SELECT frontdesk.post_mail(-1, :'thread', 'note');
SELECT frontdesk.post_mail(NULL, :'thread', 'note');
SELECT frontdesk.post_mail(:account, :'thread', NULL);
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, NULL);
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '-1 s');
SELECT frontdesk.post_mail(:account, :'thread', 'note', NULL, '3 months');
