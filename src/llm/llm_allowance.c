/*
 * llm_allowance.c
 *	  What vendors tell in headers of their rate limits.
 *
 * Which headers those are, and how they write the time of a reset, is the
 * adapter's to say.  Some servers send -1 or 0 for what they do not count: a
 * remainder without a time of reset counts for nothing.
 *
 * Pure but for the clock that RFC 3339 times are held against.
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "http/http_header.h"
#include "llm/llm_adapter.h"
#include "llm/llm_allowance.h"

int64
llm_allowance_read_duration(const char *text)
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

int64
llm_allowance_read_time(const char *text)
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
take(const LlmAdapter *adapter, const LlmAllowanceHeader *header, const char *value,
	 HttpLimitReport *report)
{
	HttpAllowance *allowance = header->is_tokens ? &report->token_allowance : &report->requests;
	char	   *end;
	int64		number = strtoll(value, &end, 10);

	if (header->part == LLM_ALLOWANCE_RESET)
		allowance->reset_ms = adapter->read_reset(value);
	else if (end != value && *end == '\0' && number >= 0)
		*(header->part == LLM_ALLOWANCE_LIMIT ? &allowance->limit : &allowance->remaining) = number;
}

void
llm_allowance_read(const LlmProvider *provider, const char *rate_headers, HttpLimitReport *report)
{
	const LlmAdapter *adapter = provider->adapter;
	char		value[HTTP_HEADER_VALUE_BYTES];

	while (adapter->allowances != NULL && rate_headers != NULL && *rate_headers != '\0')
	{
		size_t		bytes = strcspn(rate_headers, "\n");

		for (const LlmAllowanceHeader *header = adapter->allowances; header->name; header++)
			if (http_header_read(rate_headers, bytes, header->name, value))
				take(adapter, header, value, report);
		rate_headers += bytes + (rate_headers[bytes] == '\n');
	}
}
