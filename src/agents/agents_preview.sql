-- agents_preview: what would leave for a model.

CREATE OR REPLACE FUNCTION frontdesk.preview_turn(account_id integer, thread_id uuid, agent text) RETURNS jsonb
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_preview_turn';
COMMENT ON FUNCTION frontdesk.preview_turn(integer, uuid, text) IS
'Part of preview_call() of a conversation.';
REVOKE ALL ON FUNCTION frontdesk.preview_turn(integer, uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.preview_call(conversation uuid, agent text, account_id integer DEFAULT NULL) RETURNS jsonb
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT frontdesk.preview_turn(c.account_id, c.id, preview_call.agent)
  FROM frontdesk.find_conversation(preview_call.conversation::text, preview_call.account_id) c;
$$;
COMMENT ON FUNCTION frontdesk.preview_call(uuid, text, integer) IS
'The request by which an agent would be asked about a conversation (its key in frontdesk.conversations) now, without sending it: system text with its knowledge, history, the situation. Where the newest message of the customer was answered already, the request made for it, as the rows stand now. Returns the same object as preview_call(agent, content); fails when the agent works locally, raises P0002 when there is no such conversation.';
REVOKE ALL ON FUNCTION frontdesk.preview_call(uuid, text, integer) FROM PUBLIC;
