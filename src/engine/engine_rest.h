/*
 * engine_rest.h
 *	  How a thread comes to rest: what it is then, why, and when it is due.
 */
#ifndef ENGINE_REST_H
#define ENGINE_REST_H

#include "engine/engine_internal.h"

/* In the tick's commit: writes a turn's rest, or the numbers it has drawn. */
extern void engine_rest_write(EngineTurn *turn);

/* Lets others go first when a thread that nobody owns cannot be worked on. */
extern void engine_rest_put_aside(int account_id, const pg_uuid_t *thread_id, int64 ms);

/* Makes a thread a dead letter, whatever it was doing. */
extern void engine_rest_fail_thread(int account_id, const pg_uuid_t *thread_id, const char *reason);

#endif							/* ENGINE_REST_H */
