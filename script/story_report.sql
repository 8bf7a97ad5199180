-- What became of each message of the story: one row per conversation, the
-- newest message standing for a burst, and the time from that message to the
-- first word of ours after it.
\pset footer off
\pset border 2
\pset null '-'
WITH asked AS (
  SELECT c.account_id, c.id, c.display_id, c.channel,
    pg_catalog.count(*) AS count,
    pg_catalog.string_agg(m.content, ' / ' ORDER BY m.seq) AS content,
    pg_catalog.max(m.seq) AS last_seq,
    pg_catalog.max(m.created_at) AS last_at
  FROM frontdesk.conversations c
  JOIN frontdesk.messages m ON (m.account_id, m.conversation_id) = (c.account_id, c.id)
  WHERE m.direction = 'incoming'
  GROUP BY c.account_id, c.id
),
said AS (
  SELECT a.id, pg_catalog.count(*) FILTER (WHERE NOT m.private) AS count,
    (pg_catalog.array_agg(m.content ORDER BY m.seq) FILTER (WHERE NOT m.private))[1] AS content,
    pg_catalog.min(m.created_at) AS at
  FROM asked a
  JOIN frontdesk.messages m ON (m.account_id, m.conversation_id) = (a.account_id, a.id)
  WHERE m.direction = 'outgoing'
  GROUP BY a.id
),
worked AS (
  SELECT step.id, pg_catalog.string_agg(step.agent, ', ' ORDER BY step.seq) AS agents
  FROM (
    SELECT a.id, coalesce(n.agent, 'hand-over') AS agent, pg_catalog.min(k.seq) AS seq
    FROM asked a
    JOIN frontdesk.threads t ON (t.account_id, t.id) = (a.account_id, a.id)
    JOIN frontdesk.checkpoints k ON (k.account_id, k.thread_id) = (t.account_id, t.id)
    JOIN frontdesk.graph_nodes n ON (n.account_id, n.graph, n.version, n.name) = (t.graph_account_id, t.graph, t.graph_version, k.node)
    GROUP BY a.id, coalesce(n.agent, 'hand-over')) step
  GROUP BY step.id
)
SELECT a.channel,
  CASE WHEN pg_catalog.length(a.content) > 30 THEN pg_catalog.left(a.content, 29) || '…' ELSE a.content END AS message,
  t.state->>'intent' AS intent,
  t.state->>'priority' AS priority,
  t.state->>'route' AS route,
  w.agents,
  CASE WHEN pg_catalog.length(r.reply) > 40 THEN pg_catalog.left(r.reply, 39) || '…' ELSE r.reply END AS reply,
  pg_catalog.round(EXTRACT(epoch FROM s.at - a.last_at) * 1000) AS ms
FROM asked a
JOIN frontdesk.threads t ON (t.account_id, t.id) = (a.account_id, a.id)
LEFT JOIN said s ON s.id = a.id
LEFT JOIN worked w ON w.id = a.id
CROSS JOIN LATERAL (
  SELECT COALESCE(s.content, '(to a person) ' || (t.state->>'escalation_reason')) AS reply
) AS r
ORDER BY a.display_id;
