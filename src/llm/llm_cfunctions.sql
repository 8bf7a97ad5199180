-- llm: functions in C.

CREATE OR REPLACE FUNCTION frontdesk.classify(
  content text,
  account_id integer DEFAULT 0,
  OUT intent text,
  OUT priority text,
  OUT sentiment real,
  OUT route text,
  OUT confidence real,
  OUT language text
) RETURNS record
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'frontdesk_classify';
COMMENT ON FUNCTION frontdesk.classify(text, integer) IS
'The local decision about a message, without any model called: intent, priority (high, medium, low), sentiment (-1 to 1), route (high_priority, recruitment, campaign, stock_alert, automated), confidence (0 to 1: of decisions with 0.85 about 85 in 100 have the right intent) and language. Uses the account''s classifier "default", else the house''s, else the shipped one. Reads frontdesk.classifiers with the caller''s rights; raises FD020 when none can be seen. Of a long text the first 4,096 characters count.';

CREATE OR REPLACE FUNCTION frontdesk.classify_with(
  name text,
  content text,
  account_id integer DEFAULT 0,
  OUT intent text,
  OUT priority text,
  OUT sentiment real,
  OUT route text,
  OUT confidence real,
  OUT language text
) RETURNS record
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'frontdesk_classify_with';
COMMENT ON FUNCTION frontdesk.classify_with(text, text, integer) IS
'As classify(), with the classifier of this name: the account''s, else the house''s. Raises FD020 when there is neither.';

CREATE OR REPLACE FUNCTION frontdesk.train_classifier(
  name text DEFAULT 'default',
  account_id integer DEFAULT 0,
  examples text DEFAULT NULL
) RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_train_classifier';
COMMENT ON FUNCTION frontdesk.train_classifier(text, integer, text) IS
'Trains a local classifier and stores it under its name; other sessions use it once the transaction commits. Examples are the account''s and the house''s rows of frontdesk.classifier_examples, or the rows of a query given as text, run with the caller''s rights, that returns content and intent and may return route, priority, sentiment and language. Returns {"examples", "intents", "features", "folds", "intent_accuracy", "route_accuracy", "seconds"}; the accuracies are of examples held out in turn.';

CREATE OR REPLACE FUNCTION frontdesk.text_similarity(a text, b text) RETURNS real
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'frontdesk_text_similarity';
COMMENT ON FUNCTION frontdesk.text_similarity(text, text) IS
'How alike two texts are, 0 to 1: the cosine of their words, word pairs and character n-grams, each counted once.';
