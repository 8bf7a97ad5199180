-- base: functions in C that tables and other domains stand on.

CREATE OR REPLACE FUNCTION frontdesk.uuid() RETURNS uuid
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_uuid';
COMMENT ON FUNCTION frontdesk.uuid() IS
'A fresh time-ordered UUID (version 7, RFC 9562).';

CREATE OR REPLACE FUNCTION frontdesk.clock() RETURNS timestamptz
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_clock';
COMMENT ON FUNCTION frontdesk.clock() IS
'The time the front desk goes by: the wall clock, unless a test has shifted it.';

CREATE OR REPLACE FUNCTION frontdesk.shift_clock(shift interval) RETURNS void
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'frontdesk_shift_clock';
COMMENT ON FUNCTION frontdesk.shift_clock(interval) IS
'Sets how far the front desk''s clock runs ahead of the wall clock, for tests; superusers only. Needs the library preloaded.';
REVOKE ALL ON FUNCTION frontdesk.shift_clock(interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.configuration_changed() RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'frontdesk_configuration_changed';
COMMENT ON FUNCTION frontdesk.configuration_changed() IS
'Trigger of every configuration table: tells the caches of sessions and workers at commit that rows changed; with the name of a column, those of the account that stands there alone. An UPDATE that leaves a row as it was changes none.';

CREATE OR REPLACE FUNCTION frontdesk.library_state(OUT version text, OUT preloaded boolean, OUT listed boolean, OUT workers integer)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'frontdesk_library_state';
COMMENT ON FUNCTION frontdesk.library_state() IS
'What the loaded library knows of itself: its version, whether it was preloaded, whether frontdesk.databases names this database, and the setting frontdesk.workers.';
