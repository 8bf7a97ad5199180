/*
 * gateway_tap.h
 *		What the gateway's unit tests print: one TAP line per check.
 */
#ifndef GATEWAY_TAP_H
#define GATEWAY_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

static inline bool
ok(bool passed, const char *name)
{
	tap_count++;
	tap_failed += !passed;
	printf("%sok %d - %s\n", passed ? "" : "not ", tap_count, name);
	return passed;
}

static inline void
is_number(long long got, long long wanted, const char *name)
{
	if (!ok(got == wanted, name))
		printf("# got %lld, wanted %lld\n", got, wanted);
}

static inline void
is_text(const char *got, const char *wanted, const char *name)
{
	if (!ok(got != NULL && strcmp(got, wanted) == 0, name))
		printf("# got    %s\n# wanted %s\n", got ? got : "(null)", wanted);
}

static inline int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif
