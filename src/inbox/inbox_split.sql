-- inbox: one burst of a customer that its source made two conversations of.

CREATE OR REPLACE FUNCTION frontdesk.join_split(account_id integer, silent_id uuid, answering_id uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  said frontdesk.messages;
  quiet interval := make_interval(secs => (SELECT s.setting::numeric / 1000 FROM pg_settings AS s WHERE s.name = 'frontdesk.quiet_time')::double precision);
  told bigint;
BEGIN
  -- each is copied, and what was copied is copied again with the next one
  IF (SELECT count(*) > 20 OR sum(u.bytes) > 32768 FROM (
        SELECT coalesce(octet_length(m.content), 0) + coalesce(octet_length(m.enclosed), 0) + coalesce(octet_length(m.opaque), 0)
          + coalesce(octet_length(m.reply_to), 0) + coalesce(pg_column_size(m.content_attributes), 0) + coalesce(pg_column_size(m.attachments), 0)
        FROM frontdesk.messages m JOIN frontdesk.threads t ON t.account_id = m.account_id AND t.id = m.conversation_id
        WHERE m.account_id = account_id AND m.conversation_id = silent_id AND m.seq > t.read_seq
        ORDER BY m.seq LIMIT 21) AS u (bytes))
  THEN
    RETURN;
  END IF;
  FOR said IN
    SELECT m.* FROM frontdesk.messages m
    JOIN frontdesk.threads t ON t.account_id = m.account_id AND t.id = m.conversation_id
    WHERE m.account_id = account_id AND m.conversation_id = silent_id AND m.seq > t.read_seq
      AND m.direction = 'incoming' AND m.author = 'customer' AND NOT m.private ORDER BY m.seq
  LOOP
    told := frontdesk.post_mail(account_id, answering_id, 'message', NULL, quiet);
    said.content_attributes := coalesce(said.content_attributes, '{}') || jsonb_build_object('told_as', coalesce(said.content_attributes ->> 'told_as', said.chatwoot_message_id), 'told_in',
      (SELECT c.display_id FROM frontdesk.conversations c WHERE c.account_id = account_id AND c.id = silent_id));
    said.id := frontdesk.uuid();
    said.conversation_id := answering_id;
    said.seq := told;
    -- its ids stay with the row that they were told for
    said.chatwoot_message_id := NULL;
    said.source_id := NULL;
    INSERT INTO frontdesk.messages SELECT said.*;
  END LOOP;
  UPDATE frontdesk.mailbox b SET kind = 'lane', payload = NULL
  WHERE b.account_id = account_id AND b.thread_id = silent_id AND b.kind = 'message';
  told := frontdesk.post_mail(account_id, silent_id, 'retraction', '{"answered_elsewhere": true, "content": ""}');
  UPDATE frontdesk.conversations c SET mute_below = greatest(c.mute_below, told), mute_from = 0
  WHERE c.account_id = account_id AND c.id = silent_id;
  PERFORM frontdesk.record_audit(account_id, 'conversation.joined', silent_id::text, jsonb_build_object('answered_in', answering_id));
END
$$;
COMMENT ON FUNCTION frontdesk.join_split(integer, uuid, uuid) IS
'Answers in one conversation what a customer has said in two that began at once: copies what no turn has answered in the silent one to the other, with "told_in" and "told_as", its number there, in its attributes, and ends the silent one''s turn. More than 20 messages, or 32 kB, are no burst: each conversation is answered then. Both threads are locked by the caller.';
