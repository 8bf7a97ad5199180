-- inbox_hours: when somebody is there.

CREATE OR REPLACE FUNCTION frontdesk.is_open(account_id integer, at timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  rules frontdesk.people_rules := frontdesk.rules_of(account_id);
  instant timestamp := coalesce(at, frontdesk.clock()) AT TIME ZONE coalesce(rules.time_zone, current_setting('TimeZone'));
BEGIN
  IF NOT EXISTS (SELECT FROM frontdesk.office_hours AS h WHERE h.account_id = account_id) THEN
    RETURN NULL;
  END IF;
  RETURN NOT instant::date = ANY (rules.closed_days)
    AND EXISTS (SELECT FROM frontdesk.office_hours AS h
      WHERE h.account_id = account_id AND h.weekday = extract(isodow FROM instant)
        AND instant::time >= h.opens AND instant::time < h.closes);
END
$$;
COMMENT ON FUNCTION frontdesk.is_open(integer, timestamptz) IS
'Whether an account has its office open at a time, now by default: by frontdesk.office_hours, time_zone and closed_days of its people_rules. Null for an account without office hours.';

CREATE OR REPLACE TRIGGER office_hours_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.office_hours
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER office_hours_after_truncate AFTER TRUNCATE ON frontdesk.office_hours
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.remove_office_hours(account_id integer, weekday integer DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_office_hours.account_id);
  DELETE FROM frontdesk.office_hours AS t
  WHERE t.account_id = remove_office_hours.account_id AND t.weekday = coalesce(remove_office_hours.weekday, t.weekday);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_office_hours.account_id, 'office_hours.removed', coalesce(remove_office_hours.weekday::text, ''));
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_office_hours(integer, integer) IS
'Removes the rows of frontdesk.office_hours of an account, of one weekday (1 is Monday) or of all; false when there is none. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';
