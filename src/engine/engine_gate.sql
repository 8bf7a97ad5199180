-- engine: pausing and draining, and the triggers that make the workers look at
-- that and at the place (engine_place.sql).

CREATE OR REPLACE FUNCTION frontdesk.gate_changed() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'frontdesk_gate_changed';
COMMENT ON FUNCTION frontdesk.gate_changed() IS
'Trigger of frontdesk.place and frontdesk.pauses: makes the workers look at both again at commit.';

CREATE OR REPLACE TRIGGER place_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.place
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.gate_changed();
ALTER TABLE frontdesk.place ENABLE ALWAYS TRIGGER place_after_change;
CREATE OR REPLACE TRIGGER pauses_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.pauses
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.gate_changed();
ALTER TABLE frontdesk.pauses ENABLE ALWAYS TRIGGER pauses_after_change;

-- ---- pausing ----

CREATE OR REPLACE FUNCTION frontdesk.set_pause(account_id integer, mode text, reason text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(set_pause.account_id);
  PERFORM frontdesk.require_length('the reason', octet_length(set_pause.reason), 8192);
  INSERT INTO frontdesk.pauses AS pauses (account_id, mode, reason, set_by)
  VALUES (set_pause.account_id, set_pause.mode, set_pause.reason, frontdesk.caller())
  ON CONFLICT ON CONSTRAINT pauses_pkey DO UPDATE
  SET mode = excluded.mode, reason = excluded.reason, since = excluded.since, set_by = excluded.set_by
  WHERE (pauses.mode, pauses.reason) IS DISTINCT FROM (excluded.mode, excluded.reason);
  IF FOUND THEN
    PERFORM frontdesk.record_audit(set_pause.account_id, CASE set_pause.mode WHEN 'pause' THEN 'work.paused' ELSE 'work.drained' END,
      set_pause.account_id::text, jsonb_build_object('reason', set_pause.reason));
  END IF;
  RETURN (SELECT count(*) FROM frontdesk.ready
          WHERE ready.slot IS NOT NULL AND set_pause.account_id IN (0, ready.account_id));
END
$$;
COMMENT ON FUNCTION frontdesk.set_pause(integer, text, text) IS
'What pause() and drain() have in common. For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.pause(account_id integer DEFAULT 0, reason text DEFAULT '') RETURNS bigint
LANGUAGE sql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT frontdesk.set_pause(account_id, 'pause', reason);
$$;
COMMENT ON FUNCTION frontdesk.pause(integer, text) IS
'Stops the work of an account, or of the whole database (account 0): from the commit on, no thread is claimed and no step, call or delivery begins; what is in flight ends and is recorded. Messages are still stored. Lasts over restarts until resume_work(). Returns how many threads were at work. Raises 42501 when the account is not the caller''s; account 0 is for the operator of the house; 54000 for a reason of more than 8 kB.';

CREATE OR REPLACE FUNCTION frontdesk.drain(account_id integer DEFAULT 0, reason text DEFAULT '') RETURNS bigint
LANGUAGE sql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT frontdesk.set_pause(account_id, 'drain', reason);
$$;
COMMENT ON FUNCTION frontdesk.drain(integer, text) IS
'Lets the work of an account, or of the whole database (account 0), run out: from the commit on no thread is claimed, turns that have begun go on to their end. Messages are still stored. Lasts over restarts until resume_work(). Returns how many threads are at work; call it again, look at frontdesk.work_status or use wait_until_idle() to see it fall to 0. Raises as pause().';

CREATE OR REPLACE FUNCTION frontdesk.wait_until_idle(patience interval DEFAULT '1 minute', account_id integer DEFAULT 0) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  until timestamptz := clock_timestamp() + patience;
  at_work bigint;
BEGIN
  IF current_setting('transaction_isolation') NOT LIKE 'read%' THEN
    RAISE EXCEPTION 'wait_until_idle() would never see a change in a transaction of this isolation level'
      USING ERRCODE = 'feature_not_supported', HINT = 'Call it in a transaction of level READ COMMITTED.';
  END IF;
  PERFORM frontdesk.require_account(wait_until_idle.account_id);
  LOOP
    SELECT count(*) INTO at_work FROM frontdesk.ready
    WHERE ready.slot IS NOT NULL AND wait_until_idle.account_id IN (0, ready.account_id);
    EXIT WHEN at_work = 0 OR clock_timestamp() >= until;
    PERFORM pg_sleep(0.1);
  END LOOP;
  RETURN at_work;
END
$$;
COMMENT ON FUNCTION frontdesk.wait_until_idle(interval, integer) IS
'Waits until no thread of the account, or of the whole database (account 0), is at work, but no longer than it has patience; returns how many still are. Call it in a transaction of its own after pause() or drain(). Raises 0A000 above READ COMMITTED, 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.wait_for_answers(patience interval DEFAULT '1 minute', account_id integer DEFAULT 0) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  until timestamptz := clock_timestamp() + patience;
  unfinished bigint;
BEGIN
  IF current_setting('transaction_isolation') NOT LIKE 'read%' THEN
    RAISE EXCEPTION 'wait_for_answers() would never see a change in a transaction of this isolation level'
      USING ERRCODE = 'feature_not_supported', HINT = 'Call it in a transaction of level READ COMMITTED.';
  END IF;
  PERFORM frontdesk.require_account(wait_for_answers.account_id);
  LOOP
    -- a thread whose question is open waits for a person; one whose function
    -- runs in the tool worker, or whose alarm is about to ring, rests meanwhile
    SELECT count(*) INTO unfinished
    FROM (SELECT r.account_id, r.thread_id FROM frontdesk.ready AS r
          WHERE NOT EXISTS (SELECT FROM frontdesk.interrupts AS i
                            WHERE i.account_id = r.account_id AND i.thread_id = r.thread_id AND i.status = 'open')
          UNION SELECT t.account_id, t.thread_id FROM frontdesk.tool_runs AS t WHERE t.status IN ('queued', 'running')
          UNION SELECT a.account_id, a.thread_id FROM frontdesk.alarms AS a WHERE a.due_at <= frontdesk.clock()) AS u
    WHERE wait_for_answers.account_id IN (0, u.account_id);
    EXIT WHEN unfinished = 0 OR clock_timestamp() >= until;
    PERFORM pg_sleep(0.1);
  END LOOP;
  RETURN unfinished;
END
$$;
COMMENT ON FUNCTION frontdesk.wait_for_answers(interval, integer) IS
'Waits until no thread of the account, or of the whole database (account 0), has anything left to do: every message is answered or handed over, every reply is sent, every rehearsal has ended. It waits no longer than it has patience, and returns how many threads are not done. Open questions to people are not waited for. Call it in a transaction of its own, for it sees what is committed. Raises 0A000 above READ COMMITTED, 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.resume_work(account_id integer DEFAULT 0) RETURNS text
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  problem text;
  pauses_left integer[];
BEGIN
  PERFORM frontdesk.require_account(resume_work.account_id);
  DELETE FROM frontdesk.pauses WHERE pauses.account_id = resume_work.account_id;
  IF FOUND THEN
    PERFORM frontdesk.record_audit(resume_work.account_id, 'work.resumed', resume_work.account_id::text);
  END IF;
  IF resume_work.account_id = 0 THEN
    problem := frontdesk.place_problem();
    IF problem IS NOT NULL THEN
      PERFORM frontdesk.accept_place();
      PERFORM frontdesk.record_audit(0, 'place.accepted', '', jsonb_build_object('problem', problem));
    ELSE
      PERFORM frontdesk.confirm_place();
    END IF;
  END IF;
  PERFORM frontdesk.wake_held(resume_work.account_id);
  problem := frontdesk.place_problem();
  pauses_left := ARRAY(SELECT pauses.account_id FROM frontdesk.pauses
    WHERE pauses.account_id = 0 OR pauses.account_id = ANY (frontdesk.visible_accounts()) ORDER BY pauses.account_id);
  RETURN CASE
    WHEN problem IS NOT NULL THEN 'frozen: ' || problem
    WHEN frontdesk.serving_problem() IS NOT NULL THEN 'unserved: ' || frontdesk.serving_problem()
    WHEN pauses_left <> '{}' THEN 'working, but for what is paused: account ' || array_to_string(pauses_left, ', ')
    ELSE 'working'
  END;
END
$$;
COMMENT ON FUNCTION frontdesk.resume_work(integer) IS
'Ends pause() and drain() of an account, or of the whole database (account 0). For the whole database it also accepts the place: a copy that was frozen answers customers from here on, so make sure that the original does not. Accounts that were paused by themselves stay so. Returns what is in force now, in words. Raises 42501 when the account is not the caller''s, 55000 or an error of reading files when the site token cannot be read.';

CREATE OR REPLACE FUNCTION frontdesk.wake_held(account_id integer) RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_wake_held';
COMMENT ON FUNCTION frontdesk.wake_held(integer) IS
'Makes the threads of an account due that were held back while it was paused; account 0: of all. For the functions of the product; no role may call it.';
