-- engine: whether anybody works for this database, and what waits for people.

CREATE OR REPLACE FUNCTION frontdesk.serving_problem() RETURNS text
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p.message FROM frontdesk.library_problems() AS p WHERE p.problem <> 'encoding'
  UNION ALL
  SELECT 'No worker runs for this database.' WHERE frontdesk.serving_workers() = 0
  LIMIT 1;
$$;
COMMENT ON FUNCTION frontdesk.serving_problem() IS
'Why no worker serves this database, in one sentence; null when one does. frontdesk.check() tells what to do.';

CREATE OR REPLACE FUNCTION frontdesk.serving_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH slots AS (
    -- what draws on max_worker_processes, parallel query and the workers of others included
    SELECT count(*) AS taken, current_setting('max_worker_processes')::integer AS most
    FROM pg_stat_activity AS a
    WHERE a.backend_type NOT IN ('client backend', 'walsender', 'autovacuum launcher', 'autovacuum worker', 'startup', 'walreceiver',
      'background writer', 'checkpointer', 'walwriter', 'walsummarizer', 'archiver', 'logger', 'io worker', 'slotsync worker', 'standalone backend')
  )
  SELECT CASE WHEN s.taken >= s.most THEN 'no_worker_slot' ELSE 'no_worker' END, 0, current_database()::text, NULL::timestamptz,
    CASE WHEN s.taken >= s.most THEN format('No worker runs for this database: all %s worker slots of the server are taken.', s.most)
      ELSE 'No worker runs for this database.' END,
    'Messages are stored and nobody answers them.',
    CASE WHEN s.taken >= s.most THEN format('ALTER SYSTEM SET max_worker_processes = %s; and restart the server.', s.most + 8)
      ELSE 'A worker starts within seconds; when none does, the log of the server says why.' END
  FROM slots AS s
  -- what keeps workers away for another reason stands in a row of its own
  WHERE frontdesk.serving_workers() = 0
    AND NOT EXISTS (SELECT FROM frontdesk.library_problems() AS p WHERE p.problem <> 'encoding')
  UNION ALL
  -- paused, drained, or a copy: by a person or for his eyes
  SELECT 'work_' || w.state, w.account_id, CASE w.account_id WHEN 0 THEN current_database()::text ELSE 'account ' || w.account_id END, w.since,
    CASE w.state WHEN 'frozen' THEN w.reason
      ELSE format('Work is %s%s.', w.state, coalesce(', by ' || w.set_by, '') || coalesce(' (' || nullif(w.reason, '') || ')', '')) END,
    'Messages are stored; no turn begins.',
    CASE w.state WHEN 'frozen' THEN 'Make sure that the original does not run, then SELECT frontdesk.resume_work();'
      ELSE format('SELECT frontdesk.resume_work(%s);', w.account_id) END
  FROM frontdesk.work_status AS w WHERE w.state IN ('frozen', 'paused', 'draining', 'drained');
$$;
COMMENT ON FUNCTION frontdesk.serving_problems() IS
'Part of check(): no worker runs, or work is paused, drained or frozen.';

CREATE OR REPLACE FUNCTION frontdesk.dead_letter_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'dead_letters', l.account_id, l.what, min(l.since),
    format('%s given up; most often: %s.', CASE count(*) WHEN 1 THEN 'One ' || l.what || ' was' ELSE count(*) || CASE l.what WHEN 'thread' THEN ' threads were' ELSE ' deliveries were' END END,
      rtrim(mode() WITHIN GROUP (ORDER BY coalesce(l.failure, 'no reason is known')), '.')),
    'Customers wait for what was given up.',
    format('SELECT * FROM frontdesk.dead_letters WHERE account_id = %s; its column command tries each again, frontdesk.replay_dead_letters(%s) all.', l.account_id, l.account_id)
  FROM frontdesk.dead_letters AS l
  GROUP BY l.account_id, l.what;
$$;
COMMENT ON FUNCTION frontdesk.dead_letter_problems() IS
'Part of check(): how many dead letters wait for a person.';

CREATE OR REPLACE FUNCTION frontdesk.breaker_problems() RETURNS SETOF frontdesk.problem
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT (SELECT s.preloaded FROM frontdesk.library_state() AS s) THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT 'breaker_open', g.account_id, g.provider, g.last_failure_at,
    format('The breaker is %s%s; the last failure: %s.', g.breaker, coalesce(' until ' || frontdesk.say_time(g.open_until), ''), rtrim(g.last_failure, '.')),
    'Nothing is asked of it until then; agents answer by their fallback, deliveries wait.',
    format('Mend what it fails with; SELECT frontdesk.reset_breaker(%s, %L); tries it at once.', g.account_id, g.provider)
  FROM frontdesk.limit_meters() AS g WHERE g.breaker <> 'closed';
END
$$;
COMMENT ON FUNCTION frontdesk.breaker_problems() IS
'Part of check(): providers and sites that are left alone after failures.';

CREATE OR REPLACE FUNCTION frontdesk.lost_tool_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'tool_lost', l.account_id, coalesce(r.function, 'process ' || l.pid), r.started_at,
    format('The function would not end in its time; process %s is still at it.', l.pid),
    'No other function of the account is run before it has ended, and a fast shutdown waits for it.',
    'Wait until it ends by itself, for SIGKILL would restart the server for everybody; mend the function.'
  FROM frontdesk.lost_tools() AS l
  LEFT JOIN LATERAL (
    SELECT u.function, u.started_at FROM frontdesk.tool_runs AS u
    WHERE u.account_id = l.account_id AND u.incarnation = l.incarnation AND u.generation = l.generation
    ORDER BY u.started_at DESC LIMIT 1) AS r ON true;
$$;
COMMENT ON FUNCTION frontdesk.lost_tool_problems() IS
'Part of check(): functions of accounts that would not end.';
