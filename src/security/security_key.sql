-- security_key: whether the key file is fit for use.

CREATE OR REPLACE FUNCTION frontdesk.key_problem(OUT message text, OUT detail text, OUT hint text)
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_key_problem';
COMMENT ON FUNCTION frontdesk.key_problem() IS
'Why the file frontdesk.key_file cannot be used; all null when it can.';
