/*
 * inbox_json.h
 *	  Reading a few fields out of a JSON text without building a tree.
 *
 * Pure: no database, no transaction; results are spans of the caller's text,
 * or palloc'd copies.  Nothing in here raises an error for bad input.
 */
#ifndef INBOX_JSON_H
#define INBOX_JSON_H

/* Containers may be nested this deep; a deeper text counts as malformed. */
#define INBOX_JSON_MAX_DEPTH 64

/* One value inside a text.  A text that lacks the value has kind 0. */
typedef struct InboxJson
{
	const char *start;			/* with the quotes, for a string */
	int			bytes;
	char		kind;			/* '{' '[' 's'tring 'd'igits 't'rue 'f'alse
								 * 'n'ull, or 0: absent */
} InboxJson;

/* The whole text as one value; false when it is malformed or too deep. */
extern bool inbox_json_parse(const char *text, int bytes, InboxJson *value);

/*
 * Finds the values of `keys` in an object: values[i] belongs to keys[i].  Of a
 * key that stands there twice the last one counts, as in jsonb.  All values are
 * absent when `object` is no object.  `object` came out of inbox_json_parse,
 * directly or not, and is therefore well formed.
 */
extern void inbox_json_find(const InboxJson *object, const char *const *keys,
							int count, InboxJson *values);

/* The value at a path of keys, the last of which is NULL. */
extern InboxJson inbox_json_reach(const InboxJson *object, const char *const *path);

/*
 * Walks an array, or the members of an object.  *cursor starts as NULL; `key`
 * may be NULL.  False at the end.
 */
extern bool inbox_json_next(const InboxJson *container, const char **cursor,
							InboxJson *key, InboxJson *value);

/* Whether the value is a string with exactly these bytes. */
extern bool inbox_json_is(const InboxJson *value, const char *text);

/*
 * A string's text, palloc'd, with escapes resolved; NULL for any other kind.
 * \u0000 and lone surrogates, which no text column can hold, become U+FFFD.
 */
extern char *inbox_json_text(const InboxJson *value);

/* A whole number of at most 18 digits; false for anything else. */
extern bool inbox_json_int64(const InboxJson *value, int64 *number);

/* Any number, read as double; false for anything else. */
extern bool inbox_json_double(const InboxJson *value, double *number);

/* The value as JSON text that jsonb accepts: as inbox_json_text for its
 * strings; numbers beyond numeric become strings.  palloc'd. */
extern char *inbox_json_clean(const InboxJson *value);

#endif							/* INBOX_JSON_H */
