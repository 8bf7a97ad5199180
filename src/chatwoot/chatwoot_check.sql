-- chatwoot: what frontdesk.check() looks at.

CREATE OR REPLACE FUNCTION frontdesk.site_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH places AS (
    SELECT s.account_id, s.id, s.created_at,
      EXISTS (SELECT FROM frontdesk.secrets AS k WHERE k.account_id = s.account_id AND k.purpose = 'chatwoot_bot_token:' || s.id) AS can_speak,
      EXISTS (SELECT FROM frontdesk.secrets AS k WHERE k.account_id = s.account_id AND k.purpose = 'chatwoot_user_token:' || s.id) AS can_read
    FROM frontdesk.services AS s
    JOIN frontdesk.accounts AS a ON a.id = s.account_id AND a.active
    WHERE s.kind = 'transport' AND s.adapter = 'chatwoot'
  )
  SELECT 'bot_token_missing', p.account_id, 'site ' || p.id, p.created_at,
    'No bot token is stored for the site.',
    CASE WHEN p.can_read THEN 'Replies are written in the name of the user whose token is stored.'
      ELSE 'No reply reaches the customer: deliveries become dead letters.' END,
    format('SELECT frontdesk.set_secret(%s, ''chatwoot_bot_token:%s'', …);', p.account_id, p.id)
  FROM places AS p WHERE NOT p.can_speak
  UNION ALL
  SELECT 'user_token_missing', p.account_id, 'site ' || p.id, p.created_at,
    'No user token is stored for the site.',
    'The site is not swept: messages whose webhook was lost are never found, and uncertain replies cannot be looked up.',
    format('SELECT frontdesk.set_secret(%s, ''chatwoot_user_token:%s'', …);', p.account_id, p.id)
  FROM places AS p WHERE NOT p.can_read;
$$;
COMMENT ON FUNCTION frontdesk.site_problems() IS
'Part of check(): sites at Chatwoot without a bot token or a user token.';
