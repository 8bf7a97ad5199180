-- chatwoot: rows are seen by those who may see their account.

ALTER TABLE frontdesk.site_sweeps ENABLE ROW LEVEL SECURITY;
CREATE POLICY site_sweeps_visible ON frontdesk.site_sweeps
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
