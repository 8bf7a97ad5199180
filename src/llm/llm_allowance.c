/*
 * llm_allowance.c
 *	  What vendors tell in headers of their rate limits.
 *
 * OpenAI and the servers that speak like it send x-ratelimit-remaining-requests
 * and its kin, with resets as Go durations ("6m0s", "20ms"); Anthropic sends
 * anthropic-ratelimit-requests-remaining and its kin, with resets as RFC 3339
 * times.  Some servers send -1 or 0 for what they do not count: a remainder
 * without a time of reset counts for nothing.
 *
 * Pure but for the clock that RFC 3339 times are held against.
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "http/http_header.h"
#include "llm/llm_allowance.h"

typedef enum Part
{
	PART_LIMIT,
	PART_REMAINING,
	PART_RESET
} Part;

typedef struct Header
{
	LlmProviderKind kind;
	const char *name;
	bool		is_tokens;
	Part		part;
} Header;

static const Header headers[] = {
	{LLM_PROVIDER_OPENAI, "x-ratelimit-limit-requests", false, PART_LIMIT},
	{LLM_PROVIDER_OPENAI, "x-ratelimit-remaining-requests", false, PART_REMAINING},
	{LLM_PROVIDER_OPENAI, "x-ratelimit-reset-requests", false, PART_RESET},
	{LLM_PROVIDER_OPENAI, "x-ratelimit-limit-tokens", true, PART_LIMIT},
	{LLM_PROVIDER_OPENAI, "x-ratelimit-remaining-tokens", true, PART_REMAINING},
	{LLM_PROVIDER_OPENAI, "x-ratelimit-reset-tokens", true, PART_RESET},
	{LLM_PROVIDER_ANTHROPIC, "anthropic-ratelimit-requests-limit", false, PART_LIMIT},
	{LLM_PROVIDER_ANTHROPIC, "anthropic-ratelimit-requests-remaining", false, PART_REMAINING},
	{LLM_PROVIDER_ANTHROPIC, "anthropic-ratelimit-requests-reset", false, PART_RESET},
	{LLM_PROVIDER_ANTHROPIC, "anthropic-ratelimit-tokens-limit", true, PART_LIMIT},
	{LLM_PROVIDER_ANTHROPIC, "anthropic-ratelimit-tokens-remaining", true, PART_REMAINING},
	{LLM_PROVIDER_ANTHROPIC, "anthropic-ratelimit-tokens-reset", true, PART_RESET},
};

/* Milliseconds of a Go duration; -1 when it is none. */
static int64
read_duration(const char *text)
{
	static const struct
	{
		const char *name;
		double		ms;
	}			units[] = {{"ms", 1}, {"us", 0.001}, {"ns", 0.000001}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
	double		sum = 0;
	const char *at = text;

	while (*at != '\0')
	{
		char	   *end;
		double		number = strtod(at, &end);
		int			unit = 0;

		if (end == at || !(number >= 0 && number < 1e9))
			return -1;
		while (unit < lengthof(units) && strncmp(end, units[unit].name, strlen(units[unit].name)) != 0)
			unit++;
		if (unit == lengthof(units))
			return -1;
		sum += number * units[unit].ms;
		at = end + strlen(units[unit].name);
	}
	return at == text ? -1 : (int64) sum;
}

/* Milliseconds until an RFC 3339 time in UTC; -1 when it is none. */
static int64
read_time(const char *text)
{
	int			year,
				month,
				day,
				hour,
				minute,
				second;
	int64		at;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6 ||
		year < 2000 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return -1;
	at = ((date2j(year, month, day) - POSTGRES_EPOCH_JDATE) * INT64CONST(86400) +
		  hour * 3600 + minute * 60 + second) * USECS_PER_SEC;
	return Max(0, (at - base_clock_now()) / 1000);
}

static void
take(const Header *header, const char *value, HttpLimitReport *report)
{
	HttpAllowance *allowance = header->is_tokens ? &report->token_allowance : &report->requests;
	char	   *end;
	int64		number = strtoll(value, &end, 10);

	if (header->part == PART_RESET)
		allowance->reset_ms = header->kind == LLM_PROVIDER_ANTHROPIC ? read_time(value) : read_duration(value);
	else if (end != value && *end == '\0' && number >= 0)
		*(header->part == PART_LIMIT ? &allowance->limit : &allowance->remaining) = number;
}

void
llm_allowance_read(LlmProviderKind kind, const char *rate_headers, HttpLimitReport *report)
{
	char		value[HTTP_HEADER_VALUE_BYTES];

	while (rate_headers != NULL && *rate_headers != '\0')
	{
		size_t		bytes = strcspn(rate_headers, "\n");

		for (int i = 0; i < lengthof(headers); i++)
			if (headers[i].kind == kind && http_header_read(rate_headers, bytes, headers[i].name, value))
				take(&headers[i], value, report);
		rate_headers += bytes + (rate_headers[bytes] == '\n');
	}
}
