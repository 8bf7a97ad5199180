-- agents: what became of rehearsals, beside what was; who got a stand-in's answer.

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

CREATE OR REPLACE VIEW frontdesk.fallback_answers WITH (security_invoker = true) AS
SELECT k.account_id, c.id AS conversation_id, c.display_id, k.turn, k.node,
  k.failure ->> 'code' AS code, k.failure ->> 'text' AS why,
  pg_catalog.min(k.created_at) OVER (PARTITION BY k.account_id, k.failure ->> 'text') AS since,
  k.created_at AS answered_at, k.patch ->> 'agent_response' AS answer
FROM frontdesk.checkpoints AS k
JOIN frontdesk.conversations AS c ON c.account_id = k.account_id AND c.id = k.thread_id
WHERE k.model LIKE 'local (%';
COMMENT ON VIEW frontdesk.fallback_answers IS
'Steps that the local provider did in place of a model, one row each: of which conversation, why (no key is stored, the provider refuses, cannot be reached, a budget is used up …), since when that reason has been met, and what was answered (null for a step that answers nothing, as the router''s). Customers who were promised something by the local answer stand here. Rows go with their checkpoints (frontdesk.retention).';
