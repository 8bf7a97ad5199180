-- inbox: the rules by which the bot and people share conversations.

CREATE OR REPLACE FUNCTION frontdesk.rules_of(account_id integer) RETURNS frontdesk.people_rules
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  rules frontdesk.people_rules;
BEGIN
  SELECT r.* INTO rules FROM frontdesk.people_rules AS r WHERE r.account_id IN (rules_of.account_id, 0)
  ORDER BY r.account_id DESC LIMIT 1;
  RETURN rules;
END
$$;
COMMENT ON FUNCTION frontdesk.rules_of(integer) IS
'The row of frontdesk.people_rules that an account goes by: its own, else account 0''s.';

CREATE OR REPLACE TRIGGER people_rules_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.people_rules
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER people_rules_after_truncate AFTER TRUNCATE ON frontdesk.people_rules
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.remove_people_rules(account_id integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_people_rules.account_id);
  DELETE FROM frontdesk.people_rules AS t WHERE t.account_id = remove_people_rules.account_id AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_people_rules.account_id, 'people_rules.removed', '');
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_people_rules(integer) IS
'Removes a row of frontdesk.people_rules of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';
