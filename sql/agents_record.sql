-- What the extraction agent found goes into the lead: nulls and empty findings
-- never replace what is known.
SELECT frontdesk.add_account('Record') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'cara', 'hello') AS thread \gset
CREATE FUNCTION pg_temp.learn(state jsonb) RETURNS TABLE (patch jsonb, name text, email text, phone text, profile jsonb, status text, written boolean)
LANGUAGE plpgsql AS $$
DECLARE
  lead frontdesk.leads;
  version xid;
BEGIN
  SELECT l.xmin INTO version FROM frontdesk.leads l WHERE l.account_id = (SELECT max(id) FROM frontdesk.accounts);
  patch := frontdesk.record_lead_facts((SELECT max(id) FROM frontdesk.accounts), (SELECT id FROM frontdesk.threads WHERE account_id = (SELECT max(id) FROM frontdesk.accounts)), state);
  SELECT * INTO lead FROM frontdesk.leads l WHERE l.account_id = (SELECT max(id) FROM frontdesk.accounts);
  SELECT lead.name, lead.email, lead.phone, lead.profile, lead.qualification_status INTO name, email, phone, profile, status;
  SELECT l.xmin <> version INTO written FROM frontdesk.leads l WHERE l.account_id = lead.account_id;
  RETURN NEXT;
END $$;
SELECT * FROM pg_temp.learn('{"content": "nothing found"}');
SELECT * FROM pg_temp.learn('{"candidate": {"full_name": "Cara", "phone": "+31", "email": null, "links": [{"url": null}]}, "job": null}');
SELECT * FROM pg_temp.learn('{"candidate": {"full_name": "Cara", "phone": "+31", "links": [{}]}}');
SELECT * FROM pg_temp.learn('{"candidate": {"full_name": "Carla", "email": "cara@example.com"}, "job": {"title": "nurse"}}');
SELECT frontdesk.record_lead_facts(:account, gen_random_uuid(), '{"job": {"title": "nurse"}}');

-- who declines a campaign is not written to about it again: a row keeps that
SELECT frontdesk.add_account('Declines') AS declines \gset
SELECT frontdesk.receive_message(:declines, 'whatsapp', '+31600000001', 'No thanks') AS refused \gset
SELECT frontdesk.record_campaign_answer(:declines, :'refused', '{"campaign_stage": "declined", "campaign_id": "7", "content": "No thanks"}');
SELECT frontdesk.record_campaign_answer(:declines, :'refused', '{"campaign_stage": "interested", "campaign_id": "8", "content": "Yes"}');
SELECT o.scope, o.opted_out, o.content, frontdesk.is_opted_out(o.account_id, o.lead_id, o.channel) AS all_of_it,
  frontdesk.is_opted_out(o.account_id, o.lead_id, o.channel, 'campaign 7') AS of_this, frontdesk.is_opted_out(o.account_id, o.lead_id, o.channel, 'campaign 8') AS of_another
FROM frontdesk.opt_outs o WHERE o.account_id = :declines;
