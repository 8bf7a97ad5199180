/*
 * fuzz_http_header.c
 *	  Lines of an answer's head: Retry-After, dates, and what vendors tell of
 *	  their limits.
 *
 * The lines are not closed by a zero byte, as libcurl's need not be.  A wait is
 * none or not negative; a date that is written is read back.
 */
#include "postgres.h"

#include "fuzz_target.h"
#include "http/http_header.h"
#include "llm/llm_adapter.h"
#include "llm/llm_allowance.h"
#include "server_stubs.h"

#define NOW 1800000000

static void
check_line(const char *line, size_t bytes)
{
	static const char *const names[] = {"retry-after", "retry-after-ms", "content-type", "x-request-id"};
	char	   *exact = malloc(Max(bytes, 1));
	char		value[HTTP_HEADER_VALUE_BYTES];

	memcpy(exact, line, bytes);
	for (int i = 0; i < lengthof(names); i++)
	{
		if (!http_header_read(exact, bytes, names[i], value))
			continue;
		fuzz_require(strlen(value) < sizeof(value) && value[0] != ' ');
		fuzz_require(server_stubs_is_text(value, strlen(value)));
		fuzz_require(http_header_milliseconds(value) >= -1);
		fuzz_require(http_header_retry_after_ms(value, NOW) >= -1);
	}
	free(exact);
}

extern const LlmAdapter llm_anthropic_adapter;
extern const LlmAdapter llm_openai_adapter;

static void
check_allowance(const LlmAdapter *adapter, const char *headers)
{
	LlmProvider provider = {.adapter = adapter};
	HttpAllowance untold = {-1, -1, -1};
	HttpLimitReport report = {.requests = untold, .token_allowance = untold};

	llm_allowance_read(&provider, headers, &report);
	fuzz_require(report.requests.limit >= -1 && report.requests.remaining >= -1);
	fuzz_require(report.requests.reset_ms >= -1 && report.token_allowance.reset_ms >= -1);
}

/* Writes the first bytes as a date between 1970 and 2106 and has it read. */
static void
check_date(const uint8_t *bytes, size_t length)
{
	uint32		seconds = 0;
	time_t		time;
	struct tm	parts;
	char		written[64];

	memcpy(&seconds, bytes, Min(length, sizeof(seconds)));
	time = seconds;
	strftime(written, sizeof(written), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&time, &parts));
	fuzz_require(http_header_retry_after_ms(written, NOW) == Max(0, (int64) seconds - NOW) * 1000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char	   *text = fuzz_string(bytes, length);
	char	   *rest = text;
	char	   *line;

	check_date(bytes, length);
	check_allowance(&llm_openai_adapter, text);
	check_allowance(&llm_anthropic_adapter, text);
	while ((line = strsep(&rest, "\n")) != NULL)
		check_line(line, strlen(line));
	server_stubs_forget();
	free(text);
	return 0;
}
