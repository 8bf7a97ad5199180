/*
 * fake_json.h
 *		A strict JSON scanner that allocates nothing.
 */
#ifndef FAKE_JSON_H
#define FAKE_JSON_H

#include "fake_text.h"

/* Where a walk over the members of one object or array stands. */
typedef struct FakeJsonWalk
{
	const char *at;
	const char *end;
} FakeJsonWalk;

extern bool fake_json_check(FakeSlice json, const char **error);
extern FakeJsonWalk fake_json_walk(FakeSlice container);
extern bool fake_json_member(FakeJsonWalk *walk, FakeSlice *key,
							 FakeSlice *value);
extern bool fake_json_element(FakeJsonWalk *walk, FakeSlice *value);
extern FakeSlice fake_json_find(FakeSlice object, const char *key);
extern FakeSlice fake_json_inside(FakeSlice string);
extern void fake_json_decode(FakeText *text, FakeSlice string);

#endif							/* FAKE_JSON_H */
