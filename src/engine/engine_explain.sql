-- engine_explain: why a thread is where it is, and what happens next, in words.
--
-- Every function returns sentences, none when it has nothing to say.

CREATE OR REPLACE FUNCTION frontdesk.say_time(at timestamptz) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE at WHEN 'infinity' THEN 'never' WHEN '-infinity' THEN 'ever' ELSE to_char(at, 'YYYY-MM-DD HH24:MI:SSOF') END;
$$;
COMMENT ON FUNCTION frontdesk.say_time(timestamptz) IS 'A time as explain_conversation() says it, to the second, in the session''s time zone.';

CREATE OR REPLACE FUNCTION frontdesk.explain_stop(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT CASE s.state
    WHEN 'frozen' THEN format('The whole database is frozen: %s Nothing is begun until SELECT frontdesk.resume_work() accepts the place.', s.reason)
    WHEN 'unserved' THEN format('Nobody works for this database: %s SELECT * FROM frontdesk.check() tells what to do.', s.reason)
    ELSE format('Work of %s is %s since %s, by %s%s: nothing is begun until SELECT frontdesk.resume_work(%s).',
                CASE s.account_id WHEN 0 THEN 'all accounts' ELSE 'this account' END, s.state, frontdesk.say_time(s.since), s.set_by,
                coalesce(' (' || nullif(s.reason, '') || ')', ''), s.account_id) END
  FROM frontdesk.work_status s
  WHERE s.account_id IN (0, thread.account_id) AND s.state <> 'working'
  ORDER BY s.account_id;
END
$$;
COMMENT ON FUNCTION frontdesk.explain_stop(frontdesk.threads) IS 'Says that work is paused, drained or frozen, or that nobody works. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_owner(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- in_flight is shared memory
  IF thread.slot IS NULL OR NOT (SELECT s.preloaded FROM frontdesk.library_state() s) THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT CASE
    WHEN f.purpose = 'call' THEN format('Worker %s runs step %s: it waits for %s since %s (attempt %s).', thread.slot, f.step,
                                        coalesce(f.model, f.host), frontdesk.say_time(f.since), f.attempt)
    WHEN f.purpose = 'delivery' THEN format('Worker %s sends a delivery (%s) to %s since %s (attempt %s).', thread.slot, f.step, f.host, frontdesk.say_time(f.since), f.attempt)
    WHEN f.purpose IS NOT NULL THEN format('Worker %s asks %s since %s whether a delivery (%s) has arrived.', thread.slot, f.host, frontdesk.say_time(f.since), f.step)
    ELSE format('Worker %s has it, and waits for a time or for room at a provider; if the worker dies another takes over at once.', thread.slot) END
  FROM (SELECT) one
  LEFT JOIN frontdesk.in_flight f ON f.account_id = thread.account_id AND f.thread_id = thread.id;
END
$$;
COMMENT ON FUNCTION frontdesk.explain_owner(frontdesk.threads) IS 'Says which worker has a thread and what it waits for. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_queue(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT CASE
    WHEN r.due_at <= frontdesk.clock() THEN format('It is due since %s and waits for a free worker.', frontdesk.say_time(r.due_at))
    WHEN thread.status = 'idle' THEN format('A quiet time gathers what comes in until %s: %s wait%s to be read.', frontdesk.say_time(r.due_at),
      mails.n || CASE mails.n WHEN 1 THEN ' message' ELSE ' messages' END, CASE mails.n WHEN 1 THEN 's' ELSE '' END)
    WHEN thread.status = 'waiting' THEN format('It waits until %s: %s.', frontdesk.say_time(r.due_at), coalesce(thread.status_reason, 'it is tried again'))
    ELSE format('It goes on at %s at the latest.', frontdesk.say_time(r.due_at)) END
  FROM frontdesk.ready r
  CROSS JOIN LATERAL (SELECT count(*) AS n FROM frontdesk.mailbox m WHERE m.account_id = r.account_id AND m.thread_id = r.thread_id) mails
  WHERE r.account_id = thread.account_id AND r.thread_id = thread.id AND r.slot IS NULL
  UNION ALL
  SELECT format('Step %s failed %s at %s as %s%s: %s', c.node, CASE c.attempt WHEN 1 THEN 'once' ELSE c.attempt || ' times' END, frontdesk.say_time(c.created_at),
                coalesce(c.failure ->> 'class', 'other'), coalesce(' (' || nullif(c.failure ->> 'code', '') || ')', ''), coalesce(nullif(c.failure ->> 'text', ''), 'no reason is known'))
  FROM (SELECT x.* FROM frontdesk.checkpoints x WHERE x.account_id = thread.account_id AND x.thread_id = thread.id AND x.seq > 0 ORDER BY x.seq DESC LIMIT 1) c
  WHERE c.failure IS NOT NULL AND c.failure ->> 'class' <> 'joined' AND c.seq > thread.step_seq
    AND (c.next_node = c.node OR c.patch @> '{"needs_human": true}');
END
$$;
COMMENT ON FUNCTION frontdesk.explain_queue(frontdesk.threads) IS 'Says what a thread that nobody owns waits for, until when, and why its last step is tried again. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_answer(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT format('It asks a person since %s: %s SELECT frontdesk.answer_interrupt(%s, %L, …) answers. %s', frontdesk.say_time(i.asked_at), i.question, i.account_id, i.id,
    CASE WHEN i.deadline IS NULL THEN 'It waits for that as long as it takes.'
         WHEN i.escalation ? 'answer' THEN format('Without an answer it takes %s at %s.', i.escalation -> 'answer', frontdesk.say_time(i.deadline))
         WHEN i.escalation ? 'node' THEN format('Without an answer it goes on at node %s at %s.', i.escalation ->> 'node', frontdesk.say_time(i.deadline))
         ELSE format('Without an answer the step fails at %s.', frontdesk.say_time(i.deadline)) END)
  FROM frontdesk.interrupts i
  WHERE i.account_id = thread.account_id AND i.thread_id = thread.id AND i.status = 'open'
  UNION ALL
  SELECT CASE u.status WHEN 'running' THEN format('Function %s runs in the tool worker since %s.', u.function, frontdesk.say_time(u.started_at))
         ELSE format('Function %s waits for the tool worker since %s.', u.function, frontdesk.say_time(u.created_at)) END
  FROM frontdesk.tool_runs u
  WHERE u.account_id = thread.account_id AND u.thread_id = thread.id AND u.status IN ('queued', 'running');
END
$$;
COMMENT ON FUNCTION frontdesk.explain_answer(frontdesk.threads) IS 'Says which question to a person, or which function, a thread waits for. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_lane(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT CASE d.status
    WHEN 'uncertain' THEN format('Delivery %s (%s) may have arrived (%s): it is looked up, or repeated where that does no harm, at %s.',
                                 d.seq, d.kind, coalesce(nullif(d.failure ->> 'text', ''), 'its worker was lost'), coalesce(frontdesk.say_time(d.due_at), 'the end of the settle time'))
    WHEN 'sending' THEN format('Delivery %s (%s) is on its way since %s, attempt %s.', d.seq, d.kind, frontdesk.say_time(d.sent_at), d.attempts)
    WHEN 'arrived' THEN format('Delivery %s (%s) arrived, as a person says, and is about to be settled.', d.seq, d.kind)
    ELSE CASE WHEN d.attempts > 0 THEN format('Delivery %s (%s) failed %s (%s) and is tried again at %s.', d.seq, d.kind, CASE d.attempts WHEN 1 THEN 'once' ELSE d.attempts || ' times' END,
                                              coalesce(d.failure ->> 'text', 'no reason is known'), coalesce(frontdesk.say_time(d.due_at), 'the next occasion'))
              ELSE format('Delivery %s (%s) is about to leave.', d.seq, d.kind) END END
    || CASE WHEN d.behind > 0 THEN format(' Behind it %s more wait%s for their turn.', d.behind, CASE d.behind WHEN 1 THEN 's' ELSE '' END) ELSE '' END
  FROM (SELECT x.*, count(*) OVER () - 1 AS behind FROM frontdesk.deliveries x
        WHERE x.account_id = thread.account_id AND x.thread_id = thread.id AND x.seq >= thread.lane_head
          AND x.status IN ('pending', 'sending', 'uncertain', 'arrived')
        ORDER BY x.seq LIMIT 1) d;
END
$$;
COMMENT ON FUNCTION frontdesk.explain_lane(frontdesk.threads) IS 'Says how the first delivery stands that has not been settled. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_dead(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT CASE l.what WHEN 'thread' THEN format('Its turn was given up at %s: %s. %s tries it again.', frontdesk.say_time(l.since), l.failure, l.command)
    WHEN 'delivery' THEN CASE l.failure_class
      WHEN 'uncertain' THEN format('Of delivery %s (%s) nobody can tell since %s whether it arrived: %s. Look at the far side, then %s or, if it did arrive, with true.',
                                   l.seq, l.kind, frontdesk.say_time(l.since), l.failure, l.command)
      ELSE format('Delivery %s (%s) was given up at %s as %s: %s. %s tries it again when that is mended.', l.seq, l.kind, frontdesk.say_time(l.since), l.failure_class, l.failure, l.command) END
    END
  FROM frontdesk.dead_letters l
  WHERE l.account_id = thread.account_id AND l.thread_id = thread.id
  ORDER BY l.seq NULLS FIRST;
END
$$;
COMMENT ON FUNCTION frontdesk.explain_dead(frontdesk.threads) IS 'Says what was given up, why, and the statement that tries it again. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_limits(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF thread.slot IS NULL AND thread.queued_seq = 0 OR NOT (SELECT s.preloaded FROM frontdesk.library_state() s) THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT format('The breaker of %s is %s%s, for its last failure at %s: %s.', g.provider, replace(g.breaker, '_', ' '),
                coalesce(' until ' || frontdesk.say_time(g.open_until), ''), frontdesk.say_time(g.last_failure_at), g.last_failure)
  FROM frontdesk.provider_limits g
  WHERE g.account_id = thread.account_id AND g.breaker <> 'closed'
  UNION ALL
  SELECT format('%s has asked us to wait until %s.', g.provider, frontdesk.say_time(g.blocked_until))
  FROM frontdesk.provider_limits g
  WHERE g.account_id = thread.account_id AND g.blocked_until > frontdesk.clock();
END
$$;
COMMENT ON FUNCTION frontdesk.explain_limits(frontdesk.threads) IS 'Says which providers of the account are not asked at present. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.explain_past(thread frontdesk.threads) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT format('Turn %s walked %s%s; it cost %s dollars and %s at %s.', k.turn, k.path, coalesce(', asked ' || k.models, ''), trim_scale(k.cost),
                CASE WHEN k.turn > thread.turns THEN 'got so far' ELSE 'ended' END, frontdesk.say_time(k.at))
  FROM (SELECT c.turn, string_agg(c.node, ' → ' ORDER BY c.seq) AS path, string_agg(DISTINCT coalesce(c.model, CASE c.failure ->> 'class' WHEN 'unusable' THEN 'nobody' END) || CASE WHEN c.failure ->> 'class' <> 'joined' AND coalesce(c.model, '') NOT LIKE 'local (%' THEN format(' (%s)', coalesce(nullif(c.failure ->> 'text', ''), c.failure ->> 'class')) ELSE '' END, ', ') AS models,
               coalesce(sum(c.cost), 0) AS cost, max(c.created_at) AS at
        FROM frontdesk.checkpoints c
        WHERE c.account_id = thread.account_id AND c.thread_id = thread.id AND c.seq > 0
          AND c.turn = (SELECT x.turn FROM frontdesk.checkpoints x WHERE x.account_id = thread.account_id AND x.thread_id = thread.id AND x.seq > 0 ORDER BY x.seq DESC LIMIT 1)
        GROUP BY c.turn) k
  UNION ALL
  SELECT format('It walks version %s of graph %s; its next turn moves to version %s.', g.version, g.name, g.succeeded_by)
  FROM frontdesk.graphs g
  WHERE g.account_id = thread.graph_account_id AND g.name = thread.graph AND g.version = thread.graph_version AND g.succeeded_by IS NOT NULL
  UNION ALL
  SELECT format('At %s frontdesk.%s() is called for it.', frontdesk.say_time(a.due_at), a.name)
  FROM (SELECT x.* FROM frontdesk.alarms x WHERE x.account_id = thread.account_id AND x.thread_id = thread.id ORDER BY x.due_at LIMIT 1) a;
END
$$;
COMMENT ON FUNCTION frontdesk.explain_past(frontdesk.threads) IS 'Says what the last turn did, which version comes next, and the next alarm. For explain_thread().';

CREATE OR REPLACE FUNCTION frontdesk.tell_thread(account_id integer, thread_id uuid) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  thread frontdesk.threads;
BEGIN
  SELECT * INTO thread FROM frontdesk.threads t WHERE t.account_id = tell_thread.account_id AND t.id = tell_thread.thread_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'thread % of account % does not exist', tell_thread.thread_id, tell_thread.account_id USING ERRCODE = 'P0002';
  END IF;
  RETURN QUERY SELECT * FROM frontdesk.explain_stop(thread);
  RETURN QUERY SELECT * FROM frontdesk.explain_owner(thread);
  RETURN QUERY SELECT * FROM frontdesk.explain_queue(thread);
  RETURN QUERY SELECT * FROM frontdesk.explain_answer(thread);
  RETURN QUERY SELECT * FROM frontdesk.explain_lane(thread);
  RETURN QUERY SELECT * FROM frontdesk.explain_limits(thread);
  RETURN QUERY SELECT * FROM frontdesk.explain_dead(thread);
  IF thread.slot IS NULL AND thread.queued_seq = 0 AND thread.status = 'idle' THEN
    RETURN NEXT format('It is at rest since %s and goes on with the next message.', frontdesk.say_time(thread.updated_at));
  END IF;
  RETURN QUERY SELECT * FROM frontdesk.explain_past(thread);
END
$$;
COMMENT ON FUNCTION frontdesk.tell_thread(integer, uuid) IS
'explain_thread() without asking who calls. For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.explain_thread(account_id integer, thread_id uuid) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(explain_thread.account_id);
  RETURN QUERY SELECT * FROM frontdesk.tell_thread(explain_thread.account_id, explain_thread.thread_id);
END
$$;
COMMENT ON FUNCTION frontdesk.explain_thread(integer, uuid) IS
'Says in words, a sentence a row, why a thread is where it is and what happens next, when: paused or frozen, in a worker''s hands, waiting for a quiet time, a retry, an answer or a provider, its deliveries, what was given up and how to try it again, its last turn. Raises P0002 when there is no such thread.';
