-- llm: what setup_roles() grants on this domain.  Providers are for superusers
-- to write: whoever sets an address is sent the key.

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT ON frontdesk.providers, frontdesk.agents, frontdesk.model_prices TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.json_schema(regtype), frontdesk.preview_call(text, text, integer, jsonb, text), frontdesk.preview_answer(text, integer, text, integer, text, interval) TO %I');
