-- inbox_carriage: what a channel can carry, and what a reply becomes on it.

CREATE OR REPLACE FUNCTION frontdesk.limits_of(account_id integer, channel text) RETURNS frontdesk.channel_limits
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT l FROM frontdesk.channel_limits AS l
  WHERE l.account_id IN (limits_of.account_id, 0) AND l.channel IN (limits_of.channel, 'other')
  ORDER BY l.channel = limits_of.channel DESC, l.account_id DESC LIMIT 1;
$$;
COMMENT ON FUNCTION frontdesk.limits_of(integer, text) IS
'The row of frontdesk.channel_limits that an account''s replies on a channel go by: its own, else account 0''s; that of "other" for a channel that has none.';

CREATE OR REPLACE TRIGGER channel_limits_after_change
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON frontdesk.channel_limits
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed();

CREATE OR REPLACE FUNCTION frontdesk.remove_channel_limits(account_id integer, channel text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_channel_limits.account_id);
  DELETE FROM frontdesk.channel_limits AS t
  WHERE t.account_id = remove_channel_limits.account_id AND t.channel = remove_channel_limits.channel AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_channel_limits.account_id, 'channel_limits.removed', remove_channel_limits.channel);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_channel_limits(integer, text) IS
'Removes a row of frontdesk.channel_limits of an account, so that the house''s holds; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.find_blank(content text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_find_blank';
COMMENT ON FUNCTION frontdesk.find_blank(text) IS
'The first place of a text that stands for something nobody filled in, as {{name}}, {product} or [Your Name]; null when there is none. A reply with one never leaves.';

CREATE OR REPLACE FUNCTION frontdesk.preview_reply(account_id integer, channel text, content text, OUT part integer, OUT content text, OUT fault text)
RETURNS SETOF record
LANGUAGE c STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_preview_reply';
COMMENT ON FUNCTION frontdesk.preview_reply(integer, text, text) IS
'What would leave if an account replied with this text on a channel: a row for each message, or one with the fault for which nothing would. Sends nothing. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.quote_unsaid(payload jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN quote_unsaid.payload ? 'forgotten' THEN 'Its words, or what it answered, were deleted.' || CASE
      WHEN quote_unsaid.payload ->> 'content' ~ '[^[:space:]]' THEN E'\nWhat is left of it: ' || (quote_unsaid.payload ->> 'content') ELSE '' END
    ELSE 'It was: ' || coalesce(quote_unsaid.payload ->> 'content', '') END;
$$;
COMMENT ON FUNCTION frontdesk.quote_unsaid(jsonb) IS
'What people are told of the words of a reply that did not reach the customer; nothing that was deleted.';

CREATE OR REPLACE FUNCTION frontdesk.hand_over_unsaid(account_id integer, conversation_id uuid, reason text, code text, payload jsonb, state jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  note text := format(E'A reply did not reach the customer: %s\n%s', reason, frontdesk.quote_unsaid(payload));
  deliveries jsonb;
BEGIN
  deliveries := frontdesk.begin_handover(account_id, conversation_id, 'a reply could not be sent', note, 'high', state - 'agent_response');
  IF code = 'blank' AND NOT coalesce((payload ->> 'handover')::boolean, false) THEN
    RETURN deliveries;
  END IF;
  -- nor would the sentence of a hand-over reach the customer
  RETURN (SELECT coalesce(jsonb_agg(d.value ORDER BY d.n), '[]')
          FROM jsonb_array_elements(deliveries) WITH ORDINALITY AS d (value, n) WHERE d.value ->> 'kind' <> 'reply');
END
$$;
COMMENT ON FUNCTION frontdesk.hand_over_unsaid(integer, uuid, text, text, jsonb, jsonb) IS
'What is delivered when a reply could not be: people get the conversation, with a note that has the reason and the text. The customer hears the sentence of a hand-over where only this text was at fault, not the way to them. For the functions of the product.';
