-- How a conversation that a person has comes back: what the bot then answers.
SET client_min_messages = warning;
SELECT frontdesk.add_account('Return') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'first') AS conversation \gset
SELECT set_config('test.account', :'account', false), set_config('test.conversation', :'conversation', false) \gset ignore_
SELECT frontdesk.take_over(:account, :'conversation') \gset ignore_

-- Fills the conversation with unanswered messages, numbered from one on.
CREATE FUNCTION pg_temp.fill(first integer, last integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, sent_at)
  SELECT current_setting('test.account')::integer, current_setting('test.conversation')::uuid, 1000 + n, 'incoming', 'customer',
         'message ' || n || repeat(' ' || md5(n::text), 60), '2026-01-01'::timestamptz + n * interval '1 s'
  FROM generate_series(first, last) AS n $$;

-- What would be posted, and how many blocks are looked at for it.
CREATE FUNCTION pg_temp.blocks() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) SELECT frontdesk.answer_unanswered(%s, %L)',
                 current_setting('test.account'), current_setting('test.conversation')) INTO plan;
  RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::integer + (plan #>> '{0,Plan,Shared Read Blocks}')::integer;
END $$;
CREATE FUNCTION pg_temp.posted() RETURNS jsonb LANGUAGE sql AS $$
  SELECT b.payload FROM frontdesk.mailbox AS b WHERE b.account_id = current_setting('test.account')::integer ORDER BY b.seq DESC LIMIT 1 $$;

SELECT frontdesk.answer_unanswered(:account, :'conversation');
SELECT pg_temp.posted() ->> 'content' AS content;

-- of very many the last hundred, whatever is in them
SELECT pg_temp.fill(1, 500) \gset ignore_
SELECT pg_temp.blocks() AS few \gset
SELECT left(pg_temp.posted() ->> 'content', 12) AS content, length(pg_temp.posted() ->> 'content');
SELECT pg_temp.fill(501, 5000) \gset ignore_
SELECT pg_temp.blocks() AS many \gset
SELECT left(pg_temp.posted() ->> 'content', 12) AS content, length(pg_temp.posted() ->> 'content');
SELECT :many < 2 * :few AS costs_the_same;

-- and nothing of what was answered
INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, sent_at)
VALUES (:account, :'conversation', 9000, 'outgoing', 'human', 'answered', frontdesk.clock());
SELECT frontdesk.answer_unanswered(:account, :'conversation');
INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, sent_at)
VALUES (:account, :'conversation', 9001, 'outgoing', 'template', 'a greeting', frontdesk.clock()),
  (:account, :'conversation', 9002, 'incoming', 'customer', 'one more', frontdesk.clock()),
  (:account, :'conversation', 9003, 'incoming', 'customer', 'and another', frontdesk.clock());
SELECT frontdesk.answer_unanswered(:account, :'conversation');
SELECT pg_temp.posted() ->> 'content' AS content;

-- a reply answers what its turn had read, whatever number its message got; the sentence that people take over nothing
INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, sent_at, answers_up_to)
VALUES (:account, :'conversation', 9004, 'outgoing', 'bot', 'a reply', frontdesk.clock(), 9002),
  (:account, :'conversation', 9005, 'outgoing', 'bot', 'people take over', frontdesk.clock(), 0);
SELECT content FROM frontdesk.unanswered_messages(:account, :'conversation');
SELECT frontdesk.answer_unanswered(:account, :'conversation');
SELECT pg_temp.posted() ->> 'content' AS content;

-- an agent is asked the same: it comes last, behind what was said before
SELECT e.value ->> 'role' AS role, (SELECT string_agg(k[1], ', ') FROM regexp_matches(e.value ->> 'content', 'one more|and another|a reply', 'g') AS k) AS said
FROM jsonb_array_elements(frontdesk.preview_call(:'conversation'::uuid, 'conversation', :account) #> '{body,messages}') WITH ORDINALITY AS e
ORDER BY e.ordinality DESC LIMIT 2;
