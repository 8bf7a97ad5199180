-- agents_escalation: handing a conversation over to people.

CREATE OR REPLACE FUNCTION frontdesk.escalate_to_human(account_id integer, thread_id uuid, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  reason text := coalesce(state ->> 'escalation_reason', state ->> 'intent', 'the bot could not go on');
  is_wordless boolean := coalesce(state ->> 'wordless', 'false') <> 'false';
  -- the number of a card that was shared is what people are to call; one of payment stays masked
  enclosed text := (SELECT string_agg(CASE WHEN l.line LIKE '[contact card: %' AND frontdesk.redact(l.line) NOT LIKE ALL ('{%[card]%,%[iban]%}') THEN l.line
      ELSE frontdesk.redact(l.line) END, E'\n' ORDER BY l.n)
    FROM string_to_table(state ->> 'enclosed', E'\n') WITH ORDINALITY AS l (line, n));
  note text;
BEGIN
  note := concat_ws(E'\n',
    format('Handed over: %s', reason),
    format('Intent %s, priority %s, sentiment %s, confidence %s',
           coalesce(state ->> 'intent', 'unknown'), coalesce(state ->> 'priority', 'unknown'),
           coalesce(state ->> 'sentiment', 'unknown'), coalesce(state ->> 'confidence_score', 'unknown')),
    'The customer wrote: ' || left(CASE WHEN is_wordless AND enclosed IS NOT NULL THEN enclosed
      ELSE frontdesk.redact(coalesce(state ->> 'content', '')) END, 500),
    CASE WHEN NOT is_wordless THEN 'With it came: ' || left(enclosed, 500) END);
  RETURN jsonb_build_object(
    'needs_human', true,
    'escalation_reason', reason,
    'assigned_agent', 'human',
    'deliver', frontdesk.begin_handover(account_id, thread_id, 'escalation', note,
      CASE state ->> 'priority' WHEN 'high' THEN 'urgent' ELSE 'high' END, state));
END
$$;
COMMENT ON FUNCTION frontdesk.escalate_to_human(integer, uuid, jsonb) IS
'Node function of the default graph: hands the conversation over as begin_handover() does, with the reason and a summary in the note. What an agent has said in this turn is sent before the sentence. Returns the patch of the step.';
