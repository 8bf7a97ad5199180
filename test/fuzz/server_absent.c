/*
 * server_absent.c
 *	  Functions of the server that the parsers' files mention and that nothing
 *	  on the way of a stranger's bytes may call: functions of SQL, other
 *	  encodings.
 *
 * No header is included, so that a name is enough.
 */
#include <stdio.h>
#include <stdlib.h>

#define ABSENT(function) \
	void function(void); \
	void \
	function(void) \
	{ \
		fprintf(stderr, "a parser must not get here: %s\n", #function); \
		abort(); \
	}

ABSENT(DirectFunctionCall2Coll)
ABSENT(FindDefaultConversionProc)
ABSENT(ProcessInterrupts)
ABSENT(jsonb_in)
ABSENT(numeric_float8_no_overflow)
ABSENT(numeric_in)
ABSENT(pg_do_encoding_conversion_buf)
ABSENT(pg_server_to_any)
ABSENT(sha256_bytea)
ABSENT(text_to_cstring)
