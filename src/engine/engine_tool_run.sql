-- engine_tool_run: how the tool worker takes a run and hands it in.

CREATE OR REPLACE FUNCTION frontdesk.take_tool_run() RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_take_tool_run';
COMMENT ON FUNCTION frontdesk.take_tool_run() IS
'Takes the next run for the tool worker, into its memory. Raises insufficient_privilege (42501) for everybody else, the functions that it runs included.';

CREATE OR REPLACE FUNCTION frontdesk.finish_tool_run() RETURNS void
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_finish_tool_run';
COMMENT ON FUNCTION frontdesk.finish_tool_run() IS
'Hands in what came of the run that the tool worker took, and wakes its thread. Raises insufficient_privilege (42501) for everybody else, the functions that it runs included.';

CREATE OR REPLACE FUNCTION frontdesk.current_tool_run() RETURNS uuid
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_current_tool_run';
COMMENT ON FUNCTION frontdesk.current_tool_run() IS
'Inside a function that the tool worker runs: the id of its row in frontdesk.tool_runs, the same when the run is repeated after a crash; what a tool does once, it keys by this. Null elsewhere.';
