-- inbox: transport local, for chats without Chatwoot.

CREATE OR REPLACE FUNCTION frontdesk.receive_message(account_id integer, channel text, sender text, content text, name text DEFAULT NULL, conversation_id uuid DEFAULT NULL) RETURNS uuid
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_receive_message';
COMMENT ON FUNCTION frontdesk.receive_message(integer, text, text, text, text, uuid) IS
'Puts a message in without Chatwoot (transport local) and returns the id of its conversation. sender names the person on that channel (phone number, address, handle); without conversation_id the message continues the person''s unresolved conversation on the channel, or starts one. The reply appears in frontdesk.messages. Raises 42501 for an account that is not the caller''s, P0002 for a conversation that does not exist, 22023 for an unknown channel, 22004 for missing arguments.';
