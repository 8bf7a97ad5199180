-- http: how much may be asked of whom, at this moment.

CREATE OR REPLACE VIEW frontdesk.provider_limits WITH (security_invoker = true) AS
SELECT g.account_id, g.provider, g.key_fingerprint, g.in_use, g.in_use_low, g.max_concurrent,
  g.requests_in_minute, g.requests_per_minute, g.tokens_in_minute, g.tokens_per_minute,
  g.breaker, g.open_until, g.blocked_until, g.last_failure, g.last_failure_at
FROM frontdesk.limit_meters() AS g;
COMMENT ON VIEW frontdesk.provider_limits IS
'One row per provider and key, and per Chatwoot site (provider chatwoot:<site id>) and its tokens, that requests have left for since the server started: requests in flight and how many of them are campaigns and bulk work, requests and tokens of the last minute, the configured limits (null: only what the far side tells), the breaker (closed, open, half-open: one request tries) and until when it stays open, until when the far side asked to wait, and how and when it last failed. account_id is 0 for the house''s providers. From shared memory; only rows of accounts the caller may see. key_fingerprint tells keys apart and reveals nothing of them.';
