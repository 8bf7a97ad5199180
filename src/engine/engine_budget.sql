-- engine_budget: what accounts have spent on models, beside what they may.

CREATE OR REPLACE TRIGGER budgets_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.budgets
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER budgets_after_truncate AFTER TRUNCATE ON frontdesk.budgets
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.budget_in_use(
  account_id integer, OUT spent_today double precision, OUT spent_this_month double precision, OUT reserved double precision
) RETURNS record
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'frontdesk_budget_in_use';
COMMENT ON FUNCTION frontdesk.budget_in_use(integer) IS
'What an account with a budget has spent today and this month (UTC), in US dollars, and what is set aside for calls in flight; from shared memory, null when it has asked for nothing since the server started or is not the caller''s. frontdesk.budget_use shows the same beside the limits. Raises FD001 when the library is not preloaded.';
REVOKE ALL ON FUNCTION frontdesk.budget_in_use(integer) FROM PUBLIC;
