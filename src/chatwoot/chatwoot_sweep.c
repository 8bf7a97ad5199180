/*
 * chatwoot_sweep.c
 *	  Asking Chatwoot what its webhooks did not tell: the node and thread kind
 *	  `sweep`.
 *
 * Runs in workers.  A sweep is one step that makes one request after the
 * other: the pages of the list of conversations, newest activity first, until
 * they are older than what the last sweep has seen; then, one by one, the
 * messages of each.  So a site is never asked twice at a time, and the sweep
 * goes by the site's limits as everything does.  It needs a user token, for
 * bots may not list.
 *
 * The place where it stands is in memory alone: a sweep that dies begins
 * anew, and what it took in is known by then.  seen_until moves at the end, and
 * not beyond a conversation that had to be left alone.  What is kept between
 * requests is copied before it changes, for a tick that raises is undone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "chatwoot/chatwoot_request.h"
#include "chatwoot/chatwoot_sweep.h"
#include "chatwoot/chatwoot_swept.h"
#include "engine/engine_alarm.h"
#include "inbox/inbox_subject.h"

/* Rows of a page of conversations, and of messages after an id; no list of
 * Chatwoot's is longer than the longer of the two. */
#define CONVERSATIONS_PER_PAGE 25
#define MESSAGES_PER_PAGE 100
#define MAX_ROWS 100

/* So many pages of conversations at most; further back is not looked. */
#define MAX_PAGES 200

/*
 * What is kept of them: a far side that lists more is no Chatwoot, and what it lists
 * would lie in the worker's memory.  The messages that come with a conversation are
 * asked for by themselves and not kept.
 */
#define MAX_LISTED (MAX_PAGES * CONVERSATIONS_PER_PAGE)
#define MAX_CONVERSATION_BYTES (64 * 1024)
#define MAX_LISTED_BYTES (32 * 1024 * 1024)

/* Looked at once more, for Chatwoot's clock is another one. */
#define OVERLAP (2 * USECS_PER_MINUTE)

/* What had to be left alone is asked for again. */
#define COME_BACK_AFTER USECS_PER_MINUTE

/* A conversation that is looked at. */
typedef struct Listed
{
	int64		id;
	TimestampTz active_at;
	const char *json;			/* without what came with it */
} Listed;

typedef struct Sweep
{
	MemoryContext context;		/* of what is kept between requests */
	InboxOrigin	origin;
	int64		chatwoot_account_id;
	TimestampTz began_at;
	TimestampTz since;			/* activity before it was looked at by the last sweep */
	TimestampTz seen_until;		/* where the next sweep begins */
	bool		listing;
	int			page;
	Listed	   *listed;			/* MAX_LISTED conversations to look at; what is behind
								 * listed_count belongs to a tick that was undone */
	int			listed_count;
	int			listed_bytes;
	int			next;			/* of them */
	const Listed *current;		/* the one whose messages were asked for */
	int64		after;
	int			conversations;
	int			messages;
} Sweep;

static BaseStatement find_statement = {
	"SELECT w.site_id, w.seen_until, s.remote_account FROM frontdesk.site_sweeps AS w "
	"JOIN frontdesk.services AS s ON s.account_id = w.account_id AND s.id = w.site_id "
	"WHERE w.account_id = $1 AND w.thread_id = $2",
	{INT4OID, UUIDOID}
};

static BaseStatement finish_statement = {
	"UPDATE frontdesk.site_sweeps SET seen_until = $3, finished_at = $4, failure = NULL, "
	" conversations = conversations + $5, messages = messages + $6 "
	"WHERE account_id = $1 AND thread_id = $2",
	{INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID}
};

static BaseStatement fail_statement = {
	"UPDATE frontdesk.site_sweeps SET failure = $3 WHERE account_id = $1 AND thread_id = $2",
	{INT4OID, UUIDOID, TEXTOID}
};

static EngineStepState
finish_sweep(EngineTurn *turn, EngineStep *step, const Sweep *sweep)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		TimestampTzGetDatum(sweep->seen_until), TimestampTzGetDatum(base_clock_now()),
	Int32GetDatum(sweep->conversations), Int32GetDatum(sweep->messages)};
	BaseObject	patch;

	base_spi_execute(&finish_statement, values, NULL);
	if (sweep->seen_until < sweep->began_at)
		engine_alarm_set(turn->account_id, &turn->thread_id, "begin_sweep",
						 base_clock_now() + COME_BACK_AFTER);
	base_object_begin(&patch);
	base_object_add_int(&patch, "conversations", sweep->conversations);
	base_object_add_int(&patch, "messages", sweep->messages);
	step->patch = base_object_end_jsonb(&patch);
	return ENGINE_STEP_DONE;
}

static EngineStepState
fail(EngineTurn *turn, EngineStep *step)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	CStringGetTextDatum(step->failure.text)};

	base_spi_execute(&fail_statement, values, NULL);
	return ENGINE_STEP_FAILED;
}

static EngineStepState
ask(EngineTurn *turn, EngineStep *step, const Sweep *sweep, const char *path)
{
	ChatwootCall	call = {"GET", path, .token = CHATWOOT_TOKEN_READ, .account_path = true, .is_bulk = true};
	ChatwootTopic topic = {.origin = sweep->origin, .context = turn->context};

	if (chatwoot_request_make(&topic, &call, &step->request, &step->failure))
		return ENGINE_STEP_CALL;
	return fail(turn, step);
}

/* Asks for the messages of the next conversation, or ends. */
static EngineStepState
go_on(EngineTurn *turn, EngineStep *step, Sweep *sweep)
{
	if (sweep->current == NULL)
	{
		if (sweep->next == sweep->listed_count)
			return finish_sweep(turn, step, sweep);
		sweep->current = &sweep->listed[sweep->next++];
		sweep->conversations++;
		sweep->after = chatwoot_swept_known(sweep->origin, sweep->current->id, sweep->since - OVERLAP);
	}
	return ask(turn, step, sweep,
			   sweep->after > 0 ?
			   psprintf("/conversations/" INT64_FORMAT "/messages?after=" INT64_FORMAT,
						sweep->current->id, sweep->after) :
			   psprintf("/conversations/" INT64_FORMAT "/messages", sweep->current->id));
}

static EngineStepState
ask_page(EngineTurn *turn, EngineStep *step, Sweep *sweep)
{
	return ask(turn, step, sweep,
			   psprintf("/conversations?status=all&sort_by=last_activity_at_desc&page=%d", sweep->page));
}

/* Begins to list conversations that have changed since the last sweep; nothing
 * is done for a site that is gone. */
static EngineStepState
sweep_begin(EngineTurn *turn, EngineStep *step)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	Sweep	   *sweep = palloc0(sizeof(Sweep));
	bool		isnull;

	if (base_spi_execute(&find_statement, values, NULL) == 0)
	{
		step->patch = base_jsonb_parse("{}");
		return ENGINE_STEP_DONE;
	}
	sweep->origin = (InboxOrigin) {turn->account_id, base_spi_int32(0, 1, 0)};
	sweep->since = DatumGetTimestampTz(base_spi_value(0, 2, &isnull));
	sweep->chatwoot_account_id = base_spi_int64(0, 3, 0);
	sweep->began_at = sweep->seen_until = base_clock_now();
	sweep->context = CurrentMemoryContext;
	sweep->listing = true;
	sweep->listed = palloc(MAX_LISTED * sizeof(Listed));
	sweep->page = 1;
	step->workspace = sweep;
	return ask_page(turn, step, sweep);
}

/* When something last happened in a listed conversation; long ago when it does not say. */
static TimestampTz
activity_of(const BaseSpan *conversation)
{
	static const char *const path[] = {"last_activity_at", NULL};
	BaseSpan	value = base_span_reach(conversation, path);

	return chatwoot_swept_time(&value);
}

/* Whether an answer has a list that can be one of Chatwoot's; counts no further than
 * that takes. */
static bool
is_list(const BaseSpan *list)
{
	const char *cursor = NULL;
	int			rows = 0;
	BaseSpan	row;

	while (list->kind == '[' && rows <= MAX_ROWS && base_span_next(list, &cursor, NULL, &row))
		rows++;
	return rows <= MAX_ROWS;
}

static bool
is_listed(const Sweep *sweep, int64 id)
{
	for (int i = 0; i < sweep->listed_count; i++)
		if (sweep->listed[i].id == id)
			return true;
	return false;
}

/* A conversation without the messages that come with it in a list. */
static const char *
without_messages(const BaseSpan *conversation)
{
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	value;
	BaseObject	kept;

	base_object_begin(&kept);
	while (conversation->kind == '{' && base_span_next(conversation, &cursor, &key, &value))
		if (!base_span_is(&key, "messages") && !base_span_is(&key, "last_non_activity_message"))
			base_object_add_span(&kept, base_span_text(&key), value.start, value.bytes);
	return base_object_end(&kept);
}

/* Keeps a conversation to look at; false when there is room for no more. */
static bool
keep(Sweep *sweep, const BaseSpan *conversation)
{
	int64		id = chatwoot_swept_id(conversation);
	const char *json;
	int			bytes;

	if (id <= 0 || is_listed(sweep, id))
		return true;
	json = without_messages(conversation);
	bytes = strlen(json);
	if (bytes > MAX_CONVERSATION_BYTES)
		return true;
	if (sweep->listed_count == MAX_LISTED || bytes > MAX_LISTED_BYTES - sweep->listed_bytes)
		return false;
	sweep->listed[sweep->listed_count++] =
		(Listed) {id, activity_of(conversation), MemoryContextStrdup(sweep->context, json)};
	sweep->listed_bytes += bytes;
	return true;
}

/* Keeps what is young enough of a page; false when older pages need no look. */
static bool
read_page(Sweep *sweep, const BaseSpan *payload)
{
	const char *cursor = NULL;
	int			rows = 0;
	bool		old = false;
	BaseSpan	conversation;

	while (base_span_next(payload, &cursor, NULL, &conversation))
	{
		CHECK_FOR_INTERRUPTS();
		rows++;
		if (activity_of(&conversation) < sweep->since - OVERLAP || !keep(sweep, &conversation))
			old = true;
	}
	return rows >= CONVERSATIONS_PER_PAGE && !old && sweep->page < MAX_PAGES;
}

/* The next sweep has to come back to a conversation that was left alone. */
static void
leave_alone(Sweep *sweep)
{
	sweep->seen_until = Min(sweep->seen_until, sweep->current->active_at);
}

/* Takes a page of messages in; false when the conversation is done with. */
static bool
read_messages(Sweep *sweep, const BaseSpan *payload)
{
	ChatwootSwept	swept = {.origin = sweep->origin, .chatwoot_account_id = sweep->chatwoot_account_id,
	.messages = *payload};
	const char *cursor = NULL;
	int			rows = 0;
	int64		newest = sweep->after;
	BaseSpan	message;

	if (payload->kind != '[' ||
		!base_span_parse(sweep->current->json, strlen(sweep->current->json), &swept.conversation))
		return false;
	if (chatwoot_swept_take_in(&swept) == CHATWOOT_SWEPT_BUSY)
	{
		leave_alone(sweep);
		return false;
	}
	sweep->messages += swept.found;
	while (base_span_next(payload, &cursor, NULL, &message))
	{
		rows++;
		newest = Max(newest, chatwoot_swept_id(&message));
	}
	if (sweep->after == 0 || rows < MESSAGES_PER_PAGE || newest == sweep->after)
		return false;
	sweep->after = newest;
	return true;
}

/* An answer as text that can be kept: what is no UTF-8 must not come into a row. */
static bool
read_body(const HttpResponse *response, BaseSpan *body)
{
	char	   *text;

	if (base_span_parse_bytes(response->body, response->body_bytes, BASE_SPAN_BYTES, body) != NULL)
		return false;
	text = base_span_clean(body);
	return base_span_parse(text, strlen(text), body);
}

/* The rows of an answer; false with a failure when it has none or too many. */
static bool
find_rows(const Sweep *sweep, const HttpResponse *response, EngineFailure *failure, BaseSpan *rows)
{
	static const char *const paths[][3] = {{"payload", NULL}, {"data", "payload", NULL}};
	BaseSpan	body;

	*failure = (EngineFailure) {HTTP_FAILURE_INVALID, "", "Chatwoot's list is no JSON", true, -1};
	if (!read_body(response, &body))
		return false;
	*rows = base_span_reach(&body, paths[sweep->listing]);
	*failure = (EngineFailure) {HTTP_FAILURE_INVALID, "", "the list has more rows than any of Chatwoot's", false, -1};
	if (!is_list(rows))
		return false;
	memset(failure, 0, sizeof(*failure));
	return true;
}

/* Reads a page, of the list or of one conversation.  What that takes is given back
 * at once, for a sweep reads many. */
static bool
read_answer(Sweep *sweep, const HttpResponse *response, EngineFailure *failure)
{
	MemoryContext page = AllocSetContextCreate(CurrentMemoryContext, "frontdesk sweep",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(page);
	BaseSpan	rows;
	bool		is_read = find_rows(sweep, response, failure, &rows);

	if (is_read && sweep->listing)
	{
		sweep->listing = read_page(sweep, &rows);
		sweep->page++;
	}
	else if (is_read && !read_messages(sweep, &rows))
		sweep->current = NULL;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(page);
	return is_read;
}

/* Reads an answer and asks for the next.  The workspace is copied, for a tick may be
 * undone. */
static EngineStepState
sweep_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	Sweep	   *sweep = palloc(sizeof(Sweep));
	ChatwootTopic topic;

	memcpy(sweep, step->workspace, sizeof(Sweep));
	step->workspace = sweep;
	topic = (ChatwootTopic) {.origin = sweep->origin, .context = turn->context};
	if (!chatwoot_request_judge(&topic, response, true, &step->failure) ||
		!read_answer(sweep, response, &step->failure))
		return fail(turn, step);
	if (sweep->listing)
		return ask_page(turn, step, sweep);
	return go_on(turn, step, sweep);
}

const EngineThreadKind chatwoot_sweep_thread_kind = {
	.name = "sweep",
};

const EngineNodeKind chatwoot_sweep_node_kind = {
	.name = "sweep",
	.begin = sweep_begin,
	.finish = sweep_finish,
};

/* ---- the duty ---- */

static int
begin_sweeps(void)
{
	static BaseStatement statement = {"SELECT frontdesk.begin_sweeps()", {InvalidOid}};

	base_spi_execute(&statement, NULL, NULL);
	return ENGINE_DUTY_AS_USUAL;
}

const EngineDuty chatwoot_sweep_duty = {
	.name = "sweeps",
	.run = begin_sweeps,
	.pause_ms = 10000,
	.failure_pause_ms = 10000,
	.when = ENGINE_DUTY_OPEN,
};
