-- engine_graph: checking, activating and drawing graphs.

CREATE OR REPLACE FUNCTION frontdesk.subgraph_of(account_id integer, settings jsonb)
RETURNS frontdesk.graphs
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT x FROM frontdesk.graphs x
  WHERE x.name = subgraph_of.settings ->> 'graph'
    AND x.account_id IN (subgraph_of.account_id, 0)
    AND x.account_id = coalesce((subgraph_of.settings -> 'account_id')::integer, x.account_id)
    AND CASE WHEN subgraph_of.settings ? 'version' THEN x.version = (subgraph_of.settings -> 'version')::integer ELSE x.active END
  ORDER BY x.account_id DESC LIMIT 1;
$$;
COMMENT ON FUNCTION frontdesk.subgraph_of(integer, jsonb) IS
'The graph that a node of kind subgraph with these settings ({"graph", "version", "account_id"}) of a graph of that account stands for: the account''s own, else the house''s; the version that activate_graph() has pinned, else the active one. All null when there is none.';

CREATE OR REPLACE FUNCTION frontdesk.has_node(account_id integer, graph text, version integer, path text)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  found frontdesk.graph_nodes;
  inner_graph frontdesk.graphs;
BEGIN
  SELECT * INTO found FROM frontdesk.graph_nodes n
  WHERE (n.account_id, n.graph, n.version, n.name)
      = (has_node.account_id, has_node.graph, has_node.version, split_part(has_node.path, '/', 1));
  IF found.name IS NULL OR has_node.path NOT LIKE '%/%' THEN
    RETURN found.name IS NOT NULL;
  END IF;
  inner_graph := frontdesk.subgraph_of(found.account_id, found.settings);
  RETURN found.kind = 'subgraph'
    AND frontdesk.has_node(inner_graph.account_id, inner_graph.name, inner_graph.version, substr(has_node.path, length(found.name) + 2));
END
$$;
COMMENT ON FUNCTION frontdesk.has_node(integer, text, integer, text) IS
'Whether a version of a graph has a node of that name, which may be a path into its subgraphs, as in frontdesk.checkpoints.node.';

CREATE OR REPLACE FUNCTION frontdesk.graph_problems(graph text, account_id integer DEFAULT 0, version integer DEFAULT NULL)
RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  g frontdesk.graphs;
  problem text;
  check_function text;
BEGIN
  SELECT * INTO g FROM frontdesk.graphs x
  WHERE x.account_id = graph_problems.account_id AND x.name = graph_problems.graph
    AND x.version = coalesce(graph_problems.version, x.version)
  ORDER BY x.active DESC, x.version DESC LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'graph "%" of account % does not exist', graph_problems.graph, graph_problems.account_id
      USING ERRCODE = 'FD010', HINT = 'SELECT name, version FROM frontdesk.graphs lists the graphs there are.';
  END IF;
  FOR problem IN
    SELECT format('the entry node "%s" does not exist', g.entry)
    WHERE NOT EXISTS (SELECT FROM frontdesk.graph_nodes n
                      WHERE (n.account_id, n.graph, n.version, n.name) = (g.account_id, g.name, g.version, g.entry))
    UNION ALL
    SELECT format('an edge leads from "%s" to "%s", which does not exist', e.source, e.target)
    FROM frontdesk.graph_edges e
    WHERE (e.account_id, e.graph, e.version) = (g.account_id, g.name, g.version) AND e.target IS NOT NULL
      AND NOT EXISTS (SELECT FROM frontdesk.graph_nodes n
                      WHERE (n.account_id, n.graph, n.version, n.name) = (g.account_id, g.name, g.version, e.target))
    UNION ALL
    SELECT format('node "%s" names the error node "%s", which does not exist', n.name, n.error_node)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.error_node IS NOT NULL
      AND NOT EXISTS (SELECT FROM frontdesk.graph_nodes m
                      WHERE (m.account_id, m.graph, m.version, m.name) = (g.account_id, g.name, g.version, n.error_node))
    UNION ALL
    SELECT format('node "%s" has edges, but none is taken when no condition holds', n.name)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)
      AND EXISTS (SELECT FROM frontdesk.graph_edges e
                  WHERE (e.account_id, e.graph, e.version, e.source) = (n.account_id, n.graph, n.version, n.name))
      AND NOT EXISTS (SELECT FROM frontdesk.graph_edges e
                      WHERE (e.account_id, e.graph, e.version, e.source) = (n.account_id, n.graph, n.version, n.name)
                        AND e.condition IS NULL)
    UNION ALL
    SELECT format('node "%s" has the unknown kind "%s"', n.name, n.kind)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind <> ALL (frontdesk.node_kinds())
    UNION ALL
    SELECT format('node "%s" names no agent', n.name)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'llm' AND n.agent IS NULL
    UNION ALL
    SELECT format('node "%s" names the function %s, but %s(integer, uuid, jsonb) does not exist',
                  n.name, coalesce(n.function, '(none)'),
                  CASE WHEN n.function LIKE '%.%' THEN n.function ELSE 'frontdesk.' || coalesce(n.function, '?') END)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'function'
      AND frontdesk.node_function(n.function) IS NULL
    UNION ALL
    SELECT format('node "%s" names the function %s, which %s', n.name, n.function,
      CASE WHEN n.kind = 'llm' THEN 'is not shipped and therefore needs a node of its own, of kind function'
           WHEN to_regrole('frontdesk_tool') IS NULL THEN 'runs as the role frontdesk_tool, which setup_roles() has yet to make'
           ELSE 'the role frontdesk_tool may not execute' END)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind IN ('function', 'llm')
      AND NOT frontdesk.is_shipped(frontdesk.node_function(n.function))
      AND (n.kind = 'llm' OR NOT coalesce(has_function_privilege(to_regrole('frontdesk_tool'), frontdesk.node_function(n.function), 'EXECUTE')
        AND has_schema_privilege(to_regrole('frontdesk_tool'), (SELECT p.pronamespace FROM pg_proc p WHERE p.oid = frontdesk.node_function(n.function)), 'USAGE'), false))
    UNION ALL
    SELECT format('node "%s" stands for the graph %s, which has no such version or none that is active',
                  n.name, coalesce('"' || (n.settings ->> 'graph') || '"', '(none)'))
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'subgraph'
      AND (frontdesk.subgraph_of(n.account_id, n.settings)).version IS NULL
    UNION ALL
    (WITH RECURSIVE inside(root, graph, depth) AS (
       SELECT n.name, frontdesk.subgraph_of(n.account_id, n.settings), 1
       FROM frontdesk.graph_nodes n
       WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'subgraph'
       UNION ALL
       SELECT i.root, frontdesk.subgraph_of(n.account_id, n.settings), i.depth + 1
       FROM inside i JOIN frontdesk.graph_nodes n
         ON (n.account_id, n.graph, n.version) = ((i.graph).account_id, (i.graph).name, (i.graph).version) AND n.kind = 'subgraph'
       WHERE i.depth <= 8 AND ((i.graph).account_id, (i.graph).name) <> (g.account_id, g.name))
     SELECT DISTINCT CASE WHEN ((i.graph).account_id, (i.graph).name) = (g.account_id, g.name)
       THEN format('node "%s" leads back to this graph', i.root)
       ELSE format('node "%s" nests subgraphs deeper than 8', i.root) END
     FROM inside i WHERE ((i.graph).account_id, (i.graph).name) = (g.account_id, g.name) OR i.depth > 8)
    UNION ALL
    SELECT format('node "%s" has a "/" in its name, which is for nodes of subgraphs', n.name)
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.name LIKE '%/%'
    UNION ALL
    SELECT format('node "%s": %s', n.name, q.problem)
    FROM frontdesk.graph_nodes n, frontdesk.question_problems(n.settings) q(problem)
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'interrupt'
    UNION ALL
    SELECT format('node "%s" goes on at "%s" after its deadline, which does not exist', n.name, n.settings #>> '{on_deadline,node}')
    FROM frontdesk.graph_nodes n
    WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'interrupt'
      AND n.settings #> '{on_deadline,node}' IS NOT NULL
      AND NOT EXISTS (SELECT FROM frontdesk.graph_nodes m
                      WHERE (m.account_id, m.graph, m.version, m.name) = (g.account_id, g.name, g.version, n.settings #>> '{on_deadline,node}'))
    UNION ALL
    (WITH RECURSIVE reached(name) AS (
       SELECT g.entry
       UNION
       SELECT s.target FROM reached r
       JOIN LATERAL (
         SELECT e.target FROM frontdesk.graph_edges e
         WHERE (e.account_id, e.graph, e.version, e.source) = (g.account_id, g.name, g.version, r.name)
         UNION ALL
         SELECT n.error_node FROM frontdesk.graph_nodes n
         WHERE (n.account_id, n.graph, n.version, n.name) = (g.account_id, g.name, g.version, r.name)
         UNION ALL
         SELECT n.settings #>> '{on_deadline,node}' FROM frontdesk.graph_nodes n
         WHERE (n.account_id, n.graph, n.version, n.name) = (g.account_id, g.name, g.version, r.name) AND n.kind = 'interrupt'
       ) s ON s.target IS NOT NULL)
     SELECT format('node "%s" cannot be reached', n.name)
     FROM frontdesk.graph_nodes n
     WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)
       AND n.name NOT IN (SELECT r.name FROM reached r))
    UNION ALL
    SELECT format('an edge from "%s" to %s is never taken: one before it has no condition', e.source, coalesce('"' || e.target || '"', 'the end'))
    FROM frontdesk.graph_edges e
    WHERE (e.account_id, e.graph, e.version) = (g.account_id, g.name, g.version)
      AND EXISTS (SELECT FROM frontdesk.graph_edges f
                  WHERE (f.account_id, f.graph, f.version, f.source) = (e.account_id, e.graph, e.version, e.source)
                    AND f.position < e.position AND f.condition IS NULL)
    UNION ALL
    (WITH RECURSIVE ending(name) AS (
       SELECT n.name FROM frontdesk.graph_nodes n
       WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)
         AND coalesce((SELECT bool_or(e.target IS NULL) FROM frontdesk.graph_edges e
                       WHERE (e.account_id, e.graph, e.version, e.source) = (n.account_id, n.graph, n.version, n.name)), true)
       UNION
       SELECT s.source FROM ending d
       JOIN LATERAL (
         SELECT e.source FROM frontdesk.graph_edges e
         WHERE (e.account_id, e.graph, e.version, e.target) = (g.account_id, g.name, g.version, d.name)
         UNION ALL
         SELECT n.name FROM frontdesk.graph_nodes n
         WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)
           AND n.kind = 'interrupt' AND n.settings #>> '{on_deadline,node}' = d.name
       ) s ON true)
     SELECT format('node "%s" goes round in circles: no way from it leads to the end', n.name)
     FROM frontdesk.graph_nodes n
     WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)
       AND n.name NOT IN (SELECT d.name FROM ending d))
    UNION ALL
    (WITH RECURSIVE failing(start, name) AS (
       SELECT n.name, n.error_node FROM frontdesk.graph_nodes n
       WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.error_node IS NOT NULL
       UNION
       SELECT f.start, n.error_node FROM failing f
       JOIN frontdesk.graph_nodes n ON (n.account_id, n.graph, n.version, n.name) = (g.account_id, g.name, g.version, f.name)
       WHERE n.error_node IS NOT NULL)
     SELECT format('node "%s" is its own error node, over others or at once: its failures would never end', f.start)
     FROM failing f WHERE f.name = f.start)
  LOOP
    RETURN NEXT problem;
  END LOOP;
  FOR check_function IN SELECT c.function FROM frontdesk.graph_checks c ORDER BY c.function
  LOOP
    RETURN QUERY EXECUTE format('SELECT * FROM frontdesk.%I($1, $2, $3)', check_function) USING g.account_id, g.name, g.version;
  END LOOP;
END
$$;
COMMENT ON FUNCTION frontdesk.graph_problems(text, integer, integer) IS
'What is wrong with a graph, a sentence a row: missing or unreachable nodes, edges that may lead nowhere or are never taken, circles without a way out, failures without an end, unknown kinds, functions and agents. No row means it can be activated. Without a version: the active one, else the newest. Raises FD010 when there is no such graph.';

CREATE OR REPLACE FUNCTION frontdesk.activate_graph(graph text, account_id integer DEFAULT 0, version integer DEFAULT NULL, migrate text DEFAULT 'stay')
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  chosen integer;
  problems text[];
BEGIN
  IF activate_graph.migrate IS NULL OR activate_graph.migrate NOT IN ('stay', 'at_rest') THEN
    RAISE EXCEPTION 'threads cannot be migrated by the rule "%"', activate_graph.migrate
      USING ERRCODE = '22023', HINT = 'The rules are stay and at_rest; migrate_threads() knows more.';
  END IF;
  SELECT x.version INTO chosen FROM frontdesk.graphs x
  WHERE x.account_id = activate_graph.account_id AND x.name = activate_graph.graph
    AND x.version = coalesce(activate_graph.version, x.version)
  ORDER BY x.version DESC LIMIT 1;
  problems := ARRAY(SELECT frontdesk.graph_problems(activate_graph.graph, activate_graph.account_id, chosen));
  IF problems <> '{}' THEN
    RAISE EXCEPTION 'graph "%" version % cannot be activated', activate_graph.graph, chosen
      USING ERRCODE = 'FD010', DETAIL = array_to_string(problems, E'\n'),
            HINT = 'Mend the rows in frontdesk.graph_nodes and frontdesk.graph_edges.';
  END IF;
  UPDATE frontdesk.graph_nodes n
  SET settings = n.settings || jsonb_build_object('account_id', s.account_id, 'version', s.version)
  FROM frontdesk.graph_nodes m, frontdesk.subgraph_of(m.account_id, m.settings) s
  WHERE (m.account_id, m.graph, m.version) = (activate_graph.account_id, activate_graph.graph, chosen) AND m.kind = 'subgraph'
    AND NOT (m.settings ? 'version' AND m.settings ? 'account_id')
    AND (n.account_id, n.graph, n.version, n.name) = (m.account_id, m.graph, m.version, m.name);
  UPDATE frontdesk.graphs x SET active = false
  WHERE x.account_id = activate_graph.account_id AND x.name = activate_graph.graph AND x.active;
  UPDATE frontdesk.graphs x SET active = true, succeeded_by = NULL
  WHERE x.account_id = activate_graph.account_id AND x.name = activate_graph.graph AND x.version = chosen;
  UPDATE frontdesk.graphs x SET succeeded_by = chosen
  WHERE x.account_id = activate_graph.account_id AND x.name = activate_graph.graph AND x.version <> chosen
    AND activate_graph.migrate = 'at_rest';
  RETURN chosen;
END
$$;
COMMENT ON FUNCTION frontdesk.activate_graph(text, integer, integer, text) IS
'Makes a version of a graph (the newest by default) the one that new threads walk, after checking it, pins its subgraphs to the versions they have now, and returns its number. Of threads that exist, migrate says: stay, they keep the version they walk; at_rest, each moves at its next turn, and a turn that has begun, or that waits for an answer, ends on its own version. Raises FD010 with every problem in the detail, 22023 for an unknown rule.';

CREATE OR REPLACE FUNCTION frontdesk.copy_graph(graph text, account_id integer, version integer DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  source frontdesk.graphs;
  added integer;
BEGIN
  PERFORM frontdesk.require_account(copy_graph.account_id);
  -- one copy at a time: the next version has a number of its own
  PERFORM FROM frontdesk.accounts a WHERE a.id = copy_graph.account_id FOR NO KEY UPDATE;
  SELECT * INTO source FROM frontdesk.graphs x
  WHERE x.account_id IN (copy_graph.account_id, 0) AND x.name = copy_graph.graph
    AND CASE WHEN copy_graph.version IS NULL THEN x.active ELSE x.version = copy_graph.version END
  ORDER BY x.account_id DESC LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'graph "%"% does not exist for account %', copy_graph.graph,
      coalesce(' version ' || copy_graph.version, ''), copy_graph.account_id
      USING ERRCODE = 'FD010', HINT = 'SELECT account_id, name, version, active FROM frontdesk.graphs lists the graphs there are.';
  END IF;
  -- no number of the house's either, so that a number names one graph to the account
  SELECT max(x.version) + 1 INTO added FROM frontdesk.graphs x
  WHERE x.account_id IN (copy_graph.account_id, 0) AND x.name = source.name;
  INSERT INTO frontdesk.graphs (account_id, name, version, entry, comment)
  VALUES (copy_graph.account_id, source.name, added, source.entry, source.comment);
  INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function, attempts, timeout, error_node, settings)
  SELECT copy_graph.account_id, n.graph, added, n.name, n.kind, n.agent, n.function, n.attempts, n.timeout, n.error_node,
    CASE n.kind WHEN 'subgraph' THEN n.settings - '{account_id,version}'::text[] ELSE n.settings END
  FROM frontdesk.graph_nodes n
  WHERE (n.account_id, n.graph, n.version) = (source.account_id, source.name, source.version);
  INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target, condition)
  SELECT copy_graph.account_id, e.graph, added, e.source, e.position, e.target, e.condition
  FROM frontdesk.graph_edges e
  WHERE (e.account_id, e.graph, e.version) = (source.account_id, source.name, source.version);
  PERFORM frontdesk.record_audit(copy_graph.account_id, 'graph.copied', source.name,
    jsonb_build_object('from_account_id', source.account_id, 'from_version', source.version, 'version', added));
  RETURN added;
END
$$;
COMMENT ON FUNCTION frontdesk.copy_graph(text, integer, integer) IS
'Copies a graph into the account as a new version that is not active, to be changed and activated, and returns its number. Without a version: the one that new conversations of the account walk, its own or the house''s; with one, the account''s version of that number, else the house''s. Its subgraphs are pinned anew when it is activated. Raises FD010 when there is no such graph, 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.graph_diagram(graph text, account_id integer DEFAULT 0, version integer DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  g frontdesk.graphs;
BEGIN
  SELECT * INTO g FROM frontdesk.graphs x
  WHERE x.account_id IN (graph_diagram.account_id, 0) AND x.name = graph_diagram.graph
    AND x.version = coalesce(graph_diagram.version, x.version)
  ORDER BY x.account_id DESC, x.active DESC, x.version DESC LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'graph "%" does not exist', graph_diagram.graph
      USING ERRCODE = 'FD010', HINT = 'SELECT name, version FROM frontdesk.graphs lists the graphs there are.';
  END IF;
  RETURN concat_ws(E'\n', 'flowchart TD', format('  start([start]) --> %s', g.entry),
    (SELECT string_agg(format('  %s["%s<br/>%s"]', n.name, n.name, concat_ws(' ', n.kind, coalesce(n.agent, n.function, CASE n.kind WHEN 'subgraph' THEN n.settings ->> 'graph' END))), E'\n' ORDER BY n.name)
     FROM frontdesk.graph_nodes n
     WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)),
    (SELECT string_agg(
       CASE WHEN e.condition IS NULL THEN format('  %s --> %s', e.source, coalesce(e.target, 'done([end])'))
            ELSE format('  %s -->|%s| %s', e.source,
                        (SELECT string_agg(format('%s: %s', c.key, c.value #>> '{}'), ', ' ORDER BY c.key)
                         FROM jsonb_each(e.condition) c),
                        coalesce(e.target, 'done([end])')) END, E'\n' ORDER BY e.source, e.position)
     FROM frontdesk.graph_edges e
     WHERE (e.account_id, e.graph, e.version) = (g.account_id, g.name, g.version)),
    (SELECT string_agg(format('  %s -.->|failed| %s', n.name, n.error_node), E'\n' ORDER BY n.name)
     FROM frontdesk.graph_nodes n
     WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.error_node IS NOT NULL),
    (SELECT string_agg(format('  %s -.->|too late| %s', n.name, n.settings #>> '{on_deadline,node}'), E'\n' ORDER BY n.name)
     FROM frontdesk.graph_nodes n
     WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version) AND n.kind = 'interrupt'
       AND n.settings #> '{on_deadline,node}' IS NOT NULL),
    (SELECT string_agg(format('  %s --> done([end])', n.name), E'\n' ORDER BY n.name)
     FROM frontdesk.graph_nodes n
     WHERE (n.account_id, n.graph, n.version) = (g.account_id, g.name, g.version)
       AND NOT EXISTS (SELECT FROM frontdesk.graph_edges e
                       WHERE (e.account_id, e.graph, e.version, e.source) = (n.account_id, n.graph, n.version, n.name))));
END
$$;
COMMENT ON FUNCTION frontdesk.graph_diagram(text, integer, integer) IS
'A graph as Mermaid text (flowchart), for any viewer that draws it. Without a version: the active one, else the newest. Raises FD010 when there is no such graph.';

CREATE OR REPLACE TRIGGER graphs_changed
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.graphs
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER graphs_after_truncate AFTER TRUNCATE ON frontdesk.graphs
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER graph_nodes_changed
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.graph_nodes
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER graph_nodes_after_truncate AFTER TRUNCATE ON frontdesk.graph_nodes
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER graph_edges_changed
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.graph_edges
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed();
CREATE OR REPLACE TRIGGER graph_edges_after_truncate AFTER TRUNCATE ON frontdesk.graph_edges
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.refuse_graph_deletion() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  threads bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM frontdesk.accounts a WHERE a.id = OLD.account_id) THEN
    RETURN OLD;
  END IF;
  SELECT count(*) INTO threads FROM frontdesk.threads t
  WHERE (t.graph_account_id, t.graph, t.graph_version) = (OLD.account_id, OLD.name, OLD.version);
  IF threads > 0 OR OLD.active OR EXISTS (
      SELECT FROM frontdesk.graph_nodes n WHERE n.kind = 'subgraph'
        AND ((frontdesk.subgraph_of(n.account_id, n.settings)).account_id, (frontdesk.subgraph_of(n.account_id, n.settings)).name,
             (frontdesk.subgraph_of(n.account_id, n.settings)).version) = (OLD.account_id, OLD.name, OLD.version)) THEN
    RAISE EXCEPTION 'version % of graph "%" is in use', OLD.version, OLD.name
      USING ERRCODE = '55006', DETAIL = format('%s threads walk it%s.', threads, CASE WHEN OLD.active THEN ', and it is active' WHEN threads = 0 THEN ', but a node of another graph stands for it' ELSE '' END),
            HINT = 'Activate another version, then move its threads with CALL frontdesk.migrate_threads(); forget_rehearsals() removes rehearsals.';
  END IF;
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION frontdesk.refuse_graph_deletion() IS
'Trigger that keeps versions of graphs that are active, have threads, or are a subgraph of others; raises 55006. A deleted account takes its graphs with it.';
CREATE OR REPLACE TRIGGER graphs_before_delete BEFORE DELETE ON frontdesk.graphs
FOR EACH ROW EXECUTE FUNCTION frontdesk.refuse_graph_deletion();
