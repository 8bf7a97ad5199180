/*
 * http_header.h
 *	  Reading one line of an answer's head.
 */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include <time.h>

/* The most bytes of a value that are kept, its zero byte included. */
#define HTTP_HEADER_VALUE_BYTES 128

/*
 * Copies a line's value, trimmed and cut, when its name is `name`.  The line
 * has `bytes` bytes and need not end in a zero byte.  What is not printable
 * ASCII becomes "?": values are shown to people and stored.
 */
extern bool http_header_read(const char *line, size_t bytes, const char *name,
							 char value[HTTP_HEADER_VALUE_BYTES]);

/* Milliseconds; -1 for what is no time that anybody would wait. */
extern int64 http_header_milliseconds(const char *value);

/* Milliseconds from `now` that a Retry-After asks for, in seconds or as a
 * date; -1 when it is neither. */
extern int64 http_header_retry_after_ms(const char *value, time_t now);

#endif							/* HTTP_HEADER_H */
