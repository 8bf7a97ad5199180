-- agents: functions in C.

CREATE OR REPLACE FUNCTION frontdesk.local_extraction(content text) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'frontdesk_local_extraction';
COMMENT ON FUNCTION frontdesk.local_extraction(text) IS
'What plain patterns find about a candidate in a message, in the shape of the extraction agent''s answer: {"candidate": {full_name, email, phone, total_experience_months, current_title, notice_period, salary_expectation, available_from}, "job": null}. What is not surely said is left out: an age is no experience, a number without its context no telephone. Of a long text the first 8,192 bytes count.';

CREATE OR REPLACE FUNCTION frontdesk.asked_days(content text, today date, closed_days date[]) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_asked_days';
COMMENT ON FUNCTION frontdesk.asked_days(text, date, date[]) IS
'The days of the week that a question names, as bits from Monday (1) to Sunday (64); "today" and "tomorrow" are those of the date, or 128 where that is a closed day. 0 when it names none.';

CREATE OR REPLACE FUNCTION frontdesk.told_days(content text) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_told_days';
COMMENT ON FUNCTION frontdesk.told_days(text) IS
'The days of the week that an answer names, one by one, in a range ("Mon-Fri") or together ("daily"), as bits from Monday (1) to Sunday (64).';

CREATE OR REPLACE FUNCTION frontdesk.without_days(content text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_without_days';
COMMENT ON FUNCTION frontdesk.without_days(text) IS
'A question without the days that it names, to be asked about others.';
