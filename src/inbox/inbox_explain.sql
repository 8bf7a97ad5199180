-- inbox_explain: why a conversation is where it is.

CREATE OR REPLACE FUNCTION frontdesk.mend_of(d frontdesk.deliveries, site_id integer) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN d.failure ->> 'class' = 'egress'
      THEN 'The site has an address that requests may not leave for: ALTER SYSTEM SET frontdesk.egress_allow_private = on; SELECT pg_reload_conf(); if it stands in a network of your own.'
    WHEN d.failure ->> 'code' = 'transport'
      THEN format('SELECT * FROM frontdesk.service_adapters() lists what this server''s library knows. Once it knows the transport: SELECT frontdesk.replay_delivery(%s, %L, %s);', d.account_id, d.thread_id, d.seq)
    WHEN d.failure ->> 'class' IN ('auth', 'forbidden') OR d.failure ->> 'code' = 'no_token'
      THEN (SELECT format('What mends it: SELECT frontdesk.set_secret(%s, %L, …);', d.account_id, concat(s.adapter, '_', x.secret, ':', s.id))
        FROM frontdesk.services s JOIN frontdesk.service_adapters() a USING (kind, adapter),
          unnest(a.secrets) WITH ORDINALITY AS x (secret, n)
        WHERE s.account_id = d.account_id AND s.id = site_id
        -- the one that the failure names, else the first
        ORDER BY d.failure ->> 'text' LIKE format('%% %s %%', replace(x.secret, '_', ' ')) DESC, x.n LIMIT 1)
  END;
$$;
COMMENT ON FUNCTION frontdesk.mend_of(frontdesk.deliveries, integer) IS
'What mends the failure of a delivery to a site, in words; null when that is not known. For explain_conversation().';

CREATE OR REPLACE FUNCTION frontdesk.tell_conversation(c frontdesk.conversations) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  rules frontdesk.people_rules := frontdesk.rules_of(c.account_id);
BEGIN
  RETURN QUERY
    SELECT format('Conversation %s of account %s, on %s%s, is %s%s.', c.display_id, c.account_id, c.channel, coalesce(' with ' || l.name, ''), c.status,
                  CASE WHEN s.adapter <> 'local' THEN ' at ' || coalesce(a.title, s.adapter) END)
    FROM frontdesk.leads l, frontdesk.services s LEFT JOIN frontdesk.service_adapters() a USING (kind, adapter)
    WHERE l.account_id = c.account_id AND l.id = c.lead_id AND s.account_id = c.account_id AND s.id = c.site_id;
  IF c.handled_by = 'human' THEN
    RETURN NEXT format('A person has it since %s: the bot is silent. It returns when it is given back (SELECT frontdesk.give_back(%s, %L))%s%s.',
      coalesce(frontdesk.say_time(c.taken_over_at), 'an unknown time'), c.account_id, c.id,
      coalesce(', or gets the label ' || nullif(rules.return_label, ''), ''),
      (SELECT format(', or at %s if no person speaks until then', frontdesk.say_time(a.due_at)) FROM frontdesk.alarms a
       WHERE a.account_id = c.account_id AND a.thread_id = c.id AND a.name = 'return_conversation'));
    RETURN QUERY
      SELECT format('The customer wrote %s message%s since anybody last spoke, at %s.', count(*), CASE count(*) WHEN 1 THEN '' ELSE 's' END, frontdesk.say_time(max(m.sent_at)))
      FROM frontdesk.unanswered_messages(c.account_id, c.id) m HAVING count(*) > 0;
  END IF;
  RETURN QUERY
    SELECT format('A reply waits for a person since %s: SELECT frontdesk.approve_draft(%s, %L) sends it.', frontdesk.say_time(d.created_at), d.account_id, d.id)
    FROM frontdesk.reply_drafts d
    WHERE d.account_id = c.account_id AND d.conversation_id = c.id AND d.status = 'open';
  RETURN QUERY
    SELECT CASE WHEN w.until > frontdesk.clock() THEN format('On %s anything may be written until %s, then a template only.', c.channel, frontdesk.say_time(w.until))
      ELSE format('On %s nothing but a template may be written until the customer writes again.', c.channel) END
    FROM frontdesk.writable_until(c.account_id, c.id) AS w (until) WHERE w.until < 'infinity';
  RETURN QUERY
    SELECT format('The provider refused the reply of delivery %s; by frontdesk.refusal_rules it is seen to at %s.', d.seq, frontdesk.say_time((d.failure ->> 'again_at')::timestamptz))
    FROM frontdesk.deliveries d WHERE d.account_id = c.account_id AND d.thread_id = c.id AND d.status = 'dead' AND d.failure ? 'again_at';
  IF cardinality(c.labels) >= 200 THEN
    RETURN NEXT 'It has as many labels as are kept of a conversation, 200: what is behind them is not known here.';
  END IF;
  IF c.attributes ? 'frontdesk_left_out' THEN
    RETURN NEXT format('Its attributes have %s bytes, 65536 are kept of a conversation: they are not known here, and the bot sets none.', c.attributes ->> 'frontdesk_left_out');
  END IF;
  RETURN QUERY SELECT * FROM frontdesk.tell_thread(c.account_id, c.id);
  RETURN QUERY SELECT DISTINCT m.sentence FROM frontdesk.deliveries d, frontdesk.mend_of(d, c.site_id) m(sentence)
    WHERE d.account_id = c.account_id AND d.thread_id = c.id AND d.status IN ('pending', 'dead') AND d.failure IS NOT NULL
      AND NOT d.failure ? 'replayed_as' AND m.sentence IS NOT NULL;
END
$$;
COMMENT ON FUNCTION frontdesk.tell_conversation(frontdesk.conversations) IS
'explain_conversation() without asking who calls. For the functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.explain_conversation(conversation text, account_id integer DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c frontdesk.conversations := frontdesk.find_conversation(explain_conversation.conversation, explain_conversation.account_id);
BEGIN
  PERFORM frontdesk.require_account(c.account_id);
  RETURN QUERY SELECT * FROM frontdesk.tell_conversation(c);
END
$$;
COMMENT ON FUNCTION frontdesk.explain_conversation(text, integer) IS
'Says in words, a sentence a row, why a conversation (its key, or the number its source shows) is where it is and what happens next, when: who has it, what it waits for, its deliveries and dead letters with the statements that try them again, its last turn. Raises P0002 when there is no such conversation, 21000 when the number stands for several.';
