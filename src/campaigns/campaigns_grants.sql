-- campaigns: who may see what.

ALTER TABLE frontdesk.campaigns ENABLE ROW LEVEL SECURITY;
CREATE POLICY campaigns_account ON frontdesk.campaigns
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.campaign_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY campaign_messages_account ON frontdesk.campaign_messages
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT, INSERT (account_id, id, name, product_name, product_url, product_description, target_channel, target_count, status, created_by), UPDATE (name, product_name, product_url, product_description, target_channel, target_count, status, started_at, completed_at) ON frontdesk.campaigns TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.campaign_messages TO %I');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.campaigns', '');
SELECT pg_catalog.pg_extension_config_dump('frontdesk.campaign_messages', '');
