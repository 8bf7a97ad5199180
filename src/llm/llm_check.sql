-- llm: whether agents can ask whom they name, and whether all is read that was written for them.

CREATE OR REPLACE FUNCTION frontdesk.provider_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
  WITH asked AS (
    -- an account's own row hides the house's of the same name
    SELECT u.account_id, u.provider, string_agg(u.name, ', ' ORDER BY u.name) AS agents
    FROM (SELECT DISTINCT ON (a.id, g.name) a.id AS account_id, g.name, g.provider
          FROM frontdesk.accounts AS a
          JOIN frontdesk.agents AS g ON g.account_id IN (a.id, 0)
          WHERE a.id > 0 AND a.active
          ORDER BY a.id, g.name, g.account_id DESC) AS u
    GROUP BY u.account_id, u.provider
  )
  SELECT CASE WHEN k.state IS NULL THEN 'provider_absent' ELSE 'provider_key_missing' END, q.account_id, q.provider, NULL::timestamptz,
    CASE WHEN k.state IS NULL THEN format('There is no provider "%s", which agents name (%s).', q.provider, q.agents)
      ELSE format('No key is stored for provider "%s", which agents ask (%s).', q.provider, q.agents) END,
    'Another answers in its place, as frontdesk.agents.fallback says.',
    CASE WHEN k.state IS NULL THEN 'Add a row to frontdesk.providers, or UPDATE frontdesk.agents SET provider = …'
      ELSE format('SELECT frontdesk.set_secret(%s, %L, …);', q.account_id, 'provider:' || q.provider) END
  FROM asked AS q
  CROSS JOIN LATERAL (SELECT frontdesk.provider_key_state(q.account_id, q.provider) AS state) AS k
  WHERE coalesce(k.state, 'missing') = 'missing'
  UNION ALL
  -- rows that came in past the trigger
  SELECT 'provider_unusable', p.account_id, p.name, NULL::timestamptz,
    format('The provider cannot be asked at the address "%s".', p.base_url),
    'Another answers in its place, as frontdesk.agents.fallback says.',
    'UPDATE frontdesk.providers SET base_url = …: http:// or https:// and a host.'
  FROM frontdesk.providers AS p WHERE p.kind <> 'local' AND NOT frontdesk.is_base_url(p.base_url)
  UNION ALL
  -- rows of a later version, or from before their check
  SELECT 'provider_unusable', p.account_id, p.name, NULL::timestamptz,
    format('The provider is of kind "%s", which this version cannot ask.', p.kind),
    'Another answers in its place, as frontdesk.agents.fallback says.',
    format('UPDATE frontdesk.providers SET kind = …: %s.', array_to_string(frontdesk.provider_kinds(), ', '))
  FROM frontdesk.providers AS p WHERE p.kind <> ALL (frontdesk.provider_kinds())
  UNION ALL
  -- loopback is this machine; what leaves it in the clear shows the key
  SELECT 'provider_unusable', p.account_id, p.name, NULL::timestamptz,
    format('Its key would go to %s in the clear.', p.base_url),
    'It is not asked; another answers in its place, as frontdesk.agents.fallback says.',
    'Use https, or settings {"key": "none"}; in a network of your own ALTER SYSTEM SET frontdesk.egress_allow_private = on;'
  FROM frontdesk.providers AS p
  WHERE p.kind <> 'local' AND p.base_url ~ '^http://' AND p.base_url !~ '^http://(127\.[0-9.]+|\[::1\]|localhost)([:/]|$)'
    AND coalesce(p.settings ->> 'key', 'required') <> 'none'
    AND coalesce(current_setting('frontdesk.egress_allow_private', true), 'off') = 'off';
$$;
COMMENT ON FUNCTION frontdesk.provider_problems() IS
'Part of check(): providers that agents ask and for which no key is stored, that do not exist, are of a kind that is not known, or cannot be asked at their address.';

CREATE OR REPLACE FUNCTION frontdesk.knowledge_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
  -- what is small is known as a whole, and not asked for
  SELECT 'knowledge_left_out', k.account_id, NULL::text, NULL::timestamptz,
    format('Of %s knowledge rows the %s oldest are read.', k.rows, i.rows),
    'Nothing is answered from the others.',
    'SELECT frontdesk.remove_knowledge(…): rows that say the same, or what nobody asks; fewer phrasings.'
  FROM (SELECT r.account_id, count(*) AS rows FROM frontdesk.knowledge AS r GROUP BY r.account_id
        HAVING sum(1 + cardinality(r.phrasings)) > 20000
          OR sum(octet_length(r.question) + octet_length(array_to_string(r.phrasings, ' '))
            + (1 + cardinality(r.phrasings))::bigint * octet_length(r.answer)) > 400000) AS k
  CROSS JOIN LATERAL (SELECT frontdesk.indexed_knowledge(k.account_id) AS rows) AS i
  WHERE i.rows < k.rows;
$$;
COMMENT ON FUNCTION frontdesk.knowledge_problems() IS
'Part of check(): accounts with more knowledge than may be read.';
