-- agents_trial: what a provider can do, and providers to start from.

CREATE OR REPLACE FUNCTION frontdesk.check_provider(account_id integer, provider text, model text) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  thread uuid := frontdesk.uuid();
BEGIN
  PERFORM frontdesk.require_account(account_id);
  IF NOT EXISTS (SELECT FROM frontdesk.providers p WHERE p.account_id IN (account_id, 0) AND p.name = provider) THEN
    RAISE EXCEPTION 'account % has no provider "%"', account_id, provider
      USING ERRCODE = 'P0002', HINT = 'frontdesk.add_provider() adds one.';
  END IF;
  INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, class)
  VALUES (account_id, thread, 'provider_check', 'provider_check', 0, 1, 2);
  PERFORM frontdesk.post_mail(account_id, thread, 'provider_check', jsonb_build_object('provider', provider, 'model', model, 'works', NULL));
  RETURN thread;
END
$$;
COMMENT ON FUNCTION frontdesk.check_provider(integer, text, text) IS
'Has a worker ask a model of a provider, as an account would, and find out what its server does not know: what it refuses is left out, whether it keeps to schemas and limits, says that an answer is whole, and counts tokens. What is found goes into the settings of the provider''s row, the house''s row where that is the account''s; frontdesk.provider_checks tells what came of it. A few calls are made and cost what they cost. Returns the thread. Raises P0002 when there is no such provider, 42501 when the account is not the caller''s.';
REVOKE ALL ON FUNCTION frontdesk.check_provider(integer, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.add_provider(account_id integer, name text, preset text, base_url text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  p frontdesk.provider_presets;
BEGIN
  SELECT x.* INTO p FROM frontdesk.provider_presets x WHERE x.name = preset;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no preset "%" of a provider', preset
      USING ERRCODE = 'P0002', HINT = 'SELECT name, comment FROM frontdesk.provider_presets;';
  END IF;
  INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings)
  VALUES (account_id, name, p.kind, coalesce(base_url, p.base_url), p.settings);
END
$$;
COMMENT ON FUNCTION frontdesk.add_provider(integer, text, text, text) IS
'Adds a provider to an account (0: the house) from a row of frontdesk.provider_presets, at an address of its own or the preset''s. For superusers, as all of frontdesk.providers: whoever sets an address is sent the key.';
REVOKE ALL ON FUNCTION frontdesk.add_provider(integer, text, text, text) FROM PUBLIC;
