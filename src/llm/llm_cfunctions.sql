-- llm: functions in C.

CREATE OR REPLACE FUNCTION frontdesk.json_schema(type regtype) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'frontdesk_json_schema';
COMMENT ON FUNCTION frontdesk.json_schema(regtype) IS
'The JSON Schema of a composite type, in the subset that model vendors accept: every attribute required, attributes that may be null as a union with null (a domain declared NOT NULL may not, an array is empty instead), no bounds. Comments on attributes become descriptions. Attributes of type json and jsonb travel as text. Fails on other types (wrong_object_type) and on attributes without a word in JSON (feature_not_supported).';

CREATE OR REPLACE FUNCTION frontdesk.preview_call(
  agent text, content text, account_id integer DEFAULT 0,
  history jsonb DEFAULT '[]', correction text DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'frontdesk_preview_call';
COMMENT ON FUNCTION frontdesk.preview_call(text, text, integer, jsonb, text) IS
'The request an agent would send for a message, without sending it: {"provider", "method", "url", "headers": [text], "timeout_ms", "body": object}; a key shows as ***. history holds earlier turns, [{"role": "user"|"assistant", "text": text}]; correction is what was wrong with a last answer. Fails when the agent works locally.';
REVOKE ALL ON FUNCTION frontdesk.preview_call(text, text, integer, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.preview_answer(
  agent text, status integer, body text, account_id integer DEFAULT 0,
  content_type text DEFAULT 'application/json', retry_after interval DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'frontdesk_preview_answer';
COMMENT ON FUNCTION frontdesk.preview_answer(text, integer, text, integer, text, interval) IS
'What would be made of an HTTP answer to an agent''s call: {"verdict": "answered"|"refused"|"truncated"|"invalid"|"failed", "text", "object", "tokens_in", "tokens_cached", "tokens_cache_write", "tokens_out", "cost" in US dollars, "failure_class", "code", "problem", "retryable", "breaks_provider", "retry_after_ms"}. Fails when the agent works locally.';
REVOKE ALL ON FUNCTION frontdesk.preview_answer(text, integer, text, integer, text, interval) FROM PUBLIC;
