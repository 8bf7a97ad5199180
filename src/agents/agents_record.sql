-- agents_record: what the answers of agents mean for our own tables.

CREATE OR REPLACE FUNCTION frontdesk.record_lead_facts(account_id integer, thread_id uuid, state jsonb)
RETURNS jsonb
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 'frontdesk_record_lead_facts';
COMMENT ON FUNCTION frontdesk.record_lead_facts(integer, uuid, jsonb) IS
'Runs after the extraction agent: writes what it found ("candidate", "job" in the state) into the lead''s profile, and into name, email and phone where these are empty.';

CREATE OR REPLACE FUNCTION frontdesk.record_stock_alert(account_id integer, thread_id uuid, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  product text := left(nullif(state ->> 'product_interest', ''), 255);
  alert uuid;
BEGIN
  IF NOT coalesce((state ->> 'stock_alert_requested')::boolean, false) THEN
    RETURN '{}';
  END IF;
  -- a sentence is no product: who reads the conversation knows better
  IF product IS NULL THEN
    RETURN jsonb_build_object('needs_human', true,
      'escalation_reason', coalesce(state ->> 'escalation_reason', 'wants to hear about stock; of which product is not clear'));
  END IF;
  SELECT a.id INTO alert
  FROM frontdesk.stock_alerts a
  WHERE a.account_id = account_id AND a.status = 'pending' AND lower(a.product_name) = lower(product)
    AND a.customer_id = (SELECT c.lead_id FROM frontdesk.conversations c WHERE c.account_id = account_id AND c.id = thread_id);
  IF alert IS NULL THEN
    INSERT INTO frontdesk.stock_alerts (account_id, customer_id, conversation_id, channel, product_name, product_url,
                                        conversation_context, requested_at)
    SELECT c.account_id, c.lead_id, c.display_id::text, c.channel, product, state ->> 'product_url',
           left(state ->> 'content', 4000), frontdesk.clock()
    FROM frontdesk.conversations c WHERE c.account_id = account_id AND c.id = thread_id
    RETURNING id INTO alert;
  END IF;
  -- nothing watches the stock: a person does
  RETURN jsonb_build_object('stock_alert_id', alert, 'needs_human', true,
    'escalation_reason', coalesce(state ->> 'escalation_reason', 'wants to hear about stock: ' || product), 'tags',
    coalesce(nullif(state -> 'tags', 'null'), '[]') || '["stock_alert"]');
END
$$;
COMMENT ON FUNCTION frontdesk.record_stock_alert(integer, uuid, jsonb) IS
'Runs after the CRM agent: enters a stock alert for the product the customer asked about, unless one is pending for the same person and product, and puts its id and tag into the state; none where no product is named. Asks for a person: nothing watches the stock by itself.';

CREATE OR REPLACE FUNCTION frontdesk.record_campaign_answer(account_id integer, thread_id uuid, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  answered frontdesk.campaign_messages;
BEGIN
  UPDATE frontdesk.campaign_messages m
  SET status = 'replied', replied_at = frontdesk.clock(), customer_responded = true,
      response_content = left(state ->> 'content', 4000),
      needs_human_review = coalesce((state ->> 'needs_human')::boolean, false),
      escalation_reason = state ->> 'escalation_reason'
  WHERE m.account_id = account_id
    AND m.id = (SELECT n.id FROM frontdesk.campaign_messages n
                WHERE n.account_id = account_id AND n.status IN ('sent', 'delivered', 'read')
                  AND n.customer_id = (SELECT c.lead_id FROM frontdesk.conversations c
                                       WHERE c.account_id = account_id AND c.id = thread_id)
                ORDER BY n.sent_at DESC LIMIT 1)
  RETURNING m.* INTO answered;
  -- "we will not write to you about this again" is kept by a row
  IF state ->> 'campaign_stage' = 'declined' AND coalesce(answered.campaign_id::text, state ->> 'campaign_id') IS NOT NULL THEN
    INSERT INTO frontdesk.opt_outs (account_id, lead_id, channel, scope, opted_out, content, recorded_at)
    SELECT account_id, c.lead_id, c.channel, 'campaign ' || left(coalesce(answered.campaign_id::text, state ->> 'campaign_id'), 100),
           true, left(state ->> 'content', 1000), frontdesk.clock()
    FROM frontdesk.conversations c WHERE c.account_id = account_id AND c.id = thread_id;
  END IF;
  IF answered.id IS NULL THEN
    RETURN '{"is_campaign_message": true}';
  END IF;
  RETURN jsonb_build_object('is_campaign_message', true, 'campaign_id', answered.campaign_id);
END
$$;
COMMENT ON FUNCTION frontdesk.record_campaign_answer(integer, uuid, jsonb) IS
'Runs after the campaign agent: notes the answer on the campaign message last sent to this person, and who declines in the ledger of opt-outs, for that campaign. Counters of the campaign are rolled up from these rows, not here.';
