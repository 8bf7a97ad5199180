-- llm: how people remove rows of their accounts.

CREATE OR REPLACE FUNCTION frontdesk.remove_knowledge(account_id integer, id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_knowledge.account_id);
  DELETE FROM frontdesk.knowledge AS t WHERE t.account_id = remove_knowledge.account_id AND t.id = remove_knowledge.id AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_knowledge.account_id, 'knowledge.removed', remove_knowledge.id::text);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_knowledge(integer, uuid) IS
'Removes a row of frontdesk.knowledge of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.remove_classifier_example(account_id integer, id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_classifier_example.account_id);
  DELETE FROM frontdesk.classifier_examples AS t WHERE t.account_id = remove_classifier_example.account_id AND t.id = remove_classifier_example.id AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_classifier_example.account_id, 'classifier_example.removed', remove_classifier_example.id::text);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_classifier_example(integer, uuid) IS
'Removes a row of frontdesk.classifier_examples of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.remove_classifier(account_id integer, name text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_classifier.account_id);
  DELETE FROM frontdesk.classifiers AS t WHERE t.account_id = remove_classifier.account_id AND t.name = remove_classifier.name AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_classifier.account_id, 'classifier.removed', remove_classifier.name);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_classifier(integer, text) IS
'Removes a row of frontdesk.classifiers of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.remove_agent(account_id integer, name text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_agent.account_id);
  DELETE FROM frontdesk.agents AS t WHERE t.account_id = remove_agent.account_id AND t.name = remove_agent.name AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_agent.account_id, 'agent.removed', remove_agent.name);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_agent(integer, text) IS
'Removes a row of frontdesk.agents of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.remove_error_costs(account_id integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_error_costs.account_id);
  DELETE FROM frontdesk.error_costs AS t WHERE t.account_id = remove_error_costs.account_id AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_error_costs.account_id, 'error_costs.removed', '');
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_error_costs(integer) IS
'Removes the row of frontdesk.error_costs of an account, which then goes by the house''s; false when there is none, or when it is the shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';
