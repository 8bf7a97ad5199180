-- security: who asks, in sessions that many people share one request at a time.

CREATE OR REPLACE FUNCTION frontdesk.open_request(role text, method text, path text, headers text, claims text, read_only boolean) RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_open_request';
COMMENT ON FUNCTION frontdesk.open_request(text, text, text, text, text, boolean) IS
'First statement of each transaction of the gateway: takes the role, sets request.method, request.path, request.headers (a JSON object, names in lower case) and request.jwt.claims, and fixes who asks until the transaction ends, out of reach of any SQL. At its commit the session is left as it was found. Returns a number that all who see the same accounts have in common, by which the gateway shares its connections out; null for who sees none. When the secret jwt of account 0 is stored, the claims are those of the token in request.headers, whose signature (HS256) and times are checked here once more. Raises 55000 when called again in a transaction, 28000 for a token that is not accepted, 42501 in a session that is not an authenticator''s.';

CREATE OR REPLACE FUNCTION frontdesk.accept_request() RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_accept_request';
COMMENT ON FUNCTION frontdesk.accept_request() IS
'The same behind another PostgREST: set its db-pre-request to frontdesk.accept_request, grant its roles EXECUTE on it, and name its login in frontdesk.authenticators. Takes the role that PostgREST has set, and the claims of request.jwt.claims; when the secret jwt of account 0 is stored, those of the token itself. Without it, a user of that PostgREST sees no account. Raises as open_request() does.';

CREATE OR REPLACE FUNCTION frontdesk.request_claims() RETURNS jsonb
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_request_claims';
COMMENT ON FUNCTION frontdesk.request_claims() IS
'The claims of this request''s token, as they were when it began; empty outside a request. Setting request.jwt.claims, which any SQL may write, is not asked.';

CREATE OR REPLACE FUNCTION frontdesk.caller_role() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_caller_role';
COMMENT ON FUNCTION frontdesk.caller_role() IS
'The role that asks: in a request the one it began with; elsewhere CURRENT_USER, but also inside definer functions, where CURRENT_USER is their owner.';

CREATE OR REPLACE FUNCTION frontdesk.caller_subject() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_caller_subject';
COMMENT ON FUNCTION frontdesk.caller_subject() IS
'The subject (claim sub) of this request''s token; null outside a request and without a token.';

CREATE OR REPLACE FUNCTION frontdesk.role_is_proven() RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_role_is_proven';
COMMENT ON FUNCTION frontdesk.role_is_proven() IS
'Whether caller_role() counts for row security. Not in a session that carries requests while none is open, nor in a request without a token when the house has stored its key.';
