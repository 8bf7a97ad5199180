/*
 * inbox_excerpt.c
 *	  What the audit trail keeps of a body that was of no use.
 *
 * Runs in the backend that takes a webhook in.  The body is walked with the
 * reader of base_span.c, so that a name is known however it is written, and a
 * value ends where it ends; each string is masked as the text it stands for and
 * then written anew.  The walk ends when there is enough.  Results are palloc'd
 * in the current context.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/base_json.h"
#include "base/base_span.h"
#include "inbox/inbox_excerpt.h"
#include "security/security_redact.h"

/* Parts of names whose values are kept nowhere, as pubsub_token, hmac_token,
 * api_access_token, identifier_hash, webhook_secret. */
static const char *const secret_names[] = {
	"token", "secret", "password", "passwd", "api_key", "apikey", "hmac", "signature",
	"authorization", "credential", "identifier_hash", "cookie",
};

/* Enough for the characters that are kept, whatever their width. */
#define ENOUGH_BYTES (INBOX_EXCERPT_CHARS * MAX_MULTIBYTE_CHAR_LEN)

static void append_value(StringInfo out, const BaseSpan *value);

static bool
is_secret(const char *name)
{
	char	   *small = pstrdup(name);

	for (char *p = small; *p; p++)
		*p = pg_tolower((unsigned char) *p);
	for (int i = 0; i < lengthof(secret_names); i++)
		if (strstr(small, secret_names[i]) != NULL)
			return true;
	return false;
}

static void
append_masked(StringInfo out, const char *text)
{
	int			bytes = strlen(text);
	char	   *masked;

	bytes = pg_mbcliplen(text, bytes, Min(bytes, ENOUGH_BYTES));
	masked = security_redact_between(text, 0, bytes, SECURITY_REDACT_ALL);
	base_json_append_string(out, masked, strlen(masked));
}

/* A number, true, false or null; a number may be a card's. */
static void
append_word(StringInfo out, const BaseSpan *value)
{
	char	   *word = pnstrdup(value->start, Min(value->bytes, ENOUGH_BYTES));
	char	   *masked = security_redact(word);

	if (strcmp(word, masked) == 0)
		appendStringInfoString(out, word);
	else
		base_json_append_string(out, masked, strlen(masked));
}

/* Appends members until there is enough; secrets by their names, all else
 * masked. */
static void
append_container(StringInfo out, const BaseSpan *container)
{
	bool		is_object = container->kind == '{';
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	value;

	appendStringInfoChar(out, container->kind);
	for (bool is_first = true; out->len < ENOUGH_BYTES && base_span_next(container, &cursor, &key, &value); is_first = false)
	{
		if (!is_first)
			appendStringInfoString(out, ", ");
		if (is_object)
		{
			append_masked(out, base_span_text(&key));
			appendStringInfoString(out, ": ");
		}
		if (is_object && is_secret(base_span_text(&key)))
			appendStringInfoString(out, "\"***\"");
		else
			append_value(out, &value);
	}
	appendStringInfoChar(out, is_object ? '}' : ']');
}

static void
append_value(StringInfo out, const BaseSpan *value)
{
	if (value->kind == '{' || value->kind == '[')
		append_container(out, value);
	else if (value->kind == 's')
		append_masked(out, base_span_text(value));
	else
		append_word(out, value);
}

char *
inbox_excerpt_make(const char *body, int bytes)
{
	StringInfoData out;
	BaseSpan	json;

	if (!base_span_parse(body, bytes, &json))
		return NULL;
	initStringInfo(&out);
	append_value(&out, &json);
	out.data[pg_mbcharcliplen(out.data, out.len, INBOX_EXCERPT_CHARS)] = '\0';
	return out.data;
}
