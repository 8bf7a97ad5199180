-- inbox: how a conversation that a person has comes back to the bot.

CREATE OR REPLACE FUNCTION frontdesk.unanswered_messages(account_id integer, conversation_id uuid)
RETURNS SETOF frontdesk.messages
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT m.* FROM frontdesk.messages AS m
  WHERE m.account_id = unanswered_messages.account_id AND m.conversation_id = unanswered_messages.conversation_id
    AND m.direction = 'incoming' AND m.author = 'customer' AND NOT m.private AND NOT m.aside AND coalesce(m.content, m.enclosed) <> ''
    AND m.seq > coalesce((
      SELECT max(coalesce(s.answers_up_to, s.seq)) FROM frontdesk.messages AS s
      WHERE s.account_id = unanswered_messages.account_id AND s.conversation_id = unanswered_messages.conversation_id
        AND s.direction = 'outgoing' AND NOT s.private AND s.author IN ('human', 'bot') AND s.status IS DISTINCT FROM 'failed'), 0)
  ORDER BY m.seq;
$$;
COMMENT ON FUNCTION frontdesk.unanswered_messages(integer, uuid) IS
'What the customer wrote since a person or the bot last spoke in the conversation.';

CREATE OR REPLACE FUNCTION frontdesk.answer_unanswered(account_id integer, conversation_id uuid) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  payload jsonb;
BEGIN
  -- as many as a turn reads at most, however many there are: a customer may have filled the conversation
  WITH said AS (
    SELECT m.id, m.seq, m.direction, m.chatwoot_message_id, m.sent_at, left(coalesce(m.content, m.enclosed), 1000) AS content,
      CASE WHEN m.direction = 'outgoing' THEN coalesce(m.answers_up_to, m.seq) END AS answers_up_to
    FROM frontdesk.messages AS m
    WHERE m.account_id = account_id AND m.conversation_id = conversation_id AND NOT m.private
      AND (m.direction = 'incoming' AND m.author = 'customer' AND NOT m.aside AND coalesce(m.content, m.enclosed) <> ''
        OR m.direction = 'outgoing' AND m.author IN ('human', 'bot') AND m.status IS DISTINCT FROM 'failed')
    ORDER BY m.seq DESC LIMIT 100)
  SELECT jsonb_build_object(
    'message_id', (array_agg(coalesce(m.chatwoot_message_id::text, m.id::text) ORDER BY m.seq DESC))[1],
    'conversation_id', min(c.display_id)::text, 'channel', min(c.channel::text),
    'content', left(string_agg(m.content, E'\n' ORDER BY m.sent_at, m.seq), 1000))
  INTO payload
  FROM said AS m
  JOIN frontdesk.conversations AS c ON c.account_id = account_id AND c.id = conversation_id
  WHERE m.direction = 'incoming' AND m.seq > coalesce((SELECT max(s.answers_up_to) FROM said AS s), 0)
  HAVING count(*) > 0;
  IF payload IS NULL THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.post_mail(account_id, conversation_id, 'message', payload);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.answer_unanswered(integer, uuid) IS
'Lets the bot answer, as one turn, what the customer wrote since anybody last spoke, of more than 100 messages the last 100; false when there is nothing. Raises P0002 when there is no such conversation.';

CREATE OR REPLACE FUNCTION frontdesk.return_conversation(account_id integer, thread_id uuid, payload jsonb) RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_return_conversation';
COMMENT ON FUNCTION frontdesk.return_conversation(integer, uuid, jsonb) IS
'Alarm of a conversation: no person has spoken in it for the return_after of the account''s people_rules, so it goes back to the bot.';
