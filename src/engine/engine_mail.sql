-- engine_mail: putting mail into a mailbox.

CREATE OR REPLACE FUNCTION frontdesk.post_mail(account_id integer, thread_id uuid, kind text, payload jsonb DEFAULT NULL, quiet interval DEFAULT '0')
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_post_mail';
COMMENT ON FUNCTION frontdesk.post_mail(integer, uuid, text, jsonb, interval) IS
'Puts mail into a thread''s mailbox and makes the thread due after the quiet time; payload (an object) is merged into its state when a turn takes it in, and the turn walks the graph. Kind lane only has its lane emptied; kind deliver puts the deliveries that payload names, {"deliver": [{"kind": …}]}, behind what the lane holds. Returns the mail''s number. Raises P0002 when there is no such thread, 22004 for a null, 22015 for a quiet time that is negative or longer than 24 days.';
