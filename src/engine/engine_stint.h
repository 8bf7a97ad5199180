/*
 * engine_stint.h
 *	  How long one account's turn may compute in a worker at a stretch.
 */
#ifndef ENGINE_STINT_H
#define ENGINE_STINT_H

/* Before the first turn. */
extern void engine_stint_open(void);

/*
 * Between the two a turn of the account computes, in SQL as in C: what looks for
 * interrupts is ended when frontdesk.step_timeout of processor time is used up.  The
 * second returns the microseconds used.
 */
extern void engine_stint_begin(int account_id);
extern int64 engine_stint_end(void);

/* Ends it where an error has; whether that was its own. */
extern bool engine_stint_was_cut(void);

/* The account has used so much that others go first: until when (ticks); 0 not so. */
extern int64 engine_stint_rests_until(int account_id);

/* So many rest at once at most; all who do, and how many they are. */
#define ENGINE_STINT_RESTING 64
extern int	engine_stint_list_resting(int *accounts);

#endif							/* ENGINE_STINT_H */
