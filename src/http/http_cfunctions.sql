-- http: functions in C that tables of other domains stand on.

CREATE OR REPLACE FUNCTION frontdesk.is_failure_class(word text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_is_failure_class';
COMMENT ON FUNCTION frontdesk.is_failure_class(text) IS
'Whether failures may have this class; docs/reference/errors.md lists them.';
