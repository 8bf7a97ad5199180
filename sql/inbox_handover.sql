-- What a customer hears when people take over, and when nothing is said.
SET client_min_messages = warning;
\set VERBOSITY sqlstate
SELECT frontdesk.add_account('Handover') AS account \gset
SELECT set_config('test.account', :'account', false) \gset ignore_

-- Hands a fresh conversation over; what would be delivered.
CREATE FUNCTION pg_temp.hand_over(state jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  account integer := current_setting('test.account');
  conversation uuid := frontdesk.receive_message(account, 'webchat', frontdesk.uuid()::text, 'hi');
BEGIN
  RETURN frontdesk.begin_handover(account, conversation, 'test', 'why', 'high', state);
END $$;
CREATE FUNCTION pg_temp.heard(state jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(d ->> 'content', ' | ') FROM jsonb_array_elements(pg_temp.hand_over(state)) AS d WHERE d ->> 'kind' = 'reply' $$;

-- one sentence in the language of the conversation, before what people get
SELECT string_agg(d ->> 'kind', ' ' ORDER BY n) FROM jsonb_array_elements(pg_temp.hand_over('{"intent": "complaint", "language": "en"}')) WITH ORDINALITY AS x (d, n);
SELECT l AS language, pg_temp.heard(jsonb_build_object('intent', 'complaint', 'language', l)) FROM unnest('{en,nl,pt,de,es,fr,it,de-AT,pt_BR,fi}'::text[]) AS l;
SELECT pg_temp.heard('{"content": "Ich möchte bitte sofort mit einem Menschen sprechen, das ist unmöglich"}') AS not_told_the_language;
SELECT pg_temp.heard('{}') AS nothing_known;
-- none for spam and phishing, as the account's row says
SELECT i AS intent, pg_temp.heard(jsonb_build_object('intent', i, 'agent_response', 'Hello!')) FROM unnest('{spam,phishing,machine,opt_out,human_request}'::text[]) AS i;
INSERT INTO frontdesk.people_rules (account_id, handover_silent_intents) VALUES (:account, '{vip_urgent}');
SELECT i AS intent, pg_temp.heard(jsonb_build_object('intent', i)) FROM unnest('{spam,vip_urgent}'::text[]) AS i;
-- what the agent has said goes first, where its replies need no approval
SELECT pg_temp.heard('{"assigned_agent": "conversation", "agent_response": "I do not know."}');
UPDATE frontdesk.people_rules SET approval = 'approve' WHERE account_id = :account;
SELECT d ->> 'kind' AS kind, d ->> 'content' AS content FROM jsonb_array_elements(pg_temp.hand_over('{"assigned_agent": "conversation", "agent_response": "I do not know."}')) AS d WHERE d ? 'content';
UPDATE frontdesk.people_rules SET approval_by_agent = '{"conversation": "auto"}' WHERE account_id = :account;
SELECT pg_temp.heard('{"assigned_agent": "conversation", "agent_response": "I do not know."}');
-- where the bot only suggests, it says nothing, unless this is allowed
UPDATE frontdesk.people_rules SET approval = 'suggest' WHERE account_id = :account;
SELECT pg_temp.heard('{}') AS suggested;
UPDATE frontdesk.people_rules SET approval_by_agent = '{"handover": "auto"}' WHERE account_id = :account;
SELECT pg_temp.heard('{"assigned_agent": "conversation", "agent_response": "I do not know."}');
DELETE FROM frontdesk.people_rules WHERE account_id = :account;
-- the account's own sentence, also for one intent alone
INSERT INTO frontdesk.templates (account_id, name, language, content) VALUES
  (:account, 'handover', 'en', '{business}: somebody of us writes to you here.'),
  (:account, 'handover_complaint', 'en', 'We are sorry. The owner will write to you here.');
SELECT i AS intent, pg_temp.heard(jsonb_build_object('intent', i, 'language', 'en')) FROM unnest('{complaint,other}'::text[]) AS i;

-- office hours, by the account's clock
SELECT frontdesk.is_open(:account) AS without_hours;
INSERT INTO frontdesk.office_hours (account_id, weekday, opens, closes) VALUES (:account, 1, '09:00', '12:30'), (:account, 1, '13:30', '18:00'), (:account, 7, '20:00', '24:00');
INSERT INTO frontdesk.people_rules (account_id, time_zone, closed_days) VALUES (:account, 'Asia/Kathmandu', '{2026-12-07}');
SELECT at, frontdesk.is_open(:account, (at || ' Asia/Kathmandu')::timestamptz)
FROM unnest('{2026-11-30 08:59:59,2026-11-30 09:00,2026-11-30 12:30,2026-11-30 13:00,2026-11-30 17:59,2026-11-30 18:00,2026-12-01 10:00,2026-12-06 23:59:59,2026-12-07 10:00}'::text[]) AS at;
UPDATE frontdesk.people_rules SET time_zone = NULL, closed_days = ARRAY[(frontdesk.clock() AT TIME ZONE current_setting('TimeZone'))::date] WHERE account_id = :account;
SELECT i AS intent, pg_temp.heard(jsonb_build_object('intent', i, 'language', 'de')) AS closed FROM unnest('{complaint,other}'::text[]) AS i;
SELECT frontdesk.remove_office_hours(:account, 1), frontdesk.remove_office_hours(:account, 1), frontdesk.remove_office_hours(:account);
SELECT pg_temp.heard('{"language": "de"}') AS open;

-- a person has it already: nobody talks into it
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'hi') AS taken \gset
SELECT frontdesk.take_over(:account, :'taken');
SELECT frontdesk.begin_handover(:account, :'taken', 'test', 'why', 'high', '{}');

-- outside of a turn: the same, and nothing that a turn of long ago has left
SELECT frontdesk.receive_message(:account, 'webchat', 'bea', 'hi') AS asked \gset
UPDATE frontdesk.threads SET state = '{"intent": "spam", "language": "es", "agent_response": "old", "assigned_agent": "campaign"}' WHERE account_id = :account AND id = :'asked';
SELECT frontdesk.hand_over(:account, :'asked', 'a reason');
SELECT d ->> 'kind' AS kind, d ->> 'content' AS content FROM frontdesk.mailbox AS m, jsonb_array_elements(m.payload -> 'deliver') AS d
WHERE m.account_id = :account AND m.thread_id = :'asked' AND m.kind = 'deliver';
SELECT frontdesk.hand_over(:account, '00000000-0000-0000-0000-000000000000', 'nobody');

-- what was said last is not said again
SELECT frontdesk.receive_message(:account, 'webchat', 'eve', 'hi') AS told \gset
INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, sent_at)
SELECT :account, :'told', 1000, 'outgoing', 'bot', frontdesk.handover_sentence(:account, 'other', 'en'), now();
SELECT jsonb_array_length(frontdesk.begin_handover(:account, :'told', 'test', 'why', 'high', '{"intent": "other", "language": "en"}')) AS deliveries;

-- who is not surely a thief is told, too
SELECT c AS confidence, frontdesk.handover_reply(:account, :'told', jsonb_build_object('intent', 'phishing', 'language', 'nl', 'confidence_score', c)) IS NULL AS in_silence
FROM unnest(ARRAY[0.2, 0.9]) AS c;

-- no function of the product silences the bot but this one, so none can do it without a word
SELECT p.proname FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace = 'frontdesk'::regnamespace AND p.prosrc ~ 'frontdesk\.(silence_bot|take_over)\(|handled_by = ''human'',';
-- rules that make no sense
INSERT INTO frontdesk.people_rules (account_id, time_zone) VALUES (:account, 'Mars/Olympus');
UPDATE frontdesk.people_rules SET time_zone = 'Mars/Olympus' WHERE account_id = :account;
UPDATE frontdesk.people_rules SET handover_silent_intents = '{spam,NULL}' WHERE account_id = :account;
INSERT INTO frontdesk.office_hours (account_id, weekday, opens, closes) VALUES (:account, 8, '09:00', '10:00');
INSERT INTO frontdesk.office_hours (account_id, weekday, opens, closes) VALUES (:account, 2, '22:00', '06:00');
