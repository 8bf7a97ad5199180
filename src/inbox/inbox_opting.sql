-- inbox_opting: who wants no messages that he did not ask for.

CREATE OR REPLACE FUNCTION frontdesk.is_opted_out(account_id integer, lead_id uuid, channel text, scope text DEFAULT 'all') RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM (VALUES ('all'), (is_opted_out.scope)) AS s (scope)
    CROSS JOIN LATERAL (
      SELECT o.opted_out FROM frontdesk.opt_outs AS o
      WHERE o.account_id = is_opted_out.account_id AND o.lead_id = is_opted_out.lead_id
        AND o.channel = is_opted_out.channel AND o.scope = s.scope
      ORDER BY o.id DESC LIMIT 1) AS newest
    WHERE newest.opted_out);
$$;
COMMENT ON FUNCTION frontdesk.is_opted_out(integer, uuid, text, text) IS
'Whether a person wants no messages on a channel that he did not ask for, by frontdesk.opt_outs; with a scope ("campaign <id>") also whether none of that. Everything that writes first asks this.';

CREATE OR REPLACE FUNCTION frontdesk.opting_deliveries(account_id integer, conversation_id uuid, opted_out boolean, language text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_array(jsonb_build_object('kind', 'reply', 'content',
    frontdesk.render_template(opting_deliveries.account_id, CASE WHEN opting_deliveries.opted_out THEN 'opted_out' ELSE 'opted_in' END,
      CASE WHEN t.state ? 'language' THEN frontdesk.spoken_language(opting_deliveries.account_id, t.state)
        ELSE nullif(opting_deliveries.language, '*') END,
      (SELECT jsonb_build_object('business', left(coalesce(a.settings ->> 'business_name', a.name), 200))
       FROM frontdesk.accounts AS a WHERE a.id = opting_deliveries.account_id))))
  FROM frontdesk.threads AS t
  JOIN frontdesk.conversations AS c ON c.account_id = t.account_id AND c.id = t.id
  CROSS JOIN frontdesk.rules_of(opting_deliveries.account_id) AS r
  WHERE t.account_id = opting_deliveries.account_id AND t.id = opting_deliveries.conversation_id
    AND c.handled_by = 'bot' AND NOT c.channel = ANY (r.opting_silent_channels) AND r.approval <> 'suggest';
$$;
COMMENT ON FUNCTION frontdesk.opting_deliveries(integer, uuid, boolean, text) IS
'The one confirmation of an opt-out or an opt-in (templates "opted_out", "opted_in"), in the language of the conversation, else of the phrase; null where none is said: a person has the conversation, the bot only suggests, or the channel is one of opting_silent_channels of people_rules.';

CREATE OR REPLACE FUNCTION frontdesk.hear_opting(account_id integer, conversation_id uuid, message_id uuid, opted_out boolean, language text, is_past boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  c frontdesk.conversations;
  is_second boolean;
  deliveries jsonb;
BEGIN
  SELECT x.* INTO c FROM frontdesk.conversations x WHERE x.account_id = account_id AND x.id = conversation_id;
  is_second := opted_out AND frontdesk.is_opted_out(account_id, c.lead_id, c.channel);
  INSERT INTO frontdesk.opt_outs (account_id, lead_id, channel, opted_out, message_id, content, recorded_at)
  SELECT account_id, c.lead_id, c.channel, opted_out, m.id, left(m.content, 1000), frontdesk.clock()
  FROM frontdesk.messages m WHERE m.account_id = account_id AND m.id = message_id;
  IF is_past THEN
    RETURN;
  END IF;
  IF is_second AND c.handled_by = 'bot' THEN
    PERFORM frontdesk.hand_over(account_id, conversation_id, 'asks again for no more messages: something may still be sent', 'opt_out');
    RETURN;
  END IF;
  deliveries := frontdesk.opting_deliveries(account_id, conversation_id, opted_out, language);
  IF deliveries IS NOT NULL THEN
    PERFORM frontdesk.post_mail(account_id, conversation_id, 'deliver', jsonb_build_object('deliver', deliveries));
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.hear_opting(integer, uuid, uuid, boolean, text, boolean) IS
'Records a message that opts out or in, and confirms it once; who opts out a second time is handed to a person. For inbox_opting.c; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.set_opt_out(account_id integer, lead uuid, channel text, opted_out boolean, note text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(set_opt_out.account_id);
  PERFORM FROM frontdesk.leads AS l WHERE l.account_id = set_opt_out.account_id AND l.id = set_opt_out.lead;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % has no such lead', set_opt_out.account_id USING ERRCODE = 'P0002';
  END IF;
  INSERT INTO frontdesk.opt_outs (account_id, lead_id, channel, opted_out, content, recorded_by, recorded_at)
  VALUES (set_opt_out.account_id, set_opt_out.lead, set_opt_out.channel, set_opt_out.opted_out, set_opt_out.note,
          frontdesk.caller(), frontdesk.clock());
END
$$;
COMMENT ON FUNCTION frontdesk.set_opt_out(integer, uuid, text, boolean, text) IS
'Records that a person wants no messages on a channel any more (or wants them again), as told by other means than a message: by phone, in the shop. Nothing is sent. Raises P0002 when there is no such lead, 42501 for an account that is not the caller''s.';
