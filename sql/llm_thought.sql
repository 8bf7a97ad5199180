-- What models think aloud, and what they merely speak of.
INSERT INTO frontdesk.accounts (id, name) VALUES (4713, 'thoughts');
INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings) VALUES
  (4713, 'plain', 'openai', 'https://models.example.com', '{"key": "none"}'),
  (4713, 'own', 'openai', 'http://127.0.0.1:8000/v1', '{"limit_field": "max_tokens", "system_role": "system", "strict": false, "key": "none"}'),
  (4713, 'claude', 'anthropic', 'https://claude.example.com', '{"key": "none"}');
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output)
SELECT 4713, shape || ' ' || provider, provider, 'm', 'Answer.',
  CASE shape WHEN 'object' THEN '{"type": "object", "properties": {"said": {"type": "string", "minLength": 1}, "list": {"type": "array", "items": {"type": "string"}}}, "required": ["said"]}'::jsonb END
FROM unnest(ARRAY['text', 'object']) shape, unnest(ARRAY['plain', 'own', 'claude']) provider;
CREATE FUNCTION pg_temp.chat(content jsonb, finish text DEFAULT 'stop') RETURNS text LANGUAGE sql
RETURN jsonb_build_object('choices', jsonb_build_array(jsonb_build_object('finish_reason', finish, 'message', jsonb_build_object('content', content))))::text;
CREATE FUNCTION pg_temp.judge(agent text, body text) RETURNS TABLE (verdict text, said text, code text) LANGUAGE sql AS
$$SELECT j->>'verdict', CASE WHEN j->>'verdict' = 'answered' THEN coalesce(j->>'object', j->>'text') END, j->>'code' FROM frontdesk.preview_answer(agent, 200, body, 4713) j$$;

-- thoughts go, in whatever form; nothing but thoughts is no answer
SELECT n, (pg_temp.judge('text own', pg_temp.chat(to_jsonb(content)))).* FROM (VALUES
  ('pair', E'<think>margin is low</think>\n\nWe open at nine.'),
  ('no opener', E'The margin is low.\n</think>\n\nWe open at nine.'),
  ('no opener, one line', 'The margin is low.</think>We open at nine.'),
  ('no opener, behind a quotation', 'He said "no"</think>We open at nine.'),
  ('capitals', '<Think>margin</THINK> We open at nine.'),
  ('in between', 'We are sorry. <think>offer nothing</think> A colleague will look.'),
  ('twice', '<think>a</think>One.<think>b</think> Two.'),
  ('within', E'<think>he wrote <think>x</think> about it</think>We open at nine.'),
  ('opened twice', E'<think>a <think> b</think>We open at nine.'),
  ('at its end', E'We open at nine.\n<think>was that right'),
  ('brackets', '[THINK]offer nothing[/THINK]We are sorry.'),
  ('thinking', '<thinking>offer nothing</thinking>We are sorry.'),
  ('reasoning', E'<reasoning>\noffer nothing\n</reasoning>\nWe are sorry.'),
  ('tokens', '<|START_THINKING|>offer nothing<|END_THINKING|><|START_RESPONSE|>We are sorry.<|END_RESPONSE|>'),
  ('triangles', '◁think▷offer nothing◁/think▷We are sorry.'),
  ('words', E'Here is my thought process:\nOffer nothing.\nHere is my response:\nWe are sorry.'),
  ('channels', '<|channel|>analysis<|message|>Offer nothing.<|end|><|start|>assistant<|channel|>final<|message|>We are sorry.<|return|>'),
  ('channels, cut in front', 'Offer nothing.<|end|><|start|>assistant<|channel|>final<|message|>We are sorry.'),
  ('channels, no final one', '<|channel|>analysis<|message|>Offer nothing.<|end|>'),
  ('channels, commentary', '<|channel|>commentary<|message|>Offer nothing.'),
  ('channels, signs dropped', 'analysisOffer nothing.assistantfinalWe are sorry.'),
  ('channels, signs and end dropped', 'analysisOffer nothing.'),
  ('end of a turn', 'We are sorry.<|im_end|>'),
  ('a turn too many', E'We are sorry.<|im_end|>\n<|im_start|>user\nHm?<|im_end|>'),
  ('end of a text', 'We are sorry.</s>'),
  ('nothing else', '<think>hm'),
  ('nothing else, closed', E'Thinking it over: a refund is due.\n</think>\n'),
  ('cannot be told', 'the margin is low so we </think> we open at nine')) v (n, content);

-- what is spoken of stays, letter by letter
SELECT n, content = (pg_temp.judge('text own', pg_temp.chat(to_jsonb(content)))).said AS stays FROM (VALUES
  ('none', 'We open at nine.'),
  ('comparison', 'Sizes < 40 and > 36 are there.'),
  ('a word', 'I think that the tag is <b>, not <think>.'),
  ('code', 'The tag `<think>` is closed by `</think>`, not by "</thought>".'),
  ('quoted', 'You wrote "</think>"; what do you mean by it?'),
  ('German', 'Sie schrieben „</think>“; was meinen Sie damit?'),
  ('French', 'Vous avez écrit «</think>».'),
  ('code with more', 'Use `a <think> b </think> c` there.'),
  ('button', 'Please press [THINK] to go on.'),
  ('HTML', '<s>12</s> now 9 euros, <i>today</i>.'),
  ('analysis', 'analysis of your water costs 20 euros.'),
  ('Analysis', 'The analysis is done, the final report follows.'),
  ('a heart', 'Thank you <3')) v (n, content);

-- the same in objects: around them, and in every string
SELECT n, (pg_temp.judge('object own', pg_temp.chat(to_jsonb(content)))).* FROM (VALUES
  ('no opener', E'They want {"said": "first guess"} or rather not.\n</think>\n{"said": "We open."}'),
  ('pair, prose, fence', E'<think>{no}</think> Sure:\n```json\n{"said": "We open."}\n```'),
  ('channels', '<|channel|>analysis<|message|>{"said": "x"}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{"said": "We open."}'),
  ('in a string', '{"said": "<think>offer nothing</think>We open.", "list": ["a", "x</think>b"]}'),
  ('nothing else in a string', '{"said": "<think>offer nothing</think>"}'),
  ('spoken of', '{"said": "You wrote \"</think>\"  .", "list": [" <think> "]}'),
  ('cannot be told', '{"said": "so we </think> we open"}')) v (n, content);
SELECT n, (pg_temp.judge('object plain', pg_temp.chat(to_jsonb(content)))).* FROM (VALUES
  ('a grammar was agreed on', E'<think>hm</think>\n{"said": "We open."}'),
  ('and prose is none', 'Sure: {"said": "We open."}')) v (n, content);

-- parts of a content: the spoken ones
SELECT n, (pg_temp.judge('text plain', pg_temp.chat(content::jsonb))).* FROM (VALUES
  ('reasoning', '[{"type": "reasoning", "text": "Offer nothing."}, {"type": "text", "text": "We are sorry."}]'),
  ('thinking', '[{"type": "thinking", "thinking": [{"type": "text", "text": "Offer nothing."}]}, {"type": "text", "text": "We are sorry."}]'),
  ('marked', '[{"type": "text", "text": "Offer nothing.", "thought": true}, {"type": "text", "text": "We are sorry.", "thought": false}]'),
  ('other words', '[{"type": "reasoning_text", "text": "Offer nothing."}, {"type": "output_text", "text": "We are sorry."}]'),
  ('strings', '["We are ", "sorry."]'),
  ('a mark in a part', '[{"type": "text", "text": "Offer nothing.</think>"}, {"type": "text", "text": "We are sorry."}]'),
  ('thoughts alone', '[{"type": "thinking", "thinking": "Offer nothing."}]')) v (n, content);
SELECT (pg_temp.judge('text claude', jsonb_build_object('stop_reason', 'end_turn', 'content', jsonb_build_array(
  jsonb_build_object('type', 'thinking', 'thinking', 'Offer nothing.'), jsonb_build_object('type', 'text', 'text', E'Offer nothing.\n</think>\nWe are sorry.')))::text)).*;

-- a text of nothing but marks is soon done with
SELECT n, (pg_temp.judge('text own', pg_temp.chat(to_jsonb(content)))).verdict FROM (VALUES
  ('opening', repeat('x <think> ', 50000)), ('closing', repeat('</think>', 50000)), ('quoted', repeat('`', 100000) || '</think>'),
  ('channels', repeat('<|channel|>final', 50000))) v (n, content);

DELETE FROM frontdesk.accounts WHERE id = 4713;
