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
DROP PROCEDURE change;
DELETE FROM frontdesk.accounts WHERE id = :account;
