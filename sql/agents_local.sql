-- What the agents answer without any model.
SELECT frontdesk.add_account('Clinica Norte') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'hi', 'Ana Silva') AS thread \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'nobody', 'hi') AS nameless \gset
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES
  (:account, 'What are your opening hours? When are you open?', 'We are open from 8 to 18, Monday to Friday.'),
  (:account, 'Do you have parking?', 'There is a car park behind the house.');
CREATE FUNCTION pg_temp.answer(agent text, state jsonb, thread uuid) RETURNS jsonb LANGUAGE sql AS $$
  SELECT frontdesk.local_answer(agent, (SELECT max(id) FROM frontdesk.accounts), thread, state) $$;

-- the house speaks six languages, about everything
SELECT name, string_agg(language, ' ' ORDER BY language) AS languages, bool_and(content <> '') AS filled
FROM frontdesk.templates WHERE account_id = 0 GROUP BY name ORDER BY name;
SELECT l AS language, pg_temp.answer('conversation', jsonb_build_object('intent', 'greeting', 'language', l, 'content', 'zzz'), :'thread') ->> 'agent_response' AS greeting
FROM unnest('{en,nl,pt,de,es,fr}'::text[]) l;
SELECT pg_temp.answer('conversation', '{"intent": "greeting", "language": "fi", "content": "zzz"}', :'thread') ->> 'agent_response' AS english_otherwise;
-- nobody's name leaves a hole
SELECT l AS language, pg_temp.answer('conversation', jsonb_build_object('intent', 'greeting', 'language', l, 'content', 'zzz'), :'nameless') ->> 'agent_response' AS greeting
FROM unnest('{en,nl,pt,de,es,fr}'::text[]) l;
SELECT pg_temp.answer('conversation', '{"intent": "something", "content": "zzz"}', :'nameless');

-- knowledge first, then the template of the intent, then the fallback
SELECT pg_temp.answer('conversation', '{"intent": "opening_hours", "content": "When are you open?"}', :'thread') ->> 'agent_response' AS reply;
SELECT pg_temp.answer('conversation', '{"intent": "thanks", "content": "zzz"}', :'thread') ->> 'agent_response' AS reply;
SELECT pg_temp.answer('conversation', '{"intent": "unheard_of", "language": "nl", "content": "zzz"}', :'thread') ->> 'agent_response' AS reply;
SELECT pg_temp.answer('conversation', '{"route": "recruitment", "intent": "recruitment_application", "content": "zzz"}', :'thread') ->> 'agent_response' AS reply;
-- a guess is not acted on: what is known for sure is answered, else the customer is asked, once
SELECT g AS guesses, pg_temp.answer('conversation', jsonb_build_object('intent', 'thanks', 'content', 'zzz', 'guesses', g), :'thread') ->> 'agent_response' AS reply,
  pg_temp.answer('conversation', jsonb_build_object('intent', 'thanks', 'content', 'When are you open?', 'guesses', g), :'thread') ->> 'agent_response' AS known
FROM unnest('{1,2,3}'::integer[]) g;
SELECT frontdesk.local_knowledge(:account, 'Is there parking?'), frontdesk.local_knowledge(:account, 'qwertz'), frontdesk.local_knowledge(0, 'Is there parking?');

-- an account's template hides the house's in its language only
INSERT INTO frontdesk.templates (account_id, name, language, content) VALUES (:account, 'greeting', 'en', 'Welcome to {business}, {name}!');
SELECT frontdesk.render_template(:account, 'greeting', 'en', '{"name": "Ana", "business": "Norte"}') AS own,
  frontdesk.render_template(:account, 'greeting', 'de', '{"name": "Ana"}') AS house,
  frontdesk.render_template(:account, 'greeting', 'fi', '{"name": "Ana", "business": "Norte"}') AS other,
  frontdesk.render_template(:account, 'no_such', 'en', '{}') AS nothing;
-- what stands in a field is text, not a field
SELECT frontdesk.render_template(:account, 'greeting', 'en', '{"name": "{business}", "business": "Norte \\1 &"}');

-- nor does any character become a brace
SELECT frontdesk.render_template(:account, 'greeting', 'en', jsonb_build_object('name', E'\x01business} {business}', 'business', E'a\x01b')) AS rendered;
-- whatever the template and the values, a sentence has an end
BEGIN;
UPDATE frontdesk.accounts SET settings = jsonb_build_object('business_name', repeat('n', 100000)) WHERE id = :account;
INSERT INTO frontdesk.templates (account_id, name, language, content) VALUES (:account, 'many', 'en', repeat('{business}', 6000)), (:account, 'one', 'en', 'This is {business}.');
SELECT length(frontdesk.render_template(:account, 'many', 'en', jsonb_build_object('business', repeat('n', 100000)))) BETWEEN 50000 AND 65536 AS bounded,
  length(frontdesk.render_template(:account, 'one', 'en', jsonb_build_object('business', repeat('n', 100000)))) AS cut,
  frontdesk.render_template(:account, 'one', 'en', '{"business": "short"}') AS whole;
INSERT INTO frontdesk.templates (account_id, name, language, content) VALUES (:account, 'fallback', 'en', 'We are {business}.'), (:account, 'handover', 'en', 'We are {business}.'), (:account, 'handover_closed', 'en', 'We are {business}.')
ON CONFLICT (account_id, name, language) DO UPDATE SET content = excluded.content;
SELECT length(frontdesk.local_answer('conversation', :account, NULL, '{"content": "zzz", "guesses": 2}') ->> 'agent_response') AS answer, length(frontdesk.handover_sentence(:account, 'other', 'en')) AS handover;
ROLLBACK;

-- candidates: facts that plain patterns find
SELECT pg_temp.answer('extraction', jsonb_build_object('content', c), :'thread') -> 'candidate' AS candidate
FROM unnest(ARRAY[
  'Hello, my name is Maria Santos, I am a nurse with 5 years of experience. maria@example.org, +31 6 12345678',
  'Ik heet Jan de Vries en ben chauffeur, 12 jaar ervaring',
  'Ich heiße Anna Müller, Köchin, 3 Jahre',
  'What do you pay?', '']) c;

-- campaigns: the active one, yes, no, anything else
INSERT INTO frontdesk.campaigns (account_id, name, product_name, product_url, status) VALUES
  (:account, 'Spring', 'the spring bed', 'https://shop.example/bed', 'active'), (:account, 'Old', 'the old bed', 'https://shop.example/old', 'completed');
SELECT i AS intent, a ->> 'campaign_stage' AS stage, a ->> 'agent_response' AS reply, a ->> 'needs_human' AS needs_human
FROM unnest('{campaign_yes,campaign_no,campaign_question}'::text[]) i, frontdesk.campaigns g,
  pg_temp.answer('campaign', jsonb_build_object('intent', i, 'content', 'zzz', 'campaign_id', g.id), :'thread') a WHERE g.name = 'Old';
-- of a campaign that nobody names nothing is said
SELECT a ->> 'agent_response' AS reply, a ->> 'needs_human' AS needs_human
FROM pg_temp.answer('campaign', '{"intent": "campaign_no", "content": "zzz"}', :'thread') a;

-- a short question is read with the one before it, whose answer is none to it unless it speaks of it, too
SELECT q AS asked, frontdesk.local_answers(:account, q, 'When are you open?', 'en') ->> 'agent_response' AS answer
FROM unnest(ARRAY['And on Mondays?', 'and on Wednesdays?', 'and on Sundays?', 'Do you have a lift?', 'and friday', 'Is there parking?']) AS q;

-- two in one sentence are two, unless the second is about the first
SELECT q AS asked, frontdesk.local_answers(:account, q, NULL, 'en') AS answers FROM unnest(ARRAY['Do you have parking and when are you open?', 'Do you have parking and when is it open?']) AS q;

-- the days that are asked about, here on a Friday before a Saturday that is closed, and those that are told
SELECT q AS asked, CASE d WHEN 128 THEN 'a closed day' ELSE reverse(d::bit(7)::text) END AS from_monday, frontdesk.without_days(q) AS without
FROM unnest(ARRAY['And on Tuesdays?', 'und am Wochenende?', '¿y el miércoles?', 'et ce week-end ?', 'en op zat?', 'e à quarta-feira?', 'e às segundas?', 'today?', 'und morgen?', 'en overmorgen?',
  '¿y pasado mañana?', 'et demain ?', 'et aujourd''hui ?', 'and the day after tomorrow?', '¿por la mañana?', 'samedi matin ?', 'and so?', 'sexta?', 'en zo?', 'Do you open on Sundays?', 'e no fim de semana?']) q,
  frontdesk.asked_days(q, '2026-11-27', '{2026-11-28}') d;
SELECT a AS told, reverse(frontdesk.told_days(a)::bit(7)::text) AS from_monday
FROM unnest(ARRAY['Mon-Fri 9-17, Sat 10-14', 'montags bis freitags', 'Mo. – Fr.', 'ma t/m vr 9.00', 'van maandag tot en met zaterdag', 'du lundi au vendredi', 'de lunes a viernes', 'de segunda a sexta-feira', 'Sunday to Thursday',
  'every day but Mondays', 'täglich', 'tous les jours', '7 days a week', 'returns within 7 days', 'within two to 4 working days', 'on working days', 'am Wochenende', 'Sa und So geschlossen', 'lun. et mar. fermé', 'doordeweeks',
  'la segunda unidad a mitad de precio', 'So you can come by', 'We sell montage kits']) a;
-- tomorrow is a closed day, or is not
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES (:account, 'Is the kitchen open?', 'The kitchen is open every day.');
SELECT frontdesk.local_continuation(:account, 'and tomorrow?', 'Is the kitchen open?', 'en');
INSERT INTO frontdesk.people_rules (account_id, time_zone, closed_days) SELECT :account, 'UTC', ARRAY[(frontdesk.clock() AT TIME ZONE 'UTC')::date + 1];
SELECT frontdesk.local_continuation(:account, 'and tomorrow?', 'Is the kitchen open?', 'en'), frontdesk.local_continuation(:account, 'and today?', 'Is the kitchen open?', 'en');

-- stock: which product, in which words
SELECT a ->> 'product_interest' AS product, a ->> 'agent_response' AS reply, a ->> 'stock_alert_requested' AS alert
FROM unnest(ARRAY['{"content": "Is the red chair back in stock?"}', '{"content": "Quando volta?", "language": "pt"}',
  '{"content": "any", "entities": {"product": "blue lamp"}}', '{"content": "Tell me when the red chair is back", "intent": "stock_alert_request"}',
  '{"content": "yes", "stock_asked": "wish", "product_interest": "red chair", "intent": "stock_alert_request"}',
  '{"content": "the tall one", "stock_asked": "product", "intent": "stock_alert_request"}', '{"content": "ist der noch da?", "language": "de"}']::jsonb[]) s, pg_temp.answer('crm', s, :'thread') a;
SELECT frontdesk.split_questions('Open? No idea. And cards?'), frontdesk.named_product('zit er een doos bij?', 'nl'), frontdesk.named_product('the Oslo shelf in walnut is it back?');
