-- inbox_refusal: replies that the far side accepted and the channel's provider refused later.

CREATE OR REPLACE FUNCTION frontdesk.remove_refusal_rule(account_id integer, place integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_refusal_rule.account_id);
  DELETE FROM frontdesk.refusal_rules AS t
  WHERE t.account_id = remove_refusal_rule.account_id AND t.position = remove_refusal_rule.place AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_refusal_rule.account_id, 'refusal_rule.removed', remove_refusal_rule.place::text);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_refusal_rule(integer, integer) IS
'Removes a row of frontdesk.refusal_rules of an account, by its position; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.judge_refusal(account_id integer, channel text, failure text, OUT remedy text, OUT wait interval)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(min(r.remedy), 'person'), coalesce(min(r.wait), '0')
  FROM (SELECT r.remedy, r.wait
        FROM (VALUES (judge_refusal.account_id), (0)) AS of (account_id)
        -- each is tried for each refused reply, by who serves all accounts
        CROSS JOIN LATERAL (SELECT x.* FROM frontdesk.refusal_rules AS x
          WHERE x.account_id = of.account_id ORDER BY x.position LIMIT 100) AS r
        WHERE (r.channel IS NULL OR r.channel = judge_refusal.channel)
          AND left(judge_refusal.failure, 1000) ~* r.pattern
        ORDER BY r.account_id DESC, r.position LIMIT 1) AS r;
$$;
COMMENT ON FUNCTION frontdesk.judge_refusal(integer, text, text) IS
'What frontdesk.refusal_rules, of each account the first 100, say of the words of a provider that refused a reply.';

CREATE OR REPLACE FUNCTION frontdesk.refused_replies(account_id integer, conversation_id uuid)
RETURNS TABLE (seq bigint, delivery frontdesk.deliveries, message_seq bigint, content text, status text, failure text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.seq, d, m.seq, m.content, m.status, m.failure
  FROM (SELECT x.* FROM frontdesk.messages AS x
        WHERE x.account_id = refused_replies.account_id AND x.conversation_id = refused_replies.conversation_id
          AND x.direction = 'outgoing' AND NOT x.private AND x.content_attributes ? 'frontdesk'
        ORDER BY x.seq DESC LIMIT 50) AS m
  JOIN frontdesk.deliveries AS d ON d.account_id = m.account_id AND d.thread_id = m.conversation_id
    AND m.content_attributes ->> 'frontdesk' = concat(d.thread_id, '/', d.seq)
  WHERE d.kind = 'reply' AND (m.status = 'failed' AND d.status = 'sent'
    OR d.status = 'dead' AND (d.failure ->> 'late')::boolean AND NOT d.failure ? 'replayed_as');
$$;
COMMENT ON FUNCTION frontdesk.refused_replies(integer, uuid) IS
'Of the last fifty replies of a conversation those that the provider refused and that nothing has become of yet.';

CREATE OR REPLACE FUNCTION frontdesk.send_refused_again(d frontdesk.deliveries, remedy text, said text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE frontdesk.deliveries AS x
  SET payload = x.payload || jsonb_build_object('again', coalesce((x.payload ->> 'again')::integer, 0) + 1)
    || CASE remedy WHEN 'plain' THEN '{"plain": true}' WHEN 'template' THEN '{"closed": true}' ELSE '{}' END::jsonb
    -- of a reply that left in parts the one that was refused, not those behind it
    || CASE WHEN EXISTS (SELECT FROM frontdesk.deliveries AS y WHERE y.account_id = d.account_id AND y.thread_id = d.thread_id AND y.seq > d.seq
         AND y.kind = 'reply' AND (y.payload ->> 'part')::numeric = coalesce((d.payload ->> 'part')::numeric, 1) + 1)
       THEN jsonb_build_object('content', said) ELSE '{}' END
  WHERE x.account_id = d.account_id AND x.thread_id = d.thread_id AND x.seq = d.seq;
  PERFORM frontdesk.replay_delivery(d.account_id, d.thread_id, d.seq);
END
$$;
COMMENT ON FUNCTION frontdesk.send_refused_again(frontdesk.deliveries, text, text) IS
'Puts a reply that was refused late into its lane once more, as the remedy says. A part of mend_refused().';

CREATE OR REPLACE FUNCTION frontdesk.mend_refused(account_id integer, thread_id uuid, payload jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  c frontdesk.conversations;
  t frontdesk.threads;
  r record;
  verdict record;
  again_at timestamptz;
  next_at timestamptz;
  tries integer;
BEGIN
  SELECT x.* INTO c FROM frontdesk.conversations AS x WHERE x.account_id = account_id AND x.id = thread_id;
  SELECT x.* INTO t FROM frontdesk.threads AS x WHERE x.account_id = account_id AND x.id = thread_id;
  -- what is being answered or sent right now comes first: it may be the answer
  IF t.slot IS NOT NULL OR t.lane_head <= t.lane_seq OR t.wake_seq > t.read_seq THEN
    PERFORM frontdesk.set_alarm(account_id, thread_id, 'mend_refused', frontdesk.clock()
      + CASE t.status WHEN 'failed' THEN interval '1 minute' ELSE interval '1 second' END);
    RETURN;
  END IF;
  -- one by one: what is done to one ends the thread's rest
  FOR r IN SELECT * FROM frontdesk.refused_replies(account_id, thread_id) AS x ORDER BY x.seq LOOP
    IF r.status IS DISTINCT FROM 'failed' THEN
      -- the provider has thought better of it, or a person has sent it again
      UPDATE frontdesk.deliveries AS x SET status = 'sent', failure = NULL
      WHERE x.account_id = account_id AND x.thread_id = thread_id AND x.seq = r.seq;
      CONTINUE;
    END IF;
    SELECT * INTO verdict FROM frontdesk.judge_refusal(account_id, c.channel, r.failure);
    tries := coalesce(((r.delivery).payload ->> 'again')::integer, 0);
    -- of what was deleted the rest is no reply
    IF tries >= 2 OR (r.delivery).payload ? 'forgotten' THEN
      verdict.remedy := 'person';
    END IF;
    again_at := ((r.delivery).failure ->> 'again_at')::timestamptz;
    IF (r.delivery).status = 'sent' THEN
      again_at := frontdesk.clock() + verdict.wait * 4 ^ tries;
      UPDATE frontdesk.deliveries AS x SET status = 'dead', settled_at = frontdesk.clock(), failure = jsonb_build_object(
        'class', CASE verdict.remedy WHEN 'again' THEN 'overloaded' WHEN 'plain' THEN 'too_large' ELSE 'refused' END,
        'code', CASE verdict.remedy WHEN 'template' THEN 'window' ELSE '' END, 'late', true, 'again_at', again_at,
        'text', 'the provider refused it: ' || coalesce(r.failure, 'no reason was told'))
      WHERE x.account_id = account_id AND x.thread_id = thread_id AND x.seq = r.seq
      RETURNING x INTO r.delivery;
    ELSIF NOT (r.delivery).failure ? 'again_at' THEN
      CONTINUE;
    END IF;
    IF again_at > frontdesk.clock() THEN
      next_at := least(next_at, again_at);
      CONTINUE;
    END IF;
    UPDATE frontdesk.deliveries AS x SET failure = x.failure - 'again_at'
    WHERE x.account_id = account_id AND x.thread_id = thread_id AND x.seq = r.seq;
    IF EXISTS (SELECT FROM frontdesk.messages AS m WHERE m.account_id = account_id AND m.conversation_id = thread_id
               AND m.direction = 'incoming' AND NOT m.private AND NOT m.aside AND m.seq > r.message_seq) AND c.handled_by = 'bot' THEN
      -- a newer turn has read the question again, for it knew that nothing had arrived
      PERFORM frontdesk.withdraw_delivery(account_id, thread_id, r.seq, 'the customer has written since, and was answered anew');
      PERFORM frontdesk.post_mail(account_id, thread_id, 'deliver', jsonb_build_object('deliver', jsonb_build_array(jsonb_build_object('kind', 'note',
        'content', format(E'A reply did not reach the customer, who has written since and was answered anew: %s\n%s', r.failure, frontdesk.quote_unsaid((r.delivery).payload))))));
      next_at := frontdesk.clock() + interval '1 second';
      EXIT;
    ELSIF verdict.remedy = 'person' OR c.handled_by <> 'bot' THEN
      PERFORM frontdesk.post_mail(account_id, thread_id, 'deliver', jsonb_build_object('deliver',
        frontdesk.hand_over_unsaid(account_id, thread_id, coalesce(r.failure, 'the provider gave no reason'), 'late', (r.delivery).payload, t.state)));
      next_at := frontdesk.clock() + interval '1 second';
      EXIT;
    ELSE
      PERFORM frontdesk.send_refused_again(r.delivery, verdict.remedy, r.content);
      next_at := frontdesk.clock() + interval '1 second';
      EXIT;
    END IF;
  END LOOP;
  IF next_at IS NOT NULL THEN
    PERFORM frontdesk.set_alarm(account_id, thread_id, 'mend_refused', next_at);
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.mend_refused(integer, uuid, jsonb) IS
'Alarm of a conversation: a provider has refused what its far side had accepted. The reply becomes a dead letter, and by frontdesk.refusal_rules it is sent again, in another form, or people get the conversation; nothing is when the customer has written since and was answered. Twice at most.';
