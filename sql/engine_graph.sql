-- Graphs: checked, activated, drawn; pinned to the threads that walk them.
\set VERBOSITY terse
SELECT frontdesk.add_account('Graphs') AS account \gset

-- the house's graph is in order
SELECT frontdesk.graph_problems('conversation');
SELECT frontdesk.graph_diagram('conversation');
SELECT frontdesk.graph_diagram('conversation', :account) = frontdesk.graph_diagram('conversation') AS an_account_sees_the_house_graph;

-- every kind of problem
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES
  (:account, 'no_entry', 1, 'nowhere'), (:account, 'knots', 1, 'a'), (:account, 'nodes', 1, 'a');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function, error_node) VALUES
  (:account, 'knots', 1, 'a', 'llm', 'router', NULL, NULL),
  (:account, 'knots', 1, 'b', 'llm', 'router', NULL, 'gone'),
  (:account, 'knots', 1, 'island', 'llm', 'router', NULL, NULL),
  (:account, 'knots', 1, 'rescue', 'llm', 'router', NULL, NULL),
  (:account, 'nodes', 1, 'a', 'llm', NULL, NULL, 'f'),
  (:account, 'nodes', 1, 'f', 'function', NULL, NULL, 'g'),
  (:account, 'nodes', 1, 'g', 'function', NULL, 'no_such_function', 'h'),
  (:account, 'nodes', 1, 'h', 'function', NULL, 'add_account', 'i'),
  (:account, 'nodes', 1, 'i', 'interrupt', NULL, NULL, 's'),
  (:account, 'nodes', 1, 's', 'subgraph', NULL, NULL, 'ok'),
  (:account, 'nodes', 1, 'ok', 'function', NULL, 'escalate_to_human', NULL);
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target, condition) VALUES
  (:account, 'knots', 1, 'a', 1, 'b', '{"route": "x"}'),
  (:account, 'knots', 1, 'a', 2, 'missing', '{"route": "y"}'),
  (:account, 'knots', 1, 'island', 1, 'rescue', NULL);
-- questions
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (:account, 'questions', 1, 'fine');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, error_node, settings) VALUES
  (:account, 'questions', 1, 'fine', 'interrupt', 'a', '{"question": "ok?", "deadline": "1 day", "schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}, "on_deadline": {"answer": {"ok": false}}}'),
  (:account, 'questions', 1, 'a', 'interrupt', 'b', '{"payload": "content", "on_message": "scream", "deadline": "soon"}'),
  (:account, 'questions', 1, 'b', 'interrupt', 'c', '{"question": "b", "deadline": "-1 day", "schema": {"type": "array"}}'),
  (:account, 'questions', 1, 'c', 'interrupt', 'd', '{"question": "c", "on_deadline": {"answer": 1, "node": "d"}}'),
  (:account, 'questions', 1, 'd', 'interrupt', 'e', '{"question": "d", "deadline": "1 day", "schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}, "on_deadline": {"answer": {}}}'),
  (:account, 'questions', 1, 'e', 'interrupt', NULL, '{"question": "e", "deadline": "1 day", "on_deadline": {"node": "f"}}'),
  (:account, 'questions', 1, 'f', 'interrupt', NULL, '{"question": "f", "deadline": "1 day", "on_deadline": {"node": "nowhere"}}');
SELECT p FROM frontdesk.graph_problems('questions', :account) p ORDER BY p COLLATE "C";
SELECT frontdesk.graph_diagram('questions', :account);
SELECT frontdesk.graph_problems('no_entry', :account);
SELECT p FROM frontdesk.graph_problems('knots', :account) p ORDER BY p COLLATE "C";
SELECT p FROM frontdesk.graph_problems('nodes', :account) p ORDER BY p COLLATE "C";
\set VERBOSITY default
-- the kinds are those that are registered; others are refused, and found where they stand
SELECT DISTINCT kind FROM frontdesk.graph_nodes WHERE account_id = 0 AND kind <> ALL (frontdesk.node_kinds());
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind) VALUES (:account, 'nodes', 1, 'oracle', 'oracle');
UPDATE frontdesk.graph_nodes SET kind = 'oracle' WHERE account_id = :account AND graph = 'nodes' AND name = 'ok';
BEGIN;
ALTER TABLE frontdesk.graph_nodes DISABLE TRIGGER graph_nodes_before_write;
UPDATE frontdesk.graph_nodes SET kind = 'oracle' WHERE account_id = :account AND graph = 'nodes' AND name = 'ok';
SELECT p FROM frontdesk.graph_problems('nodes', :account) p WHERE p LIKE '%kind%';
ROLLBACK;
SELECT frontdesk.activate_graph('no_entry', :account);
\set VERBOSITY sqlstate
SELECT frontdesk.graph_problems('no such graph', :account);
SELECT frontdesk.activate_graph('no such graph', :account);
SELECT frontdesk.graph_diagram('no such graph', :account);
\set VERBOSITY terse
SELECT active FROM frontdesk.graphs WHERE account_id = :account;

-- a thread keeps the version it began with, and its account's own graph hides the house's
SELECT frontdesk.receive_message(:account, 'webchat', 'first', 'hello') AS house \gset
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (:account, 'conversation', 1, 'only'), (:account, 'conversation', 2, 'only');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent) VALUES
  (:account, 'conversation', 1, 'only', 'llm', 'conversation'), (:account, 'conversation', 2, 'only', 'llm', 'conversation');
SELECT frontdesk.receive_message(:account, 'webchat', 'second', 'hello') AS inactive \gset
SELECT frontdesk.activate_graph('conversation', :account, 1);
SELECT frontdesk.receive_message(:account, 'webchat', 'third', 'hello') AS one \gset
SELECT frontdesk.activate_graph('conversation', :account);
SELECT frontdesk.receive_message(:account, 'webchat', 'fourth', 'hello') AS two \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'third', 'hello again') = :'one' AS continued;
SELECT CASE id WHEN :'house' THEN 'before' WHEN :'inactive' THEN 'not active yet' WHEN :'one' THEN 'version 1' ELSE 'version 2' END AS began,
  graph_account_id = :account AS is_own, graph_version
FROM frontdesk.threads WHERE account_id = :account ORDER BY id;
SELECT version, active FROM frontdesk.graphs WHERE account_id = :account AND name = 'conversation' ORDER BY version;
SELECT frontdesk.graph_diagram('conversation', :account);
-- two active versions cannot be
UPDATE frontdesk.graphs SET active = true WHERE account_id = :account AND name = 'conversation';

-- problems that show only when a graph is walked for long: circles, endless failures, edges and agents that are not there
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES
  (:account, 'circles', 1, 'start'), (:account, 'failures', 1, 'a'), (:account, 'shadows', 1, 'a');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, error_node, settings) VALUES
  (:account, 'circles', 1, 'start', 'llm', 'router', NULL, '{}'), (:account, 'circles', 1, 'round', 'llm', 'router', 'way_out', '{}'),
  (:account, 'circles', 1, 'about', 'llm', 'router', NULL, '{}'), (:account, 'circles', 1, 'way_out', 'llm', 'router', NULL, '{}'),
  (:account, 'circles', 1, 'ask', 'interrupt', NULL, NULL, '{"question": "On?", "deadline": "1 hour", "on_deadline": {"node": "way_out"}}'),
  (:account, 'failures', 1, 'a', 'llm', 'router', 'b', '{}'), (:account, 'failures', 1, 'b', 'llm', 'router', 'c', '{}'),
  (:account, 'failures', 1, 'c', 'llm', 'router', 'b', '{}'),
  (:account, 'shadows', 1, 'a', 'llm', 'nobody', NULL, '{}'), (:account, 'shadows', 1, 'b', 'llm', 'router', NULL, '{}');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target, condition) VALUES
  (:account, 'circles', 1, 'start', 1, 'ask', '{"route": "x"}'), (:account, 'circles', 1, 'start', 2, 'round', NULL),
  (:account, 'circles', 1, 'round', 1, 'about', NULL), (:account, 'circles', 1, 'about', 1, 'round', NULL), (:account, 'circles', 1, 'ask', 1, 'round', NULL),
  (:account, 'shadows', 1, 'a', 1, NULL, NULL), (:account, 'shadows', 1, 'a', 2, 'b', '{"x": 1}');
SELECT p FROM frontdesk.graph_problems('circles', :account) p ORDER BY p COLLATE "C";
SELECT p FROM frontdesk.graph_problems('failures', :account) p ORDER BY p COLLATE "C";
SELECT regexp_replace(p, 'account \d+', 'account N') FROM frontdesk.graph_problems('shadows', :account) p ORDER BY p COLLATE "C";

-- what is in use stays; what is not goes, and an account takes its graphs with it
DELETE FROM frontdesk.graphs WHERE account_id = :account AND name = 'conversation' AND version = 1;
DELETE FROM frontdesk.graphs WHERE account_id = :account AND name = 'conversation' AND version = 2;
DELETE FROM frontdesk.graphs WHERE account_id = :account AND name = 'circles';
SELECT count(*) FROM frontdesk.graph_nodes WHERE account_id = :account AND graph = 'circles';
BEGIN;
DELETE FROM frontdesk.accounts WHERE id = :account;
SELECT count(*) FROM frontdesk.graphs WHERE account_id = :account;
ROLLBACK;

-- the rule for threads that exist
SELECT frontdesk.activate_graph('conversation', :account, 1, migrate => 'at_rest');
SELECT version, active, succeeded_by FROM frontdesk.graphs WHERE account_id = :account AND name = 'conversation' ORDER BY version;
SELECT frontdesk.activate_graph('conversation', :account, 2);
SELECT version, active, succeeded_by FROM frontdesk.graphs WHERE account_id = :account AND name = 'conversation' ORDER BY version;
SELECT frontdesk.activate_graph('conversation', :account, migrate => 'by magic');

-- a copy to be changed: of the house's graph, of the account's own, of a version
SELECT frontdesk.add_account('Copies') AS copies \gset
SELECT frontdesk.copy_graph('conversation', :copies) AS version;
SELECT active, builtin, entry FROM frontdesk.graphs WHERE account_id = :copies AND name = 'conversation';
-- rows that differ from the copied ones
SELECT to_jsonb(n) - '{account_id,version}'::text[] FROM frontdesk.graph_nodes n WHERE account_id = 0 AND graph = 'conversation' AND version = 1
EXCEPT SELECT to_jsonb(n) - '{account_id,version}'::text[] FROM frontdesk.graph_nodes n WHERE account_id = :copies AND graph = 'conversation' AND version = 2;
SELECT to_jsonb(e) - '{account_id,version}'::text[] FROM frontdesk.graph_edges e WHERE account_id = 0 AND graph = 'conversation' AND version = 1
EXCEPT SELECT to_jsonb(e) - '{account_id,version}'::text[] FROM frontdesk.graph_edges e WHERE account_id = :copies AND graph = 'conversation' AND version = 2;
SELECT frontdesk.activate_graph('conversation', :copies);
UPDATE frontdesk.graph_nodes SET attempts = 7 WHERE account_id = :copies AND graph = 'conversation' AND version = 2 AND name = 'classify';
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings)
VALUES (:copies, 'conversation', 2, 'inner', 'subgraph', '{"graph": "refund", "version": 1, "account_id": 0, "note": "kept"}');
SELECT frontdesk.copy_graph('conversation', :copies) AS of_its_own, frontdesk.copy_graph('conversation', :copies, 1) AS of_the_house;
SELECT version, name, attempts, settings FROM frontdesk.graph_nodes
WHERE account_id = :copies AND version > 2 AND name IN ('classify', 'inner') ORDER BY version, name;
SELECT action, subject, detail - 'from_account_id' AS detail FROM frontdesk.audit WHERE account_id = :copies AND action = 'graph.copied' ORDER BY at;
\set VERBOSITY sqlstate
SELECT frontdesk.copy_graph('conversation', :copies, 77);
SELECT frontdesk.copy_graph('no such graph', :copies);
\set VERBOSITY terse
-- people of the account may, others may not
CREATE ROLE regress_frontdesk_copier;
SELECT count(*) > 0 AS roles FROM frontdesk.setup_roles();
GRANT frontdesk_operator TO regress_frontdesk_copier;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES (:copies, 'regress_frontdesk_copier', 'Copier');
SET ROLE regress_frontdesk_copier;
SELECT frontdesk.copy_graph('conversation', :copies) AS version;
\set VERBOSITY sqlstate
SELECT frontdesk.copy_graph('conversation', :account);
SELECT frontdesk.copy_graph('conversation', 0);
RESET ROLE;
\set VERBOSITY terse
DELETE FROM frontdesk.accounts WHERE id = :copies;
DROP ROLE regress_frontdesk_copier;
