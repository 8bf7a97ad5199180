-- security: frontdesk.check(), and what it looks at in accounts, secrets and roles.

CREATE OR REPLACE FUNCTION frontdesk.check() RETURNS SETOF frontdesk.problem
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  visible integer[] := frontdesk.visible_accounts();
  look text;
BEGIN
  FOR look IN SELECT checks.function FROM frontdesk.checks ORDER BY checks.name LOOP
    RETURN QUERY EXECUTE format('SELECT * FROM frontdesk.%I() AS p WHERE p.account_id = ANY ($1) ORDER BY p.account_id, p.problem, p.subject', look)
      USING visible;
  END LOOP;
END
$$;
COMMENT ON FUNCTION frontdesk.check() IS
'What was forgotten or has gone wrong, a row each: a code that stays the same, whose it is (account 0: the house), of what, since when, what is wrong, what it causes and what to do. No row: nothing known is wrong. Of accounts that the caller may see; what concerns the whole database stands under account 0. frontdesk.checks lists what is looked at.';

CREATE OR REPLACE FUNCTION frontdesk.key_problems() RETURNS SETOF frontdesk.problem
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  key record;
BEGIN
  SELECT * INTO key FROM frontdesk.key_problem();
  IF key.message IS NOT NULL THEN
    RETURN QUERY SELECT 'key_file', 0, 'frontdesk.key_file', NULL::timestamptz,
      format('%s%s.', upper(left(key.message, 1)), concat_ws(': ', substr(key.message, 2), rtrim(key.detail, '.'))),
      format('No secret can be stored, and the %s that are stored cannot be used: agents answer by their fallback, replies and signed webhooks fail.',
        (SELECT count(*) FROM frontdesk.secrets)),
      key.hint;
  ELSE
    RETURN QUERY SELECT 'secret_unreadable', s.account_id, s.purpose, s.stored_at,
      format('The secret cannot be decrypted: %s.', lower(left(s.fault, 1)) || rtrim(substr(s.fault, 2), '.')),
      'Whoever needs it goes without: agents answer by their fallback, replies wait, webhooks are refused.',
      format('Put the key it was encrypted with back into the key file, or SELECT frontdesk.set_secret(%s, %L, …);', s.account_id, s.purpose)
    FROM frontdesk.check_secrets() AS s;
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.key_problems() IS
'Part of check(): the key file cannot be used, or secrets do not decrypt under it.';

CREATE OR REPLACE FUNCTION frontdesk.purpose_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'secret_unused', s.account_id, s.purpose, s.updated_at,
    'Nothing has a use for this secret: its kind is unknown, or its provider, site or registration is gone.',
    'It is kept and never read; what it was meant for goes without.',
    format('SELECT frontdesk.delete_secret(%s, %L);', s.account_id, s.purpose)
  FROM (SELECT DISTINCT account_id FROM frontdesk.secrets) AS a
  -- asked once per account
  CROSS JOIN LATERAL (SELECT array_agg(p) AS purposes FROM frontdesk.known_purposes(a.account_id) AS p) AS known
  JOIN frontdesk.secrets AS s ON s.account_id = a.account_id
  WHERE s.purpose <> ALL (coalesce(known.purposes, '{}'));
$$;
COMMENT ON FUNCTION frontdesk.purpose_problems() IS
'Part of check(): secrets of unknown purpose, or of a provider, site or registration that does not exist.';

CREATE OR REPLACE FUNCTION frontdesk.sender_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'webhook_secret_missing', r.account_id, r.login, r.created_at,
    format('No signing secret is stored for the registration%s.', coalesce(' "' || nullif(r.label, '') || '"', '')),
    'Every request of this sender is refused with 401.',
    format('SELECT frontdesk.set_secret(%s, %L, …);', r.account_id, 'webhook:' || r.login)
  FROM frontdesk.registrations AS r
  JOIN frontdesk.accounts AS a ON a.id = r.account_id AND a.active
  WHERE r.active AND r.signed
    AND NOT EXISTS (SELECT FROM frontdesk.secrets AS k WHERE k.account_id = r.account_id AND k.purpose = 'webhook:' || r.login)
  UNION ALL
  SELECT 'no_registration', a.id, a.name, a.created_at,
    'No sender may come in for this account.',
    'For information: only receive_message() brings messages in.',
    format('SELECT * FROM frontdesk.register_webhook(%s, %s);', a.id,
      coalesce((SELECT min(s.id)::text FROM frontdesk.services AS s WHERE s.account_id = a.id AND s.kind = 'transport' AND s.id > 0), format('<site that %s() returns>', 'frontdesk.add_site')))
  FROM frontdesk.accounts AS a
  WHERE a.id > 0 AND a.active
    AND NOT EXISTS (SELECT FROM frontdesk.registrations AS r WHERE r.account_id = a.id AND r.active);
$$;
COMMENT ON FUNCTION frontdesk.sender_problems() IS
'Part of check(): registrations without their signing secret, accounts without any registration.';

-- ---- roles ----

CREATE OR REPLACE FUNCTION frontdesk.grant_is_held(role_name name, statement text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
  granted constant text[] := regexp_match(statement, '^GRANT (.*) ON (?:(FUNCTION|PROCEDURE|ROUTINE) )?(.*) TO %I$');
  target text;
  privilege text;
BEGIN
  IF granted[2] IS NOT NULL THEN
    FOR target IN SELECT m[1] FROM regexp_matches(granted[3], '(frontdesk\.\w+\([^)]*\))', 'g') AS m LOOP
      IF to_regprocedure(target) IS NULL OR NOT has_function_privilege(role_name, to_regprocedure(target), 'EXECUTE') THEN
        RETURN false;
      END IF;
    END LOOP;
    RETURN true;
  END IF;
  FOR target IN SELECT m[1] FROM regexp_matches(granted[3], '(frontdesk\.\w+)', 'g') AS m LOOP
    FOR privilege IN SELECT m[1] FROM regexp_matches(granted[1], '(SELECT|INSERT|UPDATE|DELETE|USAGE)', 'g') AS m LOOP
      IF to_regclass(target) IS NULL OR NOT (CASE privilege
          WHEN 'USAGE' THEN has_sequence_privilege(role_name, to_regclass(target), privilege)
          WHEN 'DELETE' THEN has_table_privilege(role_name, to_regclass(target), privilege)
          ELSE has_any_column_privilege(role_name, to_regclass(target), privilege) END) THEN
        RETURN false;
      END IF;
    END LOOP;
  END LOOP;
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.grant_is_held(name, text) IS
'Whether a role has what a statement of frontdesk.role_grants gives it; of columns, whether it has it on any.';

CREATE OR REPLACE FUNCTION frontdesk.role_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH kinds AS (
    SELECT 'frontdesk_' || kind AS role_name, kind, roles.oid IS NOT NULL AS is_there
    FROM unnest('{anon,authenticator,operator,tool,webhook}'::text[]) AS kind
    LEFT JOIN pg_roles AS roles ON roles.rolname = 'frontdesk_' || kind
  )
  SELECT 'role_missing', 0, k.role_name, NULL::timestamptz,
    format('Role "%s" does not exist.', k.role_name),
    CASE k.kind WHEN 'operator' THEN 'People who are no superusers cannot be let in.'
      WHEN 'tool' THEN 'Functions that accounts add are not run.'
      ELSE 'The gateway cannot serve requests.' END,
    'SELECT * FROM frontdesk.setup_roles();'
  FROM kinds AS k WHERE NOT k.is_there
  UNION ALL
  -- as after an upgrade, or in a database where setup_roles() has not run
  SELECT 'grants_missing', 0, k.role_name, NULL::timestamptz,
    format('Role "%s" lacks %s of what frontdesk.role_grants gives it in this database.', k.role_name, count(*)),
    'Requests and people that come as this role are refused what they need.',
    'SELECT * FROM frontdesk.setup_roles();'
  FROM kinds AS k
  JOIN frontdesk.role_grants AS g ON g.role_kind = k.kind
  WHERE k.is_there AND NOT frontdesk.grant_is_held(k.role_name, g.statement)
  GROUP BY k.role_name;
$$;
COMMENT ON FUNCTION frontdesk.role_problems() IS
'Part of check(): setup_roles() has not run in this cluster or this database, or not since the last upgrade.';
