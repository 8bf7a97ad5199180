/*
 * fake_service.h
 *		What the stand-ins share: one exchange, and what may go wrong in it.
 */
#ifndef FAKE_SERVICE_H
#define FAKE_SERVICE_H

#include "fake_http.h"

typedef enum FakeServiceKind
{
	FAKE_SERVICE_OPENAI,
	FAKE_SERVICE_ANTHROPIC,
	FAKE_SERVICE_CHATWOOT,
	FAKE_SERVICE_COUNT
} FakeServiceKind;

/* What a rule may turn on, by its name in JSON (see fake_faults.c). */
typedef enum FakeFault
{
	FAKE_FAULT_ANSWER_TWICE,	/* the bytes of the answer are sent twice */
	FAKE_FAULT_APPLY_THEN_CLOSE,	/* effect, then no answer */
	FAKE_FAULT_BAD_ENUM,		/* enum values the schema does not know */
	FAKE_FAULT_CHUNKED,
	FAKE_FAULT_CONTENT_FILTER,
	FAKE_FAULT_DUPLICATE,		/* a Chatwoot effect happens twice */
	FAKE_FAULT_DUPLICATE_KEYS,
	FAKE_FAULT_EMPTY_CHOICES,
	FAKE_FAULT_EMPTY_CONTENT,
	FAKE_FAULT_ERROR_CODE_INTEGER,
	FAKE_FAULT_ERROR_STRING,
	FAKE_FAULT_FENCED_JSON,
	FAKE_FAULT_GARBAGE,			/* a 200 that is no JSON */
	FAKE_FAULT_HTML,			/* a page instead of JSON */
	FAKE_FAULT_LONE_SURROGATE,
	FAKE_FAULT_MISSING_USAGE,
	FAKE_FAULT_NUL_IN_CONTENT,
	FAKE_FAULT_NULL_FINISH_REASON,
	FAKE_FAULT_NUMBER_AS_STRING,
	FAKE_FAULT_PROSE_AROUND,
	FAKE_FAULT_REFUSAL,
	FAKE_FAULT_THINKING_FIRST,
	FAKE_FAULT_TRUNCATED,
	FAKE_FAULT_UNKNOWN_KEYS,
	FAKE_FAULT_COUNT
} FakeFault;

/* What a rule does; all zero does nothing. */
typedef struct FakeAction
{
	uint64_t faults;			/* bits of FakeFault */
	int status;					/* not 0: the service itself is not asked */
	int64_t delay_ms;
	int64_t apply_late_ms;		/* more than 0: effect that much later */
	int64_t huge_bytes;			/* the content is that long */
	FakeEnding ending;
	int drip_bytes;
	int drip_ms;
	char *headers;				/* rendered lines, or NULL */
	char *body;					/* literal body, or NULL */
	char *content;				/* what the model says, or NULL */
	char *error_code;			/* code within the vendor's error body */
	char *finish_reason;		/* over the one that belongs to the answer */
	char *tool_calls;			/* JSON array of {id, name, arguments} */
} FakeAction;

/* One request on its way to its answer. */
typedef struct FakeExchange
{
	FakeServiceKind service;
	uint64_t number;			/* counts all requests to services */
	const FakeRequest *request;
	const FakeAction *action;	/* never NULL */
	int status;
	const char *content_type;
	FakeText *headers;
	FakeText *body;
} FakeExchange;

static inline bool
fake_action_has(const FakeAction *action, FakeFault fault)
{
	return (action->faults >> fault & 1) != 0;
}

/* fake_service.c */
extern const char *const fake_service_names[FAKE_SERVICE_COUNT];
extern void fake_service_request(FakeConn *conn, FakeRequest *request);
extern void fake_service_finish(FakeConn *conn, const char *outcome);
extern void fake_service_render_stats(FakeText *out);
extern void fake_service_clear_stats(void);
extern int64_t fake_service_latency_ms[FAKE_SERVICE_COUNT];

/* One answer per service; they fill status, headers and body. */
extern void fake_openai_answer(FakeExchange *exchange);
extern void fake_openai_error(FakeExchange *exchange, int status);
extern void fake_anthropic_answer(FakeExchange *exchange);
extern void fake_anthropic_error(FakeExchange *exchange, int status);
extern void fake_chatwoot_answer(FakeExchange *exchange);
extern void fake_chatwoot_error(FakeExchange *exchange, int status);

/* fake_control.c: everything under /_fake/ */
extern void fake_control_request(FakeConn *conn, const FakeRequest *request);

#endif							/* FAKE_SERVICE_H */
