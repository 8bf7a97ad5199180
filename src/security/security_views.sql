-- security: what people may see of secrets, and the services where conversations live.

CREATE OR REPLACE VIEW frontdesk.secret_list WITH (security_invoker = true) AS
SELECT secrets.account_id, secrets.purpose, secrets.key_version, secrets.updated_at
FROM frontdesk.secrets;
COMMENT ON VIEW frontdesk.secret_list IS
'Which secrets are stored, under which version of the key and since when; never what they are.';

CREATE OR REPLACE VIEW frontdesk.sites WITH (security_invoker = true) AS
SELECT s.account_id, s.id, s.adapter AS transport, s.url, s.remote_account AS chatwoot_account_id, s.max_concurrent, s.created_at
FROM frontdesk.services AS s
WHERE s.kind = 'transport';
COMMENT ON VIEW frontdesk.sites IS
'Where conversations of an account live, the services of kind transport: a Chatwoot host and account there, or this database itself (transport local, id 0). The tokens of a site at Chatwoot are secrets with the purposes chatwoot_bot_token:<id> and chatwoot_user_token:<id>.';
COMMENT ON COLUMN frontdesk.sites.max_concurrent IS
'Requests to it in flight at the same time, of all workers together; null means half of frontdesk.max_in_flight, so that a site that does not answer cannot hold all threads of a worker.';
COMMENT ON COLUMN frontdesk.sites.url IS
'Base address of Chatwoot without a slash at the end, as https://chat.example.com; empty for transport local.';
