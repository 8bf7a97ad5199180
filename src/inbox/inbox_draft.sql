-- inbox: what people decide about drafts.

CREATE OR REPLACE FUNCTION frontdesk.decide_draft(account_id integer, draft_id uuid, verdict text, content text, reason text, actor text)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  draft frontdesk.reply_drafts;
  said text;
BEGIN
  SELECT d.* INTO draft FROM frontdesk.reply_drafts d WHERE d.account_id = account_id AND d.id = draft_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % has no draft %', account_id, draft_id
      USING ERRCODE = 'P0002', HINT = 'SELECT * FROM frontdesk.drafts lists what waits.';
  END IF;
  -- the thread first, as everybody does: of two decisions the second finds the first
  PERFORM FROM frontdesk.threads t WHERE t.account_id = account_id AND t.id = draft.conversation_id FOR NO KEY UPDATE;
  SELECT d.* INTO draft FROM frontdesk.reply_drafts d WHERE d.account_id = account_id AND d.id = draft_id;
  IF draft.status <> 'open' THEN
    RAISE EXCEPTION 'draft % does not wait any more: it is %', draft_id, draft.status
      USING ERRCODE = '55000', DETAIL = concat_ws(' ', 'Decided', 'by ' || draft.decided_by, 'at ' || draft.decided_at || '.', draft.reason);
  END IF;
  IF verdict = 'approved' THEN
    said := coalesce(content, draft.content);
    IF btrim(said) = '' THEN
      RAISE EXCEPTION 'an empty reply cannot be sent'
        USING ERRCODE = '22023', HINT = 'reject_draft() sends nothing.';
    END IF;
    IF frontdesk.find_blank(said) IS NOT NULL THEN
      RAISE EXCEPTION 'the reply has a blank that nobody filled in: %', frontdesk.find_blank(said)
        USING ERRCODE = '22023', HINT = 'Approve it with a text of your own.';
    END IF;
    -- what a worker could not send would be given up there, with nobody left to tell
    PERFORM frontdesk.require_length('the reply', octet_length(said), 131072);
  END IF;
  PERFORM frontdesk.require_length('the reason', octet_length(reason), 8192);
  UPDATE frontdesk.reply_drafts d SET status = verdict, decided_at = frontdesk.clock(), decided_by = actor,
    decided_content = said, reason = reason
  WHERE d.account_id = account_id AND d.id = draft_id;
  UPDATE frontdesk.conversations c SET draft_id = NULL WHERE c.account_id = account_id AND c.id = draft.conversation_id;
  PERFORM frontdesk.cancel_alarm(account_id, draft.conversation_id, 'expire_draft');
  PERFORM frontdesk.record_audit(account_id, 'draft.' || verdict, draft_id::text,
    jsonb_strip_nulls(jsonb_build_object('by', actor, 'reason', reason, 'edited', said <> draft.content)));
  IF verdict = 'approved' THEN
    PERFORM frontdesk.post_mail(account_id, draft.conversation_id, 'deliver', jsonb_build_object('deliver',
      jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('kind', 'reply', 'content', said, 'draft', draft_id, 'answers_up_to', draft.answers_up_to)))));
  ELSE
    PERFORM frontdesk.hand_over(account_id, draft.conversation_id,
      CASE verdict WHEN 'expired' THEN 'nobody decided on the reply in time'
      ELSE concat_ws(': ', 'the reply was rejected', reason) END);
  END IF;
  RETURN draft.conversation_id;
END
$$;
COMMENT ON FUNCTION frontdesk.decide_draft(integer, uuid, text, text, text, text) IS
'Decides on a draft in somebody''s name: verdict is approved (content null sends it as it is), rejected or expired. Behind approve_draft() and reject_draft(). Returns the conversation.';

CREATE OR REPLACE FUNCTION frontdesk.approve_draft(account_id integer, draft_id uuid, content text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(approve_draft.account_id);
  PERFORM frontdesk.decide_draft(approve_draft.account_id, approve_draft.draft_id, 'approved',
                                 approve_draft.content, NULL, frontdesk.caller());
END
$$;
COMMENT ON FUNCTION frontdesk.approve_draft(integer, uuid, text) IS
'Sends a reply that waits for approval, as it is or as content, behind what the conversation has to send already; also while a turn of it is under way. Audited. Raises P0002 when there is no such draft, 55000 when it does not wait any more (decided, withdrawn, expired), 22023 for empty content, 54000 for more than 128 kB, 42501 for an account that is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.reject_draft(account_id integer, draft_id uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(reject_draft.account_id);
  PERFORM frontdesk.decide_draft(reject_draft.account_id, reject_draft.draft_id, 'rejected',
                                 NULL, reject_draft.reason, frontdesk.caller());
END
$$;
COMMENT ON FUNCTION frontdesk.reject_draft(integer, uuid, text) IS
'Sends nothing of a reply that waits for approval and hands the conversation to people, for its customer still waits. Audited. Raises as approve_draft().';

CREATE OR REPLACE FUNCTION frontdesk.expire_draft(account_id integer, thread_id uuid, payload jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  late uuid;
BEGIN
  SELECT d.id INTO late FROM frontdesk.reply_drafts d
  WHERE d.account_id = account_id AND d.conversation_id = thread_id AND d.status = 'open'
    AND d.deadline_at <= frontdesk.clock();
  IF FOUND THEN
    PERFORM frontdesk.decide_draft(account_id, late, 'expired', NULL, NULL, NULL);
  END IF;
END
$$;
CREATE OR REPLACE FUNCTION frontdesk.prune_drafts(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM frontdesk.reply_drafts d
    WHERE d.account_id = $1 AND d.id IN (
      SELECT x.id FROM frontdesk.reply_drafts x
      WHERE x.account_id = $1 AND x.status <> 'open' AND coalesce(x.decided_at, x.created_at) < $2
      ORDER BY x.id LIMIT $4 FOR UPDATE SKIP LOCKED)
    RETURNING d.id)
  SELECT count(*), CASE WHEN count(*) >= $4 THEN '00000000-0000-0000-0000-000000000000'::uuid END FROM gone;
$$;
COMMENT ON FUNCTION frontdesk.prune_drafts(integer, timestamptz, uuid, integer) IS
'Prunes drafts that were decided. One batch, see frontdesk.retention_kinds. For prune(); no role may call it.';
COMMENT ON FUNCTION frontdesk.expire_draft(integer, uuid, jsonb) IS
'Alarm of a conversation: its draft has waited longer than approval_deadline allows.';
