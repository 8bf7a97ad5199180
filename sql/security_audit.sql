-- The trail grows, and only prune_audit() makes it shorter.
SELECT frontdesk.record_audit(0, 'trail.tested', 'first', '{"n": 1}');
SELECT actor = current_user AS mine, action, subject, detail
FROM frontdesk.audit WHERE action = 'trail.tested';
UPDATE frontdesk.audit SET action = 'trail.forged';
DELETE FROM frontdesk.audit;
TRUNCATE frontdesk.audit;
DELETE FROM frontdesk.audit WHERE false;
SET session_replication_role = replica;
DELETE FROM frontdesk.audit;
RESET session_replication_role;

INSERT INTO frontdesk.audit (account_id, at, action) VALUES (0, '2000-01-01', 'trail.tested');
SELECT frontdesk.prune_audit('-1 day');
SELECT frontdesk.prune_audit('10 years');
SELECT action, detail -> 'rows' AS rows FROM frontdesk.audit
WHERE action IN ('trail.tested', 'audit.pruned') ORDER BY id;
-- the permission ends with the call
DELETE FROM frontdesk.audit;
BEGIN;
SAVEPOINT before;
-- also when the call fails
CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$;
CREATE TRIGGER audit_fails BEFORE DELETE ON frontdesk.audit FOR EACH ROW EXECUTE FUNCTION pg_temp.fail();
INSERT INTO frontdesk.audit (account_id, at, action) VALUES (0, '2000-01-01', 'trail.tested');
SAVEPOINT pruning;
\set VERBOSITY terse
SELECT frontdesk.prune_audit('10 years');
ROLLBACK TO pruning;
DELETE FROM frontdesk.audit;
ROLLBACK;
-- of what is too long for a trail that nobody may shorten the beginning is kept
BEGIN;
SELECT frontdesk.record_audit(0, 'trail.tested', repeat('s', 5000), jsonb_build_object('long', repeat('d', 100000)));
SELECT length(subject) AS subject, detail -> 'bytes' AS bytes, length(detail ->> 'beginning') AS kept
FROM frontdesk.audit WHERE action = 'trail.tested' AND subject LIKE 'sss%';
ROLLBACK;
