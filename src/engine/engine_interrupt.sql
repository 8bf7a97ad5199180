-- engine_interrupt: answering the questions of interrupt nodes.

CREATE OR REPLACE FUNCTION frontdesk.fit_answer(schema jsonb, answer jsonb)
RETURNS jsonb
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_fit_answer';
COMMENT ON FUNCTION frontdesk.fit_answer(jsonb, jsonb) IS
'An answer held against a JSON Schema of an object and put in order: enum members in the schema''s capitals, numbers and booleans out of strings, unknown members dropped. Without a schema every answer fits. Raises 22023 with what is wrong in the detail.';

CREATE OR REPLACE FUNCTION frontdesk.lock_question(account_id integer, interrupt uuid)
RETURNS frontdesk.interrupts
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  asked frontdesk.interrupts;
BEGIN
  SELECT * INTO asked FROM frontdesk.interrupts i
  WHERE i.account_id = lock_question.account_id AND i.id = lock_question.interrupt;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % has no question %', lock_question.account_id, lock_question.interrupt
      USING ERRCODE = 'P0002', HINT = 'SELECT * FROM frontdesk.questions lists the open ones.';
  END IF;
  -- the thread first, as everybody does; only then is the row what it will stay
  PERFORM FROM frontdesk.threads t
  WHERE t.account_id = asked.account_id AND t.id = asked.thread_id FOR NO KEY UPDATE;
  SELECT * INTO asked FROM frontdesk.interrupts i
  WHERE i.account_id = lock_question.account_id AND i.id = lock_question.interrupt;
  IF asked.status <> 'open' THEN
    RAISE EXCEPTION 'question % is % already', lock_question.interrupt, asked.status
      USING ERRCODE = '55000',
        DETAIL = format('By %s, at %s.', coalesce(asked.answered_by, 'nobody'), asked.answered_at);
  END IF;
  IF asked.deadline <= frontdesk.clock() THEN
    RAISE EXCEPTION 'question % has expired', lock_question.interrupt
      USING ERRCODE = '55000', DETAIL = format('Its deadline was %s.', asked.deadline);
  END IF;
  RETURN asked;
END
$$;
COMMENT ON FUNCTION frontdesk.lock_question(integer, uuid) IS
'Locks the thread of an open question for the rest of the transaction and returns the question. Raises P0002 when there is none of that id, 55000 when it is no longer open. For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.accept_answer(account_id integer, interrupt uuid, answer jsonb, answered_by text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  asked frontdesk.interrupts;
  fit jsonb;
BEGIN
  asked := frontdesk.lock_question(accept_answer.account_id, accept_answer.interrupt);
  fit := frontdesk.fit_answer(asked.schema, coalesce(accept_answer.answer, 'null'));
  UPDATE frontdesk.interrupts i SET status = 'answered', answer = fit, answered_at = frontdesk.clock(),
    answered_by = coalesce(accept_answer.answered_by, frontdesk.caller())
  WHERE i.account_id = asked.account_id AND i.id = asked.id;
  PERFORM frontdesk.record_audit(asked.account_id, 'question.answered', asked.id::text,
    jsonb_build_object('thread', asked.thread_id, 'node', asked.node, 'answer', fit)
    || CASE WHEN accept_answer.answered_by IS NULL THEN '{}' ELSE jsonb_build_object('by', accept_answer.answered_by) END);
  PERFORM frontdesk.post_mail(asked.account_id, asked.thread_id, 'answer');
END
$$;
COMMENT ON FUNCTION frontdesk.accept_answer(integer, uuid, jsonb, text) IS
'answer_interrupt() without asking who calls. For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.answer_interrupt(account_id integer, interrupt uuid, answer jsonb, answered_by text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(answer_interrupt.account_id);
  PERFORM frontdesk.accept_answer(answer_interrupt.account_id, answer_interrupt.interrupt,
                                  answer_interrupt.answer, answer_interrupt.answered_by);
END
$$;
COMMENT ON FUNCTION frontdesk.answer_interrupt(integer, uuid, jsonb, text) IS
'Answers an open question of frontdesk.questions: its thread goes on at the node that follows, with the answer in its state, and nothing before it runs again. answered_by names a person the database does not know; by default it is frontdesk.caller(). Audited. Raises P0002 when there is no such question, 55000 when it was answered, withdrawn or is past its deadline, 22023 when the answer does not fit its schema.';

CREATE OR REPLACE FUNCTION frontdesk.withdraw_interrupt(account_id integer, interrupt uuid)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  asked frontdesk.interrupts;
BEGIN
  PERFORM frontdesk.require_account(withdraw_interrupt.account_id);
  asked := frontdesk.lock_question(withdraw_interrupt.account_id, withdraw_interrupt.interrupt);
  UPDATE frontdesk.interrupts i SET status = 'withdrawn', answered_at = frontdesk.clock(), answered_by = frontdesk.caller()
  WHERE i.account_id = asked.account_id AND i.id = asked.id;
  PERFORM frontdesk.record_audit(asked.account_id, 'question.withdrawn', asked.id::text,
    jsonb_build_object('thread', asked.thread_id, 'node', asked.node));
  PERFORM frontdesk.post_mail(asked.account_id, asked.thread_id, 'answer');
END
$$;
COMMENT ON FUNCTION frontdesk.withdraw_interrupt(integer, uuid) IS
'Takes an open question back: its turn ends there, and what the customer wrote meanwhile begins the next one. Audited. Raises P0002 when there is no such question, 55000 when it is no longer open.';

CREATE OR REPLACE FUNCTION frontdesk.question_problems(settings jsonb)
RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  late jsonb := settings -> 'on_deadline';
BEGIN
  IF coalesce(jsonb_typeof(settings -> 'question') <> 'string', true) THEN
    RETURN NEXT 'its settings have no "question"';
  END IF;
  IF jsonb_typeof(settings -> 'payload') <> 'array' THEN
    RETURN NEXT '"payload" is no array of names';
  END IF;
  IF coalesce(settings ->> 'on_message', 'wait') NOT IN ('wait', 'restart') THEN
    RETURN NEXT '"on_message" is neither "wait" nor "restart"';
  END IF;
  BEGIN
    IF (settings ->> 'deadline')::interval <= '0' THEN
      RETURN NEXT '"deadline" leaves no time to answer';
    END IF;
  EXCEPTION WHEN data_exception THEN
    RETURN NEXT '"deadline" is no interval';
  END;
  IF late IS NOT NULL AND settings -> 'deadline' IS NULL THEN
    RETURN NEXT 'it has "on_deadline", but no "deadline"';
  END IF;
  IF late IS NOT NULL AND coalesce(jsonb_typeof(late) <> 'object' OR (late ? 'answer') = (late ? 'node'), true) THEN
    RETURN NEXT '"on_deadline" is neither {"answer": …} nor {"node": …}';
  END IF;
  BEGIN
    PERFORM frontdesk.fit_answer(settings -> 'schema', coalesce(late -> 'answer', '{}'));
  EXCEPTION WHEN invalid_parameter_value THEN
    IF SQLERRM NOT LIKE 'the answer%' THEN
      RETURN NEXT '"schema" is no JSON Schema of an object';
    ELSIF late ? 'answer' THEN
      RETURN NEXT 'the answer in "on_deadline" does not fit its schema';
    END IF;
  END;
END
$$;
COMMENT ON FUNCTION frontdesk.question_problems(jsonb) IS
'What is wrong with the settings of an interrupt node, a sentence a row. A step of graph_problems().';
