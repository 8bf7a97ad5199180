/*
 * engine_coordinator.h
 *	  The process that looks after one database.
 */
#ifndef ENGINE_COORDINATOR_H
#define ENGINE_COORDINATOR_H

/* The duties every coordinator has: from the init function. */
extern void engine_coordinator_register_duties(void);

extern PGDLLEXPORT void frontdesk_coordinator_main(Datum arg);

#endif							/* ENGINE_COORDINATOR_H */
