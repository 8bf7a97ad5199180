-- inbox_template: the sentences that the house says by itself, from rows.

CREATE OR REPLACE FUNCTION frontdesk.render_template(account_id integer, name text, language text, fields jsonb)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
#variable_conflict use_variable
DECLARE
  rendered text;
  field record;
  places integer;
  told text;
BEGIN
  -- chr(1) stands for a brace of a value meanwhile, so there must be no other
  SELECT left(translate(t.content, chr(1), ''), 65536) INTO rendered FROM frontdesk.templates t
  WHERE t.account_id IN (account_id, 0) AND t.name = name AND t.language IN (language, 'en')
  ORDER BY t.language = language DESC, t.account_id DESC LIMIT 1;
  FOR field IN SELECT f.key, f.value FROM jsonb_each_text(fields) f LOOP
    CONTINUE WHEN coalesce(field.value, '') = '';
    places := (length(rendered) - length(replace(rendered, '{' || field.key || '}', ''))) / (length(field.key) + 2);
    CONTINUE WHEN coalesce(places, 0) = 0;
    -- no sentence is longer than one that is all template
    told := left(field.value, least(4096, (65536 - length(rendered)) / places + length(field.key) + 2));
    -- a brace in a value opens no field
    rendered := replace(rendered, '{' || field.key || '}', replace(translate(told, chr(1), ''), '{', chr(1)));
  END LOOP;
  -- what nobody filled in goes away with the blank or comma before it
  RETURN replace(regexp_replace(rendered, '[ ,]*\{[a-z_]+\}', '', 'g'), chr(1), '{');
END
$$;
COMMENT ON FUNCTION frontdesk.render_template(integer, text, text, jsonb) IS
'A sentence of the local provider with its fields filled in: the account''s template, else the house''s; in the language asked for, else in English. Of a long value the beginning is said, and the whole has no more than 65,536 characters. Null when there is no such template.';

CREATE OR REPLACE FUNCTION frontdesk.remove_template(account_id integer, name text, language text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_template.account_id);
  DELETE FROM frontdesk.templates AS t WHERE t.account_id = remove_template.account_id AND t.name = remove_template.name AND t.language = remove_template.language AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_template.account_id, 'template.removed', remove_template.name || ' ' || remove_template.language);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_template(integer, text, text) IS
'Removes a row of frontdesk.templates of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';
