-- inbox: who speaks in a conversation, the bot or a person.

CREATE OR REPLACE FUNCTION frontdesk.take_over(account_id integer, conversation_id uuid) RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_take_over';
COMMENT ON FUNCTION frontdesk.take_over(integer, uuid) IS
'Silences the bot in a conversation from this commit on; messages are still stored. Audited. Raises P0002 when there is no such conversation.';

CREATE OR REPLACE FUNCTION frontdesk.give_back(account_id integer, conversation_id uuid) RETURNS void
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_give_back';
COMMENT ON FUNCTION frontdesk.give_back(integer, uuid) IS
'Lets the bot answer in a conversation again, beginning with the customer''s next message. Audited. Raises P0002 when there is no such conversation.';
