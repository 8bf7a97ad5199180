-- chatwoot: asking Chatwoot what its webhooks did not tell, and finding
-- conversations whose customer waits in vain.

CREATE OR REPLACE FUNCTION frontdesk.open_sweep(account_id integer, site_id integer, since interval) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  thread uuid;
BEGIN
  PERFORM FROM frontdesk.services s WHERE s.account_id = account_id AND s.id = site_id AND s.kind = 'transport' FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % has no site %', account_id, site_id
      USING ERRCODE = 'P0002', HINT = 'add_site() adds one.';
  END IF;
  SELECT w.thread_id INTO thread FROM frontdesk.site_sweeps w WHERE w.account_id = account_id AND w.site_id = site_id;
  IF NOT FOUND THEN
    thread := frontdesk.uuid();
    INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, class)
    SELECT account_id, thread, 'sweep', g.name, g.account_id, g.version, 2
    FROM frontdesk.graphs g WHERE g.name = 'sweep' AND g.active AND g.account_id IN (account_id, 0)
    ORDER BY g.account_id DESC LIMIT 1;
    INSERT INTO frontdesk.site_sweeps (account_id, site_id, thread_id, seen_until, judged_until)
    VALUES (account_id, site_id, thread, frontdesk.clock() - since, now() - since);
  END IF;
  RETURN thread;
END
$$;
COMMENT ON FUNCTION frontdesk.open_sweep(integer, integer, interval) IS
'The thread that sweeps a site; made, to look back so far at first, when there is none.';

CREATE OR REPLACE FUNCTION frontdesk.begin_sweeps() RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  WITH n AS MATERIALIZED (
    SELECT s.account_id, s.id, (frontdesk.rules_of(s.account_id)).sweep_every AS every
    FROM frontdesk.services s
    WHERE s.kind = 'transport' AND s.adapter = 'chatwoot' AND NOT EXISTS (SELECT FROM frontdesk.site_sweeps w WHERE w.account_id = s.account_id AND w.site_id = s.id)
    -- whoever holds one of his sites holds up nobody else's
    FOR UPDATE OF s SKIP LOCKED)
  SELECT frontdesk.set_alarm(n.account_id, frontdesk.open_sweep(n.account_id, n.id, interval '0'), 'begin_sweep', frontdesk.clock() + n.every)
  FROM n WHERE n.every IS NOT NULL;
$$;
COMMENT ON FUNCTION frontdesk.begin_sweeps() IS
'Plans the first sweep of sites at Chatwoot that have none, sweep_every from now; what was said before the site was known stays as it is. The coordinator calls it every ten seconds.';

CREATE OR REPLACE FUNCTION frontdesk.sweep_site(account_id integer, site_id integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
  PERFORM frontdesk.require_account(account_id);
  PERFORM frontdesk.set_alarm(account_id, frontdesk.open_sweep(account_id, site_id, interval '1 day'), 'begin_sweep', frontdesk.clock());
END
$$;
COMMENT ON FUNCTION frontdesk.sweep_site(integer, integer) IS
'Sweeps a site now rather than when it is due, which it is every sweep_every of the account''s people_rules: asks Chatwoot (with the user token; without one only our own rows are looked at) for the conversations with activity since the last sweep, of the last day if there was none, takes in what no webhook has told, puts right a bot that Chatwoot has silenced for a webhook that failed, and hands conversations whose customer waits in vain to people. frontdesk.site_sweeps tells what came of it. Raises P0002 when there is no such site, 42501 for an account that is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.begin_sweep(account_id integer, thread_id uuid, payload jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  sweep frontdesk.site_sweeps;
  every interval := (frontdesk.rules_of(account_id)).sweep_every;
BEGIN
  SELECT w.* INTO sweep FROM frontdesk.site_sweeps w WHERE w.account_id = account_id AND w.thread_id = thread_id;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF every IS NOT NULL THEN
    PERFORM frontdesk.set_alarm(account_id, thread_id, 'begin_sweep', frontdesk.clock() + every);
  END IF;
  PERFORM frontdesk.find_stuck(account_id, sweep.site_id);
  IF NOT EXISTS (SELECT FROM frontdesk.services s WHERE s.account_id = account_id AND s.id = sweep.site_id AND s.adapter = 'chatwoot') THEN
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM frontdesk.secrets k WHERE k.account_id = account_id AND k.purpose = 'chatwoot_user_token:' || sweep.site_id) THEN
    UPDATE frontdesk.site_sweeps w SET failure = 'no user token is stored: only our own rows are looked at'
    WHERE w.account_id = account_id AND w.thread_id = thread_id;
    RETURN;
  END IF;
  -- one that is still under way goes on
  IF NOT EXISTS (SELECT FROM frontdesk.ready r WHERE r.account_id = account_id AND r.thread_id = thread_id) THEN
    PERFORM frontdesk.post_mail(account_id, thread_id, 'sweep');
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.begin_sweep(integer, uuid, jsonb) IS
'Alarm of a site''s sweep thread: looks for stuck conversations, lets a worker ask Chatwoot, and sets the next alarm.';

CREATE OR REPLACE FUNCTION frontdesk.find_stuck(account_id integer, site_id integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  patience interval := (frontdesk.rules_of(account_id)).stuck_after;
  history interval := (frontdesk.rules_of(account_id)).answer_within;
  judged timestamptz := now() - patience;
  stuck record;
  handed integer := 0;
BEGIN
  IF patience IS NULL THEN
    RETURN 0;
  END IF;
  -- messages in the order they came in: the first bytes of their ids are a time
  FOR stuck IN
    SELECT c.id, min(m.seq) AS seq, min(m.sent_at) AS since, min(m.created_at) AS heard_at
    FROM frontdesk.site_sweeps w
    JOIN frontdesk.messages m ON m.account_id = w.account_id
      AND m.id >= rpad(lpad(to_hex((extract(epoch FROM w.judged_until) * 1000)::bigint), 12, '0'), 32, '0')::uuid
    JOIN frontdesk.conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id AND c.site_id = w.site_id
    JOIN frontdesk.threads t ON t.account_id = c.account_id AND t.id = c.id
    WHERE w.account_id = account_id AND w.site_id = site_id
      AND m.direction = 'incoming' AND NOT m.private AND NOT m.aside AND m.sent_at <= frontdesk.clock() - patience
      AND m.author = 'customer'
      AND (history IS NULL OR m.sent_at > m.created_at - history)
      AND c.status = 'pending' AND c.handled_by = 'bot' AND c.draft_id IS NULL AND t.status <> 'asking'
      -- an opt-out asks for no answer
      AND NOT EXISTS (
        SELECT FROM frontdesk.opt_outs o
        WHERE o.account_id = c.account_id AND o.lead_id = c.lead_id AND o.channel = c.channel AND o.message_id = m.id)
      AND NOT EXISTS (
        SELECT FROM frontdesk.messages s
        WHERE s.account_id = m.account_id AND s.conversation_id = m.conversation_id AND s.seq > m.seq
          AND s.direction = 'outgoing' AND NOT s.private AND s.author IN ('human', 'bot'))
      -- what has only just been begun is not stuck
      AND NOT EXISTS (
        SELECT FROM frontdesk.ready r
        WHERE r.account_id = c.account_id AND r.thread_id = c.id AND r.first_at > frontdesk.clock() - patience)
    GROUP BY c.id ORDER BY c.id
  LOOP
    -- nobody is waited for: a sweep holds locks of its own
    PERFORM FROM frontdesk.threads t WHERE t.account_id = account_id AND t.id = stuck.id FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      judged := least(judged, stuck.heard_at);
      CONTINUE;
    END IF;
    -- answered between the look and the lock
    CONTINUE WHEN EXISTS (
      SELECT FROM frontdesk.messages s
      WHERE s.account_id = account_id AND s.conversation_id = stuck.id AND s.seq > stuck.seq
        AND s.direction = 'outgoing' AND NOT s.private AND s.author IN ('human', 'bot'));
    PERFORM frontdesk.record_audit(account_id, 'conversation.stuck', stuck.id::text,
      jsonb_build_object('since', stuck.since));
    PERFORM frontdesk.hand_over(account_id, stuck.id,
      format('the customer has waited for an answer since %s', to_char(stuck.since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')));
    handed := handed + 1;
  END LOOP;
  UPDATE frontdesk.site_sweeps w SET judged_until = greatest(w.judged_until, judged)
  WHERE w.account_id = account_id AND w.site_id = site_id;
  RETURN handed;
END
$$;
COMMENT ON FUNCTION frontdesk.find_stuck(integer, integer) IS
'Hands to people the conversations of a site that are pending, in the bot''s hands, and without an answer for longer than stuck_after, whatever the reason; returns how many.';

CREATE OR REPLACE FUNCTION frontdesk.revive_bot(account_id integer, conversation_id uuid, is_recent boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.record_audit(revive_bot.account_id, 'conversation.bot_silenced', revive_bot.conversation_id::text,
    jsonb_build_object('revived', revive_bot.is_recent));
  IF revive_bot.is_recent THEN
    PERFORM frontdesk.post_mail(revive_bot.account_id, revive_bot.conversation_id, 'deliver',
      '{"deliver": [{"kind": "status", "status": "pending"}]}');
    IF NOT EXISTS (SELECT FROM frontdesk.mailbox m WHERE m.account_id = revive_bot.account_id
                   AND m.thread_id = revive_bot.conversation_id AND m.kind = 'message') THEN
      PERFORM frontdesk.answer_unanswered(revive_bot.account_id, revive_bot.conversation_id);
    END IF;
  ELSE
    PERFORM frontdesk.hand_over(revive_bot.account_id, revive_bot.conversation_id,
      'Chatwoot silenced the bot for a webhook that failed, and too much time has passed to answer');
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.revive_bot(integer, uuid, boolean) IS
'Puts right a conversation that Chatwoot opened because a webhook to the bot failed: sets it to pending and answers what waits when that is recent, else hands it to people.';
