-- agents: what became of rehearsals, beside what was.

CREATE OR REPLACE VIEW frontdesk.replay_comparison WITH (security_invoker = true) AS
SELECT r.replay_id, r.account_id, c.display_id::text AS conversation_id, r.turn, r.status,
  r.state ->> 'content' AS content,
  was.version AS version_before, r.graph_version AS version_after,
  was.path AS path_before, r.path AS path_after,
  was.reply AS reply_before, r.state ->> 'agent_response' AS reply_after,
  was.cost AS cost_before, r.cost AS cost_after,
  r.held AS deliveries_after,
  was.path IS DISTINCT FROM r.path AS path_differs,
  was.reply IS DISTINCT FROM r.state ->> 'agent_response' AS reply_differs,
  r.thread_id AS rehearsal
FROM frontdesk.rehearsal_results AS r
JOIN frontdesk.conversations AS c ON c.account_id = r.account_id AND c.id = r.source_id
CROSS JOIN LATERAL (
  SELECT (SELECT t.graph_version FROM frontdesk.threads AS t WHERE t.account_id = r.account_id AND t.id = r.source_id) AS version,
    pg_catalog.string_agg(k.node, ' → ' ORDER BY k.seq) FILTER (WHERE k.failure ->> 'class' IS DISTINCT FROM 'joined') AS path,
    (pg_catalog.array_agg(k.patch ->> 'agent_response' ORDER BY k.seq DESC) FILTER (WHERE k.patch ? 'agent_response'))[1] AS reply,
    coalesce(pg_catalog.sum(k.cost), 0) AS cost
  FROM frontdesk.checkpoints AS k
  WHERE k.account_id = r.account_id AND k.thread_id = r.source_id AND k.turn = r.turn AND k.seq > 0) AS was
WHERE r.replay_id IS NOT NULL;
COMMENT ON VIEW frontdesk.replay_comparison IS
'One row per turn that replay_conversation() rehearses: what the customer wrote, and side by side nodes walked, reply and cost in US dollars as they were (before) and as the other version has it (after; final when status is done). version_before is the version the conversation walks by now. deliveries_after is what would have been sent.';
