-- The adapters: what goes out, and what is made of what comes back.
INSERT INTO frontdesk.accounts (id, name) VALUES (4711, 'adapters');
INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings) VALUES
  (4711, 'strict', 'openai', 'https://models.example.com/', '{}'),
  (4711, 'loose', 'openai', 'http://127.0.0.1:11434/v1', '{"limit_field": "max_tokens", "system_role": "system", "structured": "json_object", "strict": false, "key": "none", "headers": {"X-Team": "desk"}}'),
  (4711, 'prompted', 'openai', 'http://127.0.0.1:8080/v1beta/openai/', '{"structured": "prompt", "key": "none"}'),
  (4711, 'claude', 'anthropic', 'https://claude.example.com', '{}');
INSERT INTO frontdesk.model_prices (model, valid_from, input, cached_input, cache_write, output) VALUES
  ('m', '2000-01-01', 99, 99, 99, 99), ('m', '2001-01-01', 1, 0.1, 2, 10), ('m', '3000-01-01', 99, 99, 99, 99);
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, effort, max_tokens, output)
SELECT 4711, shape || ' ' || provider, provider, 'm', 'Sort.', 'none', 400,
  CASE shape WHEN 'object' THEN '{"type": "object", "properties": {
    "kind": {"type": "string", "enum": ["Order", "other"]},
    "score": {"type": "number", "minimum": -1, "maximum": 1},
    "count": {"type": "integer"},
    "urgent": {"type": "boolean"},
    "day": {"type": ["string", "null"], "format": "date"},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    "who": {"anyOf": [{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}, {"type": "null"}]},
    "note": {"type": "string", "maxLength": 10}},
    "required": ["kind", "score", "count", "urgent", "day", "tags", "who"]}'::jsonb END
FROM unnest(ARRAY['text', 'object']) shape, unnest(ARRAY['strict', 'loose', 'prompted', 'claude']) provider;

-- What goes out
SELECT call->>'url' AS url, call->'headers' AS headers
FROM (SELECT frontdesk.preview_call('text ' || provider, 'Hi', 4711) AS call
  FROM unnest(ARRAY['strict', 'loose', 'prompted', 'claude']) provider) c;
SELECT jsonb_pretty(frontdesk.preview_call('object strict', E'Größe?\n"\\" \u0001 😀', 4711)->'body');
SELECT jsonb_pretty(frontdesk.preview_call('object claude', 'Hi', 4711)->'body');
SELECT jsonb_pretty(frontdesk.preview_call('object loose', 'Hi', 4711)->'body');
SELECT frontdesk.preview_call('object prompted', 'Hi', 4711)->'body' ? 'response_format' AS has_format;
-- history: neighbours merge for one vendor, who starts and ends is mended, blank turns stay out
\set history '[{"role": "assistant", "text": "Hello"}, {"role": "user", "text": " \\n"}, {"role": "user", "text": "a"}, {"role": "user", "text": "b"}, {"role": "assistant", "text": "c"}]'
SELECT jsonb_pretty(frontdesk.preview_call('text claude', 'd', 4711, :'history', 'kind: is missing')->'body'->'messages');
SELECT jsonb_pretty(frontdesk.preview_call('text strict', 'd', 4711, :'history', 'kind: is missing')->'body'->'messages');
-- a long prompt gets a place in the cache, effort its vendor's words
UPDATE frontdesk.agents SET prompt = repeat('Sort. ', 400), effort = 'minimal' WHERE account_id = 4711 AND name = 'text claude';
SELECT body->'system'->0->'cache_control' AS cache, body->'output_config' AS output_config
FROM (SELECT frontdesk.preview_call('text claude', 'd', 4711)->'body' AS body) b;

-- The house's row is hidden by the account's; what is wrong is told
SELECT frontdesk.preview_call('router', 'Hi', 4711)->>'provider' AS provider;
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt) VALUES (4711, 'router', 'strict', 'm', 'x');
SELECT frontdesk.preview_call('router', 'Hi', 4711)->>'provider' AS provider;
SELECT frontdesk.preview_call('nobody', 'Hi');
UPDATE frontdesk.agents SET provider = 'nowhere' WHERE account_id = 4711 AND name = 'router';
SELECT frontdesk.preview_call('router', 'Hi', 4711);
UPDATE frontdesk.agents SET provider = 'local' WHERE account_id = 4711 AND name = 'router';
SELECT frontdesk.preview_call('router', 'Hi', 4711);
UPDATE frontdesk.agents SET provider = 'strict', output_type = 'nothing.here' WHERE account_id = 4711 AND name = 'router';
SELECT frontdesk.preview_call('router', 'Hi', 4711);
UPDATE frontdesk.agents SET output = '[]' WHERE account_id = 4711 AND name = 'router';
SELECT frontdesk.preview_call('router', 'Hi', 4711);
UPDATE frontdesk.providers SET settings = '{"headers": {"X": "a\r\nb"}}' WHERE account_id = 4711 AND name = 'strict';
SELECT frontdesk.preview_call('text strict', 'Hi', 4711);
UPDATE frontdesk.providers SET settings = '{"limit_field": "tokens"}' WHERE account_id = 4711 AND name = 'strict';
SELECT frontdesk.preview_call('text strict', 'Hi', 4711);
UPDATE frontdesk.providers SET settings = '{}', base_url = 'http://127.example.com' WHERE account_id = 4711 AND name = 'strict';
SELECT frontdesk.preview_call('text strict', 'Hi', 4711);
UPDATE frontdesk.providers SET base_url = 'file:///etc/passwd' WHERE account_id = 4711 AND name = 'strict';
UPDATE frontdesk.providers SET base_url = 'http://localhost:8080/openai' WHERE account_id = 4711 AND name = 'strict';
SELECT frontdesk.preview_call('text strict', 'Hi', 4711)->'url' AS url;
-- a preview shows what its own transaction changed, and forgets it with it
BEGIN;
UPDATE frontdesk.agents SET model = 'changed' WHERE account_id = 4711 AND name = 'text strict';
SELECT frontdesk.preview_call('text strict', 'Hi', 4711)->'body'->'model' AS model;
ROLLBACK;
SELECT frontdesk.preview_call('text strict', 'Hi', 4711)->'body'->'model' AS model;

-- What comes back
CREATE FUNCTION pg_temp.chat(message text, reason text DEFAULT '"stop"') RETURNS text LANGUAGE sql
RETURN '{"id": "x", "object": "chat.completion", "choices": [{"index": 0, "finish_reason": ' || reason || ', "message": ' || message
  || '}], "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400, "cache_write_tokens": 100}}}';
CREATE FUNCTION pg_temp.said(content text) RETURNS text LANGUAGE sql
RETURN jsonb_build_object('role', 'assistant', 'content', content, 'refusal', NULL)::text;
CREATE FUNCTION pg_temp.claude(content text, reason text DEFAULT 'end_turn') RETURNS text LANGUAGE sql
RETURN '{"type": "message", "role": "assistant", "content": ' || content || ', "stop_reason": "' || reason
  || '", "usage": {"input_tokens": 500, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 400, "output_tokens": 100}}';
CREATE FUNCTION pg_temp.judge(agent text, body text, status integer DEFAULT 200, content_type text DEFAULT 'application/json')
RETURNS TABLE (verdict text, said text, problem text, class text, code text, retry boolean, breaks boolean) LANGUAGE sql AS
$$SELECT j->>'verdict', COALESCE(j->>'object', left(j->>'text', 60)), left(j->>'problem', 100), j->>'failure_class', j->>'code', (j->>'retryable')::boolean, (j->>'breaks_provider')::boolean
  FROM frontdesk.preview_answer(agent, status, body, 4711, content_type) j$$;
\set good '{"kind": "order", "score": "0.93", "count": 2.0, "urgent": "true", "day": "", "tags": ["a"], "who": [{"name": "Eva", "age": 3}], "more": 1}'

-- usage and cost, by either vendor's way of counting
SELECT j->'tokens_in' AS tokens_in, j->'tokens_cached' AS cached, j->'tokens_cache_write' AS written, j->'tokens_out' AS tokens_out, j->'cost' AS cost
FROM (VALUES (frontdesk.preview_answer('text strict', 200, pg_temp.chat(pg_temp.said('Hi')), 4711)),
  (frontdesk.preview_answer('text claude', 200, pg_temp.claude('[{"type": "text", "text": "Hi"}]'), 4711)),
  (frontdesk.preview_answer('text strict', 200, pg_temp.chat(pg_temp.said('Hi'), '"length"'), 4711)),
  (frontdesk.preview_answer('text claude', 200, pg_temp.claude('[]', 'refusal'), 4711)),
  (frontdesk.preview_answer('text claude', 200, pg_temp.claude('[{"type": "text", "text": "Hi"}]', 'refusal'), 4711)),
  (frontdesk.preview_answer('text strict', 200, '{"choices": [{"finish_reason": "stop", "message": {"content": "Hi"}}], "usage": {"prompt_tokens": -5, "completion_tokens": 1e30, "prompt_tokens_details": null}}', 4711))) v (j);

SELECT n, (pg_temp.judge('text strict', body)).* FROM (VALUES
  ('text', pg_temp.chat(pg_temp.said(E' Hallo\n '))),
  ('parts', pg_temp.chat('{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}')),
  ('NUL and lone surrogates', pg_temp.chat('{"content": "a\u0000b\ud800c\udc00\u0007 \\u0000 \ud83d\ude00"}')),
  ('thoughts', pg_temp.chat(pg_temp.said(E'<think>hm</think>\n\nHi'))),
  ('nothing but thoughts', pg_temp.chat(pg_temp.said('<think>hm'))),
  ('refusal', pg_temp.chat('{"content": null, "refusal": "I cannot."}')),
  ('cut', pg_temp.chat(pg_temp.said('Hi'), '"length"')),
  ('filtered', pg_temp.chat(pg_temp.said('Hi'), '"content_filter"')),
  ('tools with reason stop', pg_temp.chat('{"content": "x", "tool_calls": [{"id": "1"}]}')),
  ('no tools', pg_temp.chat('{"content": "x", "tool_calls": []}')),
  ('null', pg_temp.chat('{"content": null}')),
  ('empty', pg_temp.chat(pg_temp.said(E' \n'))),
  ('number', pg_temp.chat('{"content": 5}')),
  ('no reason', pg_temp.chat(pg_temp.said('Hi'), 'null')),
  ('no choice', '{"choices": []}'),
  ('choices of another kind', '{"choices": {"a": 1}}'),
  ('no message', '{"choices": [1]}'),
  ('cut body', '{"choices": [{"mess'),
  ('two values', '{"choices": []} {}'),
  ('NaN', '{"choices": NaN}'),
  ('a list', '[]'),
  ('empty body', ''),
  ('error in a 200', '{"error": {"message": "busy", "code": 503}}'),
  ('too deep', repeat('[', 10000)),
  ('too many', '[' || repeat('0,', 300000) || '0]')) v (n, body);
SELECT n, (pg_temp.judge('text claude', body)).* FROM (VALUES
  ('thinking first', pg_temp.claude('[{"type": "thinking", "thinking": "", "signature": "x"}, {"type": "text", "text": "Hi "}, {"type": "text", "text": "you"}]')),
  ('refusal', pg_temp.claude('[]', 'refusal')),
  ('cut', pg_temp.claude('[{"type": "text", "text": "Hi"}]', 'max_tokens')),
  ('context', pg_temp.claude('[]', 'model_context_window_exceeded')),
  ('tools', pg_temp.claude('[{"type": "tool_use"}]', 'tool_use')),
  ('pause', pg_temp.claude('[{"type": "text", "text": "Hi"}]', 'pause_turn')),
  ('only thinking', pg_temp.claude('[{"type": "thinking", "thinking": "x"}]')),
  ('empty', pg_temp.claude('[]')),
  ('content of another kind', pg_temp.claude('"Hi"')),
  ('error in a 200', '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}')) v (n, body);
SELECT 'page' AS n, (pg_temp.judge('text strict', '<html>', 200, 'text/html; charset=utf-8')).*;
SELECT 'stream' AS n, (pg_temp.judge('text strict', 'data: {}', 200, 'text/event-stream')).*;
-- an error is none of those whose code is a status of success
SELECT 'code 200' AS n, (pg_temp.judge('text strict', '{"error": {"message": "odd", "code": 200}}')).*;

-- answers held against the schema
SELECT n, (pg_temp.judge('object strict', pg_temp.chat(pg_temp.said(content)))).* FROM (VALUES
  ('mended', :'good'),
  ('same key twice', replace(:'good', '"count": 2.0', '"count": 1, "count": 2')),
  ('in a list', '[' || :'good' || ']'),
  ('optional there', replace(:'good', '"more": 1', '"note": "short"')),
  ('optional null', replace(:'good', '"more": 1', '"note": null')),
  ('null branch', replace(:'good', '[{"name": "Eva", "age": 3}]', 'null')),
  ('a real day', replace(:'good', '"day": ""', '"day": "2028-02-29"')),
  ('no such day', replace(:'good', '"day": ""', '"day": "2027-02-29"')),
  ('not in enum', replace(:'good', '"order"', '"refund"')),
  ('above', replace(:'good', '"0.93"', '93')),
  ('no number', replace(:'good', '"0.93"', '"high"')),
  ('huge', replace(:'good', '"0.93"', '1e200000')),
  ('no integer', replace(:'good', '2.0', '2.5')),
  ('no boolean', replace(:'good', '"true"', '"yes"')),
  ('missing', replace(:'good', '"kind": "order",', '')),
  ('element', replace(:'good', '["a"]', '["a", 1]')),
  ('too many', replace(:'good', '["a"]', '["a", "b", "c", "d"]')),
  ('nested', replace(:'good', '"name": "Eva"', '"name": null')),
  ('too long', replace(:'good', '"more": 1', '"note": "elf Zeichen"')),
  ('prose', 'Here: ' || :'good'),
  ('fence', E'```json\n' || :'good' || E'\n```'),
  ('not an object', '"order"'),
  ('cut', left(:'good', 40))) v (n, content);
-- a server that promised nothing is understood
SELECT n, (pg_temp.judge('object loose', pg_temp.chat(pg_temp.said(content), reason))).* FROM (VALUES
  ('fence', E'```json\n' || :'good' || E'\n```', '"stop"'),
  ('thoughts and prose', '<think>{no}</think> Sure: ' || :'good' || ' Anything else?', '"stop"'),
  ('brace in a string', replace(:'good', 'Eva', '} \" {') || '}', '"stop"'),
  ('no reason', :'good', 'null'),
  ('cut', left(:'good', 40), 'null'),
  ('cut and said so', :'good', '"length"'),
  ('prose alone', 'I do not know.', '"stop"')) v (n, content, reason);
SELECT (pg_temp.judge('object claude', pg_temp.claude(jsonb_build_array(jsonb_build_object('type', 'text', 'text', :'good'))::text))).*;

-- errors
SELECT status, (pg_temp.judge('text strict', body, status)).* FROM (VALUES
  (301, ''),
  (400, '{"error": {"message": "Unsupported parameter", "type": "invalid_request_error", "param": "max_tokens", "code": "unsupported_parameter"}}'),
  (401, '{"error": {"message": "Incorrect API key provided: ***", "type": "invalid_request_error", "code": "invalid_api_key"}}'),
  (402, '{"type": "error", "error": {"type": "billing_error", "message": "pay"}}'),
  (403, '{"error": {"message": "no access", "code": "model_not_found"}}'),
  (404, '{"error": "model \"x\" not found"}'),
  (408, ''), (409, ''), (413, '<html><h1>413</h1></html>'), (422, '{"detail": "field required"}'),
  (429, '{"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}'),
  (429, '{"error": {"message": "quota", "type": "billing", "code": "credit_balance_exhausted"}}'),
  (429, '{"error": {"message": "quota", "type": "insufficient_quota", "code": "something_new"}}'),
  (429, '{"error": {"message": "budget", "type": "budget_exceeded", "code": "429"}}'),
  (429, '{"type": "error", "error": {"type": "rate_limit_error", "message": "cap", "details": {"error_code": "enforced_spend_limit_reached"}}}'),
  (429, '{"type": "error", "error": {"type": "rate_limit_error", "message": "fast"}}'),
  (500, '{"error": {"message": "oops", "code": 500}}'),
  (500, '{"object": "error", "message": "flat", "code": 50000}'),
  (502, E'<html>\n<head><title>502 Bad Gateway</title></head>\n</html>'),
  (503, '{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}'),
  (504, ''),
  (529, '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'),
  (500, '{"error": {"message": ' || to_json(repeat('long ', 1000))::text || '}}')) v (status, body);
SELECT frontdesk.preview_answer('text strict', 429, '{}', 4711, retry_after => '1.5 s')->'retry_after_ms' AS retry_after_ms;

-- nobody may by default
SELECT proname, bool_or(acl.grantee = 0) AS granted_to_public
FROM pg_proc, LATERAL aclexplode(proacl) acl
WHERE pronamespace = 'frontdesk'::regnamespace AND proname LIKE 'preview%'
GROUP BY proname ORDER BY proname;

DELETE FROM frontdesk.model_prices WHERE model = 'm';
DELETE FROM frontdesk.accounts WHERE id = 4711;
