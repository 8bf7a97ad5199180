-- agents: functions in C.

CREATE OR REPLACE FUNCTION frontdesk.local_extraction(content text) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'frontdesk_local_extraction';
COMMENT ON FUNCTION frontdesk.local_extraction(text) IS
'What plain patterns find about a candidate in a message, in the shape of the extraction agent''s answer: {"candidate": {full_name, email, phone, total_experience_months, current_title, notice_period, salary_expectation, available_from}, "job": null}. What is not surely said is left out: an age is no experience, a number without its context no telephone. Of a long text the first 8,192 bytes count.';
