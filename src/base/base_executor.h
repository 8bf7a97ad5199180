/*
 * base_executor.h
 *	  Single rows written by the executor's own routines, for tables that have
 *	  triggers, rules or generated columns.
 */
#ifndef BASE_EXECUTOR_H
#define BASE_EXECUTOR_H

#include "access/htup.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"

/* The slot holds a heap tuple; its tts_tid is where it was stored. */
extern void base_executor_insert(Relation relation, TupleTableSlot *slot);

/* The old version, which is locked, makes place for the one in the slot. */
extern void base_executor_update(Relation relation, HeapTuple old, TupleTableSlot *slot);
extern void base_executor_delete(Relation relation, HeapTuple old);

#endif							/* BASE_EXECUTOR_H */
