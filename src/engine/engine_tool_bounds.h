/*
 * engine_tool_bounds.h
 *	  What a function that an account has added may not do, beyond its rights.
 */
#ifndef ENGINE_TOOL_BOUNDS_H
#define ENGINE_TOOL_BOUNDS_H

/* Bounds what runs as the tool role in this process, a tool worker. */
extern void engine_tool_bounds_enter(Oid role);

/* Around a run, but not its commit: frontdesk.tool_memory is all the process may
 * have, and writes so much into the log at most; its name stands there
 * when there was more. */
extern void engine_tool_bounds_begin(const char *run);
extern void engine_tool_bounds_lift(void);

/* Whether the run has written more into temporary tables than it may, so many
 * times.  From a signal's handler. */
extern bool engine_tool_bounds_has_spilled(int times);

/* Runs what would run at the commit, which is then outside the limit. */
extern void engine_tool_bounds_run_deferred(void);

#endif							/* ENGINE_TOOL_BOUNDS_H */
