-- engine_board_read: what the workers are doing at this moment, from shared memory.

CREATE OR REPLACE FUNCTION frontdesk.board_workers(
  OUT slot integer, OUT pid integer, OUT database text, OUT conversations integer, OUT campaigns integer, OUT bulk integer,
  OUT requests integer, OUT ticks bigint, OUT claims bigint, OUT turns_finished bigint, OUT errors bigint,
  OUT started_at timestamptz, OUT last_tick_at timestamptz, OUT memory bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_board_workers';
COMMENT ON FUNCTION frontdesk.board_workers() IS
'The rows behind the view frontdesk.workers. Raises FD001 when the library is not preloaded.';

CREATE OR REPLACE FUNCTION frontdesk.serving_workers() RETURNS integer
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_serving_workers';
COMMENT ON FUNCTION frontdesk.serving_workers() IS
'How many workers serve this database at this moment; 0 also where the library is not preloaded.';

CREATE OR REPLACE FUNCTION frontdesk.board_requests(
  OUT slot integer, OUT account_id integer, OUT thread_id uuid, OUT purpose text, OUT step text, OUT model text,
  OUT host text, OUT attempt integer, OUT since timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_board_requests';
COMMENT ON FUNCTION frontdesk.board_requests() IS
'The rows behind the view frontdesk.in_flight: requests of this database and of accounts the caller may see. Raises FD001 when the library is not preloaded.';

CREATE OR REPLACE FUNCTION frontdesk.board_metrics() RETURNS text
LANGUAGE c VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_board_metrics';
COMMENT ON FUNCTION frontdesk.board_metrics() IS
'The counters of this database''s workers in Prometheus'' text form; a part of metrics(). Raises FD001 when the library is not preloaded.';

CREATE OR REPLACE FUNCTION frontdesk.class_name(class integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT (ARRAY['conversations', 'campaigns', 'bulk'])[class + 1] $$;
COMMENT ON FUNCTION frontdesk.class_name(integer) IS
'The name of a quota class: 0 conversations, 1 campaigns, 2 bulk; null for others.';

CREATE OR REPLACE FUNCTION frontdesk.metrics() RETURNS text
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH waiting AS MATERIALIZED (
    SELECT c.class, s.state, count(r.class) AS threads
    FROM generate_series(0, 2) AS c(class)
    CROSS JOIN unnest(ARRAY['due', 'later', 'owned']) AS s(state)
    LEFT JOIN (SELECT class, CASE WHEN slot IS NOT NULL THEN 'owned'
                 WHEN due_at <= (SELECT frontdesk.clock()) THEN 'due' ELSE 'later' END AS state
               FROM frontdesk.ready) AS r ON r.class = c.class AND r.state = s.state
    GROUP BY c.class, s.state),
  oldest AS (
    SELECT c.class, (SELECT extract(epoch FROM frontdesk.clock() - min(r.due_at)) FROM frontdesk.ready r
                     WHERE r.class = c.class AND r.slot IS NULL) AS seconds
    FROM generate_series(0, 2) AS c(class)),
  held AS (
    SELECT c.class, coalesce(sum((ARRAY[w.conversations, w.campaigns, w.bulk])[c.class + 1]), 0) AS threads
    FROM generate_series(0, 2) AS c(class)
    LEFT JOIN frontdesk.board_workers() AS w ON w.database = current_database()
    GROUP BY c.class),
  lines(rank, line) AS (
    SELECT 1, '# HELP frontdesk_queue_threads Threads with unfinished business: due, later (held by a quiet time, a retry or a date), owned by a worker.'
      || E'\n# TYPE frontdesk_queue_threads gauge'
    UNION ALL
    SELECT 2, format('frontdesk_queue_threads{class="%s",state="%s"} %s', frontdesk.class_name(class), state, threads) FROM waiting
    UNION ALL
    SELECT 3, E'# HELP frontdesk_queue_overdue_seconds How long the oldest thread that nobody owns has been due.\n# TYPE frontdesk_queue_overdue_seconds gauge'
    UNION ALL
    SELECT 4, format('frontdesk_queue_overdue_seconds{class="%s"} %s', frontdesk.class_name(class), round(greatest(coalesce(seconds, 0), 0), 3)) FROM oldest
    UNION ALL
    SELECT 5, E'# HELP frontdesk_workers Workers that run.\n# TYPE frontdesk_workers gauge'
    UNION ALL
    SELECT 6, format('frontdesk_workers %s', count(*)) FROM frontdesk.board_workers() WHERE database = current_database()
    UNION ALL
    SELECT 7, E'# HELP frontdesk_requests_in_flight Requests to models and services under way.\n# TYPE frontdesk_requests_in_flight gauge'
    UNION ALL
    SELECT 8, format('frontdesk_requests_in_flight %s', coalesce(sum(requests), 0)) FROM frontdesk.board_workers() WHERE database = current_database()
    UNION ALL
    SELECT 9, E'# HELP frontdesk_worker_memory_bytes Anonymous memory of the workers together.\n# TYPE frontdesk_worker_memory_bytes gauge'
    UNION ALL
    SELECT 10, format('frontdesk_worker_memory_bytes %s', coalesce(sum(memory), 0)) FROM frontdesk.board_workers() WHERE database = current_database()
    UNION ALL
    SELECT 11, E'# HELP frontdesk_threads_held Threads in the hands of workers.\n# TYPE frontdesk_threads_held gauge'
    UNION ALL
    SELECT 12, format('frontdesk_threads_held{class="%s"} %s', frontdesk.class_name(class), threads) FROM held)
  SELECT string_agg(line, E'\n' ORDER BY rank, line) || E'\n' || frontdesk.board_metrics() FROM lines;
$$;
COMMENT ON FUNCTION frontdesk.metrics() IS
'What the engine of this database counts, in Prometheus'' text form, for the gateway''s /metrics: counters since the server started, and gauges of this moment. Of the house as a whole: no account is named. Raises FD001 when the library is not preloaded.';
