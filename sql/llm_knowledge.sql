-- What of an account's knowledge fits a text: find_knowledge().
SELECT frontdesk.add_account('Bakery') AS account \gset
SELECT frontdesk.add_account('Other') AS other \gset
INSERT INTO frontdesk.knowledge (account_id, language, question, answer, phrasings) VALUES
  (:account, 'en', 'What are your opening hours?', 'From 7 to 18, closed on Sunday.', '{}'),
  (:account, 'en', 'Where is the bakery?', '12 Mill Street, in the old mill.', '{}'),
  (:account, 'en', 'How much is delivery?', 'Five euros within the town.', '{}'),
  (:account, 'en', 'How long does delivery take?', 'We bring it the next morning.', '{}'),
  (:account, 'en', 'Do your cakes contain nuts?', 'Most do. Ask for the list.', '{Is it safe with an allergy?,"Peanuts, almonds?"}'),
  (:account, 'en', 'What does the cake number 27 cost?', '27 euros.', '{}'),
  (:account, 'en', 'What does the cake number 29 cost?', '31 euros.', '{}'),
  (:account, 'de', 'Wann haben Sie geöffnet?', 'Von 7 bis 18 Uhr, sonntags zu.', '{}'),
  (:account, 'de', 'Wie hoch sind die Versandkosten?', 'Fünf Euro in der Stadt.', '{}'),
  (:account, 'de', 'Gibt es Brötchen ohne Weizen?', 'Ja, aus Buchweizen und Mais.', '{}'),
  (:account, 'fr', 'Quels sont vos horaires d''ouverture ?', 'De 7 h à 18 h.', '{}'),
  (:account, 'fr', 'Livrez-vous à domicile ?', 'Oui, en ville.', '{}'),
  (:account, 'es', '¿Cuál es su horario?', 'De 7 a 18.', '{}'),
  (:account, 'nl', 'Wat zijn jullie openingstijden?', 'Van 7 tot 18 uur.', '{}'),
  (:account, 'pt', 'Qual é o horário de funcionamento?', 'Das 7h às 18h.', '{}'),
  (:other, 'en', 'Where is the other shop?', 'Nowhere.', '{}');
CREATE FUNCTION pg_temp.surely(content text, prefer text) RETURNS text LANGUAGE sql AS $$
  SELECT frontdesk.local_knowledge((SELECT id FROM frontdesk.accounts WHERE name = 'Bakery'), content, prefer) $$;
CREATE FUNCTION pg_temp.best(content text, prefer text) RETURNS text LANGUAGE sql AS $$
  SELECT question FROM frontdesk.find_knowledge((SELECT id FROM frontdesk.accounts WHERE name = 'Bakery'), content, prefer, 1) $$;

-- other words for the same, in the customer's language
SELECT l AS language, c AS asked, pg_temp.surely(c, l) AS answer
FROM (VALUES ('en', 'until when are you open on Saturday'), ('de', 'Habt ihr am Samstag offen?'), ('de', 'OEFFNUNGSZEITEN?'),
  ('fr', 'A quelle heure fermez-vous ?'), ('es', 'a que hora cierran'), ('nl', 'Zijn jullie zondag open?'), ('pt', 'Vocês abrem no domingo?')) v(l, c);
-- compounds, and slips of the pen
SELECT pg_temp.surely('Was kostet der Versand?', 'de') AS compound, pg_temp.surely('Versnadkosten', 'de') AS slip;
-- accents: none, of their own, in one character
SELECT pg_temp.surely('quels sont vos horaires d''ouverture', 'fr') AS none,
  pg_temp.surely(U&'Habt ihr geo\0308ffnet?', 'de') AS apart, pg_temp.surely('HABT IHR GEÖFFNET?', 'de') AS capitals,
  pg_temp.surely(U&'Gibt es Bro\0308t\00ADchen ohne Wei\200Bzen?', 'de') AS unseen;
SELECT count(DISTINCT score) AS one_score FROM unnest(ARRAY['Habt ihr geöffnet?', U&'Habt ihr geo\0308ffnet?', 'HABT IHR GEÖFFNET?', U&'Habt ihr ge\200Böff\00ADnet?']) c, frontdesk.find_knowledge(:account, c, 'de', 1);
-- a row is found by its other phrasings, and by its answer
SELECT pg_temp.surely('is this safe with my allergy?', 'en') AS phrasing, pg_temp.best('etwas mit Buchweizen?', 'de') AS answer,
  pg_temp.best('mill', 'en') AS answer_alone;
-- the right one of two that are alike, and none when both fit
SELECT pg_temp.surely('how much do you charge for delivery', 'en') AS price, pg_temp.surely('when would a delivery come', 'en') AS time,
  pg_temp.surely('delivery', 'en') AS either;

-- numbers: of an order nothing is known; a number fits itself alone
SELECT c AS asked, pg_temp.surely(c, l) AS answer
FROM (VALUES ('en', 'where is my order 5512'), ('en', 'Where is my parcel 3SABC100?'), ('de', 'Wo bleibt meine Bestellung 30492?'),
  ('fr', 'Où en est ma commande 10030 ?'), ('es', '¿Dónde está mi pedido 150?'), ('nl', 'Waar is mijn bestelling 77120?'), ('pt', 'Cadê meu pedido 8841?'),
  ('en', 'What is the cost of cake number 29?'), ('en', 'What is the cost of cake number 27?'), ('en', 'What is the cost of cake number 28?')) v(l, c);
-- what no row answers
SELECT c AS asked, pg_temp.surely(c, l) AS answer
FROM (VALUES ('en', 'Do you repair washing machines?'), ('en', 'thanks a lot'), ('en', 'thank you so much'), ('en', 'the bread from yesterday made my child sick'), ('de', 'Ich möchte den Chef sprechen'),
  ('fr', 'Quelle est la capitale de l''Australie ?'), ('es', 'Quiero poner una reclamación'), ('nl', 'Mijn wachtwoord werkt niet'), ('pt', 'Vai chover amanhã?'), ('en', ''), ('en', '???')) v(l, c);
-- the language: told, recognised when it was told wrongly, another one when there is nothing else
SELECT pg_temp.surely('Wann haben Sie geöffnet?', 'de') AS told, pg_temp.surely('Wann haben Sie denn am Samstag geöffnet?', 'en') AS mistaken,
  pg_temp.surely('Wann haben Sie geöffnet?', NULL) AS unknown, pg_temp.best('glutenfreie Broetchen ohne Weizen', 'nl') AS elsewhere;
-- small words that ask for a place or the hours; of a price without its thing nothing is sure; a shop
-- with rows in the customer's language answers in no other
SELECT c AS asked, pg_temp.surely(c, l) AS answer
FROM (VALUES ('en', 'hello, what time do you close today?'), ('en', 'where exactly are you located?'), ('en', 'how much is that?'), ('de', 'was kostet das?'), ('nl', 'waar is de bakkerij?')) v(l, c);
-- a story first, the question last
SELECT pg_temp.surely('Hello there, my sister told me about your bread and I would like to come by with the children next week. When do you open?', 'en') AS answer;
-- how many are returned, one of them sure at most, best first
SELECT count(*), count(*) FILTER (WHERE is_sure) AS sure, bool_and(score BETWEEN 0 AND 1) AS in_range
FROM frontdesk.find_knowledge(:account, 'When are you open?', 'en', 3);
SELECT count(*) FROM frontdesk.find_knowledge(:account, 'open', 'en', 0);
SELECT count(*) FROM frontdesk.find_knowledge(:account, NULL);
SELECT count(*) FROM frontdesk.find_knowledge(0, 'open');
SELECT question FROM frontdesk.find_knowledge(:other, 'opening hours of the shop');

-- no row is too old or too new, and the index follows the rows
INSERT INTO frontdesk.knowledge (account_id, question, answer)
SELECT :account, 'Is there bread of kind ' || md5(i::text) || '?', 'Yes ' || i FROM generate_series(1, 4000) i;
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES (:account, 'May I bring a parrot?', 'Parrots are welcome.');
SELECT pg_temp.surely('is my parrot welcome?', 'en') AS newest, pg_temp.surely('When are you open?', 'en') AS oldest,
  pg_temp.best('parot', 'en') AS slip, pg_temp.best('kind parrot', 'en') AS rare_word,
  pg_temp.best('kind ' || md5('3999'), 'en') = 'Is there bread of kind ' || md5('3999') || '?' AS one_of_thousands;
UPDATE frontdesk.knowledge SET answer = 'Not any more.' WHERE account_id = :account AND question ~ 'parrot';
SELECT pg_temp.surely('may I bring my parrot?', 'en') AS changed;
DELETE FROM frontdesk.knowledge WHERE account_id = :account AND question ~ 'parrot';
SELECT pg_temp.surely('may I bring my parrot?', 'en') AS removed;
-- a long text costs no more than its beginning, whatever it is made of
SELECT count(*) > 0 AS found FROM frontdesk.find_knowledge(:account, 'When are you open? ' || repeat('word' || md5('x') || ' ', 100000), 'en');
SELECT count(*) FROM frontdesk.find_knowledge(:account, repeat('?', 1000000), 'en');
SELECT count(*) FROM frontdesk.find_knowledge(:account, repeat('x', 1000000), 'en');
DELETE FROM frontdesk.knowledge;

-- what the languages of the rows are, and in which order they come, makes their index no dearer
CREATE FUNCTION pg_temp.reading(language text, rows integer) RETURNS interval LANGUAGE plpgsql AS $$
DECLARE
  shortest interval;
  begun timestamptz;
BEGIN
  DELETE FROM frontdesk.knowledge;
  INSERT INTO frontdesk.knowledge (account_id, id, language, question, answer)
  SELECT a.id, lpad(to_hex(i), 32, '0')::uuid, format(reading.language, i % 2), 'w' || i, 'v' || i
  FROM frontdesk.accounts a, generate_series(1, reading.rows) i WHERE a.name = 'Bakery';
  -- in the transaction that has written it everybody reads anew
  FOR i IN 1 .. 2 LOOP
    begun := clock_timestamp();
    PERFORM frontdesk.find_knowledge(id, 'hello') FROM frontdesk.accounts WHERE name = 'Bakery';
    shortest := least(shortest, clock_timestamp() - begun);
  END LOOP;
  RETURN shortest;
END $$;
SELECT pg_temp.reading('%s', 20000) < 10 * pg_temp.reading('en', 20000) AS as_fast;

-- one account's index has a bound, and who is beyond it is told
CREATE VIEW pg_temp.left_out AS SELECT message FROM frontdesk.check() WHERE problem = 'knowledge_left_out';
CREATE FUNCTION pg_temp.holds(question text) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT FROM frontdesk.accounts AS a, frontdesk.find_knowledge(a.id, holds.question) AS k WHERE a.name = 'Bakery' AND k.question = holds.question) $$;
SELECT * FROM pg_temp.left_out;
INSERT INTO frontdesk.knowledge (account_id, id, question, answer) VALUES (:account, 'f0000000-0000-0000-0000-000000000000', 'parrots', 'Welcome.');
SELECT frontdesk.indexed_knowledge(:account), pg_temp.holds('parrots') AS beyond;
SELECT * FROM pg_temp.left_out;
DELETE FROM frontdesk.knowledge WHERE account_id = :account AND question = 'w20000';
SELECT pg_temp.holds('parrots') AS not_any_more;
SELECT * FROM pg_temp.left_out;
-- phrasings count as rows, and each reads the answer again
DELETE FROM frontdesk.knowledge WHERE account_id = :account AND question < 'w2';
UPDATE frontdesk.knowledge SET phrasings = ARRAY['x', 'y'] WHERE account_id = :account;
SELECT frontdesk.indexed_knowledge(:account) AS with_phrasings, count(*) FROM frontdesk.knowledge WHERE account_id = :account;
DELETE FROM frontdesk.knowledge WHERE account_id = :account AND question > 'w3';
UPDATE frontdesk.knowledge SET phrasings = '{}', answer = repeat('so ', 3000) WHERE account_id = :account;
SELECT frontdesk.indexed_knowledge(:account) AS of_long_answers;
UPDATE frontdesk.knowledge SET answer = (SELECT string_agg(format('a%s', i + 300 * substr(question, 2)::int), ' ') FROM generate_series(1, 300) i) WHERE account_id = :account AND question < 'w28';
SELECT frontdesk.indexed_knowledge(:account) AS of_many_words;
SELECT * FROM pg_temp.left_out;
DELETE FROM frontdesk.knowledge;

-- words that all look alike: so many pairs are compared, behind them only the same word is found
INSERT INTO frontdesk.knowledge (account_id, question, answer)
SELECT :account, string_agg('zw' || translate(lpad(i::text, 5, '0'), '0123456789', 'bcdfghjklm') || 'erhalten', ' '), 'made up'
FROM generate_series(1, 20000) i GROUP BY i / 50;
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES (:account, 'zeppelins', 'They fly.');
CREATE FUNCTION pg_temp.flies(words integer, last text) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT FROM frontdesk.accounts a, frontdesk.find_knowledge(a.id, (SELECT string_agg('zw' || translate(i::text, '0123456789', 'npqrstvwxz') || 'erhalten', ' ')
    FROM generate_series(1, flies.words) i) || '. ' || flies.last || '?') AS k WHERE a.name = 'Bakery' AND k.answer = 'They fly.') $$;
SELECT pg_temp.flies(1, 'zeppelin') AS alike, pg_temp.flies(60, 'zeppelin') AS alike_behind_them, pg_temp.flies(60, 'zeppelins') AS the_same;
DELETE FROM frontdesk.knowledge;

-- phrasings: so many, whatever their bytes; one without words is none
\set VERBOSITY terse
INSERT INTO frontdesk.knowledge (account_id, question, answer, phrasings) VALUES (:account, 'q', 'a', array_fill(''::text, ARRAY[201]));
INSERT INTO frontdesk.knowledge (account_id, question, answer, phrasings) VALUES (:account, 'q', 'a', array_fill(''::text, ARRAY[20, 20]));
INSERT INTO frontdesk.knowledge (account_id, question, answer, phrasings)
SELECT :account, 'q' || i, 'a', array_fill('?!'::text, ARRAY[200]) FROM generate_series(1, 1000) i;
SELECT frontdesk.indexed_knowledge(:account);
DELETE FROM frontdesk.knowledge;
\set VERBOSITY default

-- of two rows that have all of the text's words, the one that asks for little else is the better
INSERT INTO frontdesk.knowledge (account_id, language, question, answer) VALUES
  (:other, 'en', 'Do you rent ladders?', 'Yes.'), (:other, 'en', 'Do you rent ladders, scaffolds, mixers, trailers and generators?', 'Some.');
SELECT max(score) > 1.2 * min(score) AS is_better FROM frontdesk.find_knowledge(:other, 'ladders for rent', 'en', 5) WHERE question ~ 'ladders';
