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

CREATE OR REPLACE VIEW frontdesk.provider_checks WITH (security_invoker = true) AS
SELECT t.account_id, t.state ->> 'provider' AS provider, t.state ->> 'model' AS model, t.status,
  (t.state ->> 'works')::boolean AS works, t.state -> 'learned' AS learned, t.state ->> 'problem' AS problem, t.id AS thread_id
FROM frontdesk.threads AS t
WHERE t.kind = 'provider_check';
COMMENT ON VIEW frontdesk.provider_checks IS
'What check_provider() has found, one row each time: works, null until it is known; learned, what was written into the settings of the provider''s row; problem, one line, null when there is none.';

-- The functions that people call, by what they are for; the rest of the schema
-- is called by these, by workers and by the gateway.
CREATE OR REPLACE VIEW frontdesk.help WITH (security_invoker = true) AS
SELECT t.topic, p.proname::text AS name, pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
  pg_catalog.obj_description(p.oid, 'pg_proc') AS comment
FROM (VALUES
  ('accounts', '{add_account,add_site,register_webhook,revoke_registration,verify_signature,setup_roles}'),
  ('secrets', '{set_secret,delete_secret,rotate_secrets,check_secrets}'),
  ('conversations', '{receive_message,wait_for_answers,explain_conversation,explain_thread,take_over,give_back,sweep_site,set_opt_out,is_opted_out}'),
  ('approval', '{approve_draft,reject_draft,answer_interrupt,withdraw_interrupt}'),
  ('knowledge', '{find_knowledge,remove_knowledge,remove_template,remove_job_posting,remove_people_rules,remove_office_hours,is_open,remove_phrase,remove_channel_limits,limits_of,preview_reply,remove_refusal_rule,writable_until}'),
  ('decisions', '{classify,classify_with,train_classifier,remove_classifier,remove_classifier_example,remove_error_costs,text_similarity}'),
  ('models', '{add_provider,check_provider,preview_call,preview_answer,json_schema,reset_breaker,remove_agent,redact}'),
  ('graphs', '{copy_graph,graph_problems,graph_diagram,activate_graph,migrate_threads,current_tool_run}'),
  ('rehearsals', '{fork_conversation,fork_thread,replay_conversation,state_at,forget_rehearsals}'),
  ('repair', '{replay_delivery,replay_thread,replay_dead_letters,edit_delivery,edit_thread_state,resolve_delivery,withdraw_delivery,withdraw_thread}'),
  ('work', '{check,pause,drain,resume_work,wait_until_idle,place_problem,prune,prune_audit}')
) AS t (topic, names)
JOIN pg_catalog.pg_proc AS p ON p.pronamespace = 'frontdesk'::pg_catalog.regnamespace
  AND p.proname = ANY (t.names::text[])
  AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE');
COMMENT ON VIEW frontdesk.help IS
'The functions that people call and the caller may call, by topic, with their arguments and what they do. Every other object carries its explanation too: \df+ and \d+.';
