/*
 * load_report.c
 *		Counts and latencies of one run, and how they are printed.
 */
#include "load_report.h"

#include <stdio.h>
#include <stdlib.h>

LoadReport load_report;

/* Keeps one latency. */
void
load_report_sample(LoadSamples *samples, int64_t us)
{
	if (samples->count == samples->cap)
	{
		samples->cap = samples->cap > 0 ? samples->cap * 2 : 65536;
		samples->us = realloc(samples->us, samples->cap * sizeof(uint32_t));
		if (samples->us == NULL)
			abort();
	}
	samples->us[samples->count++] = us > UINT32_MAX ? UINT32_MAX :
		(uint32_t) us;
}

static int
compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *) left;
	uint32_t b = *(const uint32_t *) right;

	return (a > b) - (a < b);
}

/* The latency, in ms, that this share of the sorted samples stays under. */
static double
quantile(const LoadSamples *samples, double share)
{
	size_t at;

	if (samples->count == 0)
		return 0;
	at = (size_t) (share * (double) (samples->count - 1) + 0.5);
	return samples->us[at] / 1000.0;
}

static double
rate(int64_t count, int64_t last_us)
{
	int64_t us = last_us - load_report.started_us;

	return last_us > 0 && us > 0 ? (double) count * 1e6 / (double) us : 0;
}

static void
print_samples_json(const char *name, LoadSamples *samples)
{
	printf(",\"%s\":{\"count\":%zu,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,"
		   "\"max\":%.3f}", name, samples->count, quantile(samples, 0.5),
		   quantile(samples, 0.9), quantile(samples, 0.99),
		   quantile(samples, 1));
}

static void
print_json(void)
{
	const LoadReport *r = &load_report;
	const char *separator = "";

	printf("{\"mode\":\"%s\",\"sent\":%lld,\"acknowledged\":%lld,"
		   "\"seconds\":%.3f,\"acks_per_second\":%.1f,\"statuses\":{",
		   r->mode, (long long) r->sent, (long long) r->acknowledged,
		   r->last_ack_us == 0 ? 0.0 :
		   (double) (r->last_ack_us - r->started_us) / 1e6,
		   rate(r->acknowledged, r->last_ack_us));
	for (int i = 0; i < 600; i++)
		if (r->statuses[i] > 0)
		{
			printf("%s\"%d\":%lld", separator, i, (long long) r->statuses[i]);
			separator = ",";
		}
	printf("},\"connection_errors\":%lld,\"connections\":%lld,\"replies\":%lld,"
		   "\"replies_per_second\":%.1f,\"private_notes\":%lld,"
		   "\"unexpected_replies\":%lld,\"missing_replies\":%lld,"
		   "\"chatwoot_calls\":%lld", (long long) r->connection_errors,
		   (long long) r->connections, (long long) r->replies,
		   rate(r->replies, r->last_reply_us), (long long) r->private_notes,
		   (long long) r->unexpected, (long long) r->missing,
		   (long long) r->chatwoot_calls);
	print_samples_json("ack_ms", &load_report.ack);
	print_samples_json("reply_ms", &load_report.reply);
	printf("}\n");
}

static void
print_text(void)
{
	const LoadReport *r = &load_report;

	printf("mode               %s\n", r->mode);
	printf("sent               %lld\n", (long long) r->sent);
	for (int i = 0; i < 600; i++)
		if (r->statuses[i] > 0)
			printf("status %d         %lld\n", i, (long long) r->statuses[i]);
	printf("connection errors  %lld\n", (long long) r->connection_errors);
	printf("acknowledged       %lld, %.1f per second\n",
		   (long long) r->acknowledged, rate(r->acknowledged, r->last_ack_us));
	printf("ack ms             p50 %.3f  p99 %.3f  max %.3f\n",
		   quantile(&r->ack, 0.5), quantile(&r->ack, 0.99),
		   quantile(&r->ack, 1));
	if (r->replies + r->missing + r->unexpected == 0)
		return;
	printf("replies            %lld, %.1f per second, %lld missing, "
		   "%lld unexpected, %lld private notes\n", (long long) r->replies,
		   rate(r->replies, r->last_reply_us), (long long) r->missing,
		   (long long) r->unexpected, (long long) r->private_notes);
	printf("reply ms           p50 %.3f  p99 %.3f  max %.3f\n",
		   quantile(&r->reply, 0.5), quantile(&r->reply, 0.99),
		   quantile(&r->reply, 1));
}

/* Prints the run; sorts its samples. */
void
load_report_print(bool is_json)
{
	qsort(load_report.ack.us, load_report.ack.count, sizeof(uint32_t), compare);
	qsort(load_report.reply.us, load_report.reply.count, sizeof(uint32_t),
		  compare);
	if (is_json)
		print_json();
	else
		print_text();
}
