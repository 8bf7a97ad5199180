/*
 * base_span_check.h
 *	  Whether a text is one JSON value, and what base_span.c reads in the same way.
 */
#ifndef BASE_SPAN_CHECK_H
#define BASE_SPAN_CHECK_H

/*
 * Says what is wrong; NULL when nothing is, and the value lies between *start
 * and *after.
 */
extern const char *base_span_check(const char *text, const char *end, const char **start,
								   const char **after);

static inline const char *
base_span_skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Four hexadecimal digits; false when they are not there. */
static inline bool
base_span_read_hex4(const char *p, const char *end, unsigned int *code)
{
	unsigned int value = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++)
	{
		char		c = p[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if (c >= 'a' && c <= 'f')
			value |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value |= c - 'A' + 10;
		else
			return false;
	}
	*code = value;
	return true;
}

#endif							/* BASE_SPAN_CHECK_H */
