/*
 * counted_steps.h
 *		Counts the steps of code under test, for tests that no text takes more
 *		of them a byte than another.
 *
 * Included by such a test once.  The code under test is compiled so that every
 * branch calls __sanitizer_cov_trace_pc(), and with counted_names.h ahead of it:
 * no clock is needed.
 */
#ifndef COUNTED_STEPS_H
#define COUNTED_STEPS_H

#include <stdarg.h>

static long steps;

/* Called by the code under test at each branch. */
void		__sanitizer_cov_trace_pc(void);
size_t		counted_strlen(const char *text);
size_t		counted_strnlen(const char *text, size_t most);
void	   *counted_memchr(const void *text, int c, size_t bytes);
char	   *counted_strchr(const char *text, int c);
char	   *counted_strchrnul(const char *text, int c);
int			counted_sscanf(const char *text, const char *format,...) __attribute__((format(scanf, 2, 3)));

void
__sanitizer_cov_trace_pc(void)
{
	steps++;
}

size_t
counted_strlen(const char *text)
{
	steps += strlen(text) / 16;
	return strlen(text);
}

size_t
counted_strnlen(const char *text, size_t most)
{
	steps += strnlen(text, most) / 16;
	return strnlen(text, most);
}

void *
counted_memchr(const void *text, int c, size_t bytes)
{
	const char *found = memchr(text, c, bytes);

	steps += (found ? found - (const char *) text : bytes) / 16;
	return unconstify(char *, found);
}

char *
counted_strchrnul(const char *text, int c)
{
	char	   *found = strchrnul(text, c);

	steps += (found - text) / 16;
	return found;
}

char *
counted_strchr(const char *text, int c)
{
	char	   *found = counted_strchrnul(text, c);

	return *found == (char) c ? found : NULL;
}

/* It measures the whole of what it reads from, however little it reads. */
int
counted_sscanf(const char *text, const char *format,...)
{
	va_list		values;
	int			count;

	steps += strlen(text) / 16;
	va_start(values, format);
	count = vsscanf(text, format, values);
	va_end(values);
	return count;
}

#endif							/* COUNTED_STEPS_H */
