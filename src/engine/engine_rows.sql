-- engine: this database, as it stands when the extension is created.

SELECT frontdesk.accept_place();

INSERT INTO frontdesk.retention_kinds (what, function, keep, comment) VALUES
  ('checkpoints', 'prune_checkpoints', '90 days', 'steps of finished turns, but for one that keeps the state; forks and replays need them'),
  ('deliveries', 'prune_deliveries', '90 days', 'what was sent, withdrawn, or given up and replayed'),
  ('questions', 'prune_questions', '1 year', 'closed questions of interrupt nodes'),
  ('tool_runs', 'prune_tool_runs', '30 days', 'runs of functions that accounts have added'),
  ('rehearsals', 'prune_rehearsals', '30 days', 'forks and replays, and what they cost'),
  ('audit', 'prune_trail', NULL, 'the audit trail');

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('serving', 'serving_problems', 'workers, pauses and the place'),
  ('breakers', 'breaker_problems', 'providers and sites that are left alone'),
  ('dead_letters', 'dead_letter_problems', 'what was given up'),
  ('lost_tools', 'lost_tool_problems', 'functions of accounts that would not end');
