-- agents_situation: what of our own reached a person lately.

CREATE OR REPLACE FUNCTION frontdesk.lately_sent(account_id integer, lead_id uuid) RETURNS SETOF frontdesk.campaign_messages
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
  RETURN QUERY SELECT m.* FROM frontdesk.campaign_messages m
  WHERE m.account_id = account_id AND m.customer_id = lead_id AND m.status IN ('sent', 'delivered', 'read', 'replied')
    AND m.sent_at > frontdesk.clock() - interval '30 days'
  ORDER BY m.sent_at DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION frontdesk.lately_sent(integer, uuid) IS
'The campaign message that reached a person last, when that was within 30 days: a "yes" or "no thanks" is about that, and where there is none it is about no campaign.';
REVOKE ALL ON FUNCTION frontdesk.lately_sent(integer, uuid) FROM PUBLIC;
