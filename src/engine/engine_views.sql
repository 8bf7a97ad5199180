-- engine: what a person asks the engine.

CREATE OR REPLACE VIEW frontdesk.dead_letters WITH (security_invoker = true) AS
SELECT d.account_id, d.thread_id, 'delivery'::text AS what, d.seq, d.kind,
       d.failure ->> 'class' AS failure_class, d.failure ->> 'text' AS failure,
       d.payload, d.settled_at AS since,
       pg_catalog.format(CASE d.failure ->> 'class' WHEN 'uncertain' THEN 'SELECT frontdesk.resolve_delivery(%s, %L, %s, took_effect => false)'
         ELSE 'SELECT frontdesk.replay_delivery(%s, %L, %s)' END, d.account_id, d.thread_id, d.seq) AS command
FROM frontdesk.deliveries d
WHERE d.status = 'dead' AND NOT coalesce(d.failure ? 'replayed_as', false)
UNION ALL
SELECT t.account_id, t.id, 'thread', NULL, t.graph, 'step', t.status_reason, t.state, t.updated_at,
       pg_catalog.format('SELECT frontdesk.replay_thread(%s, %L)', t.account_id, t.id)
FROM frontdesk.threads t WHERE t.status = 'failed' AND t.kind <> 'rehearsal';
COMMENT ON VIEW frontdesk.dead_letters IS
'What was given up and waits for a person: deliveries that could not be made, and threads whose step failed for good. command tries it again; edit_delivery() and edit_thread_state() change it first, withdraw_delivery() and withdraw_thread() give it up for good, replay_dead_letters() takes many at once. What failed as "uncertain" may have taken effect: look at the far side, then tell resolve_delivery().';

CREATE OR REPLACE VIEW frontdesk.workers WITH (security_invoker = true) AS
SELECT w.slot, w.pid, w.database,
  CASE WHEN w.pid IS NULL THEN 'starting'
       WHEN w.conversations + w.campaigns + w.bulk > 0 THEN 'working' ELSE 'idle' END AS state,
  w.conversations + w.campaigns + w.bulk AS threads,
  w.conversations, w.campaigns, w.bulk, w.requests AS requests_in_flight,
  w.ticks, w.claims, w.turns_finished, w.errors, w.started_at,
  pg_catalog.clock_timestamp() - w.last_tick_at AS last_tick_age, w.memory
FROM frontdesk.board_workers() AS w;
COMMENT ON VIEW frontdesk.workers IS
'One row per worker of the server, of all databases, as it stands: threads it holds, also by class; requests in flight; since it started: ticks (turns of its loop with a transaction), claims, turns finished, errors (ticks undone); last_tick_age grows to a minute while there is nothing to do; memory in bytes is anonymous memory (null where /proc does not tell). All but slot and state are null while it starts. From shared memory, without a lock. Raises FD001 when the library is not preloaded.';

CREATE OR REPLACE VIEW frontdesk.in_flight WITH (security_invoker = true) AS
SELECT r.account_id, r.thread_id, t.kind, r.purpose, r.step, r.model, r.host, r.attempt, r.since,
  pg_catalog.clock_timestamp() - r.since AS age, r.slot
FROM frontdesk.board_requests() AS r
LEFT JOIN frontdesk.threads AS t ON t.account_id = r.account_id AND t.id = r.thread_id;
COMMENT ON VIEW frontdesk.in_flight IS
'One row per request that a worker is waiting for: of which thread (a conversation''s is its key), for what purpose (call: a node asks; delivery: an effect leaves; lookup: an uncertain delivery is looked up), step (name of the node or kind of the delivery), model ("provider/model", null when none is asked), host, attempt, since when, and the worker''s slot. From shared memory, at most frontdesk.in_flight_shown rows over all databases; only those of accounts the caller may see. Raises FD001 when the library is not preloaded.';

CREATE OR REPLACE VIEW frontdesk.queue WITH (security_invoker = true) AS
SELECT r.account_id, frontdesk.class_name(r.class) AS class, pg_catalog.count(*) AS threads,
  pg_catalog.count(*) FILTER (WHERE r.slot IS NULL AND r.due_at <= now.time) AS due,
  pg_catalog.count(*) FILTER (WHERE r.slot IS NULL AND r.due_at > now.time) AS waiting,
  pg_catalog.count(*) FILTER (WHERE r.slot IS NULL AND r.due_at > now.time AND t.status = 'idle') AS held_by_quiet_time,
  pg_catalog.count(*) FILTER (WHERE r.slot IS NULL AND r.due_at > now.time AND t.status = 'waiting') AS held_by_retry,
  pg_catalog.count(*) FILTER (WHERE r.slot IS NOT NULL) AS owned,
  pg_catalog.min(r.due_at) FILTER (WHERE r.slot IS NULL) AS oldest_due
FROM frontdesk.ready AS r
JOIN frontdesk.threads AS t ON t.account_id = r.account_id AND t.id = r.thread_id
CROSS JOIN (SELECT frontdesk.clock() AS time) AS now
GROUP BY r.account_id, r.class;
COMMENT ON VIEW frontdesk.queue IS
'Threads with unfinished business, per account and class (conversations, campaigns, bulk): due ones a worker may claim now, waiting ones later (held by the quiet time that gathers a burst, or by a step to be tried again), owned ones are in a worker''s hands. oldest_due is when the first unowned one is, or was, due. No row: nothing to do.';

CREATE OR REPLACE VIEW frontdesk.turns WITH (security_invoker = true) AS
SELECT t.account_id, t.thread_id, t.turn, t.started_at, t.ended_at - t.started_at AS duration,
  (SELECT pg_catalog.jsonb_object_agg(n.node, n.ms)
   FROM (SELECT c.node, pg_catalog.round(pg_catalog.sum(c.duration_ms)::numeric, 3) AS ms
         FROM frontdesk.checkpoints AS c
         WHERE c.account_id = t.account_id AND c.thread_id = t.thread_id AND c.turn = t.turn
         GROUP BY c.node) AS n) AS node_ms,
  t.steps, t.failures, t.models, t.tokens_in, t.tokens_out, t.cost,
  (SELECT pg_catalog.count(*) FROM frontdesk.deliveries AS d
   WHERE d.account_id = t.account_id AND d.thread_id = t.thread_id AND d.kind = 'reply'
     AND d.created_at >= t.started_at
     AND d.created_at < coalesce((SELECT pg_catalog.min(c.created_at - c.duration_ms * interval '1 ms')
                                  FROM frontdesk.checkpoints AS c
                                  WHERE c.account_id = t.account_id AND c.thread_id = t.thread_id AND c.turn > t.turn),
                                 'infinity')) AS replies,
  t.ended
FROM (
  SELECT c.account_id, c.thread_id, c.turn,
    pg_catalog.min(c.created_at - c.duration_ms * interval '1 ms') AS started_at,
    pg_catalog.max(c.created_at) AS ended_at,
    pg_catalog.count(*) AS steps,
    pg_catalog.count(c.failure) AS failures,
    pg_catalog.array_agg(DISTINCT c.model) FILTER (WHERE c.model IS NOT NULL) AS models,
    coalesce(pg_catalog.sum(c.tokens_in), 0) AS tokens_in,
    coalesce(pg_catalog.sum(c.tokens_out), 0) AS tokens_out,
    coalesce(pg_catalog.sum(c.cost), 0) AS cost,
    pg_catalog.bool_or(c.next_node IS NULL) AS ended
  FROM frontdesk.checkpoints AS c
  GROUP BY c.account_id, c.thread_id, c.turn) AS t;
COMMENT ON VIEW frontdesk.turns IS
'One row per turn of a thread, from its checkpoints: when its first step began, how long it took up to its last one, node_ms {node: milliseconds, waits for models and retries included}, steps, failures, models that were asked, tokens, cost in US dollars, replies decided, and whether it came to the end of the graph. Ask by account_id and thread_id; without, all checkpoints are read. Turns whose checkpoints were pruned are gone.';

CREATE OR REPLACE VIEW frontdesk.work_status WITH (security_invoker = true) AS
SELECT s.account_id,
       CASE WHEN s.problem IS NOT NULL THEN 'frozen'
            WHEN s.mode = 'pause' THEN 'paused'
            WHEN s.mode = 'drain' AND r.at_work = 0 THEN 'drained'
            WHEN s.unserved IS NOT NULL THEN 'unserved'
            WHEN s.mode = 'drain' THEN 'draining'
            ELSE 'working' END AS state,
       coalesce(s.problem, s.reason, s.unserved, '') AS reason, s.since, s.set_by, r.at_work, r.waiting
FROM (SELECT coalesce(p.account_id, 0) AS account_id, p.mode, p.reason, p.since, p.set_by,
             CASE WHEN coalesce(p.account_id, 0) = 0 THEN frontdesk.place_problem() END AS problem,
             CASE WHEN coalesce(p.account_id, 0) = 0 THEN frontdesk.serving_problem() END AS unserved
      FROM (VALUES (0)) v(account_id) FULL JOIN frontdesk.pauses p ON p.account_id = v.account_id) s
CROSS JOIN LATERAL (
  SELECT pg_catalog.count(r.slot) AS at_work, pg_catalog.count(*) - pg_catalog.count(r.slot) AS waiting
  FROM frontdesk.ready r WHERE s.account_id IN (0, r.account_id)) r;
COMMENT ON VIEW frontdesk.work_status IS
'Whether the front desk works: one row for the whole database (account 0) and one for each account that is paused or drained. state is working, draining, drained, paused, frozen (see place_problem()), or unserved: no worker runs for this database, reason says why and frontdesk.check() what to do. at_work counts the threads that a worker holds, waiting those with unfinished business that nobody holds.';

CREATE OR REPLACE VIEW frontdesk.questions WITH (security_invoker = true) AS
SELECT i.account_id, i.id AS interrupt, i.thread_id, i.node, i.question, i.payload, i.schema, i.asked_at, i.deadline, i.escalation
FROM frontdesk.interrupts i
WHERE i.status = 'open'
  AND NOT EXISTS (SELECT FROM frontdesk.rehearsals r WHERE r.account_id = i.account_id AND r.thread_id = i.thread_id);
COMMENT ON VIEW frontdesk.questions IS
'The questions that wait for a person (those of rehearsals stand in frontdesk.interrupts only), to be answered with frontdesk.answer_interrupt(account_id, interrupt, answer). What happens after the deadline stands in escalation: {"answer"} or {"node"}; null: the step fails.';


CREATE OR REPLACE VIEW frontdesk.held_deliveries WITH (security_invoker = true) AS
SELECT d.account_id, d.thread_id, r.source_id, r.checkpoint, r.replay_id, r.turn, d.seq, d.kind, d.payload, d.created_at AS decided_at
FROM frontdesk.deliveries AS d
JOIN frontdesk.rehearsals AS r ON r.account_id = d.account_id AND r.thread_id = d.thread_id
WHERE d.status = 'held';
COMMENT ON VIEW frontdesk.held_deliveries IS
'What rehearsals would have sent: thread_id is the rehearsal, source_id the thread it was forked from; kind and payload are those a delivery would have had. None of it ever leaves.';

CREATE OR REPLACE VIEW frontdesk.rehearsal_results WITH (security_invoker = true) AS
SELECT r.account_id, r.thread_id, r.source_id, r.checkpoint, r.replay_id, r.turn, t.graph, t.graph_version,
  CASE WHEN t.status = 'failed' THEN 'failed' WHEN t.queued_seq = 0 THEN 'done' ELSE 'at work' END AS status,
  t.status_reason, walked.path, walked.models, walked.tokens_in, walked.tokens_out, walked.cost, t.state,
  (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', d.kind) || d.payload ORDER BY d.seq)
   FROM frontdesk.deliveries AS d
   WHERE d.account_id = r.account_id AND d.thread_id = r.thread_id AND d.status = 'held') AS held,
  r.created_by, r.created_at
FROM frontdesk.rehearsals AS r
JOIN frontdesk.threads AS t ON t.account_id = r.account_id AND t.id = r.thread_id
CROSS JOIN LATERAL (
  SELECT pg_catalog.string_agg(c.node, ' → ' ORDER BY c.seq) FILTER (WHERE c.failure ->> 'class' IS DISTINCT FROM 'joined') AS path,
    pg_catalog.array_agg(DISTINCT c.model) FILTER (WHERE c.model IS NOT NULL) AS models,
    coalesce(pg_catalog.sum(c.tokens_in), 0) AS tokens_in,
    coalesce(pg_catalog.sum(c.tokens_out), 0) AS tokens_out,
    coalesce(pg_catalog.sum(c.cost), 0) AS cost
  FROM frontdesk.checkpoints AS c
  WHERE c.account_id = r.account_id AND c.thread_id = r.thread_id AND c.seq > 1) AS walked;
COMMENT ON VIEW frontdesk.rehearsal_results IS
'One row per rehearsal: what it was forked from, whether it is done, the nodes it walked, models, tokens and cost in US dollars, its state, and held: the deliveries it would have made, in order.';

CREATE OR REPLACE VIEW frontdesk.retention WITH (security_invoker = true) AS
SELECT a.id AS account_id, k.what,
  CASE WHEN own.what IS NOT NULL THEN own.keep WHEN house.what IS NOT NULL THEN house.keep ELSE k.keep END AS keep,
  r.began_at, r.touched_at, r.finished_at, r.pruned, k.comment
FROM frontdesk.accounts AS a
CROSS JOIN frontdesk.retention_kinds AS k
LEFT JOIN frontdesk.retention_policies AS own ON own.account_id = a.id AND own.what = k.what
LEFT JOIN frontdesk.retention_policies AS house ON house.account_id = 0 AND house.what = k.what
LEFT JOIN frontdesk.retention_runs AS r ON r.account_id = a.id AND r.what = k.what;
COMMENT ON VIEW frontdesk.retention IS
'One row per account and kind of rows: the age from which they are pruned (null: kept for ever), when the last run of pruning began, last did something and ended (null while it is under way), and how many rows it has removed.';

CREATE OR REPLACE VIEW frontdesk.budget_use WITH (security_invoker = true) AS
SELECT b.account_id, b.per_day, coalesce(u.spent_today, c.spent_today)::numeric(12,6) AS spent_today,
  b.per_month, coalesce(u.spent_this_month, c.spent_this_month)::numeric(12,6) AS spent_this_month,
  coalesce(u.reserved, 0)::numeric(12,6) AS reserved, b.per_conversation, b.at_limit
FROM frontdesk.budgets AS b
CROSS JOIN LATERAL frontdesk.budget_in_use(b.account_id) AS u
LEFT JOIN LATERAL (
  SELECT coalesce(sum(p.cost) FILTER (WHERE p.created_at >= date_trunc('day', frontdesk.clock(), 'UTC')), 0) AS spent_today,
    coalesce(sum(p.cost), 0) AS spent_this_month
  FROM frontdesk.checkpoints AS p
  WHERE p.account_id = b.account_id AND p.created_at >= date_trunc('month', frontdesk.clock(), 'UTC')) AS c
  ON u.spent_today IS NULL;
COMMENT ON VIEW frontdesk.budget_use IS
'Budgets beside what is spent of them, in US dollars: today and this month (UTC), and what is set aside for calls in flight. From shared memory; counted from frontdesk.checkpoints for an account that has asked for nothing since the server started.';
