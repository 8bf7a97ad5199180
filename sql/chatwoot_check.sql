-- What Chatwoot's side lacks is said where it happens.
SELECT frontdesk.add_account('Half connected') AS account \gset
SELECT frontdesk.add_site(:account, 'https://chat.example.com', 7) AS site \gset
-- a webhook before its secret is stored
SELECT login, encode(convert_to(login || ':' || password, 'UTF8'), 'base64') AS credentials FROM frontdesk.register_webhook(:account, :site) \gset
CREATE FUNCTION pg_temp.deliver(headers jsonb) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT set_config('request.headers', headers::text, true);
  SELECT regexp_replace(frontdesk.chatwoot_webhook('{"event": "message_created"}')::text, '\(\d+, ''webhook:[.\w]+', '(<a>, ''webhook:<login>') || ' ' || current_setting('response.status') $$;
SELECT pg_temp.deliver(jsonb_build_object('authorization', 'Basic ' || :'credentials')) AS unsigned;
SELECT pg_temp.deliver(jsonb_build_object('authorization', 'Basic ' || :'credentials',
  'x-chatwoot-signature', 'sha256=' || repeat('0', 64), 'x-chatwoot-timestamp', '1')) AS signed;
SELECT regexp_replace(detail ->> 'reason', '\(\d+, ''webhook:[.\w]+', '(<a>, ''webhook:<login>') AS reason, count(*)
FROM frontdesk.audit WHERE account_id = :account AND action = 'webhook.refused' GROUP BY 1;
SELECT frontdesk.set_secret(:account, 'webhook:' || :'login', 'x');
SELECT pg_temp.deliver(jsonb_build_object('authorization', 'Basic ' || :'credentials')) ~ 'signature missing' AS asks_for_a_signature;
-- a site without a user token is not swept, and says so
SELECT frontdesk.sweep_site(:account, :site);
SELECT failure FROM frontdesk.site_sweeps WHERE account_id = :account;
SELECT frontdesk.begin_sweep(account_id, thread_id, '{}') FROM frontdesk.site_sweeps WHERE account_id = :account;
SELECT failure FROM frontdesk.site_sweeps WHERE account_id = :account;
SELECT count(*) FROM frontdesk.ready r JOIN frontdesk.site_sweeps w USING (account_id, thread_id) WHERE r.account_id = :account;
SELECT frontdesk.set_secret(:account, 'chatwoot_user_token:' || :site, 'x');
SELECT frontdesk.begin_sweep(account_id, thread_id, '{}') FROM frontdesk.site_sweeps WHERE account_id = :account;
SELECT count(*) FROM frontdesk.ready r JOIN frontdesk.site_sweeps w USING (account_id, thread_id) WHERE r.account_id = :account;
