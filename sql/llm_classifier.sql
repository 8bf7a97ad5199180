-- The local classifier: what it decides, how it is trained, and that a
-- training is seen when and only when its transaction commits.
SET client_min_messages = notice;
\set VERBOSITY terse

SELECT proname, provolatile, proisstrict, proparallel
FROM pg_proc WHERE pronamespace = 'frontdesk'::regnamespace
  AND proname IN ('classify', 'classify_with', 'train_classifier', 'text_similarity')
ORDER BY proname;

-- A fresh extension decides at once: the shipped classifier.
SELECT account_id, name, builtin, report ->> 'intents' AS intents,
  (report ->> 'examples')::int = (SELECT count(*) FROM frontdesk.classifier_examples WHERE builtin) AS all_examples,
  (report ->> 'intent_accuracy')::real > 0.6 AS intents_right,
  (report ->> 'route_accuracy')::real > 0.7 AS routes_right
FROM frontdesk.classifiers;

-- Sentences it was not trained on, in its six languages.
SELECT said.content, c.route, c.priority, c.language, c.confidence > 0.5 AS sure
FROM (VALUES
  (1, 'Hi, I am a registered nurse with 7 years of ICU experience and want to apply'),
  (2, 'Do you have the Air Max in size 43?'),
  (3, 'Could you let me know when the black boots are back?'),
  (4, 'Yes! I want the discount'),
  (5, 'Dear customer, your account is limited, reply with your card number and CVV'),
  (6, 'I am extremely upset, nobody answers my emails'),
  (7, 'Do you open on saturday?'),
  (8, 'Ik ben verpleegkundige en ik zoek werk in Utrecht'),
  (9, 'Hoe laat gaan jullie open?'),
  (10, 'Boa noite, sou enfermeira e gostaria de me candidatar'),
  (11, 'Voces atendem sabado?'),
  (12, 'Was kostet der Versand in die Schweiz?'),
  (13, 'Ich bin sehr enttäuscht und wirklich wütend'),
  (14, '¿Hacen envíos a México?'),
  (15, 'Bonjour, je voudrais un rendez-vous demain matin')
) AS said (place, content), frontdesk.classify(said.content) AS c
ORDER BY said.place;

-- What harms is seen without the usual words, in its six languages.
SELECT said.content, c.route, c.priority
FROM (VALUES
  (1, 'the scaffolding came down on two of your men, one is trapped'),
  (2, 'ever since the dentist numbed me my jaw hangs and I am drooling'),
  (3, 'We hebben allemaal hoge koorts na jullie buffet'),
  (4, 'het fornuis dat jullie aansloten ruikt naar gas'),
  (5, 'a minha filha engoliu uma pilha do brinquedo'),
  (6, 'saiu fumo da máquina e a parede está queimada'),
  (7, 'Die Markise ist heruntergekracht und hat meinen Vater am Kopf getroffen'),
  (8, 'Bitte geben Sie mir Auskunft, was über mich gespeichert ist'),
  (9, 'se ha caído una niña por el hueco de la escalera'),
  (10, 'alguien ha firmado un contrato con mi nombre'),
  (11, 'depuis votre injection je ne sens plus ma lèvre'),
  (12, 'bravo, troisième rendez-vous manqué, quel professionnalisme'),
  (13, 'I really do not want to be alive anymore'),
  (14, 'wow, only six weeks for a broken lamp, congratulations')
) AS said (place, content), frontdesk.classify(said.content) AS c
ORDER BY said.place;

-- What only sounds like it is not; nor does a number make a card.
SELECT said.content, c.route
FROM (VALUES
  (1, 'do you stock smoke alarms and fire blankets?'),
  (2, 'order 558123 please, when is it coming'),
  (3, 'my phone is 0161 496 0222'),
  (4, 'heeft u de schoen in 43,5?'),
  (5, 'kan het om 16:40 in plaats van 15:20'),
  (6, 'pedido 4471 0093 2280 1176 já saiu?'),
  (7, 'têm fogões a gás?'),
  (8, 'Kundennummer 5500 1234 0000 0004, wann kommt die Lieferung'),
  (9, 'Tisch für 12 um 19:30'),
  (10, 'el pedido 70441298000123 no llega'),
  (11, '¿tenéis la talla 38?'),
  (12, 'on sera 14, dont 3 enfants'),
  (13, 'vendez-vous des plaques au gaz ?'),
  (14, 'what a great evening, congratulations to the team')
) AS said (place, content), frontdesk.classify(said.content) AS c
WHERE c.route = 'high_priority' OR c.danger > 1 / 11.0
ORDER BY said.place;

-- An accent of its own is the letter that has it.
SELECT frontdesk.classify(U&'deja de sangrar, se le hincho\0301 la cabeza') = frontdesk.classify(U&'deja de sangrar, se le hinch\00f3 la cabeza') AS composed;

-- What errors cost decides: the account's row, else the house's.
INSERT INTO frontdesk.accounts (id, name) VALUES (903, 'careful'), (904, 'careless');
INSERT INTO frontdesk.error_costs (account_id, missed_danger, false_alarm) VALUES (903, 1000000, 1), (904, 1, 10000);
SELECT a.id, count(*) FILTER (WHERE c.route = 'high_priority') AS for_people,
  count(*) FILTER (WHERE c.route = 'high_priority' AND c.priority <> 'high') AS not_urgent
FROM (VALUES (0), (903), (904)) AS a (id),
  (VALUES ('our dog ate something in your shop'), ('do you open on saturday?'), ('there is a fire in the hall')) AS said (content),
  frontdesk.classify(said.content, a.id) AS c
GROUP BY a.id ORDER BY a.id;
INSERT INTO frontdesk.error_costs (account_id, missed_danger) VALUES (902, 0);
INSERT INTO frontdesk.error_costs (account_id, false_alarm) VALUES (902, 'NaN');
SELECT frontdesk.remove_error_costs(903) AS removed, frontdesk.remove_error_costs(903) AS again, frontdesk.remove_error_costs(0) AS shipped;
DELETE FROM frontdesk.accounts WHERE id IN (903, 904);

-- Sentiment has its sign; writing in capitals or without accents is the same.
SELECT (frontdesk.classify('this is the worst, I am so angry')).sentiment < -0.2 AS angry,
  (frontdesk.classify('wonderful, thank you so much')).sentiment > 0.2 AS happy;
SELECT frontdesk.classify('WHAT ARE YOUR OPENING HOURS?') = frontdesk.classify('what are your opening hours?') AS same;

-- Odd input.
SELECT frontdesk.classify(NULL) IS NULL AS strict;
SELECT content, c.confidence < 0.85 OR c.intent = 'other' AS unsure, c.intent IS NOT NULL AS decided
FROM (VALUES (''), ('   '), ('🙂🙂🙂'), ('zzzxqk wqpfj'), ('漢字かな交じり文')) AS odd (content),
  frontdesk.classify(content) AS c;
SELECT c.route FROM frontdesk.classify(repeat('where is my order? ', 100000)) AS c;
SELECT count(frontdesk.classify(convert_from(decode(repeat('c3bf', i) || 'f09f9982', 'hex'), 'UTF8')))
FROM generate_series(0, 300) AS i;
SELECT (frontdesk.classify('Do you open on saturday?', 4711)).intent AS house_decides;

-- What cannot be trained or asked.
SELECT frontdesk.classify_with('none', 'hello');
SELECT frontdesk.classify_with('', 'hello');
SELECT frontdesk.train_classifier('shipped');
SELECT frontdesk.train_classifier(repeat('x', 64));
SELECT frontdesk.train_classifier('t', 0, 'SELECT ''a'' AS content, ''b'' AS intent');
SELECT frontdesk.train_classifier('t', 0, 'SELECT ''a'' AS content, ''b'' AS intent WHERE false');
SELECT frontdesk.train_classifier('t', 0, 'SELECT ''a'' AS content');
SELECT frontdesk.train_classifier('t', 0, 'SELECT NULL AS content, ''b'' AS intent');
SELECT frontdesk.train_classifier('t', 0, format('SELECT ''a'' AS content, %L AS intent', repeat('x', 64)));
SELECT frontdesk.train_classifier('t', 0, 'SELECT ''a'' AS content, ''b'' AS intent, ''urgent'' AS priority');
SELECT frontdesk.train_classifier('t', 0, 'SELECT ''a'' AS content, ''b'' AS intent, 2 AS sentiment');
SELECT frontdesk.train_classifier('t', 0, 'SELECT ''a'' AS content, ''b'' AS intent, ''NaN''::real AS sentiment');
SELECT frontdesk.train_classifier('t', 0, 'CREATE TABLE planted ()');
SELECT frontdesk.train_classifier('t', 0, 'SELECT 1; SELECT 2');
SELECT frontdesk.train_classifier('t', 0, 'SELEC');
SELECT count(*) FROM frontdesk.classifiers WHERE name = 't';

-- Two examples are enough; with so few nothing can be held out.
SELECT frontdesk.train_classifier('tiny', 0,
  $$SELECT * FROM (VALUES ('hello there', 'a'), ('see you', 'b')) AS e (content, intent)$$) - 'seconds' AS report;
SELECT intent, priority, sentiment, route, language FROM frontdesk.classify_with('tiny', 'hello you there');
SELECT intent FROM frontdesk.classify_with('tiny', 'see you soon', 4711);

-- An account's own classifier goes before the house's, for that account only.
INSERT INTO frontdesk.accounts (id, name) VALUES (901, 'bakery');
INSERT INTO frontdesk.classifier_examples (account_id, content, intent, route)
SELECT 901, format('do you bake %s cake number %s', kind, i), 'cake', 'automated'
FROM unnest(ARRAY['birthday', 'wedding']) AS kind, generate_series(1, 10) AS i;
SELECT report -> 'folds' AS folds, report -> 'intents' AS intents
FROM frontdesk.train_classifier(account_id => 901) AS report;
SELECT (frontdesk.classify('do you bake a wedding cake', 901)).intent AS theirs,
  (frontdesk.classify('do you bake a wedding cake')).intent <> 'cake' AS not_the_house;

-- A training is undone with its transaction, its savepoint or its block.
CREATE VIEW decided AS
  SELECT coalesce((frontdesk.classify('do you open on saturday?')).intent, '-') AS intent;
SELECT * FROM decided;
BEGIN;
SELECT frontdesk.train_classifier('default', 0,
  $$SELECT 'x ' || i AS content, 'x' || i % 2 AS intent FROM generate_series(1, 4) AS i$$) -> 'intents' AS intents;
SELECT intent IN ('x0', 'x1') AS trained FROM decided;
ROLLBACK;
SELECT * FROM decided;
BEGIN;
SAVEPOINT before;
SELECT frontdesk.train_classifier('default', 0,
  $$SELECT 'x ' || i AS content, 'x' || i % 2 AS intent FROM generate_series(1, 4) AS i$$) -> 'intents' AS intents;
SELECT intent IN ('x0', 'x1') AS trained FROM decided;
ROLLBACK TO before;
SELECT * FROM decided;
COMMIT;
DO $$
BEGIN
  BEGIN
    PERFORM frontdesk.train_classifier('default', 0,
      'SELECT ''x '' || i AS content, ''x'' || i % 2 AS intent FROM generate_series(1, 4) AS i');
    RAISE NOTICE 'within: %', (SELECT intent IN ('x0', 'x1') FROM decided);
    RAISE EXCEPTION 'undo';
  EXCEPTION WHEN raise_exception THEN
    RAISE NOTICE 'after: %', (SELECT intent FROM decided);
  END;
END
$$;

-- Once committed, this and every other session decide with it.
SELECT frontdesk.train_classifier('default', 0,
  $$SELECT 'x ' || i AS content, 'x' || i % 2 AS intent FROM generate_series(1, 4) AS i$$) -> 'intents' AS intents;
SELECT intent IN ('x0', 'x1') AS trained FROM decided;
\c -
SELECT intent IN ('x0', 'x1') AS trained FROM decided;
DELETE FROM frontdesk.classifiers WHERE name = 'default' AND account_id = 0;
SELECT * FROM decided;

-- A model that was tampered with is refused, and again after that.
BEGIN;
UPDATE frontdesk.classifiers SET model = set_byte(model, 2000, get_byte(model, 2000) # 1) WHERE name = 'tiny';
SAVEPOINT before;
SELECT frontdesk.classify_with('tiny', 'hello');
ROLLBACK TO before;
SELECT frontdesk.classify_with('tiny', 'hello');
ROLLBACK;
BEGIN;
UPDATE frontdesk.classifiers SET model = substr(model, 1, octet_length(model) - 16) WHERE name = 'tiny';
SELECT frontdesk.classify_with('tiny', 'hello');
ROLLBACK;
BEGIN;
UPDATE frontdesk.classifiers SET model = '' WHERE name = 'tiny';
SELECT frontdesk.classify_with('tiny', 'hello');
ROLLBACK;
SELECT intent FROM frontdesk.classify_with('tiny', 'hello there');

-- A read-only transaction can decide; who may not read the table cannot.
BEGIN READ ONLY;
SELECT * FROM decided;
COMMIT;
CREATE ROLE regress_stranger;
GRANT USAGE ON SCHEMA frontdesk TO regress_stranger;
SET ROLE regress_stranger;
SELECT frontdesk.classify('hello');
SELECT frontdesk.train_classifier();
RESET ROLE;

-- An operator of one account sees the house's classifiers and trains its own.
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (901, 'regress_stranger', 'Sam');
INSERT INTO frontdesk.accounts (id, name) VALUES (902, 'garage');
SELECT report -> 'intents' AS intents FROM frontdesk.train_classifier('own', 902,
  $$SELECT 'x ' || i AS content, 'x' || i % 2 AS intent FROM generate_series(1, 4) AS i$$) AS report;
SELECT format(statement, 'regress_stranger') FROM frontdesk.role_grants
WHERE role_kind = 'operator' AND statement ~ 'classif|error_costs' ORDER BY statement \gexec
GRANT SELECT ON frontdesk.users TO regress_stranger;
GRANT EXECUTE ON FUNCTION frontdesk.visible_accounts(), frontdesk.caller_role(), frontdesk.request_claims() TO regress_stranger;
SET ROLE regress_stranger;
SELECT route FROM frontdesk.classify('do you open on saturday?', 902);
SELECT intent FROM frontdesk.classify('do you bake a wedding cake', 901);
SELECT report -> 'intents' AS intents FROM frontdesk.train_classifier('own', 901) AS report;
SELECT frontdesk.train_classifier('own', 902);
SELECT frontdesk.train_classifier('own', 0);
SELECT frontdesk.classify_with('own', 'x', 902);
INSERT INTO frontdesk.error_costs (account_id, false_alarm) VALUES (901, 2);
INSERT INTO frontdesk.error_costs (account_id) VALUES (902);
UPDATE frontdesk.error_costs SET false_alarm = 3;
SELECT account_id, missed_danger, false_alarm FROM frontdesk.error_costs ORDER BY account_id;
RESET ROLE;
DELETE FROM frontdesk.users WHERE role_name = 'regress_stranger';
DELETE FROM frontdesk.accounts WHERE id = 902;
DROP OWNED BY regress_stranger;
DROP ROLE regress_stranger;

-- How alike two texts are.
SELECT frontdesk.text_similarity('Where is my order?', 'Where is my order?') AS same,
  frontdesk.text_similarity('abc', 'xyz') AS nothing,
  frontdesk.text_similarity('', '') AS empty,
  frontdesk.text_similarity('ÉCOLE ŁÓDŹ ЖУК ΛΟΓΟΣ', 'école łódź жук λογος')::numeric(4, 3) AS folded,
  frontdesk.text_similarity('don''t', 'dont') AS apostrophe,
  frontdesk.text_similarity('order 48213', 'order 99999') AS digits;
SELECT frontdesk.text_similarity('where is my package', 'where is my parcel') >
  frontdesk.text_similarity('where is my package', 'what are your opening hours') AS nearer,
  frontdesk.text_similarity('a b c', 'b c d') = frontdesk.text_similarity('b c d', 'a b c') AS symmetric;
-- a number is a number, whatever its digits, its length and the blanks in it; a time of the day is not
SELECT n.text, frontdesk.text_similarity('come to ' || n.text, 'come to 5') = 1 AS as_number,
  frontdesk.text_similarity('come to ' || n.text, 'come to 10:30') = 1 AS as_time
FROM unnest('{48213,4471 0093 1187,+31 6 55501182,06/5550/1182,1.250,240,٤٢,９,16:45,9:15,11h20,10h,2026-03-12}'::text[]) AS n (text);
SELECT frontdesk.text_similarity('size W34', 'size w 34') = 1 AS letters_apart, frontdesk.text_similarity('12', '12 ?') < 1 AS sign_counts;
-- accents apart from their letters, invisible signs, wide letters; the same in every locale and encoding
SELECT frontdesk.text_similarity(U&'Mari\0301a esta\0301 aqui\0301', U&'Mar\00eda est\00e1 aqu\00ed') = 1 AS composed,
  frontdesk.text_similarity(U&'re\00adfund \200bmy\200d order\202e', 'refund my order') = 1 AS invisible,
  frontdesk.text_similarity(U&'\ff32efund', 'refund') = 1 AS wide;
-- nothing but marks, more letters than count, a mark at either end
SELECT frontdesk.text_similarity(repeat(U&'\0301', 5000), 'x'), frontdesk.text_similarity(repeat(U&'e\0301 ', 5000), U&'\0301e') >= 0 AS many;
-- what many texts are compared with is read once, and another text anew
SELECT a.words AS a, b.words AS b, frontdesk.text_similarity(a.words, b.words) = 1 AS same, frontdesk.text_similarity(a.words, 'one two') = 1 AS fixed
FROM unnest('{one two,three,one two}'::text[]) WITH ORDINALITY AS b (words, n), unnest('{one two,three}'::text[]) AS a (words) ORDER BY b.n, a.words;
DO $$
DECLARE
  cost float8[] := '{infinity,infinity}';
  began timestamptz;
BEGIN
  FOR run IN 1..5 LOOP
    FOR n IN 1..2 LOOP
      began := clock_timestamp();
      PERFORM sum(frontdesk.text_similarity('When are you open on day ' || i, CASE n WHEN 1 THEN 'hours?' ELSE repeat('open? ', 700) || 'hours?' END))
      FROM generate_series(1, 300) AS i;
      cost[n] := least(cost[n], extract(epoch FROM clock_timestamp() - began));
    END LOOP;
  END LOOP;
  IF cost[2] > 20 * cost[1] THEN
    RAISE 'a long text costs % times as much as a short one', cost[2] / cost[1];
  END IF;
END $$;

DROP VIEW decided;
DELETE FROM frontdesk.classifiers WHERE NOT builtin;
DELETE FROM frontdesk.classifier_examples WHERE account_id = 901;
DELETE FROM frontdesk.accounts WHERE id = 901;
