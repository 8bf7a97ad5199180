-- security: the guard of security_drop.c, also where nothing has loaded the library.

CREATE OR REPLACE FUNCTION frontdesk.arm_drop_guard() RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_arm_drop_guard';
COMMENT ON FUNCTION frontdesk.arm_drop_guard() IS
'Loads the library into this session, with which comes the guard that refuses to drop the extension while there are leads.';
