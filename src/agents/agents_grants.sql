-- agents: who may see what.

ALTER TABLE frontdesk.job_postings ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_postings_account ON frontdesk.job_postings
  USING (account_id = ANY ((SELECT frontdesk.visible_accounts())::integer[]));

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('operator', 'GRANT SELECT, INSERT (account_id, id, title, description, location, requirements, status), UPDATE (title, description, location, requirements, status) ON frontdesk.job_postings TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.remove_job_posting(integer, uuid) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.replay_comparison, frontdesk.fallback_answers, frontdesk.help TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.preview_turn(integer, uuid, text), frontdesk.preview_call(uuid, text, integer), frontdesk.lately_sent(integer, uuid), frontdesk.meant_alerts(integer, uuid, text, boolean) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.replay_conversation(text, integer, bigint, integer) TO %I');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.job_postings', '');
