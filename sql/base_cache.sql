-- What a session knows of the configuration: seen again when that has changed,
-- and never more memory for it.
SELECT frontdesk.add_account('Cache') AS account \gset
SELECT frontdesk.add_site(:account, 'https://chat.example.com', 7) AS site \gset
SELECT * FROM frontdesk.register_webhook(:account, :site) \gset
CREATE PROCEDURE change(account integer, login text, times integer) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. times LOOP
    UPDATE frontdesk.accounts SET settings = pg_catalog.jsonb_build_object('count', i) WHERE id = account;
    COMMIT;
    PERFORM frontdesk.verify_signature(login, '{}', 'x', '1');
    COMMIT;
    IF i % 20 = 0 THEN
      PERFORM frontdesk.receive_message(account, 'webchat', 'visitor-' || i % 100, 'hello');
      COMMIT;
    END IF;
  END LOOP;
END $$;
CALL change(:account, :'login', 200);
SELECT count(*) AS contexts, sum(total_bytes) AS bytes FROM pg_backend_memory_contexts WHERE name = 'frontdesk cache' \gset
SELECT sum(used_bytes) AS all_bytes FROM pg_backend_memory_contexts \gset
CALL change(:account, :'login', 2000);
SELECT count(*) = :contexts AS as_many_values, sum(total_bytes) = :bytes AS as_many_bytes
FROM pg_backend_memory_contexts WHERE name = 'frontdesk cache';
SELECT sum(used_bytes) - :all_bytes < 128 * 1024 AS memory_does_not_grow FROM pg_backend_memory_contexts;

-- a transaction that changes configuration sees its own change, which nobody else is told of if it is undone
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1');
BEGIN;
UPDATE frontdesk.registrations SET active = false WHERE login = :'login';
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1');
ROLLBACK;
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1');
UPDATE frontdesk.registrations SET active = false WHERE login = :'login';
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1');
SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'frontdesk cache' AND ident = 'registrations';
DELETE FROM frontdesk.registrations WHERE login = :'login';
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1');
SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'frontdesk cache' AND ident = 'registrations';

-- what changes no row is no change: everybody goes on with what he knows, which is here what a trigger did not tell of
SELECT tgrelid::regclass AS told_of_nothing FROM pg_trigger
WHERE tgfoid = 'frontdesk.configuration_changed'::regproc AND tgtype & 1 = 0 AND tgtype & 32 = 0;
SELECT * FROM frontdesk.register_webhook(:account, :site) \gset
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1');
ALTER TABLE frontdesk.registrations DISABLE TRIGGER USER;
UPDATE frontdesk.registrations SET active = false WHERE login = :'login';
ALTER TABLE frontdesk.registrations ENABLE TRIGGER USER;
UPDATE frontdesk.accounts SET name = 'nobody' WHERE false;
DELETE FROM frontdesk.agents WHERE account_id = -1;
INSERT INTO frontdesk.people_rules (account_id) SELECT 0 WHERE false;
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1') AS no_row;
UPDATE frontdesk.accounts SET name = name, settings = settings;
UPDATE frontdesk.agents SET prompt = prompt;
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1') AS the_same;
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES (:account, 'q', 'a');
INSERT INTO frontdesk.phrases (account_id, kind, phrase) VALUES (:account, 'opt_out', 'no more of this');
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1') AS tables_of_an_account;
UPDATE frontdesk.accounts SET name = 'Cache too' WHERE id = :account;
SELECT frontdesk.verify_signature(:'login', '{}', 'x', '1') AS a_row;

-- what an account has much of is forgotten for that account alone
SELECT frontdesk.add_account('Neighbour') AS neighbour \gset
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES (:neighbour, 'When are you open?', 'Never.');
INSERT INTO frontdesk.phrases (account_id, kind, phrase) VALUES (:neighbour, 'opt_out', 'leave me alone');
CREATE VIEW pg_temp.known AS SELECT frontdesk.local_knowledge(id, 'When are you open?') AS answer, frontdesk.judge_opting(id, 'webchat', 'leave me alone') AS opting
FROM frontdesk.accounts WHERE name = 'Neighbour';
SELECT * FROM pg_temp.known;
ALTER TABLE frontdesk.knowledge DISABLE TRIGGER USER;
ALTER TABLE frontdesk.phrases DISABLE TRIGGER USER;
UPDATE frontdesk.knowledge SET answer = 'Always.' WHERE account_id = :neighbour;
UPDATE frontdesk.phrases SET active = false WHERE account_id = :neighbour;
ALTER TABLE frontdesk.knowledge ENABLE TRIGGER USER;
ALTER TABLE frontdesk.phrases ENABLE TRIGGER USER;
UPDATE frontdesk.knowledge SET answer = 'b' WHERE account_id = :account;
UPDATE frontdesk.phrases SET active = false WHERE account_id = :account;
UPDATE frontdesk.accounts SET settings = '{"business_name": "C"}' WHERE id = :account;
SELECT * FROM pg_temp.known;
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES (:neighbour, 'q', 'a');
SELECT * FROM pg_temp.known;
INSERT INTO frontdesk.phrases (account_id, kind, phrase) VALUES (:neighbour, 'opt_out', 'no more of this');
SELECT * FROM pg_temp.known;
-- the house's are everybody's; and all are gone with a table's rows
ALTER TABLE frontdesk.knowledge DISABLE TRIGGER USER;
UPDATE frontdesk.knowledge SET answer = 'Late.' WHERE account_id = :neighbour AND answer = 'Always.';
ALTER TABLE frontdesk.knowledge ENABLE TRIGGER USER;
SELECT * FROM pg_temp.known;
INSERT INTO frontdesk.phrases (account_id, kind, phrase) VALUES (0, 'opt_out', 'no more of this');
DELETE FROM frontdesk.phrases WHERE account_id = 0 AND phrase = 'no more of this';
SELECT * FROM pg_temp.known;
BEGIN;
DELETE FROM frontdesk.knowledge WHERE account_id = :neighbour;
SELECT * FROM pg_temp.known;
ROLLBACK;
SELECT * FROM pg_temp.known;
TRUNCATE frontdesk.knowledge;
SELECT * FROM pg_temp.known;
DELETE FROM frontdesk.accounts WHERE id = :neighbour;
DROP PROCEDURE change;
DELETE FROM frontdesk.accounts WHERE id = :account;
