-- inbox: rows are seen by those who may see their account.

ALTER TABLE frontdesk.leads ENABLE ROW LEVEL SECURITY;
CREATE POLICY leads_visible ON frontdesk.leads
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.conversations ENABLE ROW LEVEL SECURITY;
CREATE POLICY conversations_visible ON frontdesk.conversations
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY messages_visible ON frontdesk.messages
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.people_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_rules_house ON frontdesk.people_rules FOR SELECT
  USING (account_id = 0);
CREATE POLICY people_rules_visible ON frontdesk.people_rules
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.reply_drafts ENABLE ROW LEVEL SECURITY;
CREATE POLICY reply_drafts_visible ON frontdesk.reply_drafts
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.templates ENABLE ROW LEVEL SECURITY;
CREATE POLICY templates_house ON frontdesk.templates FOR SELECT
  USING (account_id = 0);
CREATE POLICY templates_account ON frontdesk.templates
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.office_hours ENABLE ROW LEVEL SECURITY;
CREATE POLICY office_hours_visible ON frontdesk.office_hours
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.phrases ENABLE ROW LEVEL SECURITY;
CREATE POLICY phrases_house ON frontdesk.phrases FOR SELECT
  USING (account_id = 0);
CREATE POLICY phrases_visible ON frontdesk.phrases
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.opt_outs ENABLE ROW LEVEL SECURITY;
CREATE POLICY opt_outs_visible ON frontdesk.opt_outs
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.channel_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY channel_limits_house ON frontdesk.channel_limits FOR SELECT
  USING (account_id = 0);
CREATE POLICY channel_limits_visible ON frontdesk.channel_limits
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
ALTER TABLE frontdesk.refusal_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY refusal_rules_house ON frontdesk.refusal_rules FOR SELECT
  USING (account_id = 0);
CREATE POLICY refusal_rules_visible ON frontdesk.refusal_rules
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));
