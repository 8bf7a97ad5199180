/*
 * engine_launcher.h
 *	  The one static background worker, which starts the coordinators.
 */
#ifndef ENGINE_LAUNCHER_H
#define ENGINE_LAUNCHER_H

/* Has the postmaster start it: while the library is preloaded. */
extern void engine_launcher_register(void);

extern PGDLLEXPORT void frontdesk_launcher_main(Datum arg);

#endif							/* ENGINE_LAUNCHER_H */
