-- Who was answered by the local provider in place of a model, and why.
SELECT frontdesk.add_account('Stand-in') AS account \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'someone', 'hello') AS thread \gset
INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, model, failure, created_at) VALUES
  (:account, :'thread', 1, 1, 'classify', 'generate_response', '{}', 'openai/small', NULL, frontdesk.clock()),
  (:account, :'thread', 2, 1, 'generate_response', NULL, '{"agent_response": "We come back to you."}',
   'local (anthropic/big: no key is stored for anthropic)', '{"class": "unusable", "code": "no_key", "text": "no key is stored for anthropic"}', frontdesk.clock()),
  (:account, :'thread', 3, 2, 'generate_response', NULL, '{"agent_response": "Still."}',
   'local (anthropic/big: no key is stored for anthropic)', '{"class": "unusable", "code": "no_key", "text": "no key is stored for anthropic"}', frontdesk.clock()),
  (:account, :'thread', 4, 3, 'generate_response', NULL, '{"agent_response": "Old."}',
   'local (anthropic/big: status 401)', '{"class": "auth", "code": "401", "text": "status 401"}', frontdesk.clock() - interval '2 days');
SELECT turn, node, code, why, answered_at - since >= interval '0' AS later, answer
FROM frontdesk.fallback_answers WHERE account_id = :account ORDER BY turn;
SELECT subject, since IS NOT NULL AS dated, message, effect, replace(remedy, :'account', '<a>') AS remedy
FROM frontdesk.check() WHERE problem = 'answered_by_fallback' AND account_id = :account;
EXPLAIN (COSTS off) SELECT FROM frontdesk.checkpoints WHERE account_id = 1 AND created_at > now() AND model LIKE 'local (%';
