/*
 * llm_json.c
 *	  A strict reader of JSON that strangers wrote.
 *
 * Model servers send anything.  The server's own parser raises, and json-c
 * takes NaN and raw line feeds, so this one reads exactly RFC 8259, into a
 * tree in the current memory context, and says what is wrong as a value.
 * Strings are cleaned while they are decoded, once, for everything behind
 * relies on that: PostgreSQL stores no NUL and no lone surrogate.
 *
 * Runs in workers and in sessions (previews).  Touches no database.
 */
#include "postgres.h"

#include <limits.h>

#include "mb/pg_wchar.h"

#include "llm/llm_json.h"

#define MAX_DEPTH	64
#define MAX_VALUES	200000

typedef struct Reader
{
	const unsigned char *at;
	const unsigned char *end;
	int			depth;
	int			values;
	const char *problem;
} Reader;

static LlmJson *read_value(Reader *r);

static void *
fail(Reader *r, const char *problem)
{
	if (r->problem == NULL)
		r->problem = problem;
	return NULL;
}

static void
skip_blanks(Reader *r)
{
	while (r->at < r->end &&
		   (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

static bool
take(Reader *r, unsigned char wanted)
{
	skip_blanks(r);
	if (r->at >= r->end || *r->at != wanted)
		return false;
	r->at++;
	return true;
}

static LlmJson *
make_value(Reader *r, LlmJsonKind kind)
{
	LlmJson    *value;

	if (++r->values > MAX_VALUES)
		return fail(r, "too many values");
	value = palloc0(sizeof(LlmJson));
	value->kind = kind;
	return value;
}

/* Appends a character in UTF-8, leaving out what no text may hold. */
static char *
put_character(char *out, unsigned int c)
{
	if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
		return out;
	unicode_to_utf8(c, (unsigned char *) out);
	return out + pg_utf_mblen((unsigned char *) out);
}

/* Four hexadecimal digits; -1 when they are not there. */
static int
read_hex(Reader *r)
{
	int			value = 0;

	if (r->end - r->at < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		unsigned char c = *r->at++;

		if (c >= '0' && c <= '9')
			value = value * 16 + c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* After "\u": a character, a pair of surrogates, or half of one. */
static char *
read_unicode_escape(Reader *r, char *out)
{
	int			first = read_hex(r);
	int			second;

	if (first < 0)
		return fail(r, "bad \\u escape");
	if (is_utf16_surrogate_first(first) && r->end - r->at >= 6 &&
		r->at[0] == '\\' && r->at[1] == 'u')
	{
		const unsigned char *back = r->at;

		r->at += 2;
		second = read_hex(r);
		if (second < 0)
			return fail(r, "bad \\u escape");
		if (is_utf16_surrogate_second(second))
			return put_character(out, surrogate_pair_to_codepoint(first, second));
		r->at = back;
	}
	if (is_utf16_surrogate_first(first) || is_utf16_surrogate_second(first))
		first = 0xFFFD;
	return put_character(out, first);
}

static char *
read_escape(Reader *r, char *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (r->at >= r->end)
		return fail(r, "text ends within a string");
	if (*r->at == 'u')
	{
		r->at++;
		return read_unicode_escape(r, out);
	}
	found = *r->at ? strchr(from, *r->at) : NULL;
	if (found == NULL)
		return fail(r, "bad escape in a string");
	r->at++;
	return put_character(out, to[found - from]);
}

/* Copies one character beyond ASCII, or puts U+FFFD for an invalid byte. */
static char *
copy_multibyte(Reader *r, char *out)
{
	int			bytes = pg_utf_mblen(r->at);

	if (bytes > r->end - r->at || !pg_utf8_islegal(r->at, bytes))
	{
		r->at++;
		return put_character(out, 0xFFFD);
	}
	memcpy(out, r->at, bytes);
	r->at += bytes;
	return out + bytes;
}

/* Where the string ends whose first character `at` is; NULL when nowhere. */
static const unsigned char *
find_quote(const Reader *r)
{
	const unsigned char *p = r->at;

	while (p < r->end && *p != '"')
		p += *p == '\\' ? 2 : 1;
	return p < r->end ? p : NULL;
}

/*
 * Reads a string after its opening quote.  An invalid byte may grow to the
 * three bytes of U+FFFD, an escape of six never grows: hence the room.
 */
static const char *
read_string(Reader *r, int *bytes)
{
	const unsigned char *quote = find_quote(r);
	char	   *text;
	char	   *out;

	if (quote == NULL)
		return fail(r, "text ends within a string");
	text = out = palloc_extended((quote - r->at) * 3 + 1, MCXT_ALLOC_HUGE);
	while (out && *r->at != '"')
	{
		if (*r->at == '\\')
		{
			r->at++;
			out = read_escape(r, out);
		}
		else if (*r->at >= 0x80)
			out = copy_multibyte(r, out);
		else if (*r->at < 0x20)
			out = fail(r, "control character in a string");
		else if (*r->at == 0x7f)
			r->at++;
		else
			*out++ = *r->at++;
	}
	if (out == NULL)
		return NULL;
	*out = '\0';
	*bytes = out - text;
	r->at++;
	return text;
}

static bool
skip_digits(Reader *r)
{
	const unsigned char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start;
}

static bool
skip_number(Reader *r)
{
	if (*r->at == '-')
		r->at++;
	if (r->at < r->end && *r->at == '0')
		r->at++;
	else if (!skip_digits(r))
		return false;
	if (r->at < r->end && *r->at == '.')
	{
		r->at++;
		if (!skip_digits(r))
			return false;
	}
	if (r->at < r->end && (*r->at | 0x20) == 'e')
	{
		r->at++;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		return skip_digits(r);
	}
	return true;
}

static LlmJson *
read_number(Reader *r)
{
	const unsigned char *start = r->at;
	LlmJson    *value;

	if (*start != '-' && (*start < '0' || *start > '9'))
		return fail(r, "something else where a value should be");
	if (!skip_number(r))
		return fail(r, "bad number");
	value = make_value(r, LLM_JSON_NUMBER);
	if (value)
	{
		value->text_bytes = r->at - start;
		value->text = pnstrdup((const char *) start, value->text_bytes);
	}
	return value;
}

static LlmJson *
read_word(Reader *r, const char *word, LlmJsonKind kind)
{
	size_t		bytes = strlen(word);
	LlmJson    *value;

	if (r->end - r->at < bytes || memcmp(r->at, word, bytes) != 0)
		return fail(r, "unknown word");
	r->at += bytes;
	value = make_value(r, kind);
	if (value)
		value->truth = word[0] == 't';
	return value;
}

/* Reads the key and colon in front of a member. */
static const char *
read_key(Reader *r, int *bytes)
{
	const char *key;

	if (!take(r, '"'))
		return fail(r, "member without a name");
	key = read_string(r, bytes);
	if (key && !take(r, ':'))
		return fail(r, "colon missing after a name");
	return key;
}

/* Reads an array or an object behind its opening bracket. */
static LlmJson *
read_children(Reader *r, LlmJsonKind kind)
{
	unsigned char closing = kind == LLM_JSON_OBJECT ? '}' : ']';
	LlmJson    *parent = make_value(r, kind);
	LlmJson   **tail;

	if (parent == NULL || take(r, closing))
		return parent;
	if (++r->depth > MAX_DEPTH)
		return fail(r, "nested too deeply");
	tail = &parent->first;
	do
	{
		const char *key = NULL;
		int			key_bytes = 0;
		LlmJson    *child;

		if (kind == LLM_JSON_OBJECT && (key = read_key(r, &key_bytes)) == NULL)
			return NULL;
		if ((child = read_value(r)) == NULL)
			return NULL;
		child->key = key;
		child->key_bytes = key_bytes;
		*tail = child;
		tail = &child->next;
		parent->count++;
	} while (take(r, ','));
	r->depth--;
	if (!take(r, closing))
		return fail(r, "comma or closing bracket missing");
	return parent;
}

static LlmJson *
read_string_value(Reader *r)
{
	LlmJson    *value = make_value(r, LLM_JSON_STRING);

	if (value)
		value->text = read_string(r, &value->text_bytes);
	return value && value->text ? value : NULL;
}

static LlmJson *
read_value(Reader *r)
{
	skip_blanks(r);
	if (r->at >= r->end)
		return fail(r, "text ends early");
	switch (*r->at)
	{
		case '{':
			r->at++;
			return read_children(r, LLM_JSON_OBJECT);
		case '[':
			r->at++;
			return read_children(r, LLM_JSON_ARRAY);
		case '"':
			r->at++;
			return read_string_value(r);
		case 't':
			return read_word(r, "true", LLM_JSON_BOOLEAN);
		case 'f':
			return read_word(r, "false", LLM_JSON_BOOLEAN);
		case 'n':
			return read_word(r, "null", LLM_JSON_NULL);
		default:
			return read_number(r);
	}
}

const LlmJson *
llm_json_parse(const char *text, size_t bytes, const char **problem)
{
	Reader		r = {.at = (const unsigned char *) text};
	LlmJson    *value;

	*problem = NULL;
	r.end = r.at + bytes;
	value = read_value(&r);
	skip_blanks(&r);
	if (value && r.at < r.end)
		value = fail(&r, "something follows the value");
	*problem = r.problem;
	return value;
}

const LlmJson *
llm_json_member(const LlmJson *json, const char *key)
{
	size_t		bytes = strlen(key);
	const LlmJson *found = NULL;

	if (json == NULL || json->kind != LLM_JSON_OBJECT)
		return NULL;
	for (const LlmJson *child = json->first; child; child = child->next)
		if (child->key_bytes == bytes && memcmp(child->key, key, bytes) == 0)
			found = child;
	return found;
}

const char *
llm_json_string(const LlmJson *json)
{
	return json && json->kind == LLM_JSON_STRING ? json->text : NULL;
}

int
llm_json_count(const LlmJson *json)
{
	double		value;

	if (json == NULL || json->kind != LLM_JSON_NUMBER)
		return 0;
	value = strtod(json->text, NULL);
	if (!(value > 0))
		return 0;
	return value > INT_MAX ? INT_MAX : (int) value;
}

bool
llm_json_is_present(const LlmJson *json)
{
	if (json == NULL || json->kind == LLM_JSON_NULL)
		return false;
	if (json->kind == LLM_JSON_STRING)
		return json->text_bytes > 0;
	if (json->kind == LLM_JSON_ARRAY || json->kind == LLM_JSON_OBJECT)
		return json->count > 0;
	return true;
}
