/*
 * fake_model.h
 *		What the two model services have in common.
 */
#ifndef FAKE_MODEL_H
#define FAKE_MODEL_H

#include "fake_decision.h"
#include "fake_json.h"
#include "fake_schema.h"
#include "fake_service.h"

/* What was read out of a request; slices point into its body. */
typedef struct FakeModelCall
{
	FakeSlice model;			/* inside its quotes */
	FakeSlice last_user;		/* content of the last user message, JSON */
	const FakeSchema *schema;	/* NULL when text is wanted */
	FakeDecision decision;
} FakeModelCall;

extern bool fake_model_is_listed(FakeSlice name, const char *const *list);
extern FakeSlice fake_model_last_user(FakeSlice messages);
extern const char *fake_model_speak(const FakeExchange *exchange,
									FakeModelCall *call, FakeText *quoted);
extern const char *fake_model_reason(const FakeAction *action,
									 const char *usual);
extern bool fake_model_literal_error(FakeExchange *exchange, int status);

#endif							/* FAKE_MODEL_H */
