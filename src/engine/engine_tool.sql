-- engine_tool: functions of nodes, what the tool worker calls, and what a tool
-- may ask.

CREATE OR REPLACE FUNCTION frontdesk.node_function(function text) RETURNS regprocedure
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT to_regprocedure(CASE WHEN function LIKE '%.%' THEN function ELSE 'frontdesk.' || quote_ident(function) END || '(integer, uuid, jsonb)');
$$;
COMMENT ON FUNCTION frontdesk.node_function(text) IS
'The function that a node names: <name>(integer, uuid, jsonb), in schema frontdesk unless the name has a schema of its own (quoted as SQL wants it). Null when there is none.';

CREATE OR REPLACE FUNCTION frontdesk.is_shipped(function regprocedure) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN function IS NOT NULL THEN EXISTS (
  SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pg_frontdesk'
  WHERE d.classid = 'pg_proc'::regclass AND d.objid = function AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e') END;
$$;
COMMENT ON FUNCTION frontdesk.is_shipped(regprocedure) IS
'Whether a function belongs to the product. What does not runs in the tool worker, as the role frontdesk_tool. Null for null.';

CREATE OR REPLACE FUNCTION frontdesk.prune_tool_runs(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM frontdesk.tool_runs r
    WHERE r.account_id = $1 AND r.id IN (
      SELECT x.id FROM frontdesk.tool_runs x
      JOIN frontdesk.threads t ON t.account_id = x.account_id AND t.id = x.thread_id
      WHERE x.account_id = $1 AND x.created_at < $2 AND x.finished_at < $2 AND x.seq < t.step_seq
      ORDER BY x.id LIMIT $4 FOR UPDATE OF x SKIP LOCKED)
    RETURNING r.id)
  SELECT count(*), CASE WHEN count(*) >= $4 THEN '00000000-0000-0000-0000-000000000000'::uuid END FROM gone;
$$;
COMMENT ON FUNCTION frontdesk.prune_tool_runs(integer, timestamptz, uuid, integer) IS
'Prunes tool runs that have ended and whose step has, too. One batch, see frontdesk.retention_kinds. For prune(); no role may call it.';
