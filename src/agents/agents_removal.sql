-- agents: how people remove rows of their accounts.

CREATE OR REPLACE FUNCTION frontdesk.remove_job_posting(account_id integer, id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM frontdesk.require_account(remove_job_posting.account_id);
  DELETE FROM frontdesk.job_postings AS t WHERE t.account_id = remove_job_posting.account_id AND t.id = remove_job_posting.id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM frontdesk.record_audit(remove_job_posting.account_id, 'job_posting.removed', remove_job_posting.id::text);
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.remove_job_posting(integer, uuid) IS
'Removes a row of frontdesk.job_postings of an account; false when there is none. People remove rows with it because a DELETE on the table would let them lock it for every account. Raises 42501 when the account is not the caller''s.';
