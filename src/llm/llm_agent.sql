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
