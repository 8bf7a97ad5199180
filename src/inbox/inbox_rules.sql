-- inbox: the rules by which the bot and people share conversations.

CREATE OR REPLACE FUNCTION frontdesk.rules_of(account_id integer) RETURNS frontdesk.people_rules
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r FROM frontdesk.people_rules AS r WHERE r.account_id IN (rules_of.account_id, 0)
  ORDER BY r.account_id DESC LIMIT 1;
$$;
COMMENT ON FUNCTION frontdesk.rules_of(integer) IS
'The row of frontdesk.people_rules that an account goes by: its own, else account 0''s.';

CREATE OR REPLACE TRIGGER people_rules_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.people_rules
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
