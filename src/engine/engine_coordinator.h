/*
 * engine_coordinator.h
 *	  The process that looks after one database.
 */
#ifndef ENGINE_COORDINATOR_H
#define ENGINE_COORDINATOR_H

extern PGDLLEXPORT void frontdesk_coordinator_main(Datum arg);

#endif							/* ENGINE_COORDINATOR_H */
