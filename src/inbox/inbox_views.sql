-- inbox: conversations as people ask about them.

CREATE OR REPLACE VIEW frontdesk.conversation_state WITH (security_invoker = true) AS
SELECT conversations.display_id::text AS conversation_id,
  conversations.channel,
  threads.state || coalesce(young.patch, '{}') AS state,
  coalesce(newest.seq, 0)::text AS checkpoint_id,
  coalesce(newest.created_at, threads.updated_at) AS last_updated,
  threads.resumed_count,
  conversations.account_id,
  conversations.site_id,
  conversations.id AS conversation,
  conversations.status,
  conversations.handled_by
FROM frontdesk.conversations
JOIN frontdesk.threads ON threads.account_id = conversations.account_id
  AND threads.id = conversations.id
LEFT JOIN LATERAL (
  SELECT pg_catalog.jsonb_object_agg(members.key, members.value ORDER BY checkpoints.seq) AS patch
  FROM frontdesk.checkpoints
  CROSS JOIN LATERAL pg_catalog.jsonb_each(checkpoints.patch) AS members
  WHERE checkpoints.account_id = threads.account_id
    AND checkpoints.thread_id = threads.id
    AND checkpoints.seq > threads.step_seq
) AS young ON true
LEFT JOIN LATERAL (
  SELECT checkpoints.seq, checkpoints.created_at
  FROM frontdesk.checkpoints
  WHERE checkpoints.account_id = threads.account_id
    AND checkpoints.thread_id = threads.id
  ORDER BY checkpoints.seq DESC
  LIMIT 1
) AS newest ON true;
COMMENT ON VIEW frontdesk.conversation_state IS
'One row per conversation: where its graph stands. conversation_id is the number its source shows; state what is known, with the steps of a turn that is still under way; checkpoint_id the newest step in frontdesk.checkpoints ("0" before the first); resumed_count how often a turn was taken over after its worker had died. conversation is the key of frontdesk.conversations and of the thread.';

CREATE OR REPLACE VIEW frontdesk.drafts WITH (security_invoker = true) AS
SELECT drafts.account_id, drafts.id AS draft_id, drafts.conversation_id AS conversation,
  conversations.display_id::text AS conversation_id, conversations.channel, leads.name AS lead_name,
  drafts.agent, drafts.content, drafts.created_at, drafts.deadline_at,
  threads.state ->> 'content' AS customer_wrote, threads.state ->> 'intent' AS intent,
  threads.state ->> 'priority' AS priority
FROM frontdesk.reply_drafts AS drafts
JOIN frontdesk.conversations ON conversations.account_id = drafts.account_id
  AND conversations.id = drafts.conversation_id
JOIN frontdesk.threads ON threads.account_id = drafts.account_id
  AND threads.id = drafts.conversation_id
JOIN frontdesk.leads ON leads.account_id = conversations.account_id
  AND leads.id = conversations.lead_id
WHERE drafts.status = 'open';
COMMENT ON VIEW frontdesk.drafts IS
'The replies that wait for approve_draft() or reject_draft(), with what they answer. All drafts that ever were are in frontdesk.reply_drafts.';
