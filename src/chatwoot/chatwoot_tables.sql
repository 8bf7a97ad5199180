-- chatwoot: how far each site has been swept.

CREATE TABLE frontdesk.site_sweeps (
  account_id integer NOT NULL,
  site_id integer NOT NULL,
  thread_id uuid NOT NULL,
  seen_until timestamptz NOT NULL,
  judged_until timestamptz NOT NULL,
  finished_at timestamptz,
  conversations bigint NOT NULL DEFAULT 0,
  messages bigint NOT NULL DEFAULT 0,
  failure text,
  CONSTRAINT site_sweeps_pkey PRIMARY KEY (account_id, site_id),
  CONSTRAINT site_sweeps_site_fkey FOREIGN KEY (account_id, site_id) REFERENCES frontdesk.services (account_id, id) ON DELETE CASCADE,
  CONSTRAINT site_sweeps_thread_fkey FOREIGN KEY (account_id, thread_id) REFERENCES frontdesk.threads (account_id, id)
);
COMMENT ON TABLE frontdesk.site_sweeps IS
'How far each site has been swept: the thread that asks Chatwoot, and what it found. See sweep_site().';
COMMENT ON COLUMN frontdesk.site_sweeps.seen_until IS
'Conversations whose last activity is older have been looked at.';
COMMENT ON COLUMN frontdesk.site_sweeps.judged_until IS
'Customers'' messages that came in before this have been answered, or were found to be stuck.';
COMMENT ON COLUMN frontdesk.site_sweeps.conversations IS
'Conversations looked at, and messages found that no webhook had told of, since the beginning.';
COMMENT ON COLUMN frontdesk.site_sweeps.failure IS
'Why the last sweep could not be finished; null when it could.';
