-- http: services, and what the library knows of them.

CREATE OR REPLACE FUNCTION frontdesk.service_adapters(OUT kind text, OUT adapter text, OUT title text, OUT secrets text[]) RETURNS SETOF record
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_service_adapters';
COMMENT ON FUNCTION frontdesk.service_adapters() IS
'What this server''s library can speak with: kind and adapter of frontdesk.services, what people call it, and the names of the secrets that such a service has; a secret''s purpose is <adapter>_<secret>:<id of the service>.';

CREATE OR REPLACE FUNCTION frontdesk.check_adapter() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM frontdesk.service_adapters() AS a WHERE a.kind = NEW.kind AND a.adapter = NEW.adapter) THEN
    RAISE EXCEPTION 'this server''s library knows no % "%"', CASE NEW.kind WHEN 'transport' THEN 'transport' ELSE 'adapter of kind ' || NEW.kind END, NEW.adapter
      USING ERRCODE = 'invalid_parameter_value',
        HINT = 'SELECT * FROM frontdesk.service_adapters() lists what it knows.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION frontdesk.check_adapter() IS
'Trigger of frontdesk.services: refuses what no domain of the library has registered (22023). A row that replication or a disabled trigger let in gets no request, and check() tells of it.';

CREATE OR REPLACE TRIGGER services_before_write
  BEFORE INSERT OR UPDATE OF kind, adapter ON frontdesk.services
  FOR EACH ROW EXECUTE FUNCTION frontdesk.check_adapter();

CREATE OR REPLACE FUNCTION frontdesk.insert_service(service frontdesk.services) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  noun constant text := CASE service.kind WHEN 'transport' THEN 'site' ELSE 'service' END;
  known integer;
BEGIN
  service.url := rtrim(coalesce(service.url, ''), '/');
  IF service.url <> '' AND service.url !~ '^(https?|smtps?)://[^/?#@[:space:]]+(/[^?#[:space:]]*)?$'
    OR noun = 'site' AND service.url ~ '^smtp' THEN
    RAISE EXCEPTION 'address of a % must be an % URL without credentials, query or fragment', noun,
      CASE noun WHEN 'site' THEN 'http or https' ELSE 'http, https, smtp or smtps' END
      USING ERRCODE = 'invalid_parameter_value', HINT = 'For instance https://chat.example.com';
  END IF;
  PERFORM FROM frontdesk.accounts WHERE accounts.id = service.account_id FOR UPDATE;
  SELECT s.id INTO known FROM frontdesk.services AS s
  WHERE s.account_id = service.account_id AND s.kind = service.kind AND s.url = service.url
    AND s.remote_account = coalesce(service.remote_account, 0);
  IF FOUND THEN
    RAISE EXCEPTION '% % of account % is this place already', noun, known, service.account_id
      USING ERRCODE = 'unique_violation',
        DETAIL = format('It is account %s at %s.', service.remote_account, coalesce(nullif(service.url, ''), 'this database')),
        HINT = coalesce((SELECT format('frontdesk.set_secret(%s, ''%s_%s:%s'', …) gives it another token.', service.account_id, a.adapter, a.secrets[1], known)
                FROM frontdesk.service_adapters() AS a WHERE a.kind = service.kind AND a.adapter = service.adapter),
          'SELECT * FROM frontdesk.services lists what there is.');
  END IF;
  SELECT coalesce(max(s.id), 0) + 1 INTO service.id FROM frontdesk.services AS s WHERE s.account_id = service.account_id;
  INSERT INTO frontdesk.services (account_id, id, kind, adapter, url, remote_account, settings)
  VALUES (service.account_id, service.id, service.kind, service.adapter, service.url,
          coalesce(service.remote_account, 0), coalesce(service.settings, '{}'));
  RETURN service.id;
END
$$;
COMMENT ON FUNCTION frontdesk.insert_service(frontdesk.services) IS
'Adds a service under the account''s next number, which it returns. For add_service() and the functions that add one sort of service; no role may call it. Raises 22023 for an unusable address or an unknown adapter, 23505 when the service is known already.';

CREATE OR REPLACE FUNCTION frontdesk.add_service(account_id integer, kind text, adapter text, url text, remote_account bigint DEFAULT 0, settings jsonb DEFAULT '{}') RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  service frontdesk.services;
BEGIN
  PERFORM frontdesk.require_account(add_service.account_id);
  service.account_id := add_service.account_id;
  service.kind := add_service.kind;
  service.adapter := add_service.adapter;
  service.url := add_service.url;
  service.remote_account := add_service.remote_account;
  service.settings := add_service.settings;
  service.id := frontdesk.insert_service(service);
  PERFORM frontdesk.record_audit(add_service.account_id, 'service.added', service.id::text,
    jsonb_build_object('kind', add_service.kind, 'adapter', add_service.adapter, 'url', add_service.url));
  RETURN service.id;
END
$$;
COMMENT ON FUNCTION frontdesk.add_service(integer, text, text, text, bigint, jsonb) IS
'Adds a remote system that an account uses and returns its id: kind and adapter as frontdesk.service_adapters() lists them, with the names of the secrets it then needs. For a site at Chatwoot there is add_site(). Raises 22023 for an unusable address or an unknown adapter, 23505 when the service is known already, 42501 when the account is not the caller''s.';

CREATE OR REPLACE FUNCTION frontdesk.service_purposes(account_id integer) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT concat(s.adapter, '_', secret, ':', s.id)
  FROM frontdesk.services AS s
  JOIN frontdesk.service_adapters() AS a USING (kind, adapter)
  CROSS JOIN unnest(a.secrets) AS secret
  WHERE s.account_id = service_purposes.account_id;
$$;
COMMENT ON FUNCTION frontdesk.service_purposes(integer) IS
'Part of known_purposes(): the secrets of services.';

CREATE OR REPLACE FUNCTION frontdesk.service_problems() RETURNS SETOF frontdesk.problem
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'adapter_unknown', s.account_id, 'service ' || s.id, s.created_at,
    format('This server''s library knows no adapter "%s" of kind %s.', s.adapter, s.kind),
    'Nothing is sent to the service: what is decided for it becomes dead letters.',
    'Install the version of pg_frontdesk that brings the adapter, then replay the dead letters.'
  FROM frontdesk.services AS s
  WHERE NOT EXISTS (SELECT FROM frontdesk.service_adapters() AS a WHERE a.kind = s.kind AND a.adapter = s.adapter);
$$;
COMMENT ON FUNCTION frontdesk.service_problems() IS
'Part of check(): services that the library cannot speak with.';
