-- http_limit_view: what people see of the limits, and how they reset one.

CREATE OR REPLACE FUNCTION frontdesk.limit_meters(
  OUT account_id integer, OUT provider text, OUT key_fingerprint text,
  OUT in_use integer, OUT in_use_low integer, OUT max_concurrent integer,
  OUT requests_in_minute integer, OUT requests_per_minute integer,
  OUT tokens_in_minute bigint, OUT tokens_per_minute integer,
  OUT breaker text, OUT open_until timestamptz, OUT blocked_until timestamptz,
  OUT last_failure text, OUT last_failure_at timestamptz
) RETURNS SETOF record
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_limit_meters';
COMMENT ON FUNCTION frontdesk.limit_meters() IS
'The rows of frontdesk.provider_limits, read from shared memory; only those of accounts the caller may see. Raises FD001 when the library is not preloaded.';

CREATE OR REPLACE FUNCTION frontdesk.reset_breaker(account_id integer, provider text) RETURNS integer
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'frontdesk_reset_breaker';
COMMENT ON FUNCTION frontdesk.reset_breaker(integer, text) IS
'Lets requests leave again for a provider (as named in frontdesk.provider_limits), whatever it had failed with or asked to wait for: after a new key was stored, or a bill was paid. Turns that wait for it go on within a second; those at rest, when they are due. Returns how many rows of frontdesk.provider_limits it concerned; raises when the caller may not see the account.';
REVOKE ALL ON FUNCTION frontdesk.reset_breaker(integer, text) FROM PUBLIC;
