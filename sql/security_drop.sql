-- People's data are not dropped by accident.
BEGIN;
INSERT INTO frontdesk.leads (account_id) VALUES (0);
SAVEPOINT filled;
DROP EXTENSION pg_frontdesk;
ROLLBACK TO filled;
ALTER TABLE frontdesk.leads RENAME TO people;
DROP EXTENSION pg_frontdesk;
ROLLBACK TO filled;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA frontdesk CASCADE;
ROLLBACK TO filled;
TRUNCATE frontdesk.leads CASCADE;
ROLLBACK TO filled;
TRUNCATE frontdesk.accounts CASCADE;
ROLLBACK TO filled;
SET session_replication_role = replica;
TRUNCATE frontdesk.accounts CASCADE;
ROLLBACK TO filled;
SET LOCAL frontdesk.allow_drop = on;
TRUNCATE frontdesk.leads CASCADE;
ROLLBACK TO filled;
SET LOCAL frontdesk.allow_drop = on;
DROP EXTENSION pg_frontdesk;
SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'pg_frontdesk';
ROLLBACK;
-- a table of the same name elsewhere is nobody's business
CREATE TEMP TABLE leads AS SELECT 1;
DROP TABLE leads;
-- nor what else anybody drops
CREATE ROLE regress_dropper;
SET ROLE regress_dropper;
DROP OWNED BY regress_dropper;
RESET ROLE;
DROP ROLE regress_dropper;
