-- engine_replay: trying again what was given up.

CREATE OR REPLACE FUNCTION frontdesk.replay_thread(account_id integer, thread_id uuid)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(account_id);
  PERFORM frontdesk.post_mail(account_id, thread_id, 'replay');
  PERFORM frontdesk.record_audit(account_id, 'thread.replayed', thread_id::text);
END
$$;
COMMENT ON FUNCTION frontdesk.replay_thread(integer, uuid) IS
'Lets a thread walk its graph once more with the state it has: for threads in dead_letters whose cause was mended. Audited. Raises P0002 when there is no such thread.';

CREATE OR REPLACE FUNCTION frontdesk.replay_delivery(account_id integer, thread_id uuid, seq bigint)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  replayed bigint;
BEGIN
  PERFORM frontdesk.require_account(replay_delivery.account_id);
  PERFORM frontdesk.lock_resting_thread(replay_delivery.account_id, replay_delivery.thread_id);
  INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, mail_seq, status, created_at)
  SELECT d.account_id, d.thread_id, t.lane_seq + 1, d.kind, d.payload, d.mail_seq, 'pending', frontdesk.clock()
  FROM frontdesk.deliveries d JOIN frontdesk.threads t ON t.account_id = d.account_id AND t.id = d.thread_id
  WHERE d.account_id = replay_delivery.account_id AND d.thread_id = replay_delivery.thread_id
    AND d.seq = replay_delivery.seq AND d.status = 'dead' AND NOT coalesce(d.failure ? 'replayed_as', false)
  RETURNING deliveries.seq INTO replayed;
  IF replayed IS NULL THEN
    RAISE EXCEPTION 'delivery % of thread % is no dead letter', replay_delivery.seq, replay_delivery.thread_id
      USING ERRCODE = 'P0002', HINT = 'SELECT * FROM frontdesk.dead_letters lists them.';
  END IF;
  UPDATE frontdesk.deliveries d SET failure = coalesce(d.failure, '{}') || jsonb_build_object('replayed_as', replayed)
  WHERE d.account_id = replay_delivery.account_id AND d.thread_id = replay_delivery.thread_id
    AND d.seq = replay_delivery.seq;
  UPDATE frontdesk.threads t SET lane_seq = replayed, lane_head = least(t.lane_head, replayed),
    status = CASE t.status WHEN 'failed' THEN t.status ELSE 'waiting' END,
    status_reason = CASE t.status WHEN 'failed' THEN t.status_reason ELSE 'a delivery is replayed' END
  WHERE t.account_id = replay_delivery.account_id AND t.id = replay_delivery.thread_id;
  PERFORM frontdesk.post_mail(replay_delivery.account_id, replay_delivery.thread_id, 'lane');
  PERFORM frontdesk.record_audit(replay_delivery.account_id, 'delivery.replayed', replay_delivery.thread_id::text,
                                 jsonb_build_object('seq', replay_delivery.seq, 'replayed_as', replayed));
  RETURN replayed;
END
$$;
COMMENT ON FUNCTION frontdesk.replay_delivery(integer, uuid, bigint) IS
'Puts a dead delivery at the end of its thread''s lane once more, only once, and returns its new number, which the old one keeps in its failure as "replayed_as"; edit_delivery() changes its payload first. Audited. Raises 55006 while the thread is at work, P0002 when it is no dead letter.';

CREATE OR REPLACE FUNCTION frontdesk.replay_dead_letters(account_id integer, failure_class text DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', at_most integer DEFAULT 1000)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  letter record;
  replayed bigint := 0;
BEGIN
  PERFORM frontdesk.require_account(replay_dead_letters.account_id);
  IF replay_dead_letters.failure_class <> 'step' AND NOT frontdesk.is_failure_class(replay_dead_letters.failure_class) THEN
    RAISE EXCEPTION 'there is no class of failure "%"', replay_dead_letters.failure_class
      USING ERRCODE = '22023', HINT = 'SELECT DISTINCT failure_class FROM frontdesk.dead_letters lists those that there are now.';
  END IF;
  FOR letter IN
    SELECT l.account_id, l.thread_id, l.what, l.seq
    FROM frontdesk.dead_letters l
    WHERE l.account_id = replay_dead_letters.account_id
      AND CASE WHEN replay_dead_letters.failure_class IS NULL THEN l.failure_class IS DISTINCT FROM 'uncertain'
               ELSE l.failure_class = replay_dead_letters.failure_class END
      AND l.since BETWEEN replay_dead_letters.since AND replay_dead_letters.until
    ORDER BY l.thread_id, l.seq
    LIMIT replay_dead_letters.at_most
  LOOP
    PERFORM FROM frontdesk.threads t
    WHERE t.account_id = letter.account_id AND t.id = letter.thread_id AND t.slot IS NULL
    FOR NO KEY UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    IF letter.what = 'thread' THEN
      PERFORM frontdesk.replay_thread(letter.account_id, letter.thread_id);
    ELSE
      PERFORM frontdesk.replay_delivery(letter.account_id, letter.thread_id, letter.seq);
    END IF;
    replayed := replayed + 1;
  END LOOP;
  RETURN replayed;
END
$$;
COMMENT ON FUNCTION frontdesk.replay_dead_letters(integer, text, timestamptz, timestamptz, integer) IS
'Replays the dead letters of an account, of one class of failure ("step" for threads; see frontdesk.dead_letters) and of a time, and returns how many. Without a class all but the uncertain ones, of which nobody knows whether they took effect. Threads at work are left out: call it again until it returns 0. Raises 22023 when there is no such class.';
