-- security: what setup_roles() grants on this domain.

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('authenticator', 'GRANT EXECUTE ON FUNCTION frontdesk.open_request(text, text, text, text, text, boolean) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.uuid(), frontdesk.clock() TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.visible_accounts(), frontdesk.require_account(integer), frontdesk.caller(), frontdesk.caller_role(), frontdesk.caller_subject(), frontdesk.role_is_proven(), frontdesk.request_claims() TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.accounts, frontdesk.users, frontdesk.services, frontdesk.sites, frontdesk.audit, frontdesk.secret_list TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.audit_repeats TO %I'),
  ('operator', 'GRANT UPDATE (name, redact_for_models, settings) ON frontdesk.accounts TO %I'),
  ('operator', 'GRANT SELECT (account_id, id, site_id, login, signed, active, label, created_at) ON frontdesk.registrations TO %I'),
  ('operator', 'GRANT SELECT (account_id, purpose, key_version, updated_at) ON frontdesk.secrets TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.set_secret(integer, text, text), frontdesk.delete_secret(integer, text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.register_webhook(integer, integer, text, text, boolean), frontdesk.revoke_registration(text), frontdesk.verify_signature(text, text, text, text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.redact(text), frontdesk.holds_card_number(text) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.check() TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.checks, frontdesk.secret_kinds TO %I'),
  ('tool', 'GRANT EXECUTE ON FUNCTION frontdesk.uuid(), frontdesk.clock() TO %I'),
  ('tool', 'GRANT EXECUTE ON FUNCTION frontdesk.visible_accounts(), frontdesk.redact(text), frontdesk.holds_card_number(text) TO %I');
