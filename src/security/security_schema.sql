-- security: is the schema still the extension's own.

CREATE OR REPLACE FUNCTION frontdesk.require_own_schema() RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_require_own_schema';
COMMENT ON FUNCTION frontdesk.require_own_schema() IS
'Raises insufficient_privilege (42501) unless schema frontdesk is a member of the extension, belongs to a superuser with all that is in it, and nobody else may create objects there. Workers ask the same before they serve a database.';
