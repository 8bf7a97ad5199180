-- llm: triggers that tell the caches of agents and of what they know.

CREATE OR REPLACE TRIGGER providers_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.providers
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER providers_after_truncate AFTER TRUNCATE ON frontdesk.providers
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE TRIGGER agents_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.agents
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER agents_after_truncate AFTER TRUNCATE ON frontdesk.agents
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE TRIGGER knowledge_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.knowledge
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed('account_id');
CREATE OR REPLACE TRIGGER knowledge_after_truncate AFTER TRUNCATE ON frontdesk.knowledge
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed('account_id');

CREATE OR REPLACE TRIGGER model_prices_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.model_prices
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER model_prices_after_truncate AFTER TRUNCATE ON frontdesk.model_prices
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

-- ---- addresses and keys ----

CREATE OR REPLACE FUNCTION frontdesk.require_base_url() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NEW.kind <> 'local' AND NOT frontdesk.is_base_url(NEW.base_url) THEN
    RAISE EXCEPTION 'provider "%" cannot be asked at the address "%"', NEW.name, NEW.base_url
      USING ERRCODE = 'check_violation', CONSTRAINT = 'providers_base_url_check', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA, COLUMN = 'base_url',
        HINT = 'Column base_url holds http:// or https:// and a host, without credentials, query or fragment: https://api.openai.com';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION frontdesk.require_base_url() IS
'Trigger of frontdesk.providers: refuses an address that no request could be sent to (23514).';

CREATE OR REPLACE FUNCTION frontdesk.is_base_url(url text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT url ~ '^https?://[^/?#@[:space:]]+(/[^?#@[:space:]]*)?$' $$;
COMMENT ON FUNCTION frontdesk.is_base_url(text) IS
'Whether a provider can be asked at an address: http or https and a host, without credentials, query or fragment.';

CREATE OR REPLACE TRIGGER providers_before_change
  BEFORE INSERT OR UPDATE OF kind, base_url ON frontdesk.providers
  FOR EACH ROW EXECUTE FUNCTION frontdesk.require_base_url();

CREATE OR REPLACE FUNCTION frontdesk.provider_purposes(account_id integer) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT DISTINCT 'provider:' || p.name FROM frontdesk.providers AS p
  WHERE p.account_id IN (provider_purposes.account_id, 0) AND p.kind <> 'local';
$$;
COMMENT ON FUNCTION frontdesk.provider_purposes(integer) IS
'Part of known_purposes(): keys of the providers of the account and of the house.';

CREATE OR REPLACE FUNCTION frontdesk.provider_key_state(account_id integer, provider text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN p.kind = 'local' OR p.settings ->> 'key' = 'none' THEN 'none'
    WHEN EXISTS (
      SELECT FROM frontdesk.secrets AS s
      WHERE s.purpose = 'provider:' || p.name
        AND (s.account_id = provider_key_state.account_id OR s.account_id = 0 AND p.account_id = 0)) THEN 'stored'
    ELSE 'missing' END
  FROM frontdesk.providers AS p
  WHERE p.account_id IN (provider_key_state.account_id, 0) AND p.name = provider_key_state.provider
    AND provider_key_state.account_id = ANY (frontdesk.visible_accounts() || 0)
  ORDER BY p.account_id DESC LIMIT 1;
$$;
COMMENT ON FUNCTION frontdesk.provider_key_state(integer, text) IS
'Whether an account has a key for a provider: stored (by itself, or by the house for the house''s address), missing, or none when none is needed; null for a provider that does not exist, and for an account that is not the caller''s.';
