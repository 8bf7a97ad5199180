/*
 * base_span_check.c
 *	  Whether a text is one JSON value: balance, depth, strings, numbers,
 *	  separators, in one pass.
 *
 * Runs wherever base_span.c does.  Exactly RFC 8259, for what is accepted here is
 * walked without looking twice: the server's own parser raises, others take NaN
 * and raw line feeds.  Touches no memory but the text.
 */
#include "postgres.h"

#include "base/base_span.h"
#include "base/base_span_check.h"

static const char *check_value(const char *p, const char *end, int depth, const char **problem);

static const char *
fail(const char **problem, const char *what)
{
	*problem = what;
	return NULL;
}

/* Bytes of a string at which it has to be looked closer. */
static const bool is_special[256] = {[0 ... 0x1F] = true, ['"'] = true, ['\\'] = true};

/* The place behind a string, or NULL when it is malformed. */
static const char *
check_string(const char *p, const char *end, const char **problem)
{
	unsigned int code;

	for (p++; p < end; p++)
	{
		while (p < end && !is_special[(unsigned char) *p])
			p++;
		if (p == end)
			break;
		if (*p == '"')
			return p + 1;
		if ((unsigned char) *p < 0x20)
			return fail(problem, "control character in a string");
		if (*p != '\\')
			continue;
		if (++p >= end)
			break;
		if (*p == 'u')
		{
			if (!base_span_read_hex4(p + 1, end, &code))
				return fail(problem, "bad \\u escape");
			p += 4;
		}
		else if (*p == '\0' || strchr("\"\\/bfnrt", *p) == NULL)
			return fail(problem, "bad escape in a string");
	}
	return fail(problem, "text ends within a string");
}

static const char *
check_digits(const char *p, const char *end, const char **problem)
{
	const char *start = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > start ? p : fail(problem, "bad number");
}

/* The place behind a number, or NULL: no leading zeros, no bare points. */
static const char *
check_number(const char *p, const char *end, const char **problem)
{
	if (*p != '-' && (*p < '0' || *p > '9'))
		return fail(problem, "something else where a value should be");
	if (*p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if ((p = check_digits(p, end, problem)) == NULL)
		return NULL;
	if (p < end && *p == '.' && (p = check_digits(p + 1, end, problem)) == NULL)
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = check_digits(p, end, problem);
	}
	return p;
}

static const char *
check_word(const char *p, const char *end, const char *word, const char **problem)
{
	size_t		bytes = strlen(word);

	if (end - p < bytes || memcmp(p, word, bytes) != 0)
		return fail(problem, "unknown word");
	return p + bytes;
}

/* The place of the value behind a member's name, or NULL. */
static const char *
check_key(const char *p, const char *end, const char **problem)
{
	if (p >= end || *p != '"')
		return fail(problem, "member without a name");
	if ((p = check_string(p, end, problem)) == NULL)
		return NULL;
	p = base_span_skip_space(p, end);
	if (p >= end || *p != ':')
		return fail(problem, "colon missing after a name");
	return base_span_skip_space(p + 1, end);
}

/* The place behind an object or array, or NULL. */
static const char *
check_container(const char *p, const char *end, int depth, const char **problem)
{
	bool		is_object = *p == '{';
	char		closing = is_object ? '}' : ']';

	if (depth >= BASE_SPAN_MAX_DEPTH)
		return fail(problem, "nested too deeply");
	p = base_span_skip_space(p + 1, end);
	if (p < end && *p == closing)
		return p + 1;
	for (;;)
	{
		if (is_object && (p = check_key(p, end, problem)) == NULL)
			return NULL;
		p = check_value(p, end, depth + 1, problem);
		if (p == NULL)
			return NULL;
		p = base_span_skip_space(p, end);
		if (p < end && *p == closing)
			return p + 1;
		if (p >= end || *p != ',')
			return fail(problem, "comma or closing bracket missing");
		p = base_span_skip_space(p + 1, end);
	}
}

/* The place behind a value of any kind, or NULL. */
static const char *
check_value(const char *p, const char *end, int depth, const char **problem)
{
	if (p >= end)
		return fail(problem, "text ends early");
	switch (*p)
	{
		case '{':
		case '[':
			return check_container(p, end, depth, problem);
		case '"':
			return check_string(p, end, problem);
		case 't':
			return check_word(p, end, "true", problem);
		case 'f':
			return check_word(p, end, "false", problem);
		case 'n':
			return check_word(p, end, "null", problem);
		default:
			return check_number(p, end, problem);
	}
}

const char *
base_span_check(const char *text, const char *end, const char **start, const char **after)
{
	const char *problem = NULL;

	*start = base_span_skip_space(text, end);
	*after = check_value(*start, end, 0, &problem);
	if (problem == NULL && base_span_skip_space(*after, end) != end)
		return "something follows the value";
	return problem;
}
