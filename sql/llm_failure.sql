-- What servers say of ends and errors, in their own words.
INSERT INTO frontdesk.accounts (id, name) VALUES (4714, 'failures');
INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings) VALUES
  (4714, 'plain', 'openai', 'https://models.example.com', '{"key": "none"}'),
  (4714, 'silent', 'openai', 'https://models.example.com', '{"key": "none", "finish_reason": "optional"}'),
  (4714, 'claude', 'anthropic', 'https://claude.example.com', '{"key": "none"}'),
  (4714, 'bare', 'openai', 'https://gateway.example.com', '{"omit": ["store", "reasoning_effort", "response_format"], "key_header": "api-key"}'),
  (4714, 'closed', 'anthropic', 'https://claude.example.com', '{"omit": ["effort", "cache_control"], "key": "none"}');
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, effort, output)
SELECT 4714, shape || ' ' || provider, provider, 'm', 'Answer.', 'low',
  CASE shape WHEN 'object' THEN '{"type": "object", "properties": {"said": {"type": "string"}}, "required": ["said"]}'::jsonb END
FROM unnest(ARRAY['text', 'object']) shape, unnest(ARRAY['plain', 'silent', 'claude', 'bare', 'closed']) provider;
CREATE FUNCTION pg_temp.chat(content text, finish text) RETURNS text LANGUAGE sql
RETURN jsonb_build_object('choices', jsonb_build_array(jsonb_build_object('finish_reason', finish, 'message', jsonb_build_object('content', content))))::text;
CREATE FUNCTION pg_temp.judge(agent text, status integer, body text, content_type text DEFAULT 'application/json')
RETURNS TABLE (verdict text, class text, code text, retry boolean, breaks boolean, problem text) LANGUAGE sql AS
$$SELECT j->>'verdict', j->>'failure_class', j->>'code', (j->>'retryable')::boolean, (j->>'breaks_provider')::boolean, left(j->>'problem', 100)
  FROM frontdesk.preview_answer(agent, status, body, 4714, content_type) j$$;

-- the end, in the words of many servers
SELECT word, (pg_temp.judge('text plain', 200, pg_temp.chat('We open at nine.', word))).verdict AS text,
  (pg_temp.judge('object plain', 200, pg_temp.chat('{"said": "We open."}', word))).verdict AS object,
  (pg_temp.judge('text claude', 200, jsonb_build_object('content', '[{"type": "text", "text": "We open."}]'::jsonb, 'stop_reason', word)::text)).verdict AS claude
FROM unnest(ARRAY['stop', 'STOP', 'eos', 'eos_token', 'stop_sequence', 'end_turn', 'length', 'max_tokens', 'MAX_TOKENS', 'model_length', 'content_filter', 'content_filter: SAFETY',
  'SAFETY', 'refusal', 'error', 'abort', 'insufficient_system_resource', 'tool_use', 'something_new', '', NULL]) word;
-- a server that never says it has a row that says so; what says that it is cut is cut there, too
SELECT word, (pg_temp.judge('text silent', 200, pg_temp.chat('We open at nine.', word))).verdict FROM unnest(ARRAY['', NULL, 'length', 'something_new']) word;

-- errors inside a success
SELECT n, (pg_temp.judge('text plain', 200, body)).* FROM (VALUES
  ('choice', '{"choices": [{"finish_reason": "error", "error": {"code": 502, "message": "upstream"}, "message": {"content": "We op"}}]}'),
  ('list', '[{"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}}]'),
  ('bare', '{"code": 1113, "msg": "Insufficient balance"}'),
  ('flat', '{"object": "error", "message": "busy", "code": 503}'),
  ('detail', '{"detail": "Not found"}'),
  ('nothing to say', '{"choices": [{"finish_reason": "stop", "message": {"content": ""}}]}'),
  ('nothing but thoughts', '{"choices": [{"finish_reason": "stop", "message": {"content": null, "reasoning_content": "Offer nothing."}}]}')) v (n, body);

-- whose fault: the text's
SELECT n, (pg_temp.judge('text plain', status, body, content_type)).* FROM (VALUES
  ('Azure', 400, '{"error": {"message": "The prompt was filtered.", "type": null, "param": "prompt", "code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}', 'application/json'),
  ('policy', 400, '{"error": {"message": "Rejected by our safety system.", "type": "invalid_request_error", "code": "content_policy_violation"}}', 'application/json'),
  ('a proxy', 400, '{"error": {"message": "litellm.ContentPolicyViolationError: AzureException", "type": null, "code": "400"}}', 'application/json'),
  ('moderation', 403, '{"error": {"message": "This model requires moderation. Your input was flagged", "code": 403}}', 'application/json'),
  ('firewall', 403, '<html><head><title>403 Forbidden</title></head></html>', 'text/html'),
  ('firewall without a type', 406, '<!DOCTYPE html><title>Not Acceptable!</title>', 'application/octet-stream'),
  ('a right that lacks', 403, '{"error": {"message": "You may not use this model"}}', 'application/json'),
  ('no such page', 404, '<html>404</html>', 'text/html'),
  ('context', 400, '{"error": {"message": "This model''s maximum context length is 4096 tokens. However, you requested 5000.", "type": "BadRequestError", "code": 400}}', 'application/json'),
  ('context of llama.cpp', 400, '{"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error", "n_ctx": 4096}}', 'application/json'),
  ('context that a server cut', 500, '{"error": {"message": "no user query found in messages", "type": "api_error", "code": null}}', 'application/json'),
  ('tokens per minute', 429, '{"error": {"message": "Request too large for m on tokens per min (TPM)", "type": "tokens", "code": "rate_limit_exceeded"}}', 'application/json')) v (n, status, body, content_type);
SELECT (pg_temp.judge('text claude', 400, '{"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}}')).*;
SELECT (pg_temp.judge('text claude', 400, '{"type": "error", "error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}}')).*;
-- the key's: its money, whatever the status
SELECT n, (pg_temp.judge(agent, status, body)).* FROM (VALUES
  ('no credit', 'text claude', 400, '{"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}}'),
  ('own limit', 'text claude', 400, '{"type": "error", "error": {"type": "invalid_request_error", "message": "You have reached your specified API usage limits."}}'),
  ('402', 'text plain', 402, '{"error": {"message": "Insufficient Balance", "type": "unknown_error"}}'),
  ('403', 'text plain', 403, '{"error": "Your team has used all available credits or reached its monthly spending limit."}'),
  ('429', 'text plain', 429, '{"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}'),
  ('too fast', 'text plain', 429, '[{"error": {"code": 429, "message": "You exceeded your current quota, please check your plan", "status": "RESOURCE_EXHAUSTED"}}]'),
  ('a budget', 'text plain', 400, '{"error": {"message": "Budget has been exceeded! Current cost: 2", "type": "budget_exceeded", "code": "400"}}')) v (n, agent, status, body);

-- members that a server does not know: read, and left out by its row
SELECT (pg_temp.judge('text plain', status, body)).* FROM (VALUES
  (400, '[{"error": {"code": 400, "message": "Unknown name \"store\": Cannot find field.", "status": "INVALID_ARGUMENT"}}]'),
  (422, '{"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted", "input": false}]}, "type": "invalid_request_error", "param": null, "code": null}'),
  (422, '{"detail": [{"type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted"}, {"msg": "Field required", "loc": ["body", "x"]}]}')) v (status, body);
SELECT call->'headers' AS headers, call->'body' AS body FROM (SELECT frontdesk.preview_call('object bare', 'Hi', 4714) AS call) c;
SELECT call->'body'->'output_config' AS output_config FROM (SELECT frontdesk.preview_call('object closed', 'Hi', 4714) AS call) c;
UPDATE frontdesk.providers SET settings = '{"omit": ["messages"]}' WHERE account_id = 4714 AND name = 'bare';
SELECT frontdesk.preview_call('text bare', 'Hi', 4714);
UPDATE frontdesk.providers SET settings = '{"omit": "store"}' WHERE account_id = 4714 AND name = 'bare';
SELECT frontdesk.preview_call('text bare', 'Hi', 4714);

-- without usage figures an estimate counts
SELECT n, (j->>'tokens_in')::integer > 0 AS tokens_in, (j->>'tokens_out')::integer AS tokens_out FROM (VALUES
  ('missing', '{"choices": [{"finish_reason": "stop", "message": {"content": "' || repeat('abc', 100) || '"}}]}'),
  ('null', '{"usage": null, "choices": [{"finish_reason": "stop", "message": {"content": "' || repeat('abc', 100) || '"}}]}'),
  ('zeros', '{"usage": {"prompt_tokens": 0, "completion_tokens": 0}, "choices": [{"finish_reason": "stop", "message": {"content": "' || repeat('abc', 100) || '"}}]}'),
  ('thoughts are paid for', '{"choices": [{"finish_reason": "stop", "message": {"content": "a", "reasoning": "' || repeat('abc', 100) || '"}}]}'),
  ('counted', '{"usage": {"prompt_tokens": 7, "completion_tokens": 5}, "choices": [{"finish_reason": "stop", "message": {"content": "' || repeat('abc', 100) || '"}}]}')) v (n, body),
  LATERAL frontdesk.preview_answer('text plain', 200, body, 4714) AS j;

DELETE FROM frontdesk.accounts WHERE id = 4714;
