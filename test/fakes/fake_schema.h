/*
 * fake_schema.h
 *		Answers made to a JSON Schema.
 */
#ifndef FAKE_SCHEMA_H
#define FAKE_SCHEMA_H

#include "fake_decision.h"
#include "fake_service.h"

typedef struct FakeSchema FakeSchema;

extern const FakeSchema *fake_schema_find(FakeSlice json,
										  FakeServiceKind dialect);
extern const char *fake_schema_fault(const FakeSchema *schema);
extern void fake_schema_answer(const FakeSchema *schema,
							   const FakeDecision *decision,
							   const FakeAction *action, FakeText *out);

#endif							/* FAKE_SCHEMA_H */
