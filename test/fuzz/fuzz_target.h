/*
 * fuzz_target.h
 *	  What every fuzz target has: the entry, and a way to say what must hold.
 *
 * A target reads bytes as a stranger would send them.  What a sanitizer sees
 * ends the run; so does a fuzz_require() that does not hold.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define fuzz_require(holds) \
	do { \
		if (!(holds)) \
		{ \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
			abort(); \
		} \
	} while (0)

/* A copy with a zero byte behind it and nothing more, so that reading on is
 * seen.  The caller frees. */
static inline char *
fuzz_string(const void *bytes, size_t length)
{
	char	   *copy = malloc(length + 1);

	fuzz_require(copy != NULL);
	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

/* Takes one byte from the front, 0 when there is none. */
static inline uint8_t
fuzz_take(const uint8_t **bytes, size_t *length)
{
	if (*length == 0)
		return 0;
	(*length)--;
	return *(*bytes)++;
}

#endif							/* FUZZ_TARGET_H */
