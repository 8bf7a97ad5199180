-- llm: triggers that tell the caches of agents.

CREATE OR REPLACE TRIGGER providers_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.providers
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE TRIGGER agents_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.agents
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE TRIGGER model_prices_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.model_prices
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.agent_problems(account_id integer, graph text, version integer)
RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT format('node "%s" names the agent "%s", which account %s does not have', n.name, n.agent, n.account_id)
  FROM frontdesk.graph_nodes n
  WHERE n.account_id = $1 AND n.graph = $2 AND n.version = $3 AND n.kind = 'llm' AND n.agent IS NOT NULL
    AND NOT EXISTS (SELECT FROM frontdesk.agents a WHERE a.account_id IN (n.account_id, 0) AND a.name = n.agent)
$$;
COMMENT ON FUNCTION frontdesk.agent_problems(integer, text, integer) IS
'Takes part in graph_problems(): nodes whose agent neither the account nor the house has.';
INSERT INTO frontdesk.graph_checks (function) VALUES ('agent_problems');
