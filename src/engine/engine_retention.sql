-- engine_retention: rows that have been kept long enough are removed, a batch
-- at a time.
--
-- Pruning takes no lock on threads and skips rows that somebody has locked, so
-- neither webhooks nor claims nor people wait for it.  What it removes is not
-- needed by anybody who comes later: steps of finished turns are in the state
-- of their thread, and the last step removed leaves the whole state in the next
-- one's snapshot.  Whoever reads a story meanwhile (state_at) finds it whole
-- under his snapshot, or finds that steps are missing and says so.

CREATE OR REPLACE FUNCTION frontdesk.prune_steps(account_id integer, thread_id uuid, before timestamptz, most integer)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  base bigint;
  known jsonb;
  removed bigint;
BEGIN
  -- the newest of the oldest: those before it go, it stays with the state and
  -- the cost of all; budgets count on that
  SELECT max(old.seq) INTO base
  FROM (SELECT c.seq FROM frontdesk.checkpoints c
        JOIN frontdesk.threads t ON t.account_id = c.account_id AND t.id = c.thread_id
        WHERE c.account_id = prune_steps.account_id AND c.thread_id = prune_steps.thread_id
          AND c.seq > 0 AND c.seq <= t.step_seq AND c.created_at < prune_steps.before
        ORDER BY c.seq LIMIT prune_steps.most + 1) old;
  IF base IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM FROM frontdesk.checkpoints c
  WHERE c.account_id = prune_steps.account_id AND c.thread_id = prune_steps.thread_id AND c.seq = base
  FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  known := frontdesk.state_at(prune_steps.account_id, prune_steps.thread_id, base);
  WITH gone AS (
    DELETE FROM frontdesk.checkpoints c
    WHERE c.account_id = prune_steps.account_id AND c.thread_id = prune_steps.thread_id
      AND c.seq IN (SELECT x.seq FROM frontdesk.checkpoints x
                    WHERE x.account_id = prune_steps.account_id AND x.thread_id = prune_steps.thread_id
                      AND x.seq < base AND x.created_at < prune_steps.before
                    ORDER BY x.seq LIMIT prune_steps.most FOR UPDATE SKIP LOCKED)
    RETURNING c.cost, c.tokens_in, c.tokens_out),
  spent AS (
    SELECT count(*) AS steps, sum(g.cost) AS cost, sum(g.tokens_in) AS tokens_in, sum(g.tokens_out) AS tokens_out FROM gone g),
  kept AS (
    UPDATE frontdesk.checkpoints c
    SET snapshot = coalesce(c.snapshot, known), cost = CASE WHEN s.cost IS NULL THEN c.cost ELSE coalesce(c.cost, 0) + s.cost END,
      tokens_in = CASE WHEN s.tokens_in IS NULL THEN c.tokens_in ELSE coalesce(c.tokens_in, 0) + s.tokens_in END,
      tokens_out = CASE WHEN s.tokens_out IS NULL THEN c.tokens_out ELSE coalesce(c.tokens_out, 0) + s.tokens_out END
    FROM spent s
    WHERE c.account_id = prune_steps.account_id AND c.thread_id = prune_steps.thread_id AND c.seq = base AND s.steps > 0)
  SELECT s.steps INTO removed FROM spent s;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION frontdesk.prune_steps(integer, uuid, timestamptz, integer) IS
'Removes at most so many of a thread''s checkpoints that are older, of finished turns, and not the newest of those, which gets the whole state as its snapshot, and the tokens and cost of those that go. Returns how many. A part of prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune_checkpoints(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  looked_at uuid[];
  thread uuid;
  removed bigint;
BEGIN
  pruned := 0;
  SELECT array_agg(t.id) INTO looked_at
  FROM (SELECT x.id FROM frontdesk.threads x
        WHERE x.account_id = prune_checkpoints.account_id AND x.created_at < prune_checkpoints.before
          AND x.id > coalesce(prune_checkpoints.after, '00000000-0000-0000-0000-000000000000')
        ORDER BY x.id LIMIT 1000) t;
  last := looked_at[1000];
  FOR thread IN
    SELECT u.id FROM unnest(looked_at) WITH ORDINALITY u(id, n)
    JOIN frontdesk.threads t ON t.account_id = prune_checkpoints.account_id AND t.id = u.id
    WHERE (SELECT count(*) > 1
           FROM (SELECT FROM frontdesk.checkpoints c
                 WHERE c.account_id = prune_checkpoints.account_id AND c.thread_id = u.id AND c.seq <= t.step_seq
                   AND c.created_at < prune_checkpoints.before
                 ORDER BY c.seq LIMIT 2) old)
    ORDER BY u.n
  LOOP
    removed := frontdesk.prune_steps(prune_checkpoints.account_id, thread, prune_checkpoints.before, (prune_checkpoints.most - pruned)::integer);
    pruned := pruned + removed;
    IF pruned >= prune_checkpoints.most THEN
      -- this thread may have more: the next batch begins with it
      last := coalesce(looked_at[array_position(looked_at, thread) - 1], prune_checkpoints.after, '00000000-0000-0000-0000-000000000000');
      EXIT;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION frontdesk.prune_checkpoints(integer, timestamptz, uuid, integer) IS
'Prunes checkpoints of finished turns: one batch, see frontdesk.retention_kinds. For prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune_deliveries(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  looked_at uuid[];
BEGIN
  SELECT array_agg(t.id) INTO looked_at
  FROM (SELECT x.id FROM frontdesk.threads x
        WHERE x.account_id = prune_deliveries.account_id AND x.created_at < prune_deliveries.before
          AND x.id > coalesce(prune_deliveries.after, '00000000-0000-0000-0000-000000000000')
        ORDER BY x.id LIMIT 1000) t;
  last := looked_at[1000];
  WITH old AS (
    SELECT d.thread_id, d.seq FROM unnest(looked_at) WITH ORDINALITY u(id, n)
    JOIN frontdesk.deliveries d ON d.account_id = prune_deliveries.account_id AND d.thread_id = u.id
    WHERE d.settled_at < prune_deliveries.before
      AND (d.status IN ('sent', 'withdrawn') OR d.status = 'dead' AND d.failure ? 'replayed_as')
    ORDER BY u.n, d.seq LIMIT prune_deliveries.most FOR UPDATE OF d SKIP LOCKED),
  gone AS (
    DELETE FROM frontdesk.deliveries d USING old
    WHERE d.account_id = prune_deliveries.account_id AND d.thread_id = old.thread_id AND d.seq = old.seq
    RETURNING d.thread_id)
  SELECT count(*), CASE WHEN count(*) >= prune_deliveries.most
    THEN coalesce(looked_at[max(array_position(looked_at, gone.thread_id)) - 1], prune_deliveries.after, '00000000-0000-0000-0000-000000000000')
    ELSE prune_deliveries.last END
  INTO pruned, last FROM gone;
END
$$;
COMMENT ON FUNCTION frontdesk.prune_deliveries(integer, timestamptz, uuid, integer) IS
'Prunes deliveries that are settled, withdrawn, or dead and replayed; never one that is on its way or a dead letter that waits for a person. One batch, see frontdesk.retention_kinds. For prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune_questions(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM frontdesk.interrupts i
    WHERE i.account_id = $1 AND i.id IN (
      SELECT x.id FROM frontdesk.interrupts x
      JOIN frontdesk.threads t ON t.account_id = x.account_id AND t.id = x.thread_id
      WHERE x.account_id = $1 AND x.status <> 'open' AND x.asked_at < $2 AND coalesce(x.answered_at, x.deadline, x.asked_at) < $2
        AND x.seq < t.step_seq
      ORDER BY x.id LIMIT $4 FOR UPDATE OF x SKIP LOCKED)
    RETURNING i.id)
  SELECT count(*), CASE WHEN count(*) >= $4 THEN '00000000-0000-0000-0000-000000000000'::uuid END FROM gone;
$$;
COMMENT ON FUNCTION frontdesk.prune_questions(integer, timestamptz, uuid, integer) IS
'Prunes questions of interrupt nodes that were answered, expired or withdrawn and whose turn has ended. One batch, see frontdesk.retention_kinds. For prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune_rehearsals(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT frontdesk.forget_rehearsals($1, frontdesk.clock() - $2), NULL::uuid;
$$;
COMMENT ON FUNCTION frontdesk.prune_rehearsals(integer, timestamptz, uuid, integer) IS
'Prunes rehearsals (forks and replays) with all that belongs to them. One batch, see frontdesk.retention_kinds. For prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune_trail(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT n, CASE WHEN n >= $4 THEN '00000000-0000-0000-0000-000000000000'::uuid END
  FROM frontdesk.prune_audit_of($1, $2, $4) AS n;
$$;
COMMENT ON FUNCTION frontdesk.prune_trail(integer, timestamptz, uuid, integer) IS
'Prunes the audit trail of an account, which leaves a row about it in the house''s. One batch, see frontdesk.retention_kinds. For prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune_batch(account_id integer, what text, most integer)
RETURNS frontdesk.retention_runs
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  now timestamptz := frontdesk.clock();
  kept interval := (SELECT r.keep FROM frontdesk.retention r WHERE r.account_id = prune_batch.account_id AND r.what = prune_batch.what);
  run frontdesk.retention_runs;
  removed bigint;
  last uuid;
BEGIN
  IF kept IS NULL THEN
    RETURN NULL;
  END IF;
  -- to run into a row that somebody is changing would be to wait for him
  IF NOT EXISTS (SELECT FROM frontdesk.retention_runs r WHERE r.account_id = prune_batch.account_id AND r.what = prune_batch.what) THEN
    INSERT INTO frontdesk.retention_runs (account_id, what, began_at, touched_at)
    VALUES (prune_batch.account_id, prune_batch.what, now, now) ON CONFLICT (account_id, what) DO NOTHING;
  END IF;
  SELECT * INTO run FROM frontdesk.retention_runs r
  WHERE r.account_id = prune_batch.account_id AND r.what = prune_batch.what FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF run.finished_at IS NOT NULL THEN
    run.last := NULL;
    run.began_at := now;
    run.pruned := 0;
  END IF;
  EXECUTE format('SELECT p.pruned, p.last FROM frontdesk.%I($1, $2, $3, $4) AS p',
                 (SELECT k.function FROM frontdesk.retention_kinds k WHERE k.what = prune_batch.what))
  INTO removed, last USING run.account_id, now - kept, run.last, prune_batch.most;
  run.pruned := run.pruned + removed;
  run.last := last;
  run.touched_at := now;
  run.finished_at := CASE WHEN last IS NULL THEN now END;
  UPDATE frontdesk.retention_runs r
  SET last = run.last, began_at = run.began_at, touched_at = run.touched_at, finished_at = run.finished_at, pruned = run.pruned
  WHERE r.account_id = run.account_id AND r.what = run.what;
  run.pruned := removed;
  RETURN run;
END
$$;
COMMENT ON FUNCTION frontdesk.prune_batch(integer, text, integer) IS
'One batch of pruning one kind of an account: begins a run, or goes on with the one under way. Returns it, with pruned as of this batch; null when all is to be kept or somebody else is at it. For prune(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.prune(account_id integer DEFAULT NULL, what text DEFAULT NULL, most integer DEFAULT 1000)
RETURNS SETOF frontdesk.retention_runs
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  due record;
  run frontdesk.retention_runs;
BEGIN
  IF prune.most IS NULL OR prune.most < 1 THEN
    RAISE EXCEPTION 'a batch has at least one row' USING ERRCODE = '22023';
  END IF;
  IF NOT EXISTS (SELECT FROM frontdesk.retention_kinds k WHERE k.what = coalesce(prune.what, k.what)) THEN
    RAISE EXCEPTION 'there is no retention of "%"', prune.what
      USING ERRCODE = '22023', HINT = 'SELECT what, comment FROM frontdesk.retention_kinds lists what can be pruned.';
  END IF;
  FOR due IN
    SELECT r.account_id, r.what FROM frontdesk.retention r
    WHERE r.keep IS NOT NULL AND r.account_id = coalesce(prune.account_id, r.account_id) AND r.what = coalesce(prune.what, r.what)
    ORDER BY r.account_id, r.what
  LOOP
    run := frontdesk.prune_batch(due.account_id, due.what, prune.most);
    IF run.what IS NOT NULL THEN
      RETURN NEXT run;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION frontdesk.prune(integer, text, integer) IS
'Removes rows that are older than frontdesk.retention_policies says, at most so many of each account and kind, and returns the runs with what this call has pruned; to prune all, repeat it, each time in a transaction of its own, until no finished_at is null. The coordinator does so by itself every frontdesk.prune_interval. Kinds that another session is pruning are left out. Steps of unfinished turns, deliveries that are not settled and dead letters stay. Raises 22023 for an unknown kind or a batch below one.';

CREATE OR REPLACE FUNCTION frontdesk.prune_next(pause interval, most integer)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  due record;
BEGIN
  SELECT r.account_id, r.what INTO due FROM frontdesk.retention r
  WHERE r.keep IS NOT NULL AND (r.began_at IS NULL OR r.finished_at IS NULL OR r.finished_at < frontdesk.clock() - prune_next.pause)
  ORDER BY r.touched_at NULLS FIRST, r.account_id, r.what LIMIT 1;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  RETURN (frontdesk.prune_batch(due.account_id, due.what, prune_next.most)).what IS NOT NULL;
END
$$;
COMMENT ON FUNCTION frontdesk.prune_next(interval, integer) IS
'What the coordinator calls, a transaction each: one batch of whatever has waited longest. Returns false when nothing is due. No role may call it.';
