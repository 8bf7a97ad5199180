-- engine_thread: what a person does to a thread at rest.

CREATE OR REPLACE FUNCTION frontdesk.lock_resting_thread(account_id integer, thread_id uuid)
RETURNS frontdesk.threads
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  t frontdesk.threads;
BEGIN
  SELECT * INTO t FROM frontdesk.threads x
  WHERE x.account_id = lock_resting_thread.account_id AND x.id = lock_resting_thread.thread_id
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'thread % of account % does not exist', lock_resting_thread.thread_id, lock_resting_thread.account_id
      USING ERRCODE = 'P0002';
  ELSIF t.slot IS NOT NULL THEN
    RAISE EXCEPTION 'thread % is at work', lock_resting_thread.thread_id
      USING ERRCODE = '55006', HINT = 'Try again when its turn has ended.';
  END IF;
  RETURN t;
END
$$;
COMMENT ON FUNCTION frontdesk.lock_resting_thread(integer, uuid) IS
'Locks a thread that no worker owns until the end of the transaction and returns its row. For the functions of the product. Raises P0002 when there is no such thread, 55006 while it is at work.';

CREATE OR REPLACE FUNCTION frontdesk.edit_thread_state(account_id integer, thread_id uuid, patch jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  t frontdesk.threads;
  young frontdesk.checkpoints;
  edited jsonb;
BEGIN
  PERFORM frontdesk.require_account(edit_thread_state.account_id);
  IF jsonb_typeof(edit_thread_state.patch) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'a patch of the state is a JSON object' USING ERRCODE = '22023';
  END IF;
  t := frontdesk.lock_resting_thread(edit_thread_state.account_id, edit_thread_state.thread_id);
  IF EXISTS (SELECT FROM frontdesk.interrupts i
             WHERE i.account_id = t.account_id AND i.thread_id = t.id AND i.seq = t.step_seq AND i.status = 'open') THEN
    RAISE EXCEPTION 'thread % asks a question about the state it has', t.id
      USING ERRCODE = '55000', HINT = 'Answer it with frontdesk.answer_interrupt(), or take it back with frontdesk.withdraw_interrupt().';
  END IF;
  IF t.status NOT IN ('idle', 'failed') AND EXISTS (
      SELECT FROM frontdesk.checkpoints c WHERE c.account_id = t.account_id AND c.thread_id = t.id
        AND c.seq = t.step_seq AND c.node = c.next_node AND c.failure IS NULL) THEN
    RAISE EXCEPTION 'thread % %', t.id, coalesce(t.status_reason, 'waits for an answer')
      USING ERRCODE = '55006', HINT = 'Its state can be edited when it has the answer.';
  END IF;
  SELECT * INTO young FROM frontdesk.checkpoints c
  WHERE c.account_id = t.account_id AND c.thread_id = t.id AND c.seq > t.step_seq
  ORDER BY c.seq DESC LIMIT 1;
  edited := t.state || edit_thread_state.patch;
  PERFORM frontdesk.require_length(format('the state of thread %s', t.id), greatest(octet_length(edited::text), (
      SELECT octet_length((t.state || coalesce(jsonb_object_agg(m.key, m.value ORDER BY c.seq), '{}') || edit_thread_state.patch)::text)
      FROM frontdesk.checkpoints c, jsonb_each(c.patch) m
      WHERE c.account_id = t.account_id AND c.thread_id = t.id AND c.seq > t.step_seq)),
    greatest(262144, octet_length(t.state::text)), 'Members set to null make room; what is long belongs into a row.');
  INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, mail_seq, created_at)
  VALUES (t.account_id, t.id, coalesce(young.seq, t.step_seq) + 1, coalesce(young.turn, t.turns), '(edited)',
          young.next_node, edit_thread_state.patch, coalesce(young.mail_seq, t.read_seq), frontdesk.clock());
  IF young.seq IS NULL THEN
    UPDATE frontdesk.threads x SET state = edited, step_seq = t.step_seq + 1, updated_at = frontdesk.clock(), epoch = t.epoch + 1
    WHERE x.account_id = t.account_id AND x.id = t.id;
    -- what waits in the box is laid over the state, so it must say the same
    UPDATE frontdesk.mailbox m SET payload = coalesce(m.payload, '{}') || edit_thread_state.patch
    WHERE m.account_id = t.account_id AND m.thread_id = t.id
      AND m.seq = (SELECT max(n.seq) FROM frontdesk.mailbox n WHERE n.account_id = t.account_id AND n.thread_id = t.id);
  END IF;
  PERFORM frontdesk.record_audit(t.account_id, 'thread.edited', t.id::text,
    jsonb_build_object('patch', edit_thread_state.patch, 'before',
      (SELECT coalesce(jsonb_object_agg(k, t.state -> k), '{}') FROM jsonb_object_keys(edit_thread_state.patch) k)));
  RETURN edited;
END
$$;
COMMENT ON FUNCTION frontdesk.edit_thread_state(integer, uuid, jsonb) IS
'Merges a patch into the state of a thread at top level, as a step would: a checkpoint "(edited)" tells of it. Of a turn that failed half way the patch counts behind its steps so far. Returns the state at rest with the patch. Audited with what it was. Raises P0002 when there is no such thread, 55006 while it is at work, 55000 while a question of it is open, 22023 when the patch is no object, 54000 when the state would have more than 256 kB.';

CREATE OR REPLACE FUNCTION frontdesk.withdraw_thread(account_id integer, thread_id uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  t frontdesk.threads;
BEGIN
  PERFORM frontdesk.require_account(withdraw_thread.account_id);
  t := frontdesk.lock_resting_thread(withdraw_thread.account_id, withdraw_thread.thread_id);
  PERFORM frontdesk.require_length('the reason', octet_length(withdraw_thread.reason), 8192);
  IF t.status <> 'failed' OR t.queued_seq <> 0 THEN
    RAISE EXCEPTION 'thread % is no dead letter', t.id
      USING ERRCODE = 'P0002', HINT = 'SELECT * FROM frontdesk.dead_letters lists them.';
  END IF;
  DELETE FROM frontdesk.mailbox m WHERE m.account_id = t.account_id AND m.thread_id = t.id;
  UPDATE frontdesk.deliveries d
  SET status = CASE d.status WHEN 'pending' THEN 'withdrawn' WHEN 'arrived' THEN 'sent' ELSE 'dead' END, settled_at = frontdesk.clock(),
      failure = coalesce(d.failure, '{}') || CASE d.status WHEN 'pending' THEN '{"class": "withdrawn"}' WHEN 'arrived' THEN '{}'
        ELSE '{"class": "uncertain", "text": "its thread was withdrawn before it was settled"}' END::jsonb
  WHERE d.account_id = t.account_id AND d.thread_id = t.id AND d.seq >= t.lane_head
    AND d.status IN ('pending', 'sending', 'uncertain', 'arrived');
  UPDATE frontdesk.threads x
  SET status = 'idle', status_reason = NULL, epoch = x.epoch + 1, read_seq = x.wake_seq, lane_head = x.lane_seq + 1,
      step_seq = greatest(x.step_seq, coalesce(young.seq, 0)), state = x.state || coalesce(young.patch, '{}'),
      updated_at = frontdesk.clock()
  FROM (SELECT max(c.seq) AS seq, jsonb_object_agg(m.key, m.value ORDER BY c.seq) FILTER (WHERE m.key IS NOT NULL) AS patch
        FROM frontdesk.checkpoints c LEFT JOIN LATERAL jsonb_each(c.patch) m ON true
        WHERE c.account_id = t.account_id AND c.thread_id = t.id AND c.seq > t.step_seq) young
  WHERE x.account_id = t.account_id AND x.id = t.id;
  PERFORM frontdesk.record_audit(t.account_id, 'thread.withdrawn', t.id::text,
                                 jsonb_strip_nulls(jsonb_build_object('failure', t.status_reason, 'reason', withdraw_thread.reason)));
END
$$;
COMMENT ON FUNCTION frontdesk.withdraw_thread(integer, uuid, text) IS
'Gives up for good what a thread in dead_letters failed on: its mail counts as read, what it had decided and not sent is withdrawn, and it waits for the next. Audited. Raises P0002 when it is no dead letter, 55006 while it is at work.';
