/*
 * base_object.h
 *	  A JSON object that is being written: begun, given its members in their
 *	  order, ended as text or as jsonb.
 *
 * Members are spaced as jsonb prints them: {"a": 1, "b": "c"}.  Nobody looks for
 * a key that is given twice.  Memory is the context current at the beginning.
 */
#ifndef BASE_OBJECT_H
#define BASE_OBJECT_H

#include "base/base_json.h"

typedef struct BaseObject
{
	StringInfoData json;
} BaseObject;

extern void base_object_begin(BaseObject *object);

/* A string; NULL leaves the member out. */
extern void base_object_add_text(BaseObject *object, const char *key, const char *text);

/* The same of so many bytes. */
extern void base_object_add_bytes(BaseObject *object, const char *key, const char *text, int bytes);

extern void base_object_add_int(BaseObject *object, const char *key, int64 number);

/* A number with so many digits behind the point. */
extern void base_object_add_real(BaseObject *object, const char *key, double number, int digits);
extern void base_object_add_bool(BaseObject *object, const char *key, bool truth);
extern void base_object_add_null(BaseObject *object, const char *key);

/* A value that is JSON text; so many bytes of it for the second. */
extern void base_object_add_json(BaseObject *object, const char *key, const char *json);
extern void base_object_add_span(BaseObject *object, const char *key, const char *json, int bytes);

/* A document; NULL is null. */
extern void base_object_add_jsonb(BaseObject *object, const char *key, Jsonb *document);

/* All members of an object that is JSON text of so many bytes. */
extern void base_object_add_members(BaseObject *object, const char *json, int bytes);

/* An object as a member: what is added goes into it until it is closed. */
extern void base_object_open(BaseObject *object, const char *key);
extern void base_object_close(BaseObject *object);

extern bool base_object_is_empty(const BaseObject *object);

/* Ends it: its text, or what jsonb makes of that. */
extern char *base_object_end(BaseObject *object);
extern Jsonb *base_object_end_jsonb(BaseObject *object);

/* The document whose only member is this string. */
extern Jsonb *base_object_of_text(const char *key, const char *text);

#endif							/* BASE_OBJECT_H */
