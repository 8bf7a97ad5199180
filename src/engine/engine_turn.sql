-- engine_turn: the kinds that are registered with the engine.

CREATE OR REPLACE FUNCTION frontdesk.node_kinds()
RETURNS text[]
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_node_kinds';
COMMENT ON FUNCTION frontdesk.node_kinds() IS
'Kinds of nodes that a graph may have: those that the domains of the installed library have registered.';

CREATE OR REPLACE FUNCTION frontdesk.require_node_kind() RETURNS trigger
LANGUAGE c
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_require_node_kind';
COMMENT ON FUNCTION frontdesk.require_node_kind() IS
'Trigger that refuses a node of a kind that nobody has registered; raises FD010. node_kinds() lists those there are.';
CREATE OR REPLACE TRIGGER graph_nodes_before_write BEFORE INSERT OR UPDATE OF kind ON frontdesk.graph_nodes
FOR EACH ROW EXECUTE FUNCTION frontdesk.require_node_kind();
