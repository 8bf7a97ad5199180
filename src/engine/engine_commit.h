/*
 * engine_commit.h
 *	  Writes what the turns of a tick decided.
 */
#ifndef ENGINE_COMMIT_H
#define ENGINE_COMMIT_H

#include "engine/engine_internal.h"

/* Sets synchronous_commit when a delivery is about to leave or has settled
 * here. */
extern void engine_commit_write(List *turns);

/* Books what turns have cost that were overtaken: a checkpoint of number
 * -epoch, which belongs to no story. */
extern void engine_commit_overtaken(List *turns);

#endif							/* ENGINE_COMMIT_H */
