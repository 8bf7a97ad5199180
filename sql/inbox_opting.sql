-- The ledger of who wants no messages: who may see and write it, what holds.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\set VERBOSITY sqlstate
SELECT frontdesk.add_account('Ledger one') AS one \gset
SELECT frontdesk.add_account('Ledger two') AS two \gset
SELECT frontdesk.receive_message(:one, 'whatsapp', '+31612345678', 'hello', 'Ana') AS conversation \gset
SELECT lead_id AS ana FROM frontdesk.conversations WHERE id = :'conversation' \gset

-- said, said again, taken back; the newest holds, per channel
CREATE FUNCTION pg_temp.state(account integer, lead uuid) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(c || ':' || frontdesk.is_opted_out(account, lead, c), ' ') FROM unnest('{whatsapp,email}'::text[]) c $$;
SELECT pg_temp.state(:one, :'ana') AS before;
SELECT frontdesk.receive_message(:one, 'whatsapp', '+31612345678', 'START') = :'conversation' AS same;
SELECT count(*) AS an_ordinary_message FROM frontdesk.mailbox WHERE thread_id = :'conversation' AND kind = 'message' AND payload ->> 'content' = 'START';
SELECT frontdesk.receive_message(:one, 'whatsapp', '+31612345678', 'STOP') = :'conversation' AS same;
SELECT pg_temp.state(:one, :'ana') AS stopped;
SELECT payload #>> '{deliver,0,kind}' AS kind, payload #>> '{deliver,0,content}' AS content FROM frontdesk.mailbox WHERE thread_id = :'conversation' AND kind = 'deliver';
SELECT frontdesk.receive_message(:one, 'whatsapp', '+31612345678', 'stop please') = :'conversation' AS same;
SELECT c.handled_by, (SELECT string_agg(d ->> 'kind', ' ') FROM frontdesk.mailbox m, jsonb_array_elements(m.payload -> 'deliver') d WHERE m.thread_id = c.id) AS delivered
FROM frontdesk.conversations c WHERE c.id = :'conversation';
SELECT frontdesk.receive_message(:one, 'whatsapp', '+31612345678', 'start') = :'conversation' AS same;
SELECT pg_temp.state(:one, :'ana') AS started;
SELECT o.opted_out, o.channel, o.scope, o.content, m.content = o.content AS is_its_message FROM frontdesk.opt_outs o LEFT JOIN frontdesk.messages m ON m.id = o.message_id
WHERE o.account_id = :one ORDER BY o.id;

-- by other means than a message
SELECT frontdesk.set_opt_out(:one, :'ana', 'email', true, 'told us on the phone');
SELECT pg_temp.state(:one, :'ana') AS by_phone;
SELECT frontdesk.set_opt_out(:one, '00000000-0000-0000-0000-000000000000', 'email', true);
INSERT INTO frontdesk.opt_outs (account_id, lead_id, channel, scope, opted_out, recorded_at) VALUES (:one, :'ana', 'whatsapp', 'campaign 7', true, frontdesk.clock());
SELECT frontdesk.is_opted_out(:one, :'ana', 'whatsapp') AS all_of_it, frontdesk.is_opted_out(:one, :'ana', 'whatsapp', 'campaign 7') AS this, frontdesk.is_opted_out(:one, :'ana', 'whatsapp', 'campaign 8') AS another;

-- people see their account's and write through the function alone
CREATE ROLE regress_frontdesk_ada;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:two, 'regress_frontdesk_ada', 'Ada');
GRANT USAGE ON SCHEMA frontdesk TO regress_frontdesk_ada;
DO $$
DECLARE
  g record;
BEGIN
  FOR g IN SELECT format(statement, 'regress_frontdesk_ada') AS sql FROM frontdesk.role_grants WHERE role_kind = 'operator' OR statement ~ 'visible_accounts' LOOP
    EXECUTE g.sql;
  END LOOP;
END $$;
SET ROLE regress_frontdesk_ada;
SELECT count(*) FROM frontdesk.opt_outs;
SELECT frontdesk.set_opt_out(:one, :'ana', 'email', false);
INSERT INTO frontdesk.opt_outs (account_id, lead_id, channel, opted_out, recorded_at) VALUES (:two, :'ana', 'email', true, now());
UPDATE frontdesk.opt_outs SET opted_out = false;
RESET ROLE;
DELETE FROM frontdesk.users WHERE role_name = 'regress_frontdesk_ada';
DROP OWNED BY regress_frontdesk_ada;
DROP ROLE regress_frontdesk_ada;
