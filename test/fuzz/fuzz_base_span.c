/*
 * fuzz_base_span.c
 *	  The reader of webhooks and answers, against the gateway's scanner, and the
 *	  trees that are built with it.
 *
 * Two readers of one grammar agree on UTF-8 that is not nested too deeply; what
 * was cleaned parses again and is clean; no string that is handed out holds what
 * a text column cannot, whatever came over the wire; a tree is what a walk sees.
 */
#include "postgres.h"

#include "fuzz_target.h"
#include "gateway_json.h"
#include "base/base_span.h"
#include "llm/llm_json.h"
#include "server_stubs.h"

/* Whether there are enough brackets to nest deeper than webhooks may. */
static bool
may_be_deep(const char *text, size_t length)
{
	int			opened = 0;

	for (size_t i = 0; i < length; i++)
		opened += text[i] == '[' || text[i] == '{';
	return opened > BASE_SPAN_MAX_DEPTH;
}

static void
check_agreement(const char *text, size_t length, bool accepted)
{
	GatewayJsonScan scan;
	bool		valid = gateway_json_scan(text, length, &scan) == GATEWAY_JSON_VALID;

	fuzz_require(!valid || accepted || may_be_deep(text, length));
	if (accepted && gateway_json_is_utf8(text, length))
		fuzz_require(valid);
}

/* One value, seen in both ways. */
static void
check_tree(const BaseSpan *value, const LlmJson *tree)
{
	static const LlmJsonKind kinds[] = {
		['n'] = LLM_JSON_NULL, ['t'] = LLM_JSON_BOOLEAN, ['f'] = LLM_JSON_BOOLEAN,
		['d'] = LLM_JSON_NUMBER, ['s'] = LLM_JSON_STRING, ['['] = LLM_JSON_ARRAY,
		['{'] = LLM_JSON_OBJECT,
	};

	fuzz_require(tree->kind == kinds[(int) value->kind]);
	fuzz_require(tree->truth == (value->kind == 't'));
	if (tree->kind == LLM_JSON_STRING)
		fuzz_require(server_stubs_is_text(tree->text, tree->text_bytes));
	if (tree->kind == LLM_JSON_NUMBER)
		fuzz_require(tree->text_bytes == value->bytes);
}

static void
walk(const BaseSpan *value, const LlmJson *tree, bool is_text)
{
	const LlmJson *child = tree->first;
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	inner;
	int64		number;
	double		real;

	if (value->kind == 's')
	{
		char	   *text = base_span_text(value);

		fuzz_require((!is_text && value->care == BASE_SPAN_TEXT) || server_stubs_is_text(text, strlen(text)));
		fuzz_require(base_span_is(value, text));
	}
	else
		fuzz_require(base_span_text(value) == NULL);
	check_tree(value, tree);
	if (base_span_int64(value, &number))
		fuzz_require(base_span_double(value, &real) && (int64) (double) number == (int64) real);
	for (int i = 0; i < tree->count; i++, child = child->next)
	{
		fuzz_require(base_span_next(value, &cursor, &key, &inner));
		if (value->kind == '{')
			fuzz_require(server_stubs_is_text(child->key, child->key_bytes));
		walk(&inner, child, is_text);
	}
	fuzz_require(child == NULL && !base_span_next(value, &cursor, &key, &inner));
}

static void
check_clean(const BaseSpan *value, bool is_text)
{
	char	   *clean = base_span_clean(value);
	BaseSpan	again;

	fuzz_require(!is_text || server_stubs_is_text(clean, strlen(clean)));
	fuzz_require(base_span_parse(clean, strlen(clean), &again));
	fuzz_require(again.kind == value->kind || value->kind == 'd');
	fuzz_require(strcmp(base_span_clean(&again), clean) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char	   *text = fuzz_string(bytes, length);
	bool		is_text = server_stubs_is_text(text, length);
	BaseSpan	value;
	bool		accepted = base_span_parse(text, (int) length, &value);
	const char *problem;
	const LlmJson *tree = llm_json_parse(text, length, &problem);

	check_agreement(text, length, accepted);
	fuzz_require(accepted == (tree != NULL) && accepted == (problem == NULL));
	if (accepted)
	{
		fuzz_require(value.start >= text && value.start + value.bytes <= text + length);
		walk(&value, tree, is_text);
		check_clean(&value, is_text);
		fuzz_require(base_span_parse_bytes(text, (int) length, BASE_SPAN_BYTES, &value) == NULL);
		walk(&value, tree, is_text);
		check_clean(&value, true);
	}
	server_stubs_forget();
	free(text);
	return 0;
}
