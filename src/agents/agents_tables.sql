-- agents: the vacancies recruitment is about.

CREATE TABLE frontdesk.job_postings (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  title text NOT NULL,
  description text,
  location text,
  requirements jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'open',
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT job_postings_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT job_postings_size_check CHECK (octet_length(title)
    + octet_length(coalesce(description, '')) + octet_length(coalesce(location, ''))
    + octet_length(requirements::text) + octet_length(status) <= 65536),
  CONSTRAINT job_postings_status_check CHECK (status IN ('draft', 'open', 'closed')),
  CONSTRAINT job_postings_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.job_postings IS
'Vacancies of an account. requirements has the shape of the type frontdesk.job_requirements.';

-- few, and looked for by frontdesk.check(): what the local provider did in place of a model
CREATE INDEX checkpoints_stand_in_idx ON frontdesk.checkpoints (account_id, created_at) WHERE model LIKE 'local (%';
