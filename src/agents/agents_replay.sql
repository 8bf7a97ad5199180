-- agents_replay: what another version of the graph would have answered.

CREATE OR REPLACE FUNCTION frontdesk.replay_conversation(conversation text, graph_version integer DEFAULT NULL, from_checkpoint bigint DEFAULT 1, account_id integer DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  c frontdesk.conversations := frontdesk.find_conversation(replay_conversation.conversation, replay_conversation.account_id);
  t frontdesk.threads;
  g frontdesk.graphs;
  past record;
  said record;
  rehearsal uuid;
  replay uuid := frontdesk.uuid();
  replayed integer := 0;
BEGIN
  PERFORM frontdesk.require_account(c.account_id);
  SELECT * INTO t FROM frontdesk.threads x WHERE x.account_id = c.account_id AND x.id = c.id;
  g := frontdesk.graph_version_of(c.account_id, t.graph, replay_conversation.graph_version);
  FOR past IN
    SELECT k.turn, k.first, k.last_mail, coalesce(lag(k.last_mail) OVER (ORDER BY k.turn), 0) AS former_mail,
           frontdesk.state_at(c.account_id, c.id, k.first - 1) AS known
    FROM (SELECT x.turn, min(x.seq) AS first, max(x.mail_seq) AS last_mail
          FROM frontdesk.checkpoints x
          WHERE x.account_id = c.account_id AND x.thread_id = c.id AND x.seq > 0 AND x.turn <= t.turns
          GROUP BY x.turn) k
    ORDER BY k.turn
  LOOP
    CONTINUE WHEN past.first < replay_conversation.from_checkpoint OR past.known IS NULL;
    rehearsal := NULL;
    FOR said IN
      SELECT m.seq, jsonb_build_object('message_id', coalesce(m.chatwoot_message_id, m.id::text), 'conversation_id', c.display_id::text,
                                       'channel', c.channel, 'content', left(coalesce(m.content, m.enclosed, ''), 4000)) AS payload
      FROM frontdesk.messages m
      WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.seq > past.former_mail AND m.seq <= past.last_mail
        AND m.direction = 'incoming' AND m.author = 'customer' AND NOT m.private AND NOT m.aside
      ORDER BY m.seq
    LOOP
      IF rehearsal IS NULL THEN
        rehearsal := frontdesk.uuid();
        INSERT INTO frontdesk.rehearsals (account_id, thread_id, source_id, kind, checkpoint, known_event, replay_id, turn, created_by, created_at)
        VALUES (c.account_id, rehearsal, c.id, t.kind, past.first - 1, past.last_mail, replay, past.turn, frontdesk.caller(), frontdesk.clock());
        INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, class, turns, step_seq, state)
        VALUES (c.account_id, rehearsal, 'rehearsal', t.graph, g.account_id, g.version, 2, past.turn - 1, 1, past.known);
        INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, patch, snapshot, created_at)
        VALUES (c.account_id, rehearsal, 1, past.turn, '(begin)', '{}', past.known, frontdesk.clock());
        replayed := replayed + 1;
      END IF;
      -- mail keeps the number of its message: by it the words of a burst are found
      UPDATE frontdesk.threads x SET event_seq = said.seq - 1 WHERE x.account_id = c.account_id AND x.id = rehearsal;
      PERFORM frontdesk.post_mail(c.account_id, rehearsal, 'message', said.payload);
    END LOOP;
  END LOOP;
  IF replayed = 0 THEN
    RAISE EXCEPTION 'conversation % has no finished turn to replay from checkpoint % on', c.display_id, replay_conversation.from_checkpoint
      USING ERRCODE = 'P0002', HINT = 'A turn whose former checkpoints were pruned cannot be replayed.';
  END IF;
  PERFORM frontdesk.record_audit(c.account_id, 'conversation.replayed', c.id::text,
                                 jsonb_build_object('replay', replay, 'turns', replayed, 'graph_version', g.version));
  RETURN replay;
END
$$;
COMMENT ON FUNCTION frontdesk.replay_conversation(text, integer, bigint, integer) IS
'Rehearses each finished turn of a conversation (its key, or the number its source shows) on a version of its graph, the active one by default: with the state that was known before it, the messages that it answered and the history up to them. Nothing reaches the customer; models are asked for real. from_checkpoint leaves out turns that began before it. Returns an id to look the turns up with in frontdesk.replay_comparison. Raises P0002 when there is nothing to replay, FD010 when there is no such version.';
