-- engine_tool_crew: which tool workers are lost.

CREATE OR REPLACE FUNCTION frontdesk.lost_tools(OUT account_id integer, OUT pid integer, OUT incarnation bigint, OUT generation bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_lost_tools';
COMMENT ON FUNCTION frontdesk.lost_tools() IS
'The tool workers of this database that run on though their time is up and they were told to end, by what frontdesk.tool_runs calls them. No role may call it; a part of check().';
