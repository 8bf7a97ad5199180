-- security: the audit trail only grows.

CREATE OR REPLACE FUNCTION frontdesk.record_audit(account_id integer, action text, subject text DEFAULT '', detail jsonb DEFAULT '{}') RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_record_audit';
COMMENT ON FUNCTION frontdesk.record_audit(integer, text, text, jsonb) IS
'Adds a row to frontdesk.audit in the name of frontdesk.caller(). For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.refuse_audit_change() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'frontdesk_refuse_audit_change';
COMMENT ON FUNCTION frontdesk.refuse_audit_change() IS
'Trigger that keeps frontdesk.audit append-only; raises insufficient_privilege (42501).';

CREATE OR REPLACE TRIGGER audit_before_change
  BEFORE UPDATE OR DELETE OR TRUNCATE ON frontdesk.audit
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.refuse_audit_change();
ALTER TABLE frontdesk.audit ENABLE ALWAYS TRIGGER audit_before_change;

CREATE OR REPLACE FUNCTION frontdesk.prune_audit(older_than interval) RETURNS bigint
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_prune_audit';
COMMENT ON FUNCTION frontdesk.prune_audit(interval) IS
'Removes rows of frontdesk.audit that are older than the retention and returns how many; one row of account 0 (audit.pruned) tells of it. For superusers and the owner of the extension.';

CREATE OR REPLACE FUNCTION frontdesk.prune_audit_of(account_id integer, before timestamptz, most integer) RETURNS bigint
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_prune_audit_of';
COMMENT ON FUNCTION frontdesk.prune_audit_of(integer, timestamptz, integer) IS
'Removes at most so many rows of frontdesk.audit of one account that are older, and returns how many; when there were any, a row of account 0 (audit.pruned) tells of it. For the schedule of pruning (frontdesk.retention_policies) and the owner of the extension.';
