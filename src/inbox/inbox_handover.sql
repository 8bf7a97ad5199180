-- inbox: who speaks in a conversation, the bot or a person.

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

CREATE OR REPLACE FUNCTION frontdesk.silence_bot(account_id integer, conversation_id uuid, cause text) RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_silence_bot';
COMMENT ON FUNCTION frontdesk.silence_bot(integer, uuid, text) IS
'take_over() for functions of the product, whoever the caller is; cause goes to the audit trail.';

CREATE OR REPLACE FUNCTION frontdesk.handover_deliveries(account_id integer, note text, urgency text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_array(
      jsonb_build_object('kind', 'note', 'content', handover_deliveries.note),
      jsonb_build_object('kind', 'priority', 'priority', coalesce(r.rules ->> 'priority', handover_deliveries.urgency)),
      jsonb_build_object('kind', 'status', 'status', 'open'))
    || CASE WHEN r.rules ? 'assignee_id' THEN
         jsonb_build_array(jsonb_build_object('kind', 'assign', 'assignee_id', r.rules -> 'assignee_id'))
       WHEN r.rules ? 'team_id' THEN
         jsonb_build_array(jsonb_build_object('kind', 'assign', 'team_id', r.rules -> 'team_id'))
       ELSE '[]' END
  FROM (SELECT coalesce((SELECT a.settings -> 'escalation' FROM frontdesk.accounts AS a
                         WHERE a.id = handover_deliveries.account_id), '{}')) AS r (rules);
$$;
COMMENT ON FUNCTION frontdesk.handover_deliveries(integer, text, text) IS
'What is delivered when a conversation is handed to people: a private note, the priority, status open, and the assignment, as the account''s settings say ({"escalation": {"priority", "assignee_id" or "team_id"}}).';

CREATE OR REPLACE FUNCTION frontdesk.hand_over(account_id integer, conversation_id uuid, reason text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.silence_bot(hand_over.account_id, hand_over.conversation_id, hand_over.reason);
  PERFORM frontdesk.post_mail(hand_over.account_id, hand_over.conversation_id, 'deliver',
    jsonb_build_object('deliver', frontdesk.handover_deliveries(hand_over.account_id,
      'Handed over: ' || hand_over.reason, 'high')));
END
$$;
COMMENT ON FUNCTION frontdesk.hand_over(integer, uuid, text) IS
'Hands a conversation to people outside of a turn: silences the bot, leaves a private note with the reason, sets the priority, opens and assigns it. Raises P0002 when there is no such conversation.';

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
