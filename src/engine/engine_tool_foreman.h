/*
 * engine_tool_foreman.h
 *	  Starts the tool workers of a database.
 */
#ifndef ENGINE_TOOL_FOREMAN_H
#define ENGINE_TOOL_FOREMAN_H

/* At every look of the coordinator: starts a tool worker while
 * there is something to run.  No transaction is open. */
extern void engine_tool_foreman_supervise(bool serve);
extern void engine_tool_foreman_dismiss(void);

#endif							/* ENGINE_TOOL_FOREMAN_H */
