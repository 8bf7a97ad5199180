/*
 * fuzz_base_span.c
 *	  The reader of webhooks, against the gateway's scanner and the reader of
 *	  models' answers.
 *
 * Three readers of one grammar agree on UTF-8 that is not nested too deeply;
 * what was cleaned parses again and is clean; no string that is handed out holds
 * what a text column cannot.
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
	const char *problem;
	bool		valid = gateway_json_scan(text, length, &scan) == GATEWAY_JSON_VALID;

	fuzz_require(!valid || accepted || may_be_deep(text, length));
	if (accepted && gateway_json_is_utf8(text, length))
	{
		fuzz_require(valid);
		fuzz_require(llm_json_parse(text, length, &problem) != NULL);
	}
}

static void
walk(const BaseSpan *value, bool is_text)
{
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	inner;
	int64		number;
	double		real;

	if (value->kind == 's')
	{
		char	   *text = base_span_text(value);

		fuzz_require(!is_text || server_stubs_is_text(text, strlen(text)));
		fuzz_require(base_span_is(value, text));
	}
	else
		fuzz_require(base_span_text(value) == NULL);
	if (base_span_int64(value, &number))
		fuzz_require(base_span_double(value, &real) && (int64) (double) number == (int64) real);
	while (base_span_next(value, &cursor, &key, &inner))
	{
		if (value->kind == '{')
			walk(&key, is_text);
		walk(&inner, is_text);
	}
}

static void
check_clean(const BaseSpan *value)
{
	char	   *clean = base_span_clean(value);
	BaseSpan	again;

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

	check_agreement(text, length, accepted);
	if (accepted)
	{
		fuzz_require(value.start >= text && value.start + value.bytes <= text + length);
		walk(&value, is_text);
		check_clean(&value);
	}
	server_stubs_forget();
	free(text);
	return 0;
}
