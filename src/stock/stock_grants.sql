-- stock: who may see what.

ALTER TABLE frontdesk.stock_alerts ENABLE ROW LEVEL SECURITY;
CREATE POLICY stock_alerts_account ON frontdesk.stock_alerts
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT, UPDATE (product_name, product_url, status, priority, notified_at, notification_message, tags) ON frontdesk.stock_alerts TO %I');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.stock_alerts', '');
