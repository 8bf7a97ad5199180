/*
 * engine_chore.h
 *	  Small things that other domains want looked after in every served database.
 */
#ifndef ENGINE_CHORE_H
#define ENGINE_CHORE_H

/* Registers frontdesk.<function>(), which takes nothing: it is called every few
 * seconds, in a transaction of its own. */
extern void engine_chore_register(const char *function);

/* Calls what is due: the coordinator's, outside any transaction. */
extern void engine_chore_run_due(void);

#endif							/* ENGINE_CHORE_H */
