/*
 * base_json.h
 *	  Writing JSON text, and reading and merging jsonb, without noise.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/*
 * Appends text (server encoding, `bytes` long) as a JSON string with its
 * quotes.  Control characters are escaped; everything else goes as it is.
 */
extern void base_json_append_string(StringInfo json, const char *text, int bytes);

/* Parses JSON text; raises when it is not valid. */
extern Jsonb *base_jsonb_parse(const char *text);

/* a || b, at top level; either may be NULL. */
extern Jsonb *base_jsonb_merge(Jsonb *a, Jsonb *b);

/* document @> part */
extern bool base_jsonb_contains(Jsonb *document, Jsonb *part);

/* Member of an object as text: a palloc'd string; NULL when absent, null or
 * not a scalar. */
extern char *base_jsonb_text(Jsonb *document, const char *key);

extern double base_jsonb_number(Jsonb *document, const char *key, double if_absent);
extern bool base_jsonb_bool(Jsonb *document, const char *key, bool if_absent);

/* Member of an object that is itself an object or array; NULL otherwise. */
extern Jsonb *base_jsonb_member(Jsonb *document, const char *key);

#endif							/* BASE_JSON_H */
