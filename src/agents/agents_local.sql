-- agents_local: the local provider's answers, from knowledge rows and templates.

CREATE OR REPLACE FUNCTION frontdesk.local_campaign_answer(account_id integer, fields jsonb, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  content text := coalesce(state ->> 'content', '');
  language text := coalesce(state ->> 'language', 'en');
  intent text := coalesce(state ->> 'intent', '');
  campaign frontdesk.campaigns;
  stage text;
BEGIN
  SELECT x.* INTO campaign FROM frontdesk.campaigns x
  WHERE x.account_id = account_id AND (x.id::text = state ->> 'campaign_id' OR x.status = 'active')
  ORDER BY (x.id::text = state ->> 'campaign_id') DESC NULLS LAST, x.id DESC LIMIT 1;
  fields := fields || jsonb_build_object('product', campaign.product_name, 'product_url', campaign.product_url);
  stage := CASE intent WHEN 'campaign_yes' THEN 'interested' WHEN 'campaign_no' THEN 'declined' ELSE 'question' END;
  RETURN jsonb_build_object(
    'agent_response', CASE stage
      WHEN 'question' THEN coalesce(frontdesk.local_knowledge(account_id, content, language),
                                    frontdesk.render_template(account_id, 'campaign_question', language, fields))
      ELSE frontdesk.render_template(account_id, 'campaign_' || stage, language, fields) END,
    'campaign_stage', stage, 'assigned_agent', 'campaign', 'needs_human', false, 'campaign_id', campaign.id);
END
$$;
COMMENT ON FUNCTION frontdesk.local_campaign_answer(integer, jsonb, jsonb) IS
'What local_answer() says as the campaign agent; the second argument are the fields that every template has.';

CREATE OR REPLACE FUNCTION frontdesk.local_crm_answer(account_id integer, fields jsonb, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_variable
DECLARE
  content text := coalesce(state ->> 'content', '');
  product text;
BEGIN
  product := coalesce(state #>> '{entities,product}',
                      -- the shortest text between an article and what is asked of the product
                      (regexp_match(content, '\m(?:the|a|an|de|het|o|a|os|as|der|die|das|el|la|le){1,1}?\s+([^.?!,]{3,80}?)(?:\s+(?:back|again|weer|terug|in stock|op voorraad|de volta|disponíve(?:l|is)|em estoque|wieder|verfügbar|auf lager|en stock|disponibles?|available|beschikbaar)\M|\s*[.?!,]|\s*$)', 'i'))[1],
                      left(content, 80));
  RETURN jsonb_build_object(
    'product_interest', product, 'stock_alert_requested', true, 'follow_up_needed', false,
    'assigned_agent', 'crm',
    'agent_response', frontdesk.render_template(account_id, 'stock_alert', coalesce(state ->> 'language', 'en'),
                                                fields || jsonb_build_object('product', product)));
END
$$;
COMMENT ON FUNCTION frontdesk.local_crm_answer(integer, jsonb, jsonb) IS
'What local_answer() says as the crm agent; the second argument are the fields that every template has.';

CREATE OR REPLACE FUNCTION frontdesk.local_conversation_answer(account_id integer, fields jsonb, state jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN $3 ->> 'follow_up' = 'true' THEN frontdesk.render_template($1, 'follow_up', s.language, $2)
    WHEN $3 ->> 'route' = 'recruitment' THEN frontdesk.render_template($1, 'recruitment', s.language, $2)
    ELSE coalesce(frontdesk.local_knowledge($1, coalesce($3 ->> 'content', ''), s.language),
                  -- a guess at the intent is none: the customer is asked, once
                  CASE WHEN $3 ->> 'guesses' IS NULL THEN frontdesk.render_template($1, coalesce($3 ->> 'intent', ''), s.language, $2)
                       WHEN $3 ->> 'guesses' = '1' THEN frontdesk.render_template($1, 'ask_back', s.language, $2) END,
                  frontdesk.render_template($1, 'fallback', s.language, $2)) END
  FROM (SELECT coalesce($3 ->> 'language', 'en') AS language) s;
$$;
COMMENT ON FUNCTION frontdesk.local_conversation_answer(integer, jsonb, jsonb) IS
'What local_answer() says as any other agent; the second argument are the fields that every template has.';

CREATE OR REPLACE FUNCTION frontdesk.local_answer(agent text, account_id integer, thread_id uuid, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  fields jsonb;
  answer jsonb;
BEGIN
  IF agent = 'extraction' THEN
    RETURN frontdesk.local_extraction(coalesce(state ->> 'content', ''));
  END IF;
  SELECT jsonb_build_object('name', frontdesk.given_name(l.name), 'business', coalesce(a.settings ->> 'business_name', a.name))
  INTO fields
  FROM frontdesk.accounts a
  LEFT JOIN frontdesk.conversations c ON c.account_id = a.id AND c.id = thread_id
  LEFT JOIN frontdesk.leads l ON l.account_id = c.account_id AND l.id = c.lead_id
  WHERE a.id = account_id;
  answer := CASE agent
    WHEN 'campaign' THEN frontdesk.local_campaign_answer(account_id, fields, state)
    WHEN 'crm' THEN frontdesk.local_crm_answer(account_id, fields, state)
    ELSE jsonb_build_object('assigned_agent', agent,
                            'agent_response', frontdesk.local_conversation_answer(account_id, fields, state)) END;
  -- who has no answer does not say that there will be one: a person has to know
  IF answer ->> 'agent_response' = frontdesk.render_template(account_id, 'fallback', coalesce(state ->> 'language', 'en'), fields) THEN
    answer := answer || '{"needs_human": true, "escalation_reason": "nothing that is known answers this"}';
  END IF;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION frontdesk.local_answer(text, integer, uuid, jsonb) IS
'The local provider: what an agent (extraction, conversation, campaign, crm) answers in a state without any model, as the patch its step merges. Replies come from the account''s knowledge rows and templates and never name a price that does not stand there.';
