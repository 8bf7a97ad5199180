-- inbox: what the commands in private notes do; each answers with a note.

CREATE OR REPLACE FUNCTION frontdesk.command_decide(account_id integer, conversation_id uuid, verdict text, argument text, actor text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  draft uuid;
BEGIN
  SELECT c.draft_id INTO draft FROM frontdesk.conversations AS c
  WHERE c.account_id = account_id AND c.id = conversation_id;
  IF draft IS NULL THEN
    RETURN 'No reply waits for approval here.';
  END IF;
  PERFORM frontdesk.decide_draft(account_id, draft, verdict,
    CASE verdict WHEN 'approved' THEN nullif(argument, '') END,
    CASE verdict WHEN 'rejected' THEN nullif(argument, '') END, actor);
  RETURN CASE verdict WHEN 'approved' THEN 'Approved: the reply is sent.' ELSE 'Rejected: nothing is sent.' END;
END
$$;
COMMENT ON FUNCTION frontdesk.command_decide(integer, uuid, text, text, text) IS
'Commands "approve" and "reject": decide on the conversation''s draft.';

CREATE OR REPLACE FUNCTION frontdesk.command_answer(account_id integer, conversation_id uuid, argument text, actor text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  asked frontdesk.interrupts;
  given jsonb;
  names text[];
BEGIN
  SELECT i.* INTO asked FROM frontdesk.interrupts i
  WHERE i.account_id = account_id AND i.thread_id = conversation_id AND i.status = 'open'
  ORDER BY i.seq DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN 'The bot has asked nothing here.';
  END IF;
  BEGIN
    given := argument::jsonb;
  EXCEPTION WHEN invalid_text_representation THEN
    given := to_jsonb(argument);
  END;
  -- a plain word answers a question with one field
  SELECT array_agg(k.name) INTO names FROM jsonb_object_keys(asked.schema -> 'properties') AS k (name);
  IF jsonb_typeof(given) <> 'object' AND cardinality(names) = 1 THEN
    given := jsonb_build_object(names[1], given);
  END IF;
  PERFORM frontdesk.accept_answer(account_id, asked.id, given, actor);
  RETURN 'Answered: ' || asked.question;
END
$$;
COMMENT ON FUNCTION frontdesk.command_answer(integer, uuid, text, text) IS
'Command "answer": answers the open question of the conversation with JSON, or with plain text where one field is asked for.';

CREATE OR REPLACE FUNCTION frontdesk.command_why(account_id integer, conversation_id uuid) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT string_agg(t.sentence, E'\n' ORDER BY t.n)
  FROM frontdesk.conversations c, frontdesk.tell_conversation(c) WITH ORDINALITY AS t (sentence, n)
  WHERE c.account_id = command_why.account_id AND c.id = command_why.conversation_id;
$$;
COMMENT ON FUNCTION frontdesk.command_why(integer, uuid) IS
'Command "why": what explain_conversation() says.';
