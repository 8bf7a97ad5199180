-- Transport local: messages without Chatwoot, and handing over.
\getenv abs_srcdir PG_ABS_SRCDIR
\set setup :abs_srcdir '/test/fixtures/inbox.sql'
\set ECHO none
\i :setup
\set ECHO all

SELECT frontdesk.receive_message(:account, 'webchat', 'visitor-1', 'Hello', 'Ana') AS first \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'visitor-1', 'Are you open today?') AS second \gset
SELECT :'first' = :'second' AS one_conversation;
SELECT frontdesk.receive_message(:account, 'email', 'ana@example.org', 'Hello by mail') AS third \gset
SELECT :'first' <> :'third' AS another;
SELECT direction, author, channel, content, seq FROM pg_temp.stored;
SELECT channel, status, handled_by, name, email, phone FROM pg_temp.held;
SELECT kind, seq, payload - 'message_id' - 'conversation_id' AS payload FROM pg_temp.mail;

-- one row per conversation, with its state
SELECT channel, state, checkpoint_id, resumed_count, status, handled_by, conversation = :'first' AS is_first
FROM frontdesk.conversation_state WHERE account_id = :account ORDER BY conversation;

-- a resolved conversation is not continued, unless it is named
UPDATE frontdesk.conversations SET status = 'resolved' WHERE account_id = :account AND id = :'first';
SELECT frontdesk.receive_message(:account, 'webchat', 'visitor-1', 'Me again') = :'first' AS continued;
SELECT frontdesk.receive_message(:account, 'webchat', 'visitor-1', 'And here', conversation_id => :'first') = :'first' AS continued;
SELECT status FROM frontdesk.conversations WHERE account_id = :account AND id = :'first';

-- a person takes over and gives back
SELECT frontdesk.take_over(:account, :'first');
SELECT frontdesk.take_over(:account, :'first');
SELECT count(*) AS before FROM pg_temp.mail \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'visitor-1', 'Hello, human', conversation_id => :'first') = :'first' AS stored;
SELECT count(*) = :before AS silent FROM pg_temp.mail;
SELECT frontdesk.give_back(:account, :'first');
SELECT frontdesk.receive_message(:account, 'webchat', 'visitor-1', 'Hello, bot', conversation_id => :'first') = :'first' AS stored;
SELECT count(*) = :before + 1 AS speaks FROM pg_temp.mail;
SELECT action, detail FROM frontdesk.audit WHERE account_id = :account AND subject = :'first' ORDER BY id;

-- wrong arguments
\set VERBOSITY sqlstate
SELECT frontdesk.receive_message(:account, 'pigeon', 'x', 'x');
SELECT frontdesk.receive_message(:account, 'webchat', '', 'x');
SELECT frontdesk.receive_message(:account, 'webchat', 'x', NULL);
SELECT frontdesk.receive_message(:account, 'webchat', repeat('x', 256), 'x');
SELECT frontdesk.receive_message(NULL, 'webchat', 'x', 'x');
SELECT frontdesk.receive_message(2000000000, 'webchat', 'x', 'x');
SELECT frontdesk.take_over(:account, frontdesk.uuid());
SELECT frontdesk.receive_message(:account, 'webchat', 'x', 'x', conversation_id => '00000000-0000-0000-0000-000000000000');
