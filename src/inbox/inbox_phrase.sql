-- inbox_phrase: phrases that mean something whoever writes them.

CREATE OR REPLACE FUNCTION frontdesk.find_promise(account_id integer, content text) RETURNS text
LANGUAGE c STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_find_promise';
COMMENT ON FUNCTION frontdesk.find_promise(integer, text) IS
'Whether a text promises the customer that somebody comes back, by the rows of frontdesk.phrases: "person" (a colleague does), "promise" (we do), else null. Questions and offers promise nothing. For functions of the product; no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.judge_opting(account_id integer, channel text, content text) RETURNS text
LANGUAGE c STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_judge_opting';
COMMENT ON FUNCTION frontdesk.judge_opting(integer, text, text) IS
'Whether a message on a channel is nothing but the wish for no more messages ("out") or for messages again ("in"), by the rows of frontdesk.phrases, which please, thanks and the like may stand beside; else null. For functions of the product; no role may call it.';

CREATE OR REPLACE TRIGGER phrases_after_change
  AFTER INSERT OR UPDATE OR DELETE ON frontdesk.phrases
  FOR EACH ROW EXECUTE FUNCTION frontdesk.configuration_changed('account_id');
CREATE OR REPLACE TRIGGER phrases_after_truncate AFTER TRUNCATE ON frontdesk.phrases
  FOR EACH STATEMENT EXECUTE FUNCTION frontdesk.configuration_changed('account_id');

CREATE OR REPLACE FUNCTION frontdesk.remove_phrase(account_id integer, kind text, phrase text, language text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_phrase.account_id);
  DELETE FROM frontdesk.phrases AS t WHERE t.account_id = remove_phrase.account_id AND t.kind = remove_phrase.kind
    AND t.phrase = remove_phrase.phrase AND t.language = remove_phrase.language AND NOT t.builtin;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_phrase.account_id, 'phrase.removed', remove_phrase.kind || ' ' || remove_phrase.phrase);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_phrase(integer, text, text, text) IS
'Removes a row of frontdesk.phrases of an account; false when there is none, or when it is a shipped one. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.phrase_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
  SELECT 'phrases_left_out', p.account_id, NULL::text, NULL::timestamptz,
    format('Of %s phrases the first 2000, by kind and phrase, are read.', count(*)),
    'The others mean nothing.',
    'SELECT frontdesk.remove_phrase(…): "a|b" and "word*" say in one phrase what others say in many.'
  FROM frontdesk.phrases AS p WHERE p.account_id > 0 GROUP BY p.account_id HAVING count(*) > 2000;
$$;
COMMENT ON FUNCTION frontdesk.phrase_problems() IS
'Part of check(): accounts with more phrases than are read.';
