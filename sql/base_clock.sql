-- The front desk's clock: the wall clock, until it is shifted, for all sessions.
SELECT abs(extract(epoch FROM frontdesk.clock() - pg_catalog.clock_timestamp())) < 60 AS is_wall_clock;
SELECT frontdesk.shift_clock('3 days 2 hours');
SELECT abs(extract(epoch FROM frontdesk.clock() - pg_catalog.clock_timestamp() - '3 days 2 hours')) < 60 AS runs_ahead;
\c
SELECT abs(extract(epoch FROM frontdesk.clock() - pg_catalog.clock_timestamp() - '3 days 2 hours')) < 60 AS in_every_session;
SELECT frontdesk.shift_clock('-1 month');
SELECT abs(extract(epoch FROM frontdesk.clock() - pg_catalog.clock_timestamp() + '30 days')) < 60 AS a_month_is_30_days;
-- a second shift replaces the first
SELECT frontdesk.shift_clock('0');
SELECT abs(extract(epoch FROM frontdesk.clock() - pg_catalog.clock_timestamp())) < 60 AS is_wall_clock;
SELECT frontdesk.shift_clock(NULL) IS NULL AS untouched;
CREATE ROLE regress_clock;
GRANT USAGE ON SCHEMA frontdesk TO regress_clock;
SET ROLE regress_clock;
SELECT frontdesk.shift_clock('1 hour');
RESET ROLE;
REVOKE USAGE ON SCHEMA frontdesk FROM regress_clock;
DROP ROLE regress_clock;

-- UUIDs of version 7, in the order in which they were made
SELECT count(DISTINCT u), bool_and(substr(u::text, 15, 1) = '7') AS version_7, bool_and(substr(u::text, 20, 1) IN ('8', '9', 'a', 'b')) AS variant,
  bool_and(u > former) AS ascending
FROM (SELECT u, lag(u) OVER (ORDER BY n) AS former
      FROM (SELECT n, frontdesk.uuid() AS u FROM generate_series(1, 5000) n OFFSET 0) made) s;
