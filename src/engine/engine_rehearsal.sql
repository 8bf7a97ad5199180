-- engine_rehearsal: a thread goes on from one of its checkpoints once more, without effect.

CREATE OR REPLACE FUNCTION frontdesk.state_at(account_id integer, thread_id uuid, checkpoint bigint)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH base AS (
    SELECT c.seq, c.snapshot FROM frontdesk.checkpoints c
    WHERE c.account_id = $1 AND c.thread_id = $2 AND c.seq BETWEEN 1 AND $3 AND c.snapshot IS NOT NULL
    ORDER BY c.seq DESC LIMIT 1
  ), later AS (
    SELECT c.seq, c.patch FROM frontdesk.checkpoints c
    WHERE c.account_id = $1 AND c.thread_id = $2 AND c.seq > coalesce((SELECT b.seq FROM base b), 0) AND c.seq <= $3
  )
  SELECT CASE WHEN (SELECT count(*) FROM later) = $3 - coalesce((SELECT b.seq FROM base b), 0) THEN
    coalesce((SELECT b.snapshot FROM base b), '{}')
      || coalesce((SELECT jsonb_object_agg(m.key, m.value ORDER BY l.seq) FROM later l, jsonb_each(l.patch) m), '{}')
  END
$$;
COMMENT ON FUNCTION frontdesk.state_at(integer, uuid, bigint) IS
'The state of a thread after one of its checkpoints (0: before the first): the last snapshot before it with the patches since. Null when a checkpoint that it takes was pruned, or is not written yet.';

CREATE OR REPLACE FUNCTION frontdesk.graph_version_of(account_id integer, graph text, version integer)
RETURNS frontdesk.graphs
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  g frontdesk.graphs;
BEGIN
  SELECT * INTO g FROM frontdesk.graphs x
  WHERE x.account_id IN (graph_version_of.account_id, 0) AND x.name = graph_version_of.graph
    AND CASE WHEN graph_version_of.version IS NULL THEN x.active ELSE x.version = graph_version_of.version END
  ORDER BY x.account_id DESC LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'graph "%" has no version % for account %', graph_version_of.graph,
        coalesce(graph_version_of.version::text, 'that is active'), graph_version_of.account_id
      USING ERRCODE = 'FD010', HINT = 'SELECT account_id, name, version, active FROM frontdesk.graphs lists the graphs there are.';
  END IF;
  RETURN g;
END
$$;
COMMENT ON FUNCTION frontdesk.graph_version_of(integer, text, integer) IS
'The row of a graph as an account sees it: its own before the house''s; the active version when none is given. Raises FD010 when there is none.';

CREATE OR REPLACE FUNCTION frontdesk.fork_thread(account_id integer, thread_id uuid, checkpoint bigint DEFAULT NULL, patch jsonb DEFAULT '{}', graph_version integer DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  t frontdesk.threads;
  g frontdesk.graphs;
  c frontdesk.checkpoints;
  known jsonb;
  next text;
  forked uuid := frontdesk.uuid();
BEGIN
  PERFORM frontdesk.require_account(fork_thread.account_id);
  SELECT * INTO t FROM frontdesk.threads x WHERE x.account_id = fork_thread.account_id AND x.id = fork_thread.thread_id;
  SELECT * INTO c FROM frontdesk.checkpoints x
  WHERE x.account_id = fork_thread.account_id AND x.thread_id = fork_thread.thread_id AND x.seq > 0
    AND x.seq = coalesce(fork_thread.checkpoint, x.seq)
  ORDER BY x.seq DESC LIMIT 1;
  IF c.seq IS NULL THEN
    RAISE EXCEPTION 'thread % of account % has no checkpoint %', fork_thread.thread_id, fork_thread.account_id, coalesce(fork_thread.checkpoint::text, 'yet')
      USING ERRCODE = 'P0002', HINT = 'SELECT seq, node, next_node FROM frontdesk.checkpoints lists those there are.';
  END IF;
  known := frontdesk.state_at(t.account_id, t.id, c.seq);
  IF known IS NULL THEN
    RAISE EXCEPTION 'the state after checkpoint % is not known any more: checkpoints before it were pruned', c.seq
      USING ERRCODE = '55000', HINT = 'Fork from a later checkpoint: one that has a snapshot, or follows one.';
  END IF;
  PERFORM frontdesk.require_length('the state of the rehearsal', octet_length((known || fork_thread.patch)::text),
    greatest(262144, octet_length(known::text)), 'Members set to null make room; what is long belongs into a row.');
  IF fork_thread.graph_version IS NULL THEN
    g.account_id := t.graph_account_id;
    g.version := t.graph_version;
  ELSE
    g := frontdesk.graph_version_of(t.account_id, t.graph, fork_thread.graph_version);
  END IF;
  next := c.next_node;
  IF c.failure IS NULL AND c.next_node IS DISTINCT FROM c.node AND (fork_thread.patch <> '{}' OR fork_thread.graph_version IS NOT NULL)
     AND EXISTS (SELECT FROM frontdesk.graph_nodes n WHERE (n.account_id, n.graph, n.version, n.name) = (g.account_id, t.graph, g.version, c.node)) THEN
    next := (SELECT e.target FROM frontdesk.graph_edges e
             WHERE (e.account_id, e.graph, e.version, e.source) = (g.account_id, t.graph, g.version, c.node)
               AND (e.condition IS NULL OR (known || fork_thread.patch) @> e.condition)
             ORDER BY e.position LIMIT 1);
  ELSIF next IS NOT NULL AND NOT frontdesk.has_node(g.account_id, t.graph, g.version, next) THEN
    RAISE EXCEPTION 'checkpoint % leads to node "%", which graph "%" version % does not have', c.seq, next, t.graph, g.version
      USING ERRCODE = 'FD010', HINT = 'Fork from a checkpoint whose node or next_node both versions have.';
  END IF;
  INSERT INTO frontdesk.rehearsals (account_id, thread_id, source_id, kind, checkpoint, known_event, created_by, created_at)
  SELECT t.account_id, forked, coalesce(r.source_id, t.id), coalesce(r.kind, t.kind), c.seq, coalesce(r.known_event, c.mail_seq), frontdesk.caller(), frontdesk.clock()
  FROM (SELECT) one LEFT JOIN frontdesk.rehearsals r ON r.account_id = t.account_id AND r.thread_id = t.id;
  INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, class, turns, status, status_reason, state)
  VALUES (t.account_id, forked, 'rehearsal', t.graph, g.account_id, g.version, 2, c.turn - 1, 'waiting', 'a rehearsal is about to begin', known);
  INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, snapshot, mail_seq, created_at)
  VALUES (t.account_id, forked, 1, c.turn, CASE next WHEN c.node THEN '(again)' ELSE c.node END, next, fork_thread.patch, known || fork_thread.patch, 1, frontdesk.clock());
  PERFORM frontdesk.post_mail(t.account_id, forked, 'lane');
  PERFORM frontdesk.record_audit(t.account_id, 'thread.forked', t.id::text,
                                 jsonb_build_object('checkpoint', c.seq, 'rehearsal', forked, 'graph_version', g.version));
  RETURN forked;
END
$$;
COMMENT ON FUNCTION frontdesk.fork_thread(integer, uuid, bigint, jsonb, integer) IS
'Rehearses how a thread would go on behind one of its checkpoints (the newest by default), with a patch of the state and on another version of its graph if asked to: a thread of kind rehearsal begins at the checkpoint''s next node, or, with a patch or a version, where the edges of the checkpoint''s node lead then. Models are asked for real and cost what they cost; nothing else takes effect. Returns the rehearsal''s id, for frontdesk.rehearsal_results and frontdesk.held_deliveries. Raises P0002 when there is no such checkpoint, 55000 when its state was pruned, FD010 when the version does not exist or lacks the next node, 54000 when the state would have more than 256 kB.';

CREATE OR REPLACE FUNCTION frontdesk.forget_rehearsals(account_id integer, older_than interval DEFAULT '30 days')
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  forgotten uuid[];
BEGIN
  PERFORM frontdesk.require_account(forget_rehearsals.account_id);
  SELECT coalesce(array_agg(x.id), '{}') INTO forgotten
  FROM (SELECT t.id FROM frontdesk.threads t JOIN frontdesk.rehearsals r ON r.account_id = t.account_id AND r.thread_id = t.id
        WHERE t.account_id = forget_rehearsals.account_id AND t.kind = 'rehearsal' AND t.slot IS NULL
          AND r.created_at < frontdesk.clock() - forget_rehearsals.older_than
        ORDER BY t.id LIMIT 10000 FOR NO KEY UPDATE OF t SKIP LOCKED) x;
  DELETE FROM frontdesk.ready r WHERE r.account_id = forget_rehearsals.account_id AND r.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.mailbox m WHERE m.account_id = forget_rehearsals.account_id AND m.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.deliveries d WHERE d.account_id = forget_rehearsals.account_id AND d.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.interrupts i WHERE i.account_id = forget_rehearsals.account_id AND i.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.tool_runs u WHERE u.account_id = forget_rehearsals.account_id AND u.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.checkpoints c WHERE c.account_id = forget_rehearsals.account_id AND c.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.rehearsals r WHERE r.account_id = forget_rehearsals.account_id AND r.thread_id = ANY (forgotten);
  DELETE FROM frontdesk.threads t WHERE t.account_id = forget_rehearsals.account_id AND t.id = ANY (forgotten);
  RETURN cardinality(forgotten);
END
$$;
COMMENT ON FUNCTION frontdesk.forget_rehearsals(integer, interval) IS
'Removes rehearsals of an account that are older and not at work, at most 10,000 at a time, with their checkpoints (and so the record of what they cost) and held deliveries; returns how many.';
