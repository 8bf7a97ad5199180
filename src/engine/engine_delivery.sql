-- engine_delivery: what a person decides about deliveries that were given up.

CREATE OR REPLACE FUNCTION frontdesk.dead_delivery(account_id integer, thread_id uuid, seq bigint)
RETURNS frontdesk.deliveries
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d frontdesk.deliveries;
BEGIN
  PERFORM frontdesk.require_account(dead_delivery.account_id);
  SELECT * INTO d FROM frontdesk.deliveries x
  WHERE x.account_id = dead_delivery.account_id AND x.thread_id = dead_delivery.thread_id AND x.seq = dead_delivery.seq
    AND x.status = 'dead' AND NOT coalesce(x.failure ? 'replayed_as', false)
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'delivery % of thread % is no dead letter', dead_delivery.seq, dead_delivery.thread_id
      USING ERRCODE = 'P0002', HINT = 'SELECT * FROM frontdesk.dead_letters lists them.';
  END IF;
  RETURN d;
END
$$;
COMMENT ON FUNCTION frontdesk.dead_delivery(integer, uuid, bigint) IS
'The row of a delivery that was given up and not replayed, locked. For the functions of the product. Raises P0002 when it is no dead letter, 42501 for an account that is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.edit_delivery(account_id integer, thread_id uuid, seq bigint, payload jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d frontdesk.deliveries := frontdesk.dead_delivery(edit_delivery.account_id, edit_delivery.thread_id, edit_delivery.seq);
BEGIN
  IF jsonb_typeof(edit_delivery.payload) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'the payload of a delivery is a JSON object'
      USING ERRCODE = '22023', DETAIL = format('It is %s.', coalesce(jsonb_typeof(edit_delivery.payload), 'null')), HINT = 'A reply''s is {"content": "…"}.';
  END IF;
  PERFORM frontdesk.require_length('the payload of a delivery', octet_length(edit_delivery.payload::text), 262144);
  UPDATE frontdesk.deliveries x SET payload = edit_delivery.payload
  WHERE x.account_id = d.account_id AND x.thread_id = d.thread_id AND x.seq = d.seq;
  PERFORM frontdesk.record_audit(d.account_id, 'delivery.edited', d.thread_id::text,
                                 jsonb_build_object('seq', d.seq, 'kind', d.kind, 'before', d.payload));
END
$$;
COMMENT ON FUNCTION frontdesk.edit_delivery(integer, uuid, bigint, jsonb) IS
'Replaces the payload of a dead delivery, for replay_delivery() to send. Audited with what it was. Raises P0002 when it is no dead letter, 22023 when the payload is no object, 54000 when it has more than 256 kB.';

CREATE OR REPLACE FUNCTION frontdesk.withdraw_delivery(account_id integer, thread_id uuid, seq bigint, reason text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d frontdesk.deliveries := frontdesk.dead_delivery(withdraw_delivery.account_id, withdraw_delivery.thread_id, withdraw_delivery.seq);
BEGIN
  PERFORM frontdesk.require_length('the reason', octet_length(withdraw_delivery.reason), 8192);
  UPDATE frontdesk.deliveries x
  SET status = 'withdrawn', failure = coalesce(x.failure, '{}')
    || jsonb_strip_nulls(jsonb_build_object('withdrawn_by', frontdesk.caller(), 'reason', withdraw_delivery.reason))
  WHERE x.account_id = d.account_id AND x.thread_id = d.thread_id AND x.seq = d.seq;
  PERFORM frontdesk.record_audit(d.account_id, 'delivery.withdrawn', d.thread_id::text,
                                 jsonb_strip_nulls(jsonb_build_object('seq', d.seq, 'kind', d.kind, 'reason', withdraw_delivery.reason)));
END
$$;
COMMENT ON FUNCTION frontdesk.withdraw_delivery(integer, uuid, bigint, text) IS
'Gives a dead delivery up for good: it leaves frontdesk.dead_letters and can not be replayed. Audited. Raises P0002 when it is no dead letter.';

CREATE OR REPLACE FUNCTION frontdesk.resolve_delivery(account_id integer, thread_id uuid, seq bigint, took_effect boolean, remote_id text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d frontdesk.deliveries;
BEGIN
  PERFORM frontdesk.require_account(resolve_delivery.account_id);
  -- the thread first, as everybody does
  PERFORM frontdesk.lock_resting_thread(resolve_delivery.account_id, resolve_delivery.thread_id);
  d := frontdesk.dead_delivery(resolve_delivery.account_id, resolve_delivery.thread_id, resolve_delivery.seq);
  IF resolve_delivery.took_effect IS NULL OR d.failure ->> 'class' IS DISTINCT FROM 'uncertain' THEN
    RAISE EXCEPTION 'there is nothing to resolve about delivery %: it failed as %', d.seq, coalesce(d.failure ->> 'class', 'unknown')
      USING ERRCODE = '55000', HINT = 'replay_delivery() tries it again, withdraw_delivery() gives it up for good.';
  END IF;
  PERFORM frontdesk.record_audit(d.account_id, 'delivery.resolved', d.thread_id::text,
                                 jsonb_build_object('seq', d.seq, 'kind', d.kind, 'took_effect', resolve_delivery.took_effect));
  IF NOT resolve_delivery.took_effect THEN
    RETURN frontdesk.replay_delivery(d.account_id, d.thread_id, d.seq);
  END IF;
  UPDATE frontdesk.deliveries x SET status = 'arrived', settled_at = NULL, remote_id = coalesce(resolve_delivery.remote_id, x.remote_id)
  WHERE x.account_id = d.account_id AND x.thread_id = d.thread_id AND x.seq = d.seq;
  UPDATE frontdesk.threads t SET lane_head = least(t.lane_head, d.seq),
    status = CASE t.status WHEN 'failed' THEN t.status ELSE 'waiting' END,
    status_reason = CASE t.status WHEN 'failed' THEN t.status_reason ELSE 'a delivery is resolved' END
  WHERE t.account_id = d.account_id AND t.id = d.thread_id;
  PERFORM frontdesk.post_mail(d.account_id, d.thread_id, 'lane');
  RETURN d.seq;
END
$$;
COMMENT ON FUNCTION frontdesk.resolve_delivery(integer, uuid, bigint, boolean, text) IS
'A person says what nobody else could tell of a delivery that was given up as uncertain: it took effect (then a worker settles it like any other, with the message it made, whose id at the far side may be given), or it did not (then it is replayed). Returns the number of the delivery, for a replayed one the new number. Audited. Raises P0002 when it is no dead letter, 55000 when it was not given up as uncertain, 55006 while the thread is at work.';
