-- agents_follow_up: coming back to a customer on a day that was noted.

CREATE OR REPLACE FUNCTION frontdesk.follow_up_due(account_id integer, thread_id uuid, day text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  -- an agent may have written anything: what is no date is null, not an error
  due timestamptz := (jsonb_path_query_first_tz(to_jsonb(regexp_replace(replace(day, 'T', ' '), 'Z$', '+00')), '$.datetime()', silent => true) #>> '{}')::timestamptz;
BEGIN
  IF length(day) = 10 THEN
    due := due + interval '9 hours';
  END IF;
  IF due IS NULL OR due < frontdesk.clock() - interval '1 day' OR EXISTS (
    SELECT FROM frontdesk.conversations c
    WHERE c.account_id = account_id AND c.id = thread_id AND frontdesk.is_opted_out(account_id, c.lead_id, c.channel)) THEN
    RETURN NULL;
  END IF;
  RETURN greatest(due, frontdesk.clock() + interval '1 hour');
END
$$;
COMMENT ON FUNCTION frontdesk.follow_up_due(integer, uuid, text) IS
'When plan_follow_up() would come back to a customer; null for what is no date, has passed, or is about a customer who wants no messages.';

CREATE OR REPLACE FUNCTION frontdesk.plan_follow_up(account_id integer, thread_id uuid, day text) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  due timestamptz := frontdesk.follow_up_due(account_id, thread_id, day);
BEGIN
  IF due IS NOT NULL THEN
    PERFORM frontdesk.set_alarm(account_id, thread_id, 'write_follow_up', due);
  END IF;
  RETURN due;
END
$$;
COMMENT ON FUNCTION frontdesk.plan_follow_up(integer, uuid, text) IS
'Sets the day on which a conversation''s customer hears from the bot again, in place of one that was set: a date (then at 9:00 by the server''s time zone) or a timestamp, in ISO form. Not before an hour has passed. Returns the time; null, and nothing is set, for what is no date, has passed, or is about a customer who wants no messages (is_opted_out()).';

CREATE OR REPLACE FUNCTION frontdesk.write_follow_up(account_id integer, thread_id uuid, payload jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  refusal text;
BEGIN
  SELECT CASE WHEN c.handled_by <> 'bot' THEN 'a person has the conversation'
    WHEN c.status IN ('resolved', 'snoozed') THEN 'the conversation is ' || c.status
    WHEN frontdesk.is_opted_out(account_id, c.lead_id, c.channel) THEN 'the customer wants no messages' END
  INTO refusal
  FROM frontdesk.conversations c WHERE c.account_id = account_id AND c.id = thread_id;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF refusal IS NOT NULL THEN
    PERFORM frontdesk.record_audit(account_id, 'follow_up.dropped', thread_id::text, jsonb_build_object('reason', refusal));
    RETURN;
  END IF;
  -- nothing may be written there any more: a person keeps the promise, by another way
  IF frontdesk.writable_until(account_id, thread_id) <= frontdesk.clock()
     AND (SELECT l.templates = '{}' FROM frontdesk.conversations c, frontdesk.limits_of(c.account_id, c.channel) l
          WHERE c.account_id = account_id AND c.id = thread_id) THEN
    PERFORM frontdesk.record_audit(account_id, 'follow_up.dropped', thread_id::text, '{"reason": "the channel is closed"}');
    PERFORM frontdesk.post_mail(account_id, thread_id, 'deliver', jsonb_build_object('deliver',
      frontdesk.hand_over_unsaid(account_id, thread_id, 'the customer was to hear from us today, but the channel takes nothing until the customer writes again', 'window',
        jsonb_build_object('content', 'a follow-up'), '{}')));
    RETURN;
  END IF;
  -- what is being answered right now comes first
  IF EXISTS (SELECT FROM frontdesk.ready r WHERE r.account_id = account_id AND r.thread_id = thread_id) THEN
    PERFORM frontdesk.set_alarm(account_id, thread_id, 'write_follow_up', frontdesk.clock() + interval '10 minutes');
    RETURN;
  END IF;
  PERFORM frontdesk.post_mail(account_id, thread_id, 'follow_up',
    '{"follow_up": true, "follow_up_needed": false, "follow_up_date": null, "message_id": "follow_up"}');
END
$$;
COMMENT ON FUNCTION frontdesk.write_follow_up(integer, uuid, jsonb) IS
'Alarm of a conversation: the day of its follow-up has come. Starts a turn with follow_up in its state, unless a person has the conversation, it is resolved or snoozed, or the customer has opted out; then the audit trail says that it was dropped. Where the channel is closed by then and has no template, people get the conversation instead.';
