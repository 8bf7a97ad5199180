-- campaigns: product campaigns and the messages sent for them.

CREATE TABLE frontdesk.campaigns (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  name varchar(255) NOT NULL,
  product_name varchar(255),
  product_url text,
  product_description text,
  target_channel varchar(50),
  target_count integer DEFAULT 100,
  status varchar(50) NOT NULL DEFAULT 'draft',
  sent_count integer NOT NULL DEFAULT 0,
  response_count integer NOT NULL DEFAULT 0,
  conversion_count integer NOT NULL DEFAULT 0,
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  started_at timestamptz,
  completed_at timestamptz,
  CONSTRAINT campaigns_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT campaigns_size_check CHECK (octet_length(name)
    + octet_length(coalesce(product_name, '')) + octet_length(coalesce(product_url, ''))
    + octet_length(coalesce(product_description, ''))
    + octet_length(coalesce(target_channel, '')) + octet_length(status) <= 65536),
  CONSTRAINT campaigns_target_channel_check CHECK (target_channel IN ('instagram', 'whatsapp', 'both')),
  CONSTRAINT campaigns_status_check CHECK (status IN ('draft', 'active', 'paused', 'completed')),
  CONSTRAINT campaigns_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE,
  CONSTRAINT campaigns_created_by_fkey FOREIGN KEY (account_id, created_by) REFERENCES frontdesk.users (account_id, id)
);
COMMENT ON TABLE frontdesk.campaigns IS
'A product that is offered to many people by direct message. The campaign agent grounds its answers in product_name, product_url and product_description.';

CREATE TABLE frontdesk.campaign_messages (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  campaign_id uuid NOT NULL,
  customer_id uuid,
  conversation_id varchar(255),
  channel varchar(50),
  message_content text NOT NULL,
  status varchar(50) NOT NULL DEFAULT 'pending',
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  replied_at timestamptz,
  customer_responded boolean NOT NULL DEFAULT false,
  response_content text,
  needs_human_review boolean NOT NULL DEFAULT false,
  escalation_reason text,
  CONSTRAINT campaign_messages_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT campaign_messages_status_check CHECK (status IN ('pending', 'sent', 'delivered', 'read', 'replied', 'failed')),
  CONSTRAINT campaign_messages_campaign_fkey FOREIGN KEY (account_id, campaign_id) REFERENCES frontdesk.campaigns (account_id, id) ON DELETE CASCADE,
  CONSTRAINT campaign_messages_customer_fkey FOREIGN KEY (account_id, customer_id) REFERENCES frontdesk.leads (account_id, id)
);
CREATE INDEX campaign_messages_customer_idx ON frontdesk.campaign_messages (customer_id, account_id);
COMMENT ON TABLE frontdesk.campaign_messages IS
'One message of a campaign to one person, and what came back. conversation_id is Chatwoot''s display id.';
