/*
 * engine_rest.h
 *	  How a thread comes to rest: what it is then, why, and when it is due.
 */
#ifndef ENGINE_REST_H
#define ENGINE_REST_H

#include "engine/engine_internal.h"

/* The words of EngineThreadState in threads.status. */
#define ENGINE_REST_IDLE "idle"
#define ENGINE_REST_ASKING "asking"
#define ENGINE_REST_WAITING "waiting"
#define ENGINE_REST_FAILED "failed"

/* For statements that set threads, or rows of ready, free: nobody owns them. */
#define ENGINE_REST_UNOWNED "incarnation = NULL, slot = NULL, generation = NULL"

/* And what a thread t is whose owner was lost: a dead letter stays one. */
#define ENGINE_REST_TAKEN_OVER \
	"status = CASE t.status WHEN '" ENGINE_REST_FAILED "' THEN t.status ELSE '" ENGINE_REST_WAITING "' END, " \
	"status_reason = CASE t.status WHEN '" ENGINE_REST_FAILED "' THEN t.status_reason ELSE 'taken over' END"

/* The state with that word; raises when there is none. */
extern EngineThreadState engine_rest_state_of(const char *word);

/* Brings the turn to its end: its thread is idle, or still the dead letter that
 * it was when only its lane was asked for. */
extern void engine_rest_at_end(EngineTurn *turn);

/* Ends the turn with a step that has failed for good and has no error node. */
extern void engine_rest_as_dead_letter(EngineTurn *turn, const char *reason);

/* Lets go of the turn for a while; it goes on where it stands. */
extern void engine_rest_for(EngineTurn *turn, int64 delay_us, const char *reason);

/* Lets go of a turn that may begin nothing; it is claimed when work is resumed. */
extern void engine_rest_held(EngineTurn *turn);

/* Lets go of a turn whose step is answered from outside.  The first time that is
 * the end of the turn; later on nothing has happened. */
extern void engine_rest_awaiting(EngineTurn *turn, const EngineAwait *await);

/* Whether the turn rests and is at its end, not only let go of. */
extern bool engine_rest_ends_turn(const EngineProgress *now);

/* In the tick's commit: writes a turn's rest, or the numbers it has drawn. */
extern void engine_rest_write(EngineTurn *turn);

/* Lets others go first when a thread that nobody owns cannot be worked on. */
extern void engine_rest_put_aside(int account_id, const pg_uuid_t *thread_id, int64 ms);

/* Makes a thread a dead letter, whatever it was doing. */
extern void engine_rest_fail_thread(int account_id, const pg_uuid_t *thread_id, const char *reason);

#endif							/* ENGINE_REST_H */
