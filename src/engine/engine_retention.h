/*
 * engine_retention.h
 *	  Pruning, batch by batch.
 */
#ifndef ENGINE_RETENTION_H
#define ENGINE_RETENTION_H

/* Prunes a batch: run of a duty (engine_duty.h), called again soon while there is
 * more to do. */
extern int	engine_retention_prune(void);

#endif							/* ENGINE_RETENTION_H */
