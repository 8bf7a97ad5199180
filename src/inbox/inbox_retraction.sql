-- inbox: what a customer takes back is taken out of all that was made of it.

CREATE OR REPLACE FUNCTION frontdesk.cut_text(content text, piece text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_cut_text';
COMMENT ON FUNCTION frontdesk.cut_text(text, text) IS
'A text without a piece, wherever that stands in it; null when it stands nowhere. Costs what both are long, which strpos() does not.';

CREATE OR REPLACE FUNCTION frontdesk.text_trace(content text) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_text_trace';
COMMENT ON FUNCTION frontdesk.text_trace(text) IS
'32 bits of the letters and digits of a text: enough to know it again when a channel echoes it, and too few to read it out of them.';

CREATE OR REPLACE FUNCTION frontdesk.without_words(document jsonb, words text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  told text;
  rest text;
BEGIN
  CASE jsonb_typeof(without_words.document)
  WHEN 'object' THEN
    RETURN (SELECT coalesce(jsonb_object_agg(e.key, CASE
        -- words of ours, which are no customer's
        WHEN e.key IN ('message_id', 'conversation_id', 'channel', 'kind', 'intent', 'priority', 'route', 'assigned_agent',
          'campaign_stage', 'status', 'class', 'code') THEN e.value
        ELSE frontdesk.without_words(e.value, without_words.words) END), '{}')
      FROM jsonb_each(without_words.document) AS e);
  WHEN 'array' THEN
    RETURN (SELECT coalesce(jsonb_agg(frontdesk.without_words(e.value, without_words.words) ORDER BY e.n), '[]')
      FROM jsonb_array_elements(without_words.document) WITH ORDINALITY AS e (value, n));
  WHEN 'string' THEN
    told := without_words.document #>> '{}';
    IF told = '' THEN
      RETURN without_words.document;
    END IF;
    -- a part of the words; or the words, as a whole or cut off, in a longer text
    IF length(told) >= 3 AND frontdesk.cut_text(without_words.words, told) IS NOT NULL THEN
      RETURN '""';
    END IF;
    rest := frontdesk.cut_text(told, without_words.words);
    IF rest IS NOT NULL THEN
      RETURN to_jsonb(btrim(rest, E'\n'));
    ELSIF length(without_words.words) > 40 AND frontdesk.cut_text(told, left(without_words.words, 40)) IS NOT NULL THEN
      RETURN '""';
    END IF;
    RETURN without_words.document;
  WHEN 'number' THEN
    told := without_words.document #>> '{}';
    RETURN CASE WHEN length(told) >= 4 AND frontdesk.cut_text(without_words.words, told) IS NOT NULL THEN 'null' ELSE without_words.document END;
  ELSE
    RETURN without_words.document;
  END CASE;
END
$$;
COMMENT ON FUNCTION frontdesk.without_words(jsonb, text) IS
'A document without a customer''s words: strings that are part of them, and the words in longer strings; numbers of four digits and more that they name. Members that only hold words of the house stay.';

CREATE OR REPLACE FUNCTION frontdesk.forget_words(account_id integer, conversation_id uuid, seq bigint, words text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
  -- the mail that told of the message, if no turn has taken it in: it asks for nothing any more
  UPDATE frontdesk.mailbox b SET kind = 'lane', payload = NULL
  WHERE b.account_id = account_id AND b.thread_id = conversation_id AND b.seq = seq AND b.kind = 'message';
  IF words IS NULL OR btrim(words) = '' THEN
    RETURN;
  END IF;
  UPDATE frontdesk.mailbox b SET payload = n.payload
  FROM (SELECT o.seq, frontdesk.without_words(o.payload, words) AS payload FROM frontdesk.mailbox o
        WHERE o.account_id = account_id AND o.thread_id = conversation_id AND o.payload IS NOT NULL OFFSET 0) n
  WHERE b.account_id = account_id AND b.thread_id = conversation_id AND b.seq = n.seq AND b.payload IS DISTINCT FROM n.payload;
  UPDATE frontdesk.threads t SET state = n.state
  FROM (SELECT frontdesk.without_words(o.state, words) AS state FROM frontdesk.threads o
        WHERE o.account_id = account_id AND o.id = conversation_id OFFSET 0) n
  WHERE t.account_id = account_id AND t.id = conversation_id AND t.state IS DISTINCT FROM n.state;
  UPDATE frontdesk.checkpoints p SET patch = n.patch, snapshot = n.snapshot
  FROM (SELECT o.seq, frontdesk.without_words(o.patch, words) AS patch, frontdesk.without_words(o.snapshot, words) AS snapshot
        FROM frontdesk.checkpoints o
        WHERE o.account_id = account_id AND o.thread_id = conversation_id AND o.mail_seq >= seq OFFSET 0) n
  WHERE p.account_id = account_id AND p.thread_id = conversation_id AND p.seq = n.seq
    AND (p.patch, p.snapshot) IS DISTINCT FROM (n.patch, n.snapshot);
  -- notes for colleagues quote customers, and so does a reply that is on its way, or refused later;
  -- what was said to the customer stays in the message that said it
  UPDATE frontdesk.deliveries d SET payload = CASE d.kind WHEN 'reply'
    THEN jsonb_build_object('forgotten', frontdesk.text_trace(d.payload ->> 'content')) ELSE '{}' END || n.payload
  FROM (SELECT o.seq, frontdesk.without_words(o.payload, words) AS payload FROM frontdesk.deliveries o
        WHERE o.account_id = account_id AND o.thread_id = conversation_id OFFSET 0) n
  WHERE d.account_id = account_id AND d.thread_id = conversation_id AND d.seq = n.seq AND d.payload IS DISTINCT FROM n.payload;
  UPDATE frontdesk.messages m SET content = n.content
  FROM (SELECT o.id, frontdesk.without_words(to_jsonb(o.content), words) #>> '{}' AS content FROM frontdesk.messages o
        WHERE o.account_id = account_id AND o.conversation_id = conversation_id AND o.private AND o.author = 'bot' OFFSET 0) n
  WHERE m.account_id = account_id AND m.id = n.id AND m.content IS DISTINCT FROM n.content;
  UPDATE frontdesk.reply_drafts d SET content = n.content
  FROM (SELECT o.id, frontdesk.without_words(to_jsonb(o.content), words) #>> '{}' AS content FROM frontdesk.reply_drafts o
        WHERE o.account_id = account_id AND o.conversation_id = conversation_id OFFSET 0) n
  WHERE d.account_id = account_id AND d.id = n.id AND d.content IS DISTINCT FROM n.content;
  UPDATE frontdesk.interrupts i SET question = n.question, payload = n.payload
  FROM (SELECT o.id, frontdesk.without_words(to_jsonb(o.question), words) #>> '{}' AS question,
          frontdesk.without_words(o.payload, words) AS payload FROM frontdesk.interrupts o
        WHERE o.account_id = account_id AND o.thread_id = conversation_id OFFSET 0) n
  WHERE i.account_id = account_id AND i.id = n.id AND (i.question, i.payload) IS DISTINCT FROM (n.question, n.payload);
END
$$;
COMMENT ON FUNCTION frontdesk.forget_words(integer, uuid, bigint, text) IS
'Takes the words of a customer''s message, by its number, out of all that was made of them in its conversation: mail, state, checkpoints, deliveries, notes, drafts, questions to people. What a reply has said stays in its message alone; its delivery keeps 32 bits of it, member "forgotten". The thread is locked by the caller.';

CREATE OR REPLACE FUNCTION frontdesk.forget_steps(account_id integer, thread_id uuid, seq bigint) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE frontdesk.checkpoints AS p SET snapshot = NULL, patch = coalesce((
      SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(p.patch) AS e
      WHERE e.key IN ('message_id', 'conversation_id', 'channel', 'intent', 'priority', 'sentiment', 'route', 'needs_human',
        'assigned_agent', 'confidence_score', 'is_campaign_message', 'campaign_id')), '{}')
  WHERE p.account_id = forget_steps.account_id AND p.thread_id = forget_steps.thread_id AND p.mail_seq >= forget_steps.seq;
$$;
COMMENT ON FUNCTION frontdesk.forget_steps(integer, uuid, bigint) IS
'Empties the checkpoints of the turns that had read the message of that number, which no turn has answered: what steps found in it, and what a model wrote about it, goes; how it was routed stays.';

CREATE OR REPLACE FUNCTION frontdesk.retraction_payload(account_id integer, conversation_id uuid, seq bigint) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object('retracted', retraction_payload.seq, 'content', left(coalesce((
    SELECT string_agg(concat_ws(E'\n', m.content, m.enclosed), E'\n' ORDER BY m.sent_at, m.seq) FROM frontdesk.messages AS m
    JOIN frontdesk.threads AS t ON t.account_id = m.account_id AND t.id = m.conversation_id
    JOIN frontdesk.conversations AS c ON c.account_id = m.account_id AND c.id = m.conversation_id
    WHERE m.account_id = retraction_payload.account_id AND m.conversation_id = retraction_payload.conversation_id
      -- a turn that has decided without it answers what it has read, whatever became of the message
      AND m.seq > greatest(t.read_seq, (SELECT max(p.mail_seq) FROM frontdesk.checkpoints AS p
        WHERE p.account_id = t.account_id AND p.thread_id = t.id AND p.next_node IS NULL
          AND p.mail_seq < retraction_payload.seq AND p.mail_seq >= c.mute_below))
      AND m.direction = 'incoming' AND m.author = 'customer' AND NOT m.private AND NOT m.aside), ''), 1000));
$$;
COMMENT ON FUNCTION frontdesk.retraction_payload(integer, uuid, bigint) IS
'What a turn is told of a message that was deleted before it was answered: its number, and what else the customer has said that no finished turn has read.';
