/*
 * base_span.h
 *	  Reading a few fields out of a JSON text without building a tree.
 *
 * Pure: no database, no transaction; results are spans of the caller's text,
 * or palloc'd copies.  Nothing in here raises an error for bad input.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

/* Containers may be nested this deep; a deeper text counts as malformed. */
#define BASE_SPAN_MAX_DEPTH 64

/*
 * How the strings of a text are cleaned when they are handed out.  What no text
 * column can hold, \u0000 and lone surrogates, always becomes U+FFFD.
 */
typedef enum BaseSpanCare
{
	BASE_SPAN_TEXT,				/* it is text of this database */
	BASE_SPAN_BYTES,			/* what is no UTF-8 becomes U+FFFD, byte by byte */
	BASE_SPAN_PLAIN				/* that, and of control characters there remain tab,
								 * line feed and carriage return */
} BaseSpanCare;

/* One value inside a text.  A text that lacks the value has kind 0. */
typedef struct BaseSpan
{
	const char *start;			/* with the quotes, for a string */
	int			bytes;
	char		kind;			/* '{' '[' 's'tring 'd'igits 't'rue 'f'alse
								 * 'n'ull, or 0: absent */
	char		care;			/* BaseSpanCare of the whole text */
} BaseSpan;

/* The whole text as one value; false when it is malformed or too deep. */
extern bool base_span_parse(const char *text, int bytes, BaseSpan *value);

/* The same for what came over a wire.  Says what is wrong; NULL when nothing is. */
extern const char *base_span_parse_bytes(const char *text, int bytes, BaseSpanCare care,
										 BaseSpan *value);

/*
 * Finds the values of `keys` in an object: values[i] belongs to keys[i].  Of a
 * key that stands there twice the last one counts, as in jsonb.  All values are
 * absent when `object` is no object.  `object` came out of base_span_parse,
 * directly or not, and is therefore well formed.
 */
extern void base_span_find(const BaseSpan *object, const char *const *keys,
							int count, BaseSpan *values);

/* The value at a path of keys, the last of which is NULL. */
extern BaseSpan base_span_reach(const BaseSpan *object, const char *const *path);

/*
 * Walks an array, or the members of an object.  *cursor starts as NULL; `key`
 * may be NULL.  False at the end.
 */
extern bool base_span_next(const BaseSpan *container, const char **cursor,
							BaseSpan *key, BaseSpan *value);

/*
 * The same for who looks at every value of an object or array, so that nothing
 * is read once for each level it is nested in: a container comes before anybody
 * knows where it ends.  *cursor stands at it; the caller walks it with a cursor
 * of its own, which at its end (false) stands behind it, and goes on from there.
 */
extern bool base_span_step(const BaseSpan *container, const char **cursor, BaseSpan *key,
						   BaseSpan *value);

/* Whether the value is a string with exactly these bytes. */
extern bool base_span_is(const BaseSpan *value, const char *text);

/*
 * A string's text, palloc'd, with escapes resolved; NULL for any other kind.
 * \u0000 and lone surrogates, which no text column can hold, become U+FFFD.
 */
extern char *base_span_text(const BaseSpan *value);

/* A whole number of at most 18 digits; false for anything else. */
extern bool base_span_int64(const BaseSpan *value, int64 *number);

/* Any number, read as double; false for anything else. */
extern bool base_span_double(const BaseSpan *value, double *number);

/* The value as JSON text that jsonb accepts: as base_span_text for its
 * strings; numbers beyond numeric become strings.  palloc'd. */
extern char *base_span_clean(const BaseSpan *value);

#endif							/* BASE_SPAN_H */
