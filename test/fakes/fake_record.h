/*
 * fake_record.h
 *		Every request the stand-ins saw, for the tests to read.
 */
#ifndef FAKE_RECORD_H
#define FAKE_RECORD_H

#include "fake_service.h"

/* Which records are asked for; zero and empty mean all. */
typedef struct FakeRecordFilter
{
	int service;				/* -1 for all */
	uint64_t since;				/* records with a greater number */
	FakeSlice path;				/* contained in the path */
} FakeRecordFilter;

extern bool fake_record_enabled;

extern void fake_record_add(const FakeExchange *exchange, const FakeConn *conn);
extern void fake_record_answer(uint64_t number, const FakeAnswer *answer);
extern void fake_record_finish(uint64_t number, const char *outcome);
extern void fake_record_render(FakeText *out, const FakeRecordFilter *filter);
extern void fake_record_clear(void);

#endif							/* FAKE_RECORD_H */
