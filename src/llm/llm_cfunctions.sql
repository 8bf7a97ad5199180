-- llm: functions in C.

CREATE OR REPLACE FUNCTION frontdesk.classify(
  content text,
  account_id integer DEFAULT 0,
  OUT intent text,
  OUT priority text,
  OUT sentiment real,
  OUT route text,
  OUT confidence real,
  OUT language text,
  OUT danger real
) RETURNS record
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'frontdesk_classify';
COMMENT ON FUNCTION frontdesk.classify(text, integer) IS
'The local decision about a message, without any model called: intent, priority (high, medium, low), sentiment (-1 to 1), route (high_priority, recruitment, campaign, stock_alert, automated), confidence (0 to 1: of decisions with 0.85 about 85 in 100 have the right route, or, of a classifier with one route, the right intent), language, and danger (0 to 1: how likely it is of the kinds that cannot wait for a person). Uses the account''s classifier "default", else the house''s, else the shipped one. Reads frontdesk.classifiers with the caller''s rights; raises FD020 when none can be seen. Of a long text the first 4,096 characters count.';

CREATE OR REPLACE FUNCTION frontdesk.classify_with(
  name text,
  content text,
  account_id integer DEFAULT 0,
  OUT intent text,
  OUT priority text,
  OUT sentiment real,
  OUT route text,
  OUT confidence real,
  OUT language text,
  OUT danger real
) RETURNS record
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'frontdesk_classify_with';
COMMENT ON FUNCTION frontdesk.classify_with(text, text, integer) IS
'As classify(), with the classifier of this name: the account''s, else the house''s. Raises FD020 when there is neither.';

CREATE OR REPLACE FUNCTION frontdesk.train_classifier(
  name text DEFAULT 'default',
  account_id integer DEFAULT 0
) RETURNS jsonb
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_train_classifier';
COMMENT ON FUNCTION frontdesk.train_classifier(text, integer) IS
'Trains a local classifier from the account''s and the house''s rows of frontdesk.classifier_examples and stores it under its name; other sessions use it once the transaction commits. Returns {"examples", "intents", "features", "folds", "intent_accuracy", "route_accuracy", "seconds"}; the accuracies are of examples held out in turn. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.train_classifier(
  name text,
  account_id integer,
  examples text
) RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_train_classifier';
COMMENT ON FUNCTION frontdesk.train_classifier(text, integer, text) IS
'The same from the rows of a query given as text, which returns content and intent and may return route, priority, sentiment and language. The text is run as SQL with the caller''s rights: granted to no role, for superusers and the owner of the extension.';

CREATE OR REPLACE FUNCTION frontdesk.text_similarity(a text, b text) RETURNS real
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'frontdesk_text_similarity';
COMMENT ON FUNCTION frontdesk.text_similarity(text, text) IS
'How alike two texts are, 0 to 1: the cosine of their words, word pairs and character n-grams, each counted once.';

CREATE OR REPLACE FUNCTION frontdesk.find_knowledge(
  account_id integer,
  content text,
  prefer text DEFAULT NULL,
  most integer DEFAULT NULL,
  OUT id uuid,
  OUT language text,
  OUT question text,
  OUT answer text,
  OUT score real,
  OUT is_sure boolean
) RETURNS SETOF record
LANGUAGE c STABLE COST 1000
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_find_knowledge';
COMMENT ON FUNCTION frontdesk.find_knowledge(integer, text, text, integer) IS
'The account''s rows of frontdesk.knowledge that fit a text best, best first, at most 96: what a model is shown when it cannot be shown all. Rows in the language that is preferred come before others that fit as well, and of those, rows whose question the account''s classifier takes for the same intent. is_sure: the row that the local provider answers with, one at most; it fits well, and clearly better than the next of its language that says something else. A number in the text only fits the same number. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.local_knowledge(account_id integer, content text, prefer text DEFAULT NULL)
RETURNS text
LANGUAGE c STABLE COST 1000
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_local_knowledge';
COMMENT ON FUNCTION frontdesk.local_knowledge(integer, text, text) IS
'The answer of the row that find_knowledge() is sure of; null when it is sure of none.';

CREATE OR REPLACE FUNCTION frontdesk.indexed_knowledge(account_id integer) RETURNS integer
LANGUAGE c STABLE STRICT COST 100000
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_indexed_knowledge';
COMMENT ON FUNCTION frontdesk.indexed_knowledge(integer) IS
'How many rows of frontdesk.knowledge of an account are known to those who answer: all, or the oldest when there are more than may be. For functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.json_schema(type regtype) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_json_schema';
COMMENT ON FUNCTION frontdesk.json_schema(regtype) IS
'The JSON Schema of a composite type, in the subset that model vendors accept: every attribute required, attributes that may be null as a union with null (a domain declared NOT NULL may not, an array is empty instead), no bounds. Comments on attributes become descriptions. Attributes of type json and jsonb travel as text. Fails on other types (wrong_object_type) and on attributes without a word in JSON (feature_not_supported).';

CREATE OR REPLACE FUNCTION frontdesk.preview_call(
  agent text, content text, account_id integer DEFAULT 0,
  history jsonb DEFAULT '[]', correction text DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'frontdesk_preview_call';
COMMENT ON FUNCTION frontdesk.preview_call(text, text, integer, jsonb, text) IS
'The request an agent would send for a message, without sending it: {"provider", "method", "url", "headers": [text], "key", "timeout_ms", "body": object}; a key shows as ***. key is stored, missing or none (as provider_key_state() says); when it is missing nothing would be sent, and a member instead lists whom the agent''s fallback names. history holds earlier turns, [{"role": "user"|"assistant", "text": text}]; correction is what was wrong with a last answer. Fails when the agent works locally.';
REVOKE ALL ON FUNCTION frontdesk.preview_call(text, text, integer, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.preview_answer(
  agent text, status integer, body text, account_id integer DEFAULT 0,
  content_type text DEFAULT 'application/json', retry_after interval DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'frontdesk_preview_answer';
COMMENT ON FUNCTION frontdesk.preview_answer(text, integer, text, integer, text, interval) IS
'What would be made of an HTTP answer to an agent''s call: {"verdict": "answered"|"refused"|"truncated"|"invalid"|"failed", "text", "object", "tokens_in", "tokens_cached", "tokens_cache_write", "tokens_out", "cost" in US dollars, "failure_class", "code", "problem", "retryable", "breaks_provider", "retry_after_ms"}. Fails when the agent works locally.';
REVOKE ALL ON FUNCTION frontdesk.preview_answer(text, integer, text, integer, text, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.provider_kinds() RETURNS text[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_provider_kinds';
COMMENT ON FUNCTION frontdesk.provider_kinds() IS
'The kinds of providers that this version can speak to, as frontdesk.providers.kind names them.';
