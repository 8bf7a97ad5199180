-- inbox: who writes to us, on which channel, and every message exactly once.
--
-- account_id leads every primary key and ends every other one.  Were it to lead
-- two indexes of a table, the planner would know no better than to take either
-- for a look-up by account and id while the table is young, and walk through
-- all rows of the account.

CREATE TABLE frontdesk.leads (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  site_id integer NOT NULL DEFAULT 0,
  chatwoot_contact_id varchar(255),
  channel varchar(50) NOT NULL DEFAULT 'whatsapp',
  name text,
  email text,
  phone text,
  profile jsonb NOT NULL DEFAULT '{}',
  conversation_context jsonb,
  tags text[] NOT NULL DEFAULT '{}',
  qualification_status text NOT NULL DEFAULT 'new',
  crm_id text,
  crm_synced_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT leads_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT leads_contact_key UNIQUE (chatwoot_contact_id, site_id, account_id),
  CONSTRAINT leads_qualification_status_check CHECK (qualification_status IN ('new', 'in_progress', 'qualified', 'disqualified'))
) WITH (fillfactor = 70);
COMMENT ON TABLE frontdesk.leads IS
'A person who writes to us: customer, subscriber or candidate.';
COMMENT ON COLUMN frontdesk.leads.chatwoot_contact_id IS
'Chatwoot''s contact id; for transport local (site 0) what names the sender: a phone number, an address, a handle.';
COMMENT ON COLUMN frontdesk.leads.profile IS
'What is known of the person: Chatwoot''s custom attributes, and what the extraction agent found ("candidate", "job").';

CREATE TABLE frontdesk.conversations (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  site_id integer NOT NULL DEFAULT 0,
  display_id bigint NOT NULL,
  lead_id uuid NOT NULL,
  channel varchar(50) NOT NULL,
  inbox_id bigint,
  subject text,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  status text NOT NULL DEFAULT 'pending',
  handled_by text NOT NULL DEFAULT 'bot',
  taken_over_at timestamptz,
  assignee_id bigint,
  priority text,
  labels text[] NOT NULL DEFAULT '{}',
  attributes jsonb NOT NULL DEFAULT '{}',
  source_version double precision NOT NULL DEFAULT 0,
  CONSTRAINT conversations_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT conversations_display_key UNIQUE (display_id, site_id, account_id),
  CONSTRAINT conversations_status_check CHECK (status IN ('open', 'pending', 'resolved', 'snoozed')),
  CONSTRAINT conversations_handled_by_check CHECK (handled_by IN ('bot', 'human')),
  CONSTRAINT conversations_lead_fkey FOREIGN KEY (account_id, lead_id) REFERENCES frontdesk.leads (account_id, id)
) WITH (fillfactor = 80);
CREATE INDEX conversations_lead_idx ON frontdesk.conversations (lead_id, account_id);
COMMENT ON TABLE frontdesk.conversations IS
'One lead on one channel. The thread that carries its state has the same (account_id, id).';
COMMENT ON COLUMN frontdesk.conversations.display_id IS
'The number Chatwoot shows and puts in its addresses; a number of our own for transport local.';
COMMENT ON COLUMN frontdesk.conversations.labels IS
'Labels, priority and attributes are Chatwoot''s, as it last told them or as we last set them.';
COMMENT ON COLUMN frontdesk.conversations.assignee_id IS
'Chatwoot''s id of the person it is assigned to; null when nobody, or a bot, is.';
COMMENT ON COLUMN frontdesk.conversations.source_version IS
'The source''s updated_at (seconds since 1970) of the newest description that was taken in; an older one changes nothing.';
COMMENT ON COLUMN frontdesk.conversations.handled_by IS
'human from the moment a person has answered or taken over: the bot is silent until the conversation is given back.';

CREATE TABLE frontdesk.messages (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  direction text NOT NULL,
  author text NOT NULL,
  private boolean NOT NULL DEFAULT false,
  channel varchar(50) NOT NULL DEFAULT 'whatsapp',
  content text,
  content_type text NOT NULL DEFAULT 'text',
  content_attributes jsonb,
  attachments jsonb,
  chatwoot_message_id varchar(255),
  source_id text,
  status text,
  failure text,
  sent_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT messages_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT messages_seq_key UNIQUE (conversation_id, seq, account_id),
  CONSTRAINT messages_chatwoot_key UNIQUE (chatwoot_message_id, conversation_id, account_id)
);
CREATE UNIQUE INDEX messages_source_key ON frontdesk.messages (source_id, conversation_id, account_id)
  WHERE direction = 'incoming' AND source_id IS NOT NULL;
COMMENT ON TABLE frontdesk.messages IS
'Every message of a conversation, in or out, exactly once. Prompts order by (sent_at, chatwoot_message_id, seq), for webhooks arrive in any order.';
COMMENT ON COLUMN frontdesk.messages.seq IS 'Handed out under the thread''s lock; the order in which the database learned of the messages.';
COMMENT ON COLUMN frontdesk.messages.author IS
'Who spoke: customer, bot (this product or another bot), human (an agent in Chatwoot or on the phone), automation (rules, campaigns), template (greetings, surveys).';
COMMENT ON COLUMN frontdesk.messages.content IS
'The text, at most 150,000 characters; what was cut off is told by content_attributes.truncated (bytes of the whole). Of an e-mail the newest reply without its history. Null for attachments alone and for deleted messages.';
COMMENT ON COLUMN frontdesk.messages.content_attributes IS
'As the source gave them. "frontdesk" is our marker <thread_id>/<seq of the delivery>; "submitted_values" what a customer chose.';
COMMENT ON COLUMN frontdesk.messages.status IS
'Of an outgoing message: sent, delivered, read or failed; never goes back, as providers report in any order.';
COMMENT ON COLUMN frontdesk.messages.sent_at IS 'The time at the source.';
COMMENT ON COLUMN frontdesk.messages.source_id IS 'Id of the message at the channel''s provider, as WhatsApp''s wamid; guards against one message told twice.';

CREATE SEQUENCE frontdesk.conversation_numbers AS bigint;
COMMENT ON SEQUENCE frontdesk.conversation_numbers IS
'Display numbers of conversations of transport local.';
