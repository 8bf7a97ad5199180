-- http: what setup_roles() grants on this domain.

REVOKE ALL ON FUNCTION frontdesk.limit_meters() FROM PUBLIC;
INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT ON frontdesk.provider_limits TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.limit_meters(), frontdesk.reset_breaker(integer, text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.service_adapters(), frontdesk.add_service(integer, text, text, text, bigint, jsonb) TO %I');
