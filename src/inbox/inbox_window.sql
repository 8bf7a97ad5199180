-- inbox_window: until when a customer may be written to, and what may be written later.

CREATE OR REPLACE FUNCTION frontdesk.writable_until(account_id integer, conversation_id uuid) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN s.adapter = 'local' THEN 'infinity' WHEN NOT c.can_reply THEN '-infinity'
    WHEN l.reply_window IS NULL THEN 'infinity'
    ELSE coalesce((SELECT m.created_at FROM frontdesk.messages AS m
                   WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.direction = 'incoming' AND NOT m.private
                   ORDER BY m.seq DESC LIMIT 1) + l.reply_window, '-infinity') END
  FROM frontdesk.conversations AS c
  JOIN frontdesk.services AS s ON s.account_id = c.account_id AND s.id = c.site_id
  CROSS JOIN LATERAL frontdesk.limits_of(c.account_id, c.channel) AS l
  WHERE c.account_id = writable_until.account_id AND c.id = writable_until.conversation_id;
$$;
COMMENT ON FUNCTION frontdesk.writable_until(integer, uuid) IS
'Until when anything may be written to the customer of a conversation: reply_window of frontdesk.channel_limits after the last message; infinity where there is no window, -infinity where the source lets nothing through. Later only a template may leave. Null when there is no such conversation.';

CREATE OR REPLACE FUNCTION frontdesk.fill_fields(content text, fields jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  field record;
BEGIN
  FOR field IN SELECT f.key, f.value FROM jsonb_each_text(fields) AS f WHERE f.value <> '' LOOP
    -- a brace in a value opens no field
    content := replace(content, '{' || field.key || '}', translate(field.value, '{}', '()'));
  END LOOP;
  RETURN CASE WHEN frontdesk.find_blank(content) IS NULL THEN content END;
END
$$;
COMMENT ON FUNCTION frontdesk.fill_fields(text, jsonb) IS
'A text with its {fields} filled in; null when one stays open. For fill_channel_template().';

CREATE OR REPLACE FUNCTION frontdesk.fill_channel_template(account_id integer, conversation_id uuid, payload jsonb, state jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_variable
DECLARE
  language text := frontdesk.spoken_language(account_id, state);
  template jsonb;
  fields jsonb;
  params jsonb;
  said text;
BEGIN
  SELECT coalesce(l.templates -> language, l.templates -> 'en'),
    jsonb_build_object('name', split_part(p.name, ' ', 1), 'business', coalesce(a.settings ->> 'business_name', a.name),
      -- what a provider takes as a field: one line, no signs, at most 1,000 characters
      'answer', left(regexp_replace(translate(payload ->> 'content', '<>"*_`', ''), '\s+', ' ', 'g'), 900))
  INTO template, fields
  FROM frontdesk.conversations AS c
  JOIN frontdesk.leads AS p ON p.account_id = c.account_id AND p.id = c.lead_id
  JOIN frontdesk.accounts AS a ON a.id = c.account_id
  CROSS JOIN LATERAL frontdesk.limits_of(c.account_id, c.channel) AS l
  WHERE c.account_id = account_id AND c.id = conversation_id;
  said := frontdesk.fill_fields(template ->> 'content', fields);
  SELECT coalesce(jsonb_object_agg(f.key, frontdesk.fill_fields(f.value, fields)), '{}') INTO params
  FROM jsonb_each_text(template -> 'params') AS f;
  IF said IS NULL OR template ->> 'name' IS NULL OR params @? '$.* ? (@ == null)' THEN
    RETURN NULL;
  END IF;
  RETURN payload || jsonb_build_object('content', said, 'said', payload -> 'content', 'template', jsonb_strip_nulls(jsonb_build_object(
    'name', template -> 'name', 'language', coalesce(template ->> 'language', language), 'category', template -> 'category',
    'processed_params', jsonb_build_object('body', params))));
END
$$;
COMMENT ON FUNCTION frontdesk.fill_channel_template(integer, uuid, jsonb, jsonb) IS
'The payload of a reply made into a template of its channel (templates of frontdesk.channel_limits), in the conversation''s language, else in English; null when there is none, or one of its fields stays open. For the functions of the product.';
