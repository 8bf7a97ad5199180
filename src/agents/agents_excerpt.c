/*
 * agents_excerpt.c
 *	  What of a text goes to a model: the one way into a request.
 *
 * Runs in engine workers.  Every text that a request is made of, but for the
 * agent's own prompt, passes here: it is cut to its limit and then masked, so
 * that a long text costs what its excerpt costs.  Numbers of cards and accounts
 * are masked always; e-mail addresses and phone numbers of what was said when
 * the account says so (accounts.redact_for_models).
 *
 * Masking comes before the text is quoted as JSON: behind the n of a \n no
 * number begins.  Results are palloc'd in the current context.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "agents/agents_excerpt.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "security/security_ends.h"
#include "security/security_redact.h"

/* Characters of a name or a subject. */
#define TITLE_CHARS 200

/* Characters of a message that another one quotes. */
#define QUOTED_CHARS 500

static SecurityRedaction
redaction_of(const AgentsAccount *account)
{
	return account->redact ? SECURITY_REDACT_ALL : SECURITY_REDACT_PAYMENT;
}

/* A long text: its two ends, and how much there was between them, with what the
 * text itself has lost there. */
static char *
leave_out_middle(const char *text, int limit, int left_out, SecurityRedaction redaction)
{
	int			bytes = strlen(text);
	int			head = security_ends_boundary(text, bytes, limit / 2);
	int			tail = security_ends_boundary(text, bytes, bytes - limit / 2);
	StringInfoData excerpt;

	initStringInfo(&excerpt);
	appendStringInfoString(&excerpt, security_redact_between(text, 0, head, redaction));
	appendStringInfo(&excerpt, "\n[... %d bytes left out ...]\n", tail - head + left_out);
	appendStringInfoString(&excerpt, security_redact_between(text, tail, bytes, redaction));
	return excerpt.data;
}

static char *
cut_and_mask(const char *text, SecurityRedaction redaction)
{
	int			limit = setting_prompt_message_limit * 1024;
	int			bytes = strlen(text);

	if (bytes > limit)
		return leave_out_middle(text, limit, 0, redaction);
	return security_redact_between(text, 0, bytes, redaction);
}

char *
agents_excerpt_said(const AgentsAccount *account, const char *text)
{
	return cut_and_mask(text, redaction_of(account));
}

char *
agents_excerpt_utterance(const AgentsAccount *account, const InboxUtterance *utterance)
{
	int			limit = Min(setting_prompt_message_limit * 1024, 2 * utterance->end_bytes);

	if (utterance->content == NULL)
		return agents_excerpt_said(account, utterance->enclosed);
	if (utterance->left_out == 0)
		return agents_excerpt_said(account, utterance->content);
	return leave_out_middle(utterance->content, limit, utterance->left_out, redaction_of(account));
}

char *
agents_excerpt_stated(const char *text)
{
	return cut_and_mask(text, SECURITY_REDACT_PAYMENT);
}

char *
agents_excerpt_title(const AgentsAccount *account, const char *text)
{
	int			bytes = pg_mbcharcliplen(text, strlen(text), TITLE_CHARS);

	return security_redact_between(text, 0, bytes, redaction_of(account));
}

char *
agents_excerpt_quoted(const AgentsAccount *account, const char *text)
{
	int			bytes = pg_mbcharcliplen(text, strlen(text), QUOTED_CHARS);

	return security_redact_between(text, 0, bytes, redaction_of(account));
}

/* A scalar as text; numbers too may be a card's. */
static char *
text_of(const JsonbValue *value)
{
	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	if (value->type == jbvNumeric)
		return DatumGetCString(
			DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	return NULL;
}

/* Masks a key or a scalar in place; a number that is masked becomes a string. */
static void
mask_value(const AgentsAccount *account, JsonbValue *value)
{
	char	   *text = text_of(value);
	char	   *masked;

	if (text == NULL)
		return;
	masked = agents_excerpt_said(account, text);
	if (strcmp(masked, text) == 0)
		return;
	value->type = jbvString;
	value->val.string.val = masked;
	value->val.string.len = strlen(masked);
}

static Jsonb *
mask_container(const AgentsAccount *account, JsonbContainer *container)
{
	JsonbParseState *parse = NULL;
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue *whole = NULL;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&it, &value, false)) != WJB_DONE)
	{
		bool		is_content = token == WJB_KEY || token == WJB_VALUE || token == WJB_ELEM;

		if (is_content)
			mask_value(account, &value);
		whole = pushJsonbValue(&parse, token, is_content ? &value : NULL);
	}
	return JsonbValueToJsonb(whole);
}

/* Masks every string of the value, then cuts the whole: keys and brackets take
 * room, too. */
char *
agents_excerpt_member(const AgentsAccount *account, const JsonbValue *value)
{
	JsonbValue	scalar = *value;
	StringInfoData json;
	Jsonb	   *masked;
	char	   *text;

	if (value->type == jbvBinary)
		masked = mask_container(account, value->val.binary.data);
	else
	{
		mask_value(account, &scalar);
		masked = JsonbValueToJsonb(&scalar);
	}
	text = JsonbToCString(NULL, &masked->root, VARSIZE(masked));
	/* a string is cut already, but for what quoting adds */
	if (value->type != jbvBinary || strlen(text) <= setting_prompt_message_limit * 1024)
		return text;
	text = agents_excerpt_said(account, text);
	initStringInfo(&json);
	base_json_append_string(&json, text, strlen(text));
	return json.data;
}
