-- What a worker does, done by this session: threads are claimed, walk and come to
-- rest by the code that workers run.
SELECT frontdesk.add_account('Play') AS account \gset
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (:account, 'ask', 1, 'ask'), (:account, 'fail', 1, 'fail');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, attempts, settings) VALUES
  (:account, 'ask', 1, 'ask', 'interrupt', 1, '{"question": "May we, {name}?", "deadline": "1 day", "on_deadline": {"answer": {"ok": false}}}'),
  (:account, 'fail', 1, 'fail', 'http', 1, '{}');

CREATE FUNCTION pg_temp.begin_thread(number integer, graph text DEFAULT 'ask') RETURNS uuid LANGUAGE sql AS $$
  INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, class)
  SELECT a.id, ('00000000-0000-7000-8f1a-' || pg_catalog.lpad(number::text, 12, '0'))::uuid, 'play', begin_thread.graph, a.id, 1, 2
  FROM frontdesk.accounts a WHERE a.name = 'Play' RETURNING id $$;
CREATE FUNCTION pg_temp.tell(thread uuid, kind text, payload jsonb DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
  SELECT frontdesk.post_mail(t.account_id, t.id, $2, $3, '0') FROM frontdesk.threads t WHERE t.id = thread $$;
CREATE FUNCTION pg_temp.look(thread uuid) RETURNS TABLE (status text, reason text, turns integer, unread boolean, owned boolean, ready bigint, mails bigint) LANGUAGE sql AS $$
  SELECT t.status, t.status_reason, t.turns, t.read_seq < t.wake_seq, t.slot IS NOT NULL,
    (SELECT count(*) FROM frontdesk.ready r WHERE r.thread_id = t.id),
    (SELECT count(*) FROM frontdesk.mailbox m WHERE m.thread_id = t.id)
  FROM frontdesk.threads t WHERE t.id = thread $$;
CREATE FUNCTION pg_temp.lane(thread uuid) RETURNS TABLE (seq bigint, kind text, status text, class text) LANGUAGE sql AS $$
  SELECT d.seq, d.kind, d.status, d.failure ->> 'class' FROM frontdesk.deliveries d WHERE d.thread_id = thread ORDER BY d.seq $$;

-- nothing is due of this class
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();

-- a question is asked, and answered
SELECT pg_temp.begin_thread(1) AS thread \gset
SELECT pg_temp.tell(:'thread', 'note', '{"name": "Ada"}');
SELECT frontdesk.play_claim(2::smallint);
SELECT * FROM pg_temp.look(:'thread');
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT frontdesk.answer_interrupt(:account, (SELECT id FROM frontdesk.interrupts WHERE thread_id = :'thread'), '{"ok": true}');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT state FROM frontdesk.threads WHERE id = :'thread';

-- a dead letter stays one while only its lane is asked for, and ends when it walks again
SELECT pg_temp.begin_thread(2, 'fail') AS thread \gset
SELECT pg_temp.tell(:'thread', 'note');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT pg_temp.tell(:'thread', 'lane');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT frontdesk.play_delivery_kind('card', 'repeat');
SELECT frontdesk.pause(:account, 'for a while');
SELECT pg_temp.tell(:'thread', 'deliver', '{"deliver": [{"kind": "card"}]}');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.resume_work(:account);
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT * FROM pg_temp.lane(:'thread');
UPDATE frontdesk.graph_nodes SET kind = 'interrupt', settings = '{"question": "And now?"}' WHERE account_id = :account AND graph = 'fail';
SELECT pg_temp.tell(:'thread', 'note');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');

-- a turn that another claim has overtaken writes nothing
SELECT pg_temp.begin_thread(3) AS thread \gset
SELECT pg_temp.tell(:'thread', 'note');
SELECT frontdesk.play_claim(2::smallint);
UPDATE frontdesk.threads SET epoch = epoch + 1 WHERE id = :'thread';
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.look(:'thread');
SELECT frontdesk.play_turns();

-- a kind of deliveries says what follows when nobody knows its fate
SELECT frontdesk.play_delivery_kind('letter', '');
SELECT frontdesk.play_delivery_kind('letter', 'hope');
SELECT frontdesk.play_delivery_kind('letter', 'look_up');
SELECT frontdesk.play_delivery_kind('letter', 'look_up', true, false);
SELECT frontdesk.play_delivery_kind('letter', 'look_up', false, true);
SELECT frontdesk.play_delivery_kind('letter', 'ask', true, true);
SELECT frontdesk.play_delivery_kind('letter', 'repeat', true, false);
SELECT frontdesk.play_delivery_kind('repeated', 'repeat');
SELECT frontdesk.play_delivery_kind('looked up', 'look_up', true, true);
SELECT frontdesk.play_delivery_kind('asked', 'ask');
SELECT frontdesk.play_delivery_kind('forgotten', 'forget');

-- each was being sent when its worker died; the one behind it waits until the far
-- side is done with it, and then is sent whatever became of the first
SELECT pg_temp.begin_thread(10 + n::integer) AS thread,
  pg_temp.tell(('00000000-0000-7000-8f1a-' || lpad((10 + n)::text, 12, '0'))::uuid, 'deliver',
               jsonb_build_object('deliver', jsonb_build_array(jsonb_build_object('kind', kind), jsonb_build_object('kind', 'repeated')))) > 0 AS told
FROM unnest(ARRAY['repeated', 'looked up', 'asked', 'forgotten']) WITH ORDINALITY k(kind, n);
BEGIN;
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT kind, status, count(*) FROM frontdesk.deliveries WHERE account_id = :account GROUP BY kind, status ORDER BY kind COLLATE "C";
ROLLBACK;
INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts)
SELECT account_id, id, n, CASE n WHEN 1 THEN (ARRAY['repeated', 'looked up', 'asked', 'forgotten'])[substr(id::text, 35)::integer - 10] ELSE 'repeated' END,
  '{}', frontdesk.clock(), CASE n WHEN 1 THEN 'sending' ELSE 'pending' END, 2 - n
FROM frontdesk.threads, generate_series(1, 2) n WHERE account_id = :account AND substr(id::text, 35)::integer > 10;
DELETE FROM frontdesk.mailbox WHERE account_id = :account AND kind = 'deliver';
UPDATE frontdesk.threads SET status = 'waiting', status_reason = 'taken over', lane_seq = 2 WHERE account_id = :account AND substr(id::text, 35)::integer > 10;
SELECT frontdesk.play_turns();
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT substr(id::text, 35) AS thread, l.* FROM frontdesk.threads, pg_temp.lane(id) l WHERE account_id = :account ORDER BY 1, 2;
SELECT frontdesk.shift_clock('1 hour');
SELECT frontdesk.play_turns();
SELECT substr(id::text, 35) AS thread, l.* FROM frontdesk.threads, pg_temp.lane(id) l WHERE account_id = :account ORDER BY 1, 2;
-- what was asked about is a person's to resolve
SELECT seq, kind, failure_class, failure FROM frontdesk.dead_letters WHERE account_id = :account AND what = 'delivery' ORDER BY kind COLLATE "C";
SELECT frontdesk.resolve_delivery(:account, '00000000-0000-7000-8f1a-000000000013', 1, true);
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT * FROM pg_temp.lane('00000000-0000-7000-8f1a-000000000013');
SELECT frontdesk.shift_clock('0');

-- nothing leaves
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (:account, 'call', 1, 'call');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings) VALUES (:account, 'call', 1, 'call', 'http', '{"url": "http://127.0.0.1:1/"}');
SELECT pg_temp.begin_thread(4, 'call') AS thread \gset
SELECT pg_temp.tell(:'thread', 'note');
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
DELETE FROM frontdesk.ready WHERE account_id = :account;

-- tests are a superuser's
CREATE ROLE regress_frontdesk_player;
GRANT USAGE ON SCHEMA frontdesk TO regress_frontdesk_player;
SET ROLE regress_frontdesk_player;
\set VERBOSITY terse
SELECT frontdesk.play_claim(2::smallint);
SELECT frontdesk.play_turns();
SELECT frontdesk.play_delivery_kind('letter', 'ask');
RESET ROLE;
REVOKE USAGE ON SCHEMA frontdesk FROM regress_frontdesk_player;
DROP ROLE regress_frontdesk_player;
