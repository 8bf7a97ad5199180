-- What a channel can carry, and what a reply becomes on it.
SET client_min_messages = warning;

SELECT frontdesk.add_account('Carriage') AS account \gset

-- every channel that there is a word for has a row, and what is unknown has one
SELECT channel, max_length, counted_in, max_parts, markup, reply_window FROM frontdesk.channel_limits WHERE account_id = 0 ORDER BY channel;
SELECT (frontdesk.limits_of(:account, 'pigeon')).channel;

-- signs: what each channel shows of them
CREATE TEMP TABLE said (n serial, content text);
INSERT INTO said (content) VALUES
  (E'## Hours\n\n**Mo** to *Fr*: 9-18, [map](https://x.example/a_b_c).\n* one\n* two\n---\n| Day | Time |\n|---|---|\n| Sa | 10 |'),
  ('2 * 3 * 4 = 24, snake_case_name, 5*3*2 and a ~ b'),
  ('Use <b>soap</b>,<br>then <a href="https://x.example">read on</a> &amp; dry. x < y'),
  (E'`code` and ~~old~~ __new__ ***both***\n```\na *b* c\n```'),
  ('![cup](https://x.example/cup.png) <https://x.example> [a@x.example](mailto:a@x.example) https://x.example/_a_'),
  ('*eins* **zwei** _drei_ * vier *fünf');
SELECT n, c.channel, p.content FROM said, (VALUES ('sms'), ('whatsapp'), ('telegram'), ('webchat')) AS c (channel),
  frontdesk.preview_reply(:account, c.channel, said.content) AS p ORDER BY n, c.channel;
-- what was written once is not written anew, but for signs that were code
SELECT count(*) FROM said, (VALUES ('sms'), ('whatsapp'), ('telegram'), ('webchat')) AS c (channel),
  frontdesk.preview_reply(:account, c.channel, said.content) AS p, frontdesk.preview_reply(:account, c.channel, p.content) AS q
WHERE p.content <> q.content;

-- length: parts end with a sentence, the last is shortened, nothing is longer than the channel allows
CREATE FUNCTION pg_temp.parts(account integer, channel text, content text) RETURNS TABLE (part integer, length integer, ends text)
LANGUAGE sql AS $$ SELECT p.part, octet_length(p.content), right(p.content, 12) FROM frontdesk.preview_reply($1, $2, $3) AS p $$;
SELECT repeat('Wash the wool by hand in cold water. ', 40) AS long \gset
SELECT * FROM pg_temp.parts(:account, 'instagram', :'long');
SELECT * FROM pg_temp.parts(:account, 'instagram', repeat('Die Wäsche trocknet flach. ', 40));
SELECT * FROM pg_temp.parts(:account, 'instagram', repeat('家の鍵は受付にあります。', 60));
SELECT * FROM pg_temp.parts(:account, 'instagram', repeat('x', 2500));
SELECT * FROM pg_temp.parts(:account, 'instagram', repeat('👍🏽', 300));
SELECT * FROM pg_temp.parts(:account, 'instagram', repeat('word ', 1000));
SELECT string_agg(p.content, ' ' ORDER BY p.part) = btrim(:'long') FROM frontdesk.preview_reply(:account, 'instagram', :'long') AS p;
SELECT count(*) FROM frontdesk.preview_reply(:account, 'whatsapp', :'long');
-- an account's own row hides the house's
INSERT INTO frontdesk.channel_limits (account_id, channel, max_length, max_parts) VALUES (:account, 'sms', 60, 2);
SELECT part, content FROM frontdesk.preview_reply(:account, 'sms', :'long');
SELECT frontdesk.remove_channel_limits(:account, 'sms'), frontdesk.remove_channel_limits(:account, 'sms'), frontdesk.remove_channel_limits(:account, 'line');
SELECT count(*) FROM frontdesk.preview_reply(:account, 'sms', :'long');

-- blanks that nobody filled in
SELECT t.content, frontdesk.find_blank(t.content) FROM (VALUES
  ('Hello {{name}}!'), ('Hello {{ contact.name | default: "you" }}'), ('{% if x %}a'), ('Dear {name},'), ('Your order {1} is here'),
  ('Dear [Your Name], thanks'), ('Sehr geehrte Frau [Nachname]'), ('Beste [voornaam]'), ('Bonjour [Prénom]'), ('Hola [nombre del cliente]'),
  ('Gentile [Nome]'), ('at <insert date>'), ('see [link]'), ('Call <phone number>'), ('Regards, [Company Name]'),
  ('see [the link](https://x.example)'), ('[voice note, 0:12]'), ('a < b and c > d'), ('{"a": 1}'), ('options [1] and [2]'),
  ('We are open [see below]'), ('{ } [] <>'), ('x <b>y</b>'), ('I <3 it [really]')) AS t (content);
SELECT * FROM frontdesk.preview_reply(:account, 'sms', 'Dear {{name}}');

