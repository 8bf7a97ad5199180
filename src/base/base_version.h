/*
 * base_version.h
 *	  What differs between the PostgreSQL majors we build on, in one place.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include "storage/latch.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM >= 180000
#include "storage/waiteventset.h"
#endif

#if PG_VERSION_NUM >= 170000
#define base_wait_set_create(events) CreateWaitEventSet(NULL, (events))
#else
#define base_wait_set_create(events) \
	CreateWaitEventSet(TopMemoryContext, (events))
#endif

/* stands before the declaration, as it does from 18 on */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

#endif							/* BASE_VERSION_H */
