-- What was kept long enough is pruned, and nothing that anybody still needs.
SELECT frontdesk.add_account('Archive') AS archive \gset
SELECT frontdesk.add_account('Keeper') AS keeper \gset
SELECT what, keep FROM frontdesk.retention WHERE account_id = :archive ORDER BY what;

-- a day is the least
\set VERBOSITY terse
INSERT INTO frontdesk.retention_policies VALUES (:archive, 'checkpoints', '1 hour');
\set VERBOSITY default
INSERT INTO frontdesk.retention_policies VALUES (:archive, 'checkpoints', '10 days'), (:archive, 'deliveries', '10 days'), (:archive, 'audit', '10 days');
-- null keeps for ever, whatever the house says
INSERT INTO frontdesk.retention_policies VALUES (:keeper, 'checkpoints', NULL), (0, 'deliveries', '20 days');
SELECT account_id = :archive AS archive, what, keep FROM frontdesk.retention WHERE account_id IN (:archive, :keeper) ORDER BY 1 DESC, 2;

-- a thread with seven steps of finished turns, of which five are old, and two of
-- a turn that is not: it has waited for 30 days
CREATE FUNCTION pg_temp.fill(account integer, thread uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, created_at, step_seq, turns, lane_seq, lane_head, status, state)
  VALUES (account, thread, 'conversation', 'conversation', 0, 1, now() - interval '1 year', 7, 3, 8, 7, 'waiting', '{"step": 7, "a": 1}');
  INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, created_at)
  SELECT account, thread, n, 1 + n / 3, 'n' || n, 'n' || n + 1, jsonb_build_object('step', n, chr(96 + n), n),
    now() - CASE WHEN n IN (6, 7) THEN interval '1 day' ELSE interval '30 days' END
  FROM generate_series(1, 9) n WHERE n <> 0;
  -- what an overtaken turn has cost
  INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, patch, cost, created_at)
  VALUES (account, thread, -3, 1, 'n1', '{}', 0.01, now() - interval '30 days');
  INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, status, created_at, settled_at, failure)
  SELECT account, thread, n, 'reply', '{}', s, now() - interval '30 days', CASE WHEN n < 7 THEN now() - interval '29 days' END, f
  FROM (VALUES (1, 'sent', NULL::jsonb), (2, 'dead', '{"class": "server_error"}'), (3, 'dead', '{"replayed_as": 5}'), (4, 'withdrawn', NULL),
    (5, 'sent', NULL), (7, 'uncertain', NULL), (8, 'pending', NULL)) d(n, s, f);
  INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, status, created_at, settled_at)
  VALUES (account, thread, 6, 'reply', '{}', 'sent', now() - interval '30 days', now() - interval '1 day');
$$;
SELECT FROM pg_temp.fill(:archive, '11111111-0000-0000-0000-000000000001');
SELECT FROM pg_temp.fill(:keeper, '11111111-0000-0000-0000-000000000002');
SELECT frontdesk.state_at(:archive, '11111111-0000-0000-0000-000000000001', 6);

SELECT what, pruned, finished_at IS NOT NULL AS finished FROM frontdesk.prune(:archive) ORDER BY 1;
SELECT seq, turn, cost, snapshot FROM frontdesk.checkpoints WHERE account_id = :archive ORDER BY seq;
SELECT seq, status FROM frontdesk.deliveries WHERE account_id = :archive ORDER BY seq;
-- the state is known behind every step that is left, and known to be unknown before
SELECT n, frontdesk.state_at(:archive, '11111111-0000-0000-0000-000000000001', n) FROM generate_series(4, 7) n;
SELECT what, seq FROM frontdesk.dead_letters WHERE account_id = :archive;
-- nothing of another account went
SELECT count(*), count(snapshot) FROM frontdesk.checkpoints WHERE account_id = :keeper;

-- a second run has nothing to do
SELECT what, pruned, finished_at IS NOT NULL AS finished FROM frontdesk.prune(:archive) ORDER BY 1;
-- what another account keeps for ever stays
SELECT what, pruned, finished_at IS NOT NULL AS finished FROM frontdesk.prune(:keeper) ORDER BY 1;
SELECT count(*) FROM frontdesk.checkpoints WHERE account_id = :keeper;

-- in batches: a run goes on behind the last one, and within a thread
UPDATE frontdesk.retention_policies SET keep = '10 days' WHERE account_id = :keeper;
INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, created_at, step_seq, turns)
SELECT :keeper, ('22222222-0000-0000-0000-00000000000' || t)::uuid, 'conversation', 'conversation', 0, 1, now() - interval '1 year', 10, 5 FROM generate_series(1, 3) t;
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, cost, tokens_in, node, patch, created_at)
SELECT :keeper, ('22222222-0000-0000-0000-00000000000' || t)::uuid, n, n / 2, 0.5, 7, 'n', jsonb_build_object('n', n), now() - interval '30 days'
FROM generate_series(1, 3) t, generate_series(1, 10) n;
SELECT i, what, pruned, finished_at IS NOT NULL AS finished FROM generate_series(1, 9) i, LATERAL frontdesk.prune(:keeper, 'checkpoints', 5 + 0 * i) ORDER BY i;
SELECT thread_id, seq, cost, tokens_in, snapshot FROM frontdesk.checkpoints WHERE account_id = :keeper AND thread_id::text LIKE '2%' ORDER BY 1, 2;

-- the trail of one account, with a row that tells of it
INSERT INTO frontdesk.audit (account_id, at, action) SELECT a, now() - interval '30 days', 'test.old' FROM unnest(ARRAY[:archive, :keeper]) a, generate_series(1, 3);
INSERT INTO frontdesk.audit (account_id, action) VALUES (:archive, 'test.young');
SELECT what, pruned, finished_at IS NOT NULL AS finished FROM frontdesk.prune(:archive, 'audit', 2);
SELECT what, pruned, finished_at IS NOT NULL AS finished FROM frontdesk.prune(:archive, 'audit', 2);
SELECT action, count(*) FROM frontdesk.audit WHERE account_id = :archive AND action LIKE 'test.%' GROUP BY 1;
SELECT count(*) FROM frontdesk.audit WHERE account_id = :keeper AND action = 'test.old';
SELECT detail ->> 'rows' AS rows FROM frontdesk.audit WHERE account_id = 0 AND action = 'audit.pruned' AND detail ->> 'account_id' = :'archive' ORDER BY id;

-- questions: closed, old, and of a turn that has ended
INSERT INTO frontdesk.interrupts (account_id, thread_id, seq, node, question, asked_at, status, answered_at)
SELECT :archive, '11111111-0000-0000-0000-000000000001', n, q, q, now() - interval '2 years', s, a
FROM (VALUES (1, 'answered', 'answered', now() - interval '2 years'), (2, 'open', 'open', NULL), (3, 'answered lately', 'answered', now()),
  (8, 'of the turn under way', 'answered', now() - interval '2 years'), (4, 'expired', 'expired', NULL)) i(n, q, s, a);
SELECT what, pruned, finished_at IS NOT NULL AS finished FROM frontdesk.prune(:archive, 'questions');
SELECT question FROM frontdesk.interrupts WHERE account_id = :archive ORDER BY seq;

-- refusals
SELECT * FROM frontdesk.prune(what => 'dreams');
SELECT * FROM frontdesk.prune(most => 0);

DELETE FROM frontdesk.retention_policies WHERE account_id = 0;
