/*
 * gateway_log.c
 *		One line per problem on standard error.
 *
 * Runs in the gateway.  A line has a UTC time, a level and a message.
 * Control characters of strangers are replaced so that nobody can forge a
 * line, and a line is cut at a fixed length.  Callers never pass headers,
 * bodies, tokens or connection strings: what is not given cannot leak.
 */
#include "gateway_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 1024

static const char *const level_names[] = {
	[GATEWAY_LOG_NOTICE] = "notice",
	[GATEWAY_LOG_WARNING] = "warning",
	[GATEWAY_LOG_ERROR] = "error",
};

/* Writes one line with one write, so that lines of processes do not mix. */
void
gateway_log(GatewayLogLevel level, const char *format, ...)
{
	char line[LINE_BYTES];
	struct timespec now;
	struct tm parts;
	va_list arguments;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	length = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &parts);
	length +=
		(size_t) snprintf(line + length, sizeof(line) - length, ".%03ldZ %s ",
						  now.tv_nsec / 1000000, level_names[level]);
	va_start(arguments, format);
	vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
	va_end(arguments);

	length = strlen(line);
	while (length > 0 && line[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++)
	{
		if ((unsigned char) line[i] < 0x20 || line[i] == 0x7F)
			line[i] = ' ';
	}
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		return; /* there is nobody left to tell */
}
