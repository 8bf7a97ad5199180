/*
 * engine_tool_bounds.h
 *	  What a function that an account has added may not do, beyond its rights.
 */
#ifndef ENGINE_TOOL_BOUNDS_H
#define ENGINE_TOOL_BOUNDS_H

/* Bounds what runs as the tool role in this process, a tool worker. */
extern void engine_tool_bounds_enter(Oid role);

/* Around a run, but not its commit: frontdesk.tool_memory is all the process may
 * have. */
extern void engine_tool_bounds_limit_memory(void);
extern void engine_tool_bounds_lift_memory(void);

/* Runs what would run at the commit, which is then outside the limit. */
extern void engine_tool_bounds_run_deferred(void);

#endif							/* ENGINE_TOOL_BOUNDS_H */
