/*
 * load_report.h
 *		Counts and latencies of one run.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct LoadSamples
{
	uint32_t *us;
	size_t count;
	size_t cap;
} LoadSamples;

typedef struct LoadReport
{
	const char *mode;
	int64_t started_us;
	int64_t last_ack_us;
	int64_t last_reply_us;
	int64_t sent;
	int64_t acknowledged;		/* 2xx */
	int64_t statuses[600];
	int64_t connection_errors;
	int64_t connections;		/* ever opened */
	int64_t replies;
	int64_t private_notes;
	int64_t unexpected;			/* replies nobody waited for */
	int64_t missing;			/* replies that did not come in time */
	int64_t chatwoot_calls;
	LoadSamples ack;
	LoadSamples reply;
} LoadReport;

extern LoadReport load_report;

extern void load_report_sample(LoadSamples *samples, int64_t us);
extern void load_report_print(bool is_json);

#endif							/* LOAD_REPORT_H */
