-- Budgets: what may be written, who sees them, and what counts as spent.
SELECT frontdesk.add_account('Budget') AS account \gset
INSERT INTO frontdesk.budgets (account_id, per_day, per_conversation) VALUES (:account, 5, 0.5);
SELECT per_day, per_month, per_conversation, at_limit FROM frontdesk.budgets WHERE account_id = :account;

-- nothing was asked for yet: the checkpoints are counted
SELECT spent_today FROM frontdesk.budget_in_use(:account);
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, patch, model, cost, created_at)
SELECT :account, '00000000-0000-7000-8000-000000000001', n, 1, 'x', '{}', 'm', 0.25, frontdesk.clock() - age
FROM (VALUES (1, interval '0'), (2, interval '0'), (3, interval '40 days')) AS v (n, age);
SELECT per_day, spent_today, spent_this_month, reserved FROM frontdesk.budget_use WHERE account_id = :account;

\set VERBOSITY sqlstate
INSERT INTO frontdesk.budgets (account_id, per_day) VALUES (0, -1);
UPDATE frontdesk.budgets SET at_limit = 'stop' WHERE account_id = :account;
UPDATE frontdesk.providers SET max_concurrent = 0 WHERE account_id = 0 AND name = 'openai';
UPDATE frontdesk.providers SET tokens_per_minute = -5 WHERE account_id = 0 AND name = 'openai';
\set VERBOSITY default

-- the house's row is for every account without one; an account goes with its budget
INSERT INTO frontdesk.budgets (account_id, per_month, at_limit) VALUES (0, 100, 'human');
SELECT count(*) FROM frontdesk.budgets;
DELETE FROM frontdesk.accounts WHERE id = :account;
SELECT account_id, at_limit FROM frontdesk.budgets;
DELETE FROM frontdesk.budgets;
DELETE FROM frontdesk.checkpoints WHERE thread_id = '00000000-0000-7000-8000-000000000001';

-- roles see their own
SELECT frontdesk.add_account('Seen') AS seen, frontdesk.add_account('Unseen') AS unseen \gset
INSERT INTO frontdesk.budgets (account_id, per_day) VALUES (:seen, 1), (:unseen, 2);
CREATE ROLE regress_budget;
GRANT USAGE ON SCHEMA frontdesk TO regress_budget;
GRANT SELECT ON frontdesk.budgets, frontdesk.budget_use, frontdesk.checkpoints, frontdesk.provider_limits TO regress_budget;
GRANT EXECUTE ON FUNCTION frontdesk.budget_in_use(integer), frontdesk.limit_meters(), frontdesk.reset_breaker(integer, text), frontdesk.clock(), frontdesk.visible_accounts(), frontdesk.require_account(integer) TO regress_budget;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:seen, 'regress_budget', 'Ann');
SET ROLE regress_budget;
SELECT per_day FROM frontdesk.budgets;
SELECT per_day, spent_today FROM frontdesk.budget_use;
SELECT count(*) FROM frontdesk.provider_limits;
\set VERBOSITY sqlstate
SELECT frontdesk.reset_breaker(:unseen, 'openai');
\set VERBOSITY default
SELECT frontdesk.reset_breaker(:seen, 'openai');
INSERT INTO frontdesk.budgets (account_id, per_day) VALUES (:seen, 1000);
RESET ROLE;
DROP OWNED BY regress_budget;
DROP ROLE regress_budget;
