-- chatwoot: what setup_roles() grants on this domain.

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('webhook', 'GRANT EXECUTE ON FUNCTION frontdesk.chatwoot_webhook(json) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.add_site(integer, text, bigint, text, text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.sweep_site(integer, integer) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.site_sweeps TO %I');
