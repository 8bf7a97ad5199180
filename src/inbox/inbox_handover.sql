-- inbox: who speaks in a conversation, the bot or a person, and what is said when people take over.

CREATE OR REPLACE FUNCTION frontdesk.take_over(account_id integer, conversation_id uuid) RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_take_over';
COMMENT ON FUNCTION frontdesk.take_over(integer, uuid) IS
'Silences the bot in a conversation from this commit on; messages are still stored. Audited. Raises P0002 when there is no such conversation.';

CREATE OR REPLACE FUNCTION frontdesk.give_back(account_id integer, conversation_id uuid) RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_give_back';
COMMENT ON FUNCTION frontdesk.give_back(integer, uuid) IS
'Lets the bot answer in a conversation again, beginning with the customer''s next message. Audited. Raises P0002 when there is no such conversation.';

CREATE OR REPLACE FUNCTION frontdesk.silence_bot(account_id integer, conversation_id uuid, cause text) RETURNS boolean
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_silence_bot';
COMMENT ON FUNCTION frontdesk.silence_bot(integer, uuid, text) IS
'Silences the bot, whoever the caller is; cause goes to the audit trail. False when a person has the conversation already; in a rehearsal always true. For begin_handover() alone: who silences the bot elsewhere does so without a word to the customer.';

CREATE OR REPLACE FUNCTION frontdesk.spoken_language(account_id integer, state jsonb) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN coalesce(nullif(lower(split_part(replace(state ->> 'language', '_', '-'), '-', 1)), ''),
    (SELECT d.language FROM frontdesk.classify(state ->> 'content', account_id) AS d
     WHERE EXISTS (SELECT FROM frontdesk.classifiers)), 'en');
END
$$;
COMMENT ON FUNCTION frontdesk.spoken_language(integer, jsonb) IS
'The language of a conversation, two letters: what its state says, else what the local classifier makes of the last message, else "en".';

CREATE OR REPLACE FUNCTION frontdesk.handover_sentence(account_id integer, intent text, language text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  is_closed boolean := NOT coalesce(frontdesk.is_open(account_id), true);
  name text;
BEGIN
  SELECT n.name INTO name
  FROM unnest(ARRAY['handover_' || intent || '_closed', 'handover_' || intent, 'handover_closed', 'handover'],
    ARRAY[true, false, true, false]) WITH ORDINALITY AS n (name, for_closed, place)
  WHERE (is_closed OR NOT n.for_closed)
    AND EXISTS (SELECT FROM frontdesk.templates AS t WHERE t.account_id IN (account_id, 0) AND t.name = n.name)
  ORDER BY n.place LIMIT 1;
  RETURN frontdesk.render_template(account_id, name, language,
    (SELECT jsonb_build_object('business', left(coalesce(a.settings ->> 'business_name', a.name), 200))
     FROM frontdesk.accounts AS a WHERE a.id = account_id));
END
$$;
COMMENT ON FUNCTION frontdesk.handover_sentence(integer, text, text) IS
'What a customer hears when people take over: the template "handover_" and the intent, else "handover"; outside of the office hours the one with "_closed" behind its name, where there is one.';

CREATE OR REPLACE FUNCTION frontdesk.handover_deliveries(account_id integer, note text, urgency text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  rules jsonb := coalesce((SELECT a.settings -> 'escalation' FROM frontdesk.accounts AS a WHERE a.id = account_id), '{}');
BEGIN
  RETURN jsonb_build_array(
      jsonb_build_object('kind', 'note', 'content', note),
      jsonb_build_object('kind', 'priority', 'priority', coalesce(rules ->> 'priority', urgency)),
      jsonb_build_object('kind', 'status', 'status', 'open'))
    || CASE WHEN rules ? 'assignee_id' THEN
         jsonb_build_array(jsonb_build_object('kind', 'assign', 'assignee_id', rules -> 'assignee_id'))
       WHEN rules ? 'team_id' THEN
         jsonb_build_array(jsonb_build_object('kind', 'assign', 'team_id', rules -> 'team_id'))
       ELSE '[]' END;
END
$$;
COMMENT ON FUNCTION frontdesk.handover_deliveries(integer, text, text) IS
'What is delivered to people when they get a conversation: a private note, the priority, status open, and the assignment, as the account''s settings say ({"escalation": {"priority", "assignee_id" or "team_id"}}). A part of begin_handover().';

CREATE OR REPLACE FUNCTION frontdesk.handover_reply(account_id integer, conversation_id uuid, state jsonb) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  rules frontdesk.people_rules := frontdesk.rules_of(account_id);
  intent text := coalesce(state ->> 'intent', '');
  said text := nullif(state ->> 'agent_response', '');
  sentence text;
  last_words text;
BEGIN
  -- only who is surely no customer is told nothing; the rules that find a machine, or a second "stop", are sure
  IF (intent = ANY (rules.handover_silent_intents)
     AND (intent IN ('machine', 'opt_out')
       OR CASE jsonb_typeof(state -> 'confidence_score') WHEN 'number' THEN (state ->> 'confidence_score')::numeric >= 0.6 ELSE true END))
     OR coalesce(rules.approval_by_agent ->> 'handover', rules.approval) = 'suggest' THEN
    RETURN NULL;
  END IF;
  sentence := frontdesk.handover_sentence(account_id, intent, frontdesk.spoken_language(account_id, state));
  IF coalesce(rules.approval_by_agent ->> (state ->> 'assigned_agent'), rules.approval) <> 'auto' THEN
    said := NULL;
  END IF;
  -- what was said last is not said again
  SELECT m.content INTO last_words FROM frontdesk.messages m
  WHERE m.account_id = account_id AND m.conversation_id = conversation_id AND m.direction = 'outgoing' AND NOT m.private
  ORDER BY m.seq DESC LIMIT 1;
  IF said IS NULL AND position(sentence IN coalesce(last_words, '')) > 0 THEN
    RETURN NULL;
  END IF;
  -- who has promised a person already says it once
  RETURN CASE WHEN frontdesk.find_promise(account_id, said) IS NOT NULL THEN said ELSE concat_ws(E'\n\n', said, sentence) END;
END
$$;
COMMENT ON FUNCTION frontdesk.handover_reply(integer, uuid, jsonb) IS
'What the customer reads when a conversation in this state is handed over: what the agent of the turn said, where its replies need no approval, and the sentence of handover_sentence(), unless that agent has promised somebody already. Null where nothing is said: for the intents in handover_silent_intents of the account''s people_rules where they were found with a confidence of 0.6 and more, where approval (or approval_by_agent, member "handover") is suggest, and when the sentence was the last that was said.';

CREATE OR REPLACE FUNCTION frontdesk.begin_handover(account_id integer, conversation_id uuid, cause text, note text, urgency text, state jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  reply text;
BEGIN
  IF NOT frontdesk.silence_bot(account_id, conversation_id, cause) THEN
    RETURN jsonb_build_array(jsonb_build_object('kind', 'note', 'content', note));
  END IF;
  reply := frontdesk.handover_reply(account_id, conversation_id, state);
  IF position(coalesce(state ->> 'agent_response', '') IN coalesce(reply, '')) = 0 THEN
    note := note || E'\nThe bot would have said: ' || (state ->> 'agent_response');
  END IF;
  RETURN CASE WHEN reply IS NULL THEN '[]'
    ELSE jsonb_build_array(jsonb_build_object('kind', 'reply', 'content', reply, 'handover', true)) END
    || frontdesk.handover_deliveries(account_id, note, urgency);
END
$$;
COMMENT ON FUNCTION frontdesk.begin_handover(integer, uuid, text, text, text, jsonb) IS
'The one place where the bot hands a conversation over: silences it until the conversation is given back, and returns what is delivered: one sentence to the customer (handover_reply(); before all else, for a bot''s reply would take the conversation off the list of those that wait), then what people get. Of a conversation that a person has already, only the note. cause goes to the audit trail; state is the thread''s.';

CREATE OR REPLACE FUNCTION frontdesk.hand_over(account_id integer, conversation_id uuid, reason text, intent text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.post_mail(hand_over.account_id, hand_over.conversation_id, 'deliver',
    jsonb_build_object('deliver', frontdesk.begin_handover(hand_over.account_id, hand_over.conversation_id,
      hand_over.reason, 'Handed over: ' || hand_over.reason, 'high',
      (SELECT t.state - '{agent_response,assigned_agent,intent,confidence_score}'::text[] FROM frontdesk.threads AS t
       WHERE t.account_id = hand_over.account_id AND t.id = hand_over.conversation_id)
      || jsonb_strip_nulls(jsonb_build_object('intent', hand_over.intent)))));
END
$$;
COMMENT ON FUNCTION frontdesk.hand_over(integer, uuid, text, text) IS
'Hands a conversation to people outside of a turn, as begin_handover() does: tells the customer, silences the bot, leaves a private note with the reason, sets the priority, opens and assigns it. intent chooses the sentence ("handover_<intent>") or that there is none (handover_silent_intents of people_rules). Raises P0002 when there is no such conversation.';

CREATE OR REPLACE FUNCTION frontdesk.command_bot_on(account_id integer, conversation_id uuid, actor text) RETURNS text
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_command_bot_on';
COMMENT ON FUNCTION frontdesk.command_bot_on(integer, uuid, text) IS
'Command "bot on": gives the conversation back to the bot and lets it answer what nobody answered.';

CREATE OR REPLACE FUNCTION frontdesk.command_bot_off(account_id integer, conversation_id uuid, actor text) RETURNS text
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_command_bot_off';
COMMENT ON FUNCTION frontdesk.command_bot_off(integer, uuid, text) IS
'Command "bot off": silences the bot in the conversation until it is told otherwise.';
