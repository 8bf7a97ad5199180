-- inbox_rehearsal: conversations by the number people know, and forks of them.

CREATE OR REPLACE FUNCTION frontdesk.find_conversation(conversation text, account_id integer DEFAULT NULL)
RETURNS frontdesk.conversations
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_column
DECLARE
  found frontdesk.conversations[] := '{}';
  accounts integer[] := ARRAY(SELECT a FROM unnest(frontdesk.visible_accounts()) a
                              WHERE a = coalesce(find_conversation.account_id, a));
BEGIN
  IF find_conversation.conversation ~ '^\d{1,18}$' THEN
    found := ARRAY(SELECT c FROM frontdesk.conversations c
                   WHERE c.display_id = find_conversation.conversation::bigint AND c.account_id = ANY (accounts) LIMIT 2);
  ELSIF find_conversation.conversation ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    found := ARRAY(SELECT c FROM frontdesk.conversations c
                   WHERE c.id = find_conversation.conversation::uuid AND c.account_id = ANY (accounts) LIMIT 2);
  END IF;
  IF cardinality(found) = 0 THEN
    RAISE EXCEPTION 'there is no conversation "%"', find_conversation.conversation
      USING ERRCODE = 'P0002', HINT = 'It is named by the number its source shows, or by its key in frontdesk.conversations.';
  ELSIF cardinality(found) > 1 THEN
    RAISE EXCEPTION 'there is more than one conversation %', find_conversation.conversation
      USING ERRCODE = '21000', HINT = 'Name its account too, or use its key in frontdesk.conversations.';
  END IF;
  RETURN found[1];
END
$$;
COMMENT ON FUNCTION frontdesk.find_conversation(text, integer) IS
'The row of a conversation by its key or by the number that its source shows, among the accounts of the caller. Raises P0002 when there is none, 21000 when the number stands for several and no account says which.';

CREATE OR REPLACE FUNCTION frontdesk.fork_conversation(conversation text, checkpoint bigint DEFAULT NULL, patch jsonb DEFAULT '{}', graph_version integer DEFAULT NULL, account_id integer DEFAULT NULL)
RETURNS uuid
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT frontdesk.fork_thread(c.account_id, c.id, checkpoint, patch, graph_version)
  FROM frontdesk.find_conversation(conversation, account_id) c;
$$;
COMMENT ON FUNCTION frontdesk.fork_conversation(text, bigint, jsonb, integer, integer) IS
'Rehearses how a conversation (its key, or the number its source shows) would go on behind one of its checkpoints: see fork_thread(). Nothing reaches the customer. Returns the rehearsal''s id, for frontdesk.rehearsal_results.';
