/*
 * engine_resume.h
 *	  Where a turn goes on: behind the steps of a claim that did not come to its
 *	  end, or at the node that is awaited.
 */
#ifndef ENGINE_RESUME_H
#define ENGINE_RESUME_H

#include "engine/engine_internal.h"

/* Reads the steps of an unfinished claim, and the one before them. */
extern void engine_resume_read(EngineTurn *turn);

/* Newest mail that the steps of an unfinished claim knew of. */
extern int64 engine_resume_mail(EngineTurn *turn);

/* Moves the turn to where those steps, which mail was laid under, lead. */
extern void engine_resume_apply(EngineTurn *turn);

#endif							/* ENGINE_RESUME_H */
