-- llm: who may see and train which classifier.  What belongs to the house
-- (account 0) is there for every account to read.

ALTER TABLE frontdesk.classifiers ENABLE ROW LEVEL SECURITY;
CREATE POLICY classifiers_readable ON frontdesk.classifiers FOR SELECT
  USING (account_id = 0);
CREATE POLICY classifiers_visible ON frontdesk.classifiers
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

ALTER TABLE frontdesk.classifier_examples ENABLE ROW LEVEL SECURITY;
CREATE POLICY classifier_examples_readable ON frontdesk.classifier_examples FOR SELECT
  USING (account_id = 0);
CREATE POLICY classifier_examples_visible ON frontdesk.classifier_examples
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
