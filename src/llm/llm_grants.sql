-- llm: who may see and do what.  Providers are for superusers to write: whoever
-- sets an address is sent the key.

ALTER TABLE frontdesk.providers ENABLE ROW LEVEL SECURITY;
CREATE POLICY providers_house ON frontdesk.providers FOR SELECT
  USING (account_id = 0);
CREATE POLICY providers_visible ON frontdesk.providers
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.agents ENABLE ROW LEVEL SECURITY;
CREATE POLICY agents_house ON frontdesk.agents FOR SELECT
  USING (account_id = 0);
CREATE POLICY agents_visible ON frontdesk.agents
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.knowledge ENABLE ROW LEVEL SECURITY;
CREATE POLICY knowledge_visible ON frontdesk.knowledge
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
-- everybody may be answered by the house's classifiers
ALTER TABLE frontdesk.classifiers ENABLE ROW LEVEL SECURITY;
CREATE POLICY classifiers_readable ON frontdesk.classifiers FOR SELECT
  USING (account_id = 0);
CREATE POLICY classifiers_visible ON frontdesk.classifiers
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.error_costs ENABLE ROW LEVEL SECURITY;
CREATE POLICY error_costs_readable ON frontdesk.error_costs FOR SELECT
  USING (account_id = 0);
CREATE POLICY error_costs_visible ON frontdesk.error_costs
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.classifier_examples ENABLE ROW LEVEL SECURITY;
CREATE POLICY classifier_examples_readable ON frontdesk.classifier_examples FOR SELECT
  USING (account_id = 0);
CREATE POLICY classifier_examples_visible ON frontdesk.classifier_examples
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT ON frontdesk.providers, frontdesk.provider_presets, frontdesk.agents, frontdesk.model_prices TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.json_schema(regtype), frontdesk.preview_call(text, text, integer, jsonb, text), frontdesk.preview_answer(text, integer, text, integer, text, interval) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.provider_key_state(integer, text) TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, id, content, intent, route, priority, sentiment, language), UPDATE (content, intent, route, priority, sentiment, language) ON frontdesk.classifier_examples TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.classifiers TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, missed_danger, false_alarm), UPDATE (missed_danger, false_alarm) ON frontdesk.error_costs TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, id, language, question, answer, phrasings), UPDATE (language, question, answer, phrasings) ON frontdesk.knowledge TO %I'),
  ('operator', 'GRANT INSERT (account_id, name, provider, model, prompt, output, max_tokens, effort, history_limit, timeout, settings, fallback), UPDATE (provider, model, prompt, output, max_tokens, effort, history_limit, timeout, settings, fallback) ON frontdesk.agents TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.find_knowledge(integer, text, text, integer) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.remove_classifier_example(integer, uuid), frontdesk.remove_classifier(integer, text), frontdesk.remove_error_costs(integer), frontdesk.remove_knowledge(integer, uuid), frontdesk.remove_agent(integer, text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.classify(text, integer), frontdesk.classify_with(text, text, integer), frontdesk.train_classifier(text, integer), frontdesk.text_similarity(text, text) TO %I');
