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
