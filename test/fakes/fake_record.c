/*
 * fake_record.c
 *		Every request the stand-ins saw, for the tests to read.
 *
 * Records lie in one growing array, in the order of their numbers, which are
 * dense while recording is on; a record owns a copy of its request.  Without
 * recording nothing is kept and nothing is copied.
 */
#include "fake_record.h"
#include "fake_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Record
{
	uint64_t number;
	FakeServiceKind service;
	uint64_t conn_id;
	bool is_tls;
	int64_t arrived_us;
	int64_t finished_us;		/* 0 while the answer is not out */
	char *held;					/* the bytes `request` points into */
	FakeRequest request;
	int status;
	char *answer_body;
	const char *outcome;		/* a literal, NULL while waiting */
} Record;

bool fake_record_enabled = true;

static Record *records = NULL;
static size_t record_count = 0;
static size_t record_cap = 0;

/* Keeps a request under its exchange's number. */
void
fake_record_add(const FakeExchange *exchange, const FakeConn *conn)
{
	Record *record;

	if (!fake_record_enabled)
		return;
	if (record_count == record_cap)
	{
		record_cap = record_cap > 0 ? record_cap * 2 : 256;
		records = realloc(records, record_cap * sizeof(Record));
		if (records == NULL)
			abort();
	}
	record = &records[record_count++];
	memset(record, 0, sizeof(Record));
	record->number = exchange->number;
	record->service = exchange->service;
	record->conn_id = conn->id;
	record->is_tls = conn->session != NULL;
	record->arrived_us = fake_loop_now_us();
	record->held = fake_http_clone(exchange->request, &record->request);
}

/* The record of a number, by halving; NULL when it was cleared. */
static Record *
find_record(uint64_t number)
{
	size_t low = 0;
	size_t high = record_count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (records[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < record_count && records[low].number == number ?
		&records[low] : NULL;
}

/* Notes what will be answered. */
void
fake_record_answer(uint64_t number, const FakeAnswer *answer)
{
	Record *record = find_record(number);

	if (record == NULL)
		return;
	record->status = answer->status;
	record->answer_body = (char *)
		fake_slice_copy((FakeSlice) { answer->body.at,
						answer->body.len < 4096 ? answer->body.len : 4096 }).at;
}

/* Notes how it ended: sent, half sent, closed, reset, client gone. */
void
fake_record_finish(uint64_t number, const char *outcome)
{
	Record *record = find_record(number);

	if (record == NULL)
		return;
	record->finished_us = fake_loop_now_us();
	record->outcome = outcome;
}

/* A JSON string; of bytes that are no UTF-8, each one as a character. */
static void
append_string(FakeText *out, FakeSlice value)
{
	size_t start = out->len;
	const char *error;

	fake_text_json(out, value);
	if (fake_json_check((FakeSlice) { out->at + start, out->len - start },
						&error))
		return;
	out->len = start;
	fake_text_puts(out, "\"");
	for (size_t i = 0; i < value.len; i++)
		fake_text_printf(out, "\\u%04x", (unsigned char) value.at[i]);
	fake_text_puts(out, "\"");
}

static void
render_text(FakeText *out, const char *name, FakeSlice value)
{
	fake_text_printf(out, ",\"%s\":", name);
	append_string(out, value);
}

static void
render_headers(FakeText *out, const FakeRequest *request)
{
	fake_text_puts(out, ",\"headers\":{");
	for (int i = 0; i < request->header_count; i++)
	{
		size_t start;

		if (i > 0)
			fake_text_puts(out, ",");
		start = out->len;
		fake_text_json(out, request->names[i]);
		for (size_t j = start; j < out->len; j++)
			if (out->at[j] >= 'A' && out->at[j] <= 'Z')
				out->at[j] = (char) (out->at[j] + 32);
		fake_text_puts(out, ":");
		fake_text_json(out, request->values[i]);
	}
	fake_text_puts(out, "}");
}

/* JSON bodies are shown as JSON, others as text. */
static void
render_body(FakeText *out, FakeSlice body)
{
	const char *error;

	if (body.len == 0)
		return;
	if (fake_json_check(body, &error))
	{
		fake_text_puts(out, ",\"body\":");
		fake_text_add(out, body);
		return;
	}
	render_text(out, "body_text", body);
}

static void
render_record(FakeText *out, const Record *record)
{
	const FakeRequest *request = &record->request;

	fake_text_printf(out, "{\"n\":%llu,\"ms\":%.3f,\"service\":\"%s\","
					 "\"connection\":%llu,\"tls\":%s",
					 (unsigned long long) record->number,
					 (double) record->arrived_us / 1000,
					 fake_service_names[record->service],
					 (unsigned long long) record->conn_id,
					 record->is_tls ? "true" : "false");
	render_text(out, "method", request->method);
	render_text(out, "path", request->path);
	render_text(out, "query", request->query);
	render_headers(out, request);
	render_body(out, request->body);
	fake_text_printf(out, ",\"answer\":{\"status\":%d", record->status);
	if (record->answer_body != NULL)
		render_text(out, "body", fake_slice_of(record->answer_body));
	render_text(out, "outcome", fake_slice_of(record->outcome ?
											  record->outcome : "waiting"));
	if (record->finished_us > 0)
		fake_text_printf(out, ",\"ms\":%.3f",
						 (double) record->finished_us / 1000);
	fake_text_puts(out, "}}");
}

void
fake_record_render(FakeText *out, const FakeRecordFilter *filter)
{
	const char *separator = "";

	fake_text_printf(out, "{\"now_ms\":%.3f,\"requests\":[",
					 (double) fake_loop_now_us() / 1000);
	for (size_t i = 0; i < record_count; i++)
	{
		const Record *record = &records[i];
		FakeSlice path = record->request.path;

		if (record->number <= filter->since ||
			(filter->service >= 0 &&
			 filter->service != (int) record->service) ||
			(filter->path.len > 0 &&
			 memmem(path.at, path.len, filter->path.at,
					filter->path.len) == NULL))
			continue;
		fake_text_puts(out, separator);
		render_record(out, record);
		separator = ",";
	}
	fake_text_puts(out, "]}");
}

void
fake_record_clear(void)
{
	for (size_t i = 0; i < record_count; i++)
	{
		free(records[i].held);
		free(records[i].answer_body);
	}
	record_count = 0;
}
