-- llm: what setup_roles() grants on this domain.  Providers are for superusers
-- to write: whoever sets an address is sent the key.

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT ON frontdesk.providers, frontdesk.agents, frontdesk.model_prices TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.json_schema(regtype), frontdesk.preview_call(text, text, integer, jsonb, text), frontdesk.preview_answer(text, integer, text, integer, text, interval) TO %I'),
  ('operator', 'GRANT SELECT, INSERT, UPDATE, DELETE ON frontdesk.classifier_examples, frontdesk.classifiers TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.classify(text, integer), frontdesk.classify_with(text, text, integer), frontdesk.train_classifier(text, integer, text), frontdesk.text_similarity(text, text) TO %I');
