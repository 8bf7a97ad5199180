-- engine: what a person asks the engine.

CREATE OR REPLACE VIEW frontdesk.dead_letters WITH (security_invoker = true) AS
SELECT d.account_id, d.thread_id, 'delivery'::text AS what, d.seq, d.kind,
       d.failure ->> 'class' AS failure_class, d.failure ->> 'text' AS failure,
       d.payload, d.settled_at AS since
FROM frontdesk.deliveries d
WHERE d.status = 'dead' AND NOT coalesce(d.failure ? 'replayed_as', false)
UNION ALL
SELECT t.account_id, t.id, 'thread', NULL, t.graph, 'step', t.status_reason, t.state, t.updated_at
FROM frontdesk.threads t WHERE t.status = 'failed';
COMMENT ON VIEW frontdesk.dead_letters IS
'What was given up and waits for a person: deliveries that could not be made, and threads whose step failed for good. replay_thread() and replay_delivery() try again.';
