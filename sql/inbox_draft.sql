-- Drafts: who sees and decides, and what may be ruled.
\set SHOW_CONTEXT never
\set VERBOSITY sqlstate
SET client_min_messages = warning;
SELECT frontdesk.add_account('Draft one') AS one \gset
SELECT frontdesk.add_account('Draft two') AS two \gset
SELECT frontdesk.receive_message(:one, 'webchat', 'someone', 'Is it open?', 'Someone') AS conversation \gset
INSERT INTO frontdesk.reply_drafts (account_id, conversation_id, mode, agent, content, created_at)
VALUES (:one, :'conversation', 'approve', 'conversation', 'It is.', frontdesk.clock()) RETURNING id AS draft \gset
UPDATE frontdesk.conversations SET draft_id = :'draft' WHERE account_id = :one AND id = :'conversation';

CREATE ROLE regress_frontdesk_ana;
CREATE ROLE regress_frontdesk_eve;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:one, 'regress_frontdesk_ana', 'Ana'), (:two, 'regress_frontdesk_eve', 'Eve');
GRANT USAGE ON SCHEMA frontdesk TO regress_frontdesk_ana, regress_frontdesk_eve;
DO $$
DECLARE
  grant_to record;
BEGIN
  FOR grant_to IN SELECT format(g.statement, r.role) AS sql FROM frontdesk.role_grants g, unnest('{regress_frontdesk_ana,regress_frontdesk_eve}'::text[]) r (role)
    WHERE g.role_kind = 'operator' OR g.statement ~ 'visible_accounts' LOOP
    EXECUTE grant_to.sql;
  END LOOP;
END $$;

-- another account's people see nothing of it and decide nothing
SET ROLE regress_frontdesk_eve;
SELECT pg_catalog.count(*) FROM frontdesk.drafts;
SELECT frontdesk.approve_draft(:one, :'draft');
SELECT frontdesk.approve_draft(:two, :'draft');
INSERT INTO frontdesk.people_rules (account_id, approval) VALUES (:one, 'auto');
INSERT INTO frontdesk.people_rules (account_id, approval) VALUES (:two, 'approve');
UPDATE frontdesk.people_rules SET approval = 'suggest' WHERE account_id = 0;
SELECT frontdesk.decide_draft(:one, :'draft', 'approved', NULL, NULL, 'Eve');
-- the house's rules are seen, and not changed
SELECT account_id = 0 AS house, approval FROM frontdesk.people_rules ORDER BY account_id;
RESET ROLE;

-- one's own people do
SET ROLE regress_frontdesk_ana;
SELECT conversation_id ~ '^[0-9]+$' AS has_number, lead_name, agent, content FROM frontdesk.drafts;
SELECT frontdesk.approve_draft(:one, :'draft', '  ');
SELECT frontdesk.approve_draft(:one, :'draft', pg_catalog.repeat('x', 131073));
SELECT frontdesk.reject_draft(:one, :'draft', pg_catalog.repeat('x', 8193));
SELECT frontdesk.approve_draft(:one, :'draft', 'It is open.');
SELECT frontdesk.reject_draft(:one, :'draft');
RESET ROLE;
SELECT status, decided_by, content, decided_content FROM frontdesk.reply_drafts WHERE id = :'draft';
SELECT kind, payload #- '{deliver,0,draft}' AS payload FROM frontdesk.mailbox WHERE account_id = :one ORDER BY seq DESC LIMIT 1;
SELECT action, detail FROM frontdesk.audit WHERE account_id = :one AND action LIKE 'draft.%';

-- rules that make no sense
INSERT INTO frontdesk.people_rules (account_id, approval) VALUES (:one, 'ask');
INSERT INTO frontdesk.people_rules (account_id, approval_by_agent) VALUES (:one, '{"crm": "ask"}');
INSERT INTO frontdesk.people_rules (account_id, return_after) VALUES (:one, '0');
INSERT INTO frontdesk.people_rules (account_id, command_prefix) VALUES (:one, '');
-- an account's own row goes before the house's
SELECT (frontdesk.rules_of(:one)).approval, (frontdesk.rules_of(:two)).approval;

-- dates that agents write
SELECT day, frontdesk.plan_follow_up(:one, :'conversation', day) IS NOT NULL AS planned
FROM unnest('{2100-02-28,2100-02-31,2100-02-28T10:00:00Z,2100-02-28 10:00:00,2020-01-01,tomorrow,""}'::text[]) AS day;

DELETE FROM frontdesk.users WHERE role_name LIKE 'regress_frontdesk_%';
DROP OWNED BY regress_frontdesk_ana, regress_frontdesk_eve;
DROP ROLE regress_frontdesk_ana, regress_frontdesk_eve;
