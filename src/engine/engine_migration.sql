-- engine_migration: moving living threads to another version of their graph.

CREATE OR REPLACE FUNCTION frontdesk.migrate_thread(thread frontdesk.threads, graph_account_id integer, to_version integer, node_map jsonb)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  step frontdesk.checkpoints;
  target text;
BEGIN
  SELECT * INTO step FROM frontdesk.checkpoints c
  WHERE c.account_id = thread.account_id AND c.thread_id = thread.id AND c.seq >= greatest(thread.step_seq, 1)
  ORDER BY c.seq DESC LIMIT 1;
  target := migrate_thread.node_map ->> step.next_node;
  IF thread.status NOT IN ('idle', 'failed') AND step.seq = thread.step_seq AND step.node = step.next_node AND step.failure IS NULL THEN
    -- it waits for an answer to this very step
    IF target IS NULL OR NOT EXISTS (
        SELECT FROM frontdesk.graph_nodes n JOIN frontdesk.graph_nodes o USING (kind)
        WHERE (n.account_id, n.graph, n.version, n.name) = (migrate_thread.graph_account_id, thread.graph, to_version, target)
          AND (o.account_id, o.graph, o.version, o.name) = (thread.graph_account_id, thread.graph, thread.graph_version, step.next_node)) THEN
      RETURN false;
    END IF;
    UPDATE frontdesk.checkpoints c SET node = target, next_node = target
    WHERE c.account_id = step.account_id AND c.thread_id = step.thread_id AND c.seq = step.seq;
  ELSIF step.seq > thread.step_seq AND step.next_node IS NOT NULL THEN
    IF target IS NULL THEN
      RETURN false;
    END IF;
    INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, mail_seq, created_at)
    VALUES (thread.account_id, thread.id, step.seq + 1, step.turn, '(migrated)', target, '{}', step.mail_seq, frontdesk.clock());
  END IF;
  UPDATE frontdesk.threads t
  SET graph_account_id = migrate_thread.graph_account_id, graph_version = to_version, epoch = t.epoch + 1
  WHERE t.account_id = thread.account_id AND t.id = thread.id;
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.migrate_thread(frontdesk.threads, integer, integer, jsonb) IS
'Moves one thread, locked by the caller and owned by nobody, and tells whether it could: one in the middle of a turn, or that waits for an answer, only when the map names the node it stands at. For migrate_some_threads().';

CREATE OR REPLACE FUNCTION frontdesk.migrate_some_threads(
  graph text, account_id integer, from_version integer, to_version integer, node_map jsonb, batch integer,
  INOUT after_account integer, INOUT after_thread uuid, OUT looked_at integer, OUT moved integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  thread frontdesk.threads;
  unknown text;
BEGIN
  PERFORM frontdesk.require_account(migrate_some_threads.account_id);
  SELECT m.value INTO unknown FROM jsonb_each_text(migrate_some_threads.node_map) m
  WHERE NOT frontdesk.has_node(migrate_some_threads.account_id, migrate_some_threads.graph, migrate_some_threads.to_version, m.value) LIMIT 1;
  IF FOUND OR NOT EXISTS (SELECT FROM frontdesk.graphs g WHERE (g.account_id, g.name, g.version)
      = (migrate_some_threads.account_id, migrate_some_threads.graph, migrate_some_threads.to_version)) THEN
    RAISE EXCEPTION 'version % of graph "%" of account % does not exist%', migrate_some_threads.to_version, migrate_some_threads.graph,
        migrate_some_threads.account_id, CASE WHEN unknown IS NOT NULL THEN format(', or has no node "%s"', unknown) ELSE '' END
      USING ERRCODE = 'FD010', HINT = 'node_map is {"node of the old version": "node of the new one"}.';
  END IF;
  looked_at := 0;
  moved := 0;
  FOR thread IN
    SELECT t.* FROM frontdesk.threads t
    WHERE (t.account_id, t.id) > (after_account, after_thread)
      AND (t.account_id = migrate_some_threads.account_id OR migrate_some_threads.account_id = 0 AND t.graph_account_id = 0)
      AND t.graph = migrate_some_threads.graph AND t.graph_version = from_version AND t.kind <> 'rehearsal'
      AND (t.graph_account_id, t.graph_version) <> (migrate_some_threads.account_id, migrate_some_threads.to_version)
    ORDER BY t.account_id, t.id LIMIT batch
    FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    looked_at := looked_at + 1;
    after_account := thread.account_id;
    after_thread := thread.id;
    IF thread.slot IS NULL AND frontdesk.migrate_thread(thread, migrate_some_threads.account_id, to_version, node_map) THEN
      moved := moved + 1;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION frontdesk.migrate_some_threads(text, integer, integer, integer, jsonb, integer, integer, uuid) IS
'One batch of migrate_threads(): looks at threads behind a key, in order, leaves out those that somebody has locked or a worker owns, and returns the last key with how many it saw and moved.';

CREATE OR REPLACE PROCEDURE frontdesk.migrate_threads(graph text, account_id integer, from_version integer, to_version integer, node_map jsonb DEFAULT '{}', batch integer DEFAULT 1000)
LANGUAGE plpgsql
AS $$
DECLARE
  at_account integer := 0;
  at_thread uuid := '00000000-0000-0000-0000-000000000000';
  seen integer;
  went integer;
  all_seen bigint := 0;
  all_went bigint := 0;
BEGIN
  -- a procedure that commits cannot set search_path: nothing here is looked up but by its whole name
  LOOP
    SELECT s.after_account, s.after_thread, s.looked_at, s.moved INTO at_account, at_thread, seen, went
    FROM frontdesk.migrate_some_threads(graph, account_id, from_version, to_version, node_map, batch, at_account, at_thread) s;
    COMMIT;
    all_seen := all_seen OPERATOR(pg_catalog.+) seen;
    all_went := all_went OPERATOR(pg_catalog.+) went;
    RAISE NOTICE '% of % threads moved to version %', all_went, all_seen, to_version;
    EXIT WHEN seen OPERATOR(pg_catalog.<) batch;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE frontdesk.migrate_threads(text, integer, integer, integer, jsonb, integer) IS
'Moves the threads of an account (0: of all that walk the house''s graph) from one version of a graph to another of that account, in batches with a commit and a notice each. Threads at rest move; one in the middle of a turn, or that waits for an answer, moves when node_map {"old node": "new node"} names the node it stands at; one that is at work or locked stays, and moves when this is called again. Raises FD010 when the version, or a node of the map, does not exist.';
