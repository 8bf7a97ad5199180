-- engine_alarm: what is to be done about a thread at a time ahead.

CREATE OR REPLACE FUNCTION frontdesk.set_alarm(account_id integer, thread_id uuid, name text, due_at timestamptz, payload jsonb DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO frontdesk.alarms (account_id, thread_id, name, due_at, payload)
  VALUES (set_alarm.account_id, set_alarm.thread_id, set_alarm.name, set_alarm.due_at, set_alarm.payload)
  ON CONFLICT ON CONSTRAINT alarms_pkey
  DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, attempts = 0;
$$;
COMMENT ON FUNCTION frontdesk.set_alarm(integer, uuid, text, timestamptz, jsonb) IS
'Sets a thread''s alarm of a name, or moves it. At due_at the coordinator calls frontdesk.<name>(account_id integer, thread_id uuid, payload jsonb) once, with the thread locked; what raises is tried again minutes later. Raises 23503 when there is no such thread.';

CREATE OR REPLACE FUNCTION frontdesk.cancel_alarm(account_id integer, thread_id uuid, name text)
RETURNS boolean
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  WITH cancelled AS (
    DELETE FROM frontdesk.alarms a WHERE a.account_id = cancel_alarm.account_id
    AND a.thread_id = cancel_alarm.thread_id AND a.name = cancel_alarm.name RETURNING 1)
  SELECT EXISTS (SELECT FROM cancelled);
$$;
COMMENT ON FUNCTION frontdesk.cancel_alarm(integer, uuid, text) IS
'Takes an alarm back; false when there was none.';
