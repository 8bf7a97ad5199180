-- engine: who may see what.

ALTER TABLE frontdesk.graphs ENABLE ROW LEVEL SECURITY;
CREATE POLICY graphs_house ON frontdesk.graphs FOR SELECT
  USING (account_id = 0);
CREATE POLICY graphs_account ON frontdesk.graphs
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.graph_nodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY graph_nodes_house ON frontdesk.graph_nodes FOR SELECT
  USING (account_id = 0);
CREATE POLICY graph_nodes_account ON frontdesk.graph_nodes
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.graph_edges ENABLE ROW LEVEL SECURITY;
CREATE POLICY graph_edges_house ON frontdesk.graph_edges FOR SELECT
  USING (account_id = 0);
CREATE POLICY graph_edges_account ON frontdesk.graph_edges
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.threads ENABLE ROW LEVEL SECURITY;
CREATE POLICY threads_account ON frontdesk.threads
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.checkpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY checkpoints_account ON frontdesk.checkpoints
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY deliveries_account ON frontdesk.deliveries
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.mailbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY mailbox_account ON frontdesk.mailbox
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.ready ENABLE ROW LEVEL SECURITY;
CREATE POLICY ready_account ON frontdesk.ready
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.alarms ENABLE ROW LEVEL SECURITY;
CREATE POLICY alarms_account ON frontdesk.alarms
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.pauses ENABLE ROW LEVEL SECURITY;
CREATE POLICY pauses_account ON frontdesk.pauses
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.interrupts ENABLE ROW LEVEL SECURITY;
CREATE POLICY interrupts_account ON frontdesk.interrupts
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.rehearsals ENABLE ROW LEVEL SECURITY;
CREATE POLICY rehearsals_account ON frontdesk.rehearsals
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.tool_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tool_runs_account ON frontdesk.tool_runs
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

ALTER TABLE frontdesk.retention_policies ENABLE ROW LEVEL SECURITY;
CREATE POLICY retention_policies_account ON frontdesk.retention_policies
  USING (account_id = 0 OR account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.retention_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY retention_runs_account ON frontdesk.retention_runs
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

ALTER TABLE frontdesk.budgets ENABLE ROW LEVEL SECURITY;
CREATE POLICY budgets_account ON frontdesk.budgets
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT ON frontdesk.retention, frontdesk.retention_kinds, frontdesk.retention_policies, frontdesk.retention_runs TO %I'),
  ('authenticator', 'GRANT EXECUTE ON FUNCTION frontdesk.metrics() TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.workers, frontdesk.in_flight, frontdesk.queue, frontdesk.turns TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.board_workers(), frontdesk.board_requests(), frontdesk.class_name(integer) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.pauses, frontdesk.work_status TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.pause(integer, text), frontdesk.drain(integer, text), frontdesk.resume_work(integer), frontdesk.wait_until_idle(interval, integer), frontdesk.place_problem() TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.library_state(), frontdesk.library_problems(), frontdesk.serving_workers(), frontdesk.serving_problem() TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.budgets, frontdesk.budget_use TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.budget_in_use(integer) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.graphs, frontdesk.graph_nodes, frontdesk.graph_edges TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.threads, frontdesk.checkpoints, frontdesk.deliveries, frontdesk.mailbox, frontdesk.ready, frontdesk.alarms, frontdesk.dead_letters TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.interrupts, frontdesk.questions, frontdesk.tool_runs TO %I'),
  ('tool', 'GRANT EXECUTE ON FUNCTION frontdesk.take_tool_run(), frontdesk.finish_tool_run(), frontdesk.current_tool_run() TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.answer_interrupt(integer, uuid, jsonb, text), frontdesk.withdraw_interrupt(integer, uuid) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.graph_diagram(text, integer, integer), frontdesk.graph_problems(text, integer, integer), frontdesk.node_kinds(), frontdesk.question_problems(jsonb), frontdesk.subgraph_of(integer, jsonb), frontdesk.has_node(integer, text, integer, text), frontdesk.node_function(text), frontdesk.is_shipped(regprocedure), frontdesk.fit_answer(jsonb, jsonb) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.copy_graph(text, integer, integer), frontdesk.wait_for_answers(interval, integer) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.replay_thread(integer, uuid), frontdesk.replay_delivery(integer, uuid, bigint), frontdesk.replay_dead_letters(integer, text, timestamptz, timestamptz, integer) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.edit_delivery(integer, uuid, bigint, jsonb), frontdesk.withdraw_delivery(integer, uuid, bigint, text), frontdesk.resolve_delivery(integer, uuid, bigint, boolean, text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.migrate_some_threads(text, integer, integer, integer, jsonb, integer, integer, uuid) TO %I'),
  ('operator', 'GRANT EXECUTE ON PROCEDURE frontdesk.migrate_threads(text, integer, integer, integer, jsonb, integer) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.explain_thread(integer, uuid) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.rehearsals, frontdesk.rehearsal_results, frontdesk.held_deliveries TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.state_at(integer, uuid, bigint), frontdesk.fork_thread(integer, uuid, bigint, jsonb, integer), frontdesk.forget_rehearsals(integer, interval) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.edit_thread_state(integer, uuid, jsonb), frontdesk.withdraw_thread(integer, uuid, text) TO %I');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.place', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.pauses', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.graphs', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.graph_nodes', 'WHERE account_id <> 0');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.graph_edges', 'WHERE account_id <> 0');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.retention_policies', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.threads', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.budgets', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.ready', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.mailbox', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.checkpoints', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.deliveries', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.interrupts', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.rehearsals', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.alarms', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.tool_runs', '');
