/*
 * http_header.c
 *	  Reading one line of an answer's head.
 *
 * Runs in workers, inside libcurl's callbacks: nothing in here may raise or
 * allocate.  Pure, the caller owns the clock.  What makes no sense counts as
 * not told.
 */
#include "postgres.h"

#include <curl/curl.h>

#include "http/http_header.h"

/* A date that is further away, some 300 years, is none. */
#define FURTHEST_SECONDS INT64CONST(10000000000)

bool
http_header_read(const char *line, size_t bytes, const char *name,
				 char value[HTTP_HEADER_VALUE_BYTES])
{
	size_t		from = strlen(name);
	size_t		kept;

	if (bytes <= from || line[from] != ':' || pg_strncasecmp(line, name, from) != 0)
		return false;
	for (from++; from < bytes && line[from] == ' '; from++)
		;
	while (bytes > from &&
		   (line[bytes - 1] == '\r' || line[bytes - 1] == '\n' || line[bytes - 1] == ' '))
		bytes--;
	kept = Min(bytes - from, HTTP_HEADER_VALUE_BYTES - 1);
	for (size_t i = 0; i < kept; i++)
	{
		char		c = line[from + i];

		value[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	value[kept] = '\0';
	return true;
}

int64
http_header_milliseconds(const char *value)
{
	char	   *end;
	double		milliseconds = strtod(value, &end);

	return end != value && milliseconds >= 0 && milliseconds < 1e12 ? (int64) milliseconds : -1;
}

int64
http_header_retry_after_ms(const char *value, time_t now)
{
	char	   *end;
	double		seconds = strtod(value, &end);
	time_t		date;

	if (end != value && seconds >= 0 && seconds < 1e9)
		return (int64) (seconds * 1000);
	date = curl_getdate(value, NULL);
	if (date == -1 || date - now > FURTHEST_SECONDS)
		return -1;
	return Max(0, (int64) (date - now)) * 1000;
}
