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
  stage text := CASE coalesce(state ->> 'intent', '') WHEN 'campaign_yes' THEN 'interested' WHEN 'campaign_no' THEN 'declined' ELSE 'question' END;
  campaign frontdesk.campaigns;
  answer text;
BEGIN
  SELECT x.* INTO campaign FROM frontdesk.campaigns x
  WHERE x.account_id = account_id AND x.id::text = state ->> 'campaign_id';
  fields := fields || jsonb_build_object('product', campaign.product_name, 'product_url', campaign.product_url);
  IF stage = 'question' THEN
    answer := frontdesk.local_knowledge(account_id, content, language);
  END IF;
  -- a sentence that names what nobody has filled in is none
  IF answer IS NULL AND campaign.id IS NOT NULL AND (stage = 'declined' OR campaign.product_name <> '' AND campaign.product_url <> '') THEN
    answer := frontdesk.render_template(account_id, 'campaign_' || stage, language, fields);
  END IF;
  RETURN jsonb_build_object('agent_response', coalesce(answer, frontdesk.render_template(account_id, 'fallback', language, fields)),
    'campaign_stage', stage, 'assigned_agent', 'campaign', 'needs_human', false, 'campaign_id', campaign.id);
END
$$;
COMMENT ON FUNCTION frontdesk.local_campaign_answer(integer, jsonb, jsonb) IS
'What local_answer() says as the campaign agent, about the campaign that the state names; the second argument are the fields that every template has.';

CREATE OR REPLACE FUNCTION frontdesk.named_product(content text, language text DEFAULT 'en')
RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_variable
DECLARE
  articles text := 'the|a|an|het|o|os|as|der|die|das|den|el|los|las|la|le|les|een|un|una|uma|um|une|ein|eine|einen' || CASE language WHEN 'nl' THEN '|de' ELSE '' END;
  -- words that no product is called by, alone
  empty text[] := string_to_array('noch,doos,box,karton,schachtel,caja,caixa,boite,boîte,da,there,it,one,ones,them,this,that,these,those,still,again,back,available,in,on,at,stock,please,any,some,more,something,anything,when,is,are,was,be,have,has,got,you,your,we,i,me,my,shop,store,und,oder,auch,nur,mehr,wieder,schon,jetzt,heute,haben,habt,ihr,sie,ist,sind,gibt,es,rein,een,het,de,nog,ook,weer,terug,op,voorraad,wel,niet,meer,er,zijn,jullie,hay,esto,eso,otra,vez,tienen,todavía,todavia,aún,aun,ainda,tem,isso,isto,mais,outra,encore,toujours,il,elle,ça,ca,cela,ceci,en,moment,way,day,week,time,while,bit,lot,article,articulo,artículo,artikel,produkt,product,produit,producto,produto,item,thing,chose,cosa,coisa,atm,now,yet,today,que,qui,what,which,welche,welcher,welches,alert,notification,meantime,same,other,others,bij,dabei,inbegrepen,inclusief,included,incluido,incluida,inclus,volta,quando,cuando,quand,wann,wanneer,est,está,estará,sera,será,wird,kommt,komt,arrives,comes,coming,llegue,llega,vuelve,vuelva,revient,arrive,cor,color,colour,size,farbe,größe,kleur,maat,em,de,del,do,da,dem,den,for,of,für,fuer,von,vom,pour,para,por,voor,van,talla,taille,tamanho,couleur', ',');
  found text;
  words text[];
BEGIN
  -- the shortest text between an article and what is asked of the product, behind its last article
  found := (regexp_match(content, '\m(?:' || articles || '){1,1}?\s+([^.?!,;\n]{3,80}?)(?:\s+(?:back|again|weer|terug|in stock|op voorraad|de volta|disponíve(?:l|is)|em estoque|wieder|verfügbar|auf lager|en stock|disponibles?|available|beschikbaar)\M|\s*[.?!,;\n]|\s*$)', 'i'))[1];
  found := regexp_replace(found, '^.*\m(?:' || articles || ')\s+', '', 'i');
  words := regexp_split_to_array(btrim(found), '\s+');
  WHILE cardinality(words) > 0 AND lower(words[cardinality(words)]) = ANY (empty) LOOP
    words := words[:cardinality(words) - 1];
  END LOOP;
  WHILE cardinality(words) > 0 AND lower(words[1]) = ANY (empty) LOOP
    words := words[2:];
  END LOOP;
  IF words IS NULL OR cardinality(words) NOT BETWEEN 1 AND 8 OR length(array_to_string(words, ' ')) < 3 THEN
    RETURN NULL;
  END IF;
  RETURN array_to_string(words, ' ');
END
$$;
COMMENT ON FUNCTION frontdesk.named_product(text, text) IS
'What a message calls the product that it asks about, as plain patterns find it; null when no word of it could be one ("noch", "it", "the box").';

CREATE OR REPLACE FUNCTION frontdesk.is_wish(content text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
  SELECT content ~* ('\m(?:(?:let|drop) me know|tell me|notify me|ping me|text me|message me|write me|give me a shout|alert me|warn me|remind me|inform me|keep me posted|stock alert'
    '|sag\w* (?:mir|uns|bitte)|gib\w* (?:mir |uns |bitte )*bescheid|bescheid (?:geben|sagen)|benachrichtig|melde\w* (?:dich|euch|sie sich)|informier\w* (?:mich|uns)'
    '|avís\w*|avis(?:a|e|en|ar|adme|arme|ez|er)\w*|díg\w*me|dime|prévenez|préviens|prévenir|dites[- ](?:le[- ])?moi|dis[- ]moi|tenez[- ]moi|me dire quand|informez'
    '|laat (?:het )?(?:me|mij|ons)|geef (?:me|mij|ons) een (?:seintje|bericht)|meld (?:me|mij|het)|waarschuw|stuur (?:me|mij)|seintje'
    '|me (?:avis|diga|digam|inform|notifi)\w*|avis(?:em|e|ar)?[- ]me|diga[- ]me)');
$$;
COMMENT ON FUNCTION frontdesk.is_wish(text) IS
'Whether a message about stock asks to be told; one that only asks whether something is there does not.';

CREATE OR REPLACE FUNCTION frontdesk.meant_alerts(account_id integer, lead_id uuid, content text, is_all boolean)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
  SELECT jsonb_build_object('ids', jsonb_agg(m.id), 'products', string_agg(m.product_name, ', ' ORDER BY m.place))
  FROM (SELECT a.id, a.product_name, row_number() OVER (ORDER BY n.likeness DESC, a.requested_at DESC) AS place
        FROM frontdesk.stock_alerts a
        CROSS JOIN LATERAL (SELECT CASE WHEN strpos(lower($3), lower(a.product_name)) > 0 THEN 1
          ELSE (SELECT count(*) FROM regexp_split_to_table(lower(a.product_name), '\s+') w (word)
                WHERE length(w.word) > 3 AND strpos(lower($3), w.word) > 0) / 100.0 END AS likeness) n
        WHERE a.account_id = $1 AND a.customer_id = $2 AND a.status = 'pending'
        ORDER BY n.likeness DESC, a.requested_at DESC LIMIT 20) m
  WHERE $4 OR m.place = 1
  HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION frontdesk.meant_alerts(integer, uuid, text, boolean) IS
'The pending stock alerts of a person that a message means, {"ids", "products"}: the one it names, else the newest; all of them when it says so. Null when there is none.';
REVOKE ALL ON FUNCTION frontdesk.meant_alerts(integer, uuid, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.local_crm_answer(account_id integer, fields jsonb, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_variable
DECLARE
  content text := coalesce(state ->> 'content', '');
  language text := coalesce(state ->> 'language', 'en');
  asked text := state ->> 'stock_asked';
  is_wish boolean := frontdesk.is_wish(content) OR asked IS NOT NULL AND state ->> 'intent' = 'stock_alert_request';
  product text := coalesce(state #>> '{entities,product}',
    CASE WHEN asked = 'product' AND length(content) <= 80 THEN nullif(btrim(content, E' \n\t.!,'), '') END,
    frontdesk.named_product(content, language), CASE asked WHEN 'wish' THEN state ->> 'product_interest' END);
  -- a fact about a product does not say whether it is there
  known text := CASE WHEN NOT is_wish AND product IS NULL THEN frontdesk.local_knowledge(account_id, content, language) END;
BEGIN
  fields := fields || jsonb_build_object('product', product);
  RETURN jsonb_build_object('assigned_agent', 'crm', 'follow_up_needed', false, 'product_interest', product,
      'stock_alert_requested', is_wish AND product IS NOT NULL)
    || CASE WHEN known IS NOT NULL THEN jsonb_build_object('agent_response', known, 'stock_asked', NULL)
       WHEN product IS NULL AND asked IS NULL THEN
         jsonb_build_object('agent_response', frontdesk.render_template(account_id, 'stock_product', language, fields), 'stock_asked', 'product')
       WHEN product IS NULL THEN
         jsonb_build_object('agent_response', frontdesk.render_template(account_id, 'fallback', language, fields), 'stock_asked', NULL)
       WHEN is_wish THEN
         jsonb_build_object('agent_response', frontdesk.render_template(account_id, 'stock_alert', language, fields), 'stock_asked', NULL)
       ELSE jsonb_build_object('agent_response', frontdesk.render_template(account_id, 'stock_question', language, fields), 'stock_asked', 'wish') END;
END
$$;
COMMENT ON FUNCTION frontdesk.local_crm_answer(integer, jsonb, jsonb) IS
'What local_answer() says as the crm agent: a wish to be told is noted, a question is not yet one and is asked back, once; the second argument are the fields that every template has.';

CREATE OR REPLACE FUNCTION frontdesk.split_questions(content text)
RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
  SELECT ARRAY(SELECT btrim(p.part) FROM regexp_split_to_table(left(content, 2000), '(?<=[?!.])\s+|\n+') WITH ORDINALITY AS p (part, n)
               WHERE p.part ~ '\?' AND p.part ~ '\w{2}' ORDER BY p.n);
$$;
COMMENT ON FUNCTION frontdesk.split_questions(text) IS
'The sentences of a message that end in a question mark, in their order.';

CREATE OR REPLACE FUNCTION frontdesk.local_continuation(account_id integer, content text, before text, language text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  rules frontdesk.people_rules := frontdesk.rules_of(account_id);
  days integer := frontdesk.asked_days(content,
    (frontdesk.clock() AT TIME ZONE coalesce(rules.time_zone, current_setting('TimeZone')))::date, rules.closed_days);
  topic text := frontdesk.without_days(before);
  found text;
  attempt text;
BEGIN
  -- of another day it is told what speaks of that day, and nothing else
  IF days <> 0 THEN
    FOREACH attempt IN ARRAY ARRAY[content, topic || ' ' || content, topic || ' ' || frontdesk.without_days(content), topic] LOOP
      found := frontdesk.local_knowledge(account_id, attempt, language);
      IF days & ~frontdesk.told_days(found) = 0 THEN
        RETURN found;
      END IF;
    END LOOP;
    RETURN NULL;
  END IF;
  found := frontdesk.local_knowledge(account_id, content, language);
  IF found IS NOT NULL THEN
    RETURN found;
  END IF;
  found := frontdesk.local_knowledge(account_id, before || ' ' || content, language);
  -- the answer to what was asked before is no answer to this, unless it speaks of it, too;
  -- under a locale like C no accent is alphabetic
  RETURN CASE WHEN found IS DISTINCT FROM frontdesk.local_knowledge(account_id, before, language)
    OR EXISTS (SELECT FROM regexp_split_to_table(lower(content), '[[:space:][:punct:]¿¡]+') AS w (word)
      WHERE length(w.word) > 4 AND position(left(w.word, 5) IN lower(found)) > 0) THEN found END;
END
$$;
COMMENT ON FUNCTION frontdesk.local_continuation(integer, text, text, text) IS
'What is known of a short question read with the one before it ("and on Sundays?"): where it names a day of the week, today or tomorrow, only what speaks of that day; else null when the two together only find what the one before finds by itself, and that does not name what is asked now. For local_answers().';

CREATE OR REPLACE FUNCTION frontdesk.local_answers(account_id integer, content text, before text, language text)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_variable
DECLARE
  questions text[];
  answers text[] := '{}';
  unanswered text[] := '{}';
  found text;
  halves text[];
  half text;
BEGIN
  IF length(content) - length(replace(content, '?', '')) > 1 THEN
    questions := frontdesk.split_questions(content);
  END IF;
  IF cardinality(questions) BETWEEN 2 AND 5 THEN
    FOREACH half IN ARRAY questions LOOP
      found := frontdesk.local_knowledge(account_id, half, language);
      IF found IS NULL THEN
        unanswered := unanswered || half;
      ELSIF NOT found = ANY (answers) THEN
        answers := answers || found;
      END IF;
    END LOOP;
    IF cardinality(answers) > 0 THEN
      RETURN jsonb_build_object('agent_response', array_to_string(answers, ' ')) || CASE WHEN cardinality(unanswered) = 0 THEN '{}'
        ELSE jsonb_build_object('needs_human', true, 'escalation_reason', 'not answered: ' || left(array_to_string(unanswered, ' '), 300)) END;
    END IF;
  END IF;
  -- two in one sentence, parted at its first or its last "and", where both halves are sure
  FOREACH half IN ARRAY CASE WHEN length(content) BETWEEN 20 AND 500 AND content ~* '\s(?:and|und|et|y|en|e|plus|außerdem|sowie)\s'
      THEN ARRAY['^(.+?)', '^(.+)'] ELSE '{}' END LOOP
    halves := regexp_match(content, half || '\s+(?:and|und|et|y|en|e|plus|außerdem|sowie)\s+(.+)$', 'i');
    CONTINUE WHEN least(length(halves[1]), length(halves[2])) < 8;
    answers := ARRAY[frontdesk.local_knowledge(account_id, halves[1], language), frontdesk.local_knowledge(account_id, halves[2], language)];
    -- "and how much is it" is about the first half
    IF answers[1] <> answers[2] AND halves[2] !~* '\m(?:it|that|they|them|das|es|dies|ça|ca|cela|dat|het|die|eso|esto|isso|isto|ele|ela)\M' THEN
      RETURN jsonb_build_object('agent_response', answers[1] || ' ' || answers[2]);
    END IF;
  END LOOP;
  found := CASE WHEN before IS NULL THEN frontdesk.local_knowledge(account_id, content, language)
    ELSE frontdesk.local_continuation(account_id, content, right(before, 500), language) END;
  -- of two in one sentence one is known: the other is for a person
  IF answers[1] IS NOT NULL AND (found IS NULL OR found = answers[1] AND answers[2] <> answers[1]) THEN
    RETURN jsonb_build_object('agent_response', answers[1], 'needs_human', true, 'escalation_reason', 'not answered: ' || halves[2]);
  END IF;
  RETURN jsonb_build_object('agent_response', found);
END
$$;
COMMENT ON FUNCTION frontdesk.local_answers(integer, text, text, text) IS
'What the account''s knowledge is sure to answer, as a patch: to each question of a message that has several, with a person for the one that is not known; to a short one that goes on with what was said before (third argument), together with that. agent_response is null when nothing is sure.';

CREATE OR REPLACE FUNCTION frontdesk.local_conversation_answer(account_id integer, fields jsonb, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  language text := coalesce(state ->> 'language', 'en');
  intent text := coalesce(state ->> 'intent', '');
  template text := CASE WHEN state ->> 'follow_up' = 'true' THEN 'follow_up'
    WHEN state ->> 'route' = 'recruitment' THEN 'recruitment' END;
  known jsonb;
BEGIN
  IF template IS NOT NULL THEN
    RETURN jsonb_build_object('agent_response', frontdesk.render_template(account_id, template, language, fields));
  END IF;
  IF state ->> 'bare' IS NULL THEN
    known := frontdesk.local_answers(account_id, coalesce(state ->> 'content', ''), state ->> 'before', language);
  END IF;
  IF known ->> 'agent_response' IS NOT NULL THEN
    RETURN known || '{"guesses": null}';
  END IF;
  RETURN jsonb_build_object('agent_response', coalesce(
    -- a guess at the intent is none: the customer is asked, once
    CASE WHEN state ->> 'guesses' IS NULL THEN frontdesk.render_template(account_id, intent, language, fields)
         WHEN state ->> 'guesses' = '1' THEN frontdesk.render_template(account_id, 'ask_back', language, fields) END,
    frontdesk.render_template(account_id, 'fallback', language, fields)));
END
$$;
COMMENT ON FUNCTION frontdesk.local_conversation_answer(integer, jsonb, jsonb) IS
'What local_answer() says as any other agent, as a patch; the second argument are the fields that every template has.';

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
  SELECT jsonb_build_object('name', frontdesk.given_name(left(l.name, 200)), 'business', left(coalesce(a.settings ->> 'business_name', a.name), 200))
  INTO fields
  FROM frontdesk.accounts a
  LEFT JOIN frontdesk.conversations c ON c.account_id = a.id AND c.id = thread_id
  LEFT JOIN frontdesk.leads l ON l.account_id = c.account_id AND l.id = c.lead_id
  WHERE a.id = account_id;
  answer := CASE agent
    WHEN 'campaign' THEN frontdesk.local_campaign_answer(account_id, fields, state)
    WHEN 'crm' THEN frontdesk.local_crm_answer(account_id, fields, state)
    ELSE jsonb_build_object('assigned_agent', agent) || frontdesk.local_conversation_answer(account_id, fields, state) END;
  -- who has no answer does not say that there will be one: a person has to know
  IF answer ->> 'agent_response' = frontdesk.render_template(account_id, 'fallback', coalesce(state ->> 'language', 'en'), fields) THEN
    answer := answer || '{"needs_human": true, "escalation_reason": "nothing that is known answers this"}';
  END IF;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION frontdesk.local_answer(text, integer, uuid, jsonb) IS
'The local provider: what an agent (extraction, conversation, campaign, crm) answers in a state without any model, as the patch its step merges. Replies come from the account''s knowledge rows and templates and never name a price that does not stand there.';
