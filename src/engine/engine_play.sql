-- engine_play: a worker played by a session, for tests.

CREATE OR REPLACE FUNCTION frontdesk.play_claim(class smallint) RETURNS integer
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'frontdesk_play_claim';
COMMENT ON FUNCTION frontdesk.play_claim(smallint) IS
'Claims the threads of a quota class that are due, at most 64, with the code of a worker, and holds their turns in this session; returns how many. For tests; superusers only. Needs the library preloaded, in a database that no worker serves.';
REVOKE ALL ON FUNCTION frontdesk.play_claim(smallint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.play_turns() RETURNS text[]
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'frontdesk_play_turns';
COMMENT ON FUNCTION frontdesk.play_turns() IS
'Locks the turns that this session holds and that have something to do, advances them and writes what they decided, with the code of a worker; says what became of each: rests, waits (and is held on), locked (by somebody else, and is held on), overtaken (by another claim). For tests; superusers only. Sends nothing: raises 0A000 when a turn has a request to send.';
REVOKE ALL ON FUNCTION frontdesk.play_turns() FROM PUBLIC;

CREATE OR REPLACE FUNCTION frontdesk.play_delivery_kind(name text, when_unknown text, encode_lookup boolean DEFAULT false, judge_lookup boolean DEFAULT false) RETURNS void
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'frontdesk_play_delivery_kind';
COMMENT ON FUNCTION frontdesk.play_delivery_kind(text, text, boolean, boolean) IS
'Registers, in this session alone, a kind of deliveries that settle without a request, and that do as when_unknown says (repeat, look_up, ask, forget, or the empty text for what was forgotten to say) when nobody knows their fate. For tests; superusers only. Raises 22023 for a kind that the engine refuses.';
REVOKE ALL ON FUNCTION frontdesk.play_delivery_kind(text, text, boolean, boolean) FROM PUBLIC;
