-- agents: who got the answer of a stand-in.

CREATE OR REPLACE FUNCTION frontdesk.fallback_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'answered_by_fallback', f.account_id, coalesce(f.code, f.why), min(f.since),
    format('The local provider answered in place of a model in %s turns of %s conversations within the last day: %s.',
      count(DISTINCT (f.conversation_id, f.turn)), count(DISTINCT f.conversation_id), rtrim(f.why, '.')),
    'Customers read template sentences and what frontdesk.knowledge holds.',
    format('Mend the reason; SELECT * FROM frontdesk.fallback_answers WHERE account_id = %s; lists who was answered so.', f.account_id)
  FROM frontdesk.fallback_answers AS f
  WHERE f.answered_at > frontdesk.clock() - interval '1 day'
  GROUP BY f.account_id, f.code, f.why;
$$;
COMMENT ON FUNCTION frontdesk.fallback_problems() IS
'Part of check(): conversations that the local provider answered in place of a model within the last day.';
