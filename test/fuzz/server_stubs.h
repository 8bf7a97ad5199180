/*
 * server_stubs.h
 *	  The server as far as its parsers need it.
 */
#ifndef SERVER_STUBS_H
#define SERVER_STUBS_H

#include <setjmp.h>

/* Frees everything that was palloc'd since the last call. */
extern void server_stubs_forget(void);

/* Whether the bytes are UTF-8 as a database would take it: no zero byte. */
extern bool server_stubs_is_text(const char *text, size_t bytes);

/* The same for values that a jsonb stands for. */
extern void server_jsonb_forget(void);

/* A jsonb; raises as jsonb_in() does. */
extern Datum server_jsonb_read(const char *text);

/* Where errors go; NULL, as at first: what is read must not raise. */
extern sigjmp_buf *server_stubs_raised;

#endif							/* SERVER_STUBS_H */
