-- inbox: what setup_roles() grants on this domain.

INSERT INTO frontdesk.role_grants (role_kind, statement) VALUES
  ('webhook', 'GRANT EXECUTE ON FUNCTION frontdesk.receive_webhook(json) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.leads, frontdesk.conversations, frontdesk.messages, frontdesk.conversation_state TO %I'),
  ('operator', 'GRANT UPDATE (name, email, phone, tags, qualification_status) ON frontdesk.leads TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.receive_message(integer, text, text, text, text, uuid) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.take_over(integer, uuid), frontdesk.give_back(integer, uuid) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.find_conversation(text, integer), frontdesk.explain_conversation(text, integer), frontdesk.fork_conversation(text, bigint, jsonb, integer, integer) TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.approve_draft(integer, uuid, text), frontdesk.reject_draft(integer, uuid, text), frontdesk.rules_of(integer) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.drafts, frontdesk.reply_drafts TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, approval, approval_by_agent, approval_deadline, approval_note, return_label, return_after, answer_on_return, command_prefix, stuck_after, sweep_every, sweep_answers_within, follow_up_on_message, handover_silent_intents, time_zone, closed_days, opting_silent_channels, answer_within, team_takes_over, reply_limit, reply_limit_window, repeat_limit, split_within), UPDATE (approval, approval_by_agent, approval_deadline, approval_note, return_label, return_after, answer_on_return, command_prefix, stuck_after, sweep_every, sweep_answers_within, follow_up_on_message, handover_silent_intents, time_zone, closed_days, opting_silent_channels, answer_within, team_takes_over, reply_limit, reply_limit_window, repeat_limit, split_within) ON frontdesk.people_rules TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.remove_people_rules(integer) TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, name, language, content), UPDATE (content) ON frontdesk.templates TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.remove_template(integer, text, text) TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, weekday, opens, closes), UPDATE (weekday, opens, closes) ON frontdesk.office_hours TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.remove_office_hours(integer, integer), frontdesk.is_open(integer, timestamptz) TO %I'),
  ('operator', 'GRANT SELECT, INSERT (account_id, kind, phrase, language, channel, active), UPDATE (channel, active) ON frontdesk.phrases TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.remove_phrase(integer, text, text, text) TO %I'),
  ('operator', 'GRANT SELECT ON frontdesk.opt_outs TO %I'),
  ('operator', 'GRANT EXECUTE ON FUNCTION frontdesk.is_opted_out(integer, uuid, text, text), frontdesk.set_opt_out(integer, uuid, text, boolean, text) TO %I'),
  ('tool', 'GRANT SELECT ON frontdesk.leads, frontdesk.conversations, frontdesk.messages TO %I');
