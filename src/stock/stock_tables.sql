-- stock: who wants to know when a product is there again.

CREATE TABLE frontdesk.stock_alerts (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  customer_id uuid,
  conversation_id varchar(255),
  channel varchar(50),
  product_name varchar(255) NOT NULL,
  product_url text,
  conversation_context text,
  status varchar(50) NOT NULL DEFAULT 'pending',
  priority varchar(20) NOT NULL DEFAULT 'high',
  requested_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  notified_at timestamptz,
  notification_message text,
  tags text[] NOT NULL DEFAULT ARRAY['stock_alert', 'important'],
  CONSTRAINT stock_alerts_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT stock_alerts_size_check CHECK (octet_length(product_name)
    + octet_length(coalesce(product_url, '')) + octet_length(status) + octet_length(priority)
    + octet_length(coalesce(notification_message, '')) + octet_length(tags::text) <= 65536),
  CONSTRAINT stock_alerts_status_check CHECK (status IN ('pending', 'notified', 'cancelled')),
  CONSTRAINT stock_alerts_customer_fkey FOREIGN KEY (account_id, customer_id) REFERENCES frontdesk.leads (account_id, id)
);
CREATE INDEX stock_alerts_pending_idx ON frontdesk.stock_alerts (customer_id, account_id) WHERE status = 'pending';
COMMENT ON TABLE frontdesk.stock_alerts IS
'A request to be told when a product is available again. conversation_id is Chatwoot''s display id; conversation_context is what the customer wrote.';
