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

/* Rows of a page of conversations, and of messages after an id. */
#define CONVERSATIONS_PER_PAGE 25
#define MESSAGES_PER_PAGE 100

/* So many pages of conversations at most; further back is not looked. */
#define MAX_PAGES 200

/* Looked at once more, for Chatwoot's clock is another one. */
#define OVERLAP (2 * USECS_PER_MINUTE)

/* What had to be left alone is asked for again. */
#define COME_BACK_AFTER USECS_PER_MINUTE

typedef struct Sweep
{
	InboxOrigin	origin;
	int64		chatwoot_account_id;
	TimestampTz began_at;
	TimestampTz since;			/* activity before it was looked at by the last sweep */
	TimestampTz seen_until;		/* where the next sweep begins */
	bool		listing;
	int			page;
	List	   *listed;			/* char *: conversations to look at, as JSON */
	char	   *current;		/* the one whose messages were asked for */
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
	BaseSpan	conversation;

	if (sweep->current == NULL)
	{
		if (sweep->listed == NIL)
			return finish_sweep(turn, step, sweep);
		sweep->current = linitial(sweep->listed);
		sweep->listed = list_delete_first(list_copy(sweep->listed));
		sweep->conversations++;
		if (!base_span_parse(sweep->current, strlen(sweep->current), &conversation))
			elog(ERROR, "a conversation of a list is no JSON any more");
		sweep->after = chatwoot_swept_known(sweep->origin, chatwoot_swept_id(&conversation),
										 sweep->since - OVERLAP);
	}
	else if (!base_span_parse(sweep->current, strlen(sweep->current), &conversation))
		elog(ERROR, "a conversation of a list is no JSON any more");
	return ask(turn, step, sweep,
			   sweep->after > 0 ?
			   psprintf("/conversations/" INT64_FORMAT "/messages?after=" INT64_FORMAT,
						chatwoot_swept_id(&conversation), sweep->after) :
			   psprintf("/conversations/" INT64_FORMAT "/messages", chatwoot_swept_id(&conversation)));
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
	sweep->listing = true;
	sweep->page = 1;
	step->workspace = sweep;
	return ask_page(turn, step, sweep);
}

/* When something last happened in a listed conversation. */
static TimestampTz
activity_of(const BaseSpan *conversation)
{
	static const char *const path[] = {"last_activity_at", NULL};
	BaseSpan	value = base_span_reach(conversation, path);
	double		seconds;

	if (!base_span_double(&value, &seconds))
		return PG_INT64_MAX;
	return (TimestampTz) ((seconds - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
						   (double) SECS_PER_DAY) * USECS_PER_SEC);
}

static bool
is_listed(const Sweep *sweep, int64 id)
{
	ListCell   *cell;

	foreach(cell, sweep->listed)
	{
		BaseSpan	conversation;
		char	   *text = lfirst(cell);

		if (base_span_parse(text, strlen(text), &conversation) &&
			chatwoot_swept_id(&conversation) == id)
			return true;
	}
	return false;
}

/* Keeps what is young enough of a page; false when older pages need no look. */
static bool
read_page(Sweep *sweep, const BaseSpan *body)
{
	static const char *const path[] = {"data", "payload", NULL};
	BaseSpan	payload = base_span_reach(body, path);
	const char *cursor = NULL;
	int			rows = 0;
	bool		old = false;
	BaseSpan	conversation;

	sweep->listed = list_copy(sweep->listed);
	while (base_span_next(&payload, &cursor, NULL, &conversation))
	{
		int64		id = chatwoot_swept_id(&conversation);

		rows++;
		if (activity_of(&conversation) < sweep->since - OVERLAP)
			old = true;
		else if (id > 0 && !is_listed(sweep, id))
			sweep->listed = lappend(sweep->listed, pnstrdup(conversation.start, conversation.bytes));
	}
	return rows >= CONVERSATIONS_PER_PAGE && !old && sweep->page < MAX_PAGES;
}

/* The next sweep has to come back to a conversation that was left alone. */
static void
leave_alone(Sweep *sweep, const BaseSpan *conversation)
{
	sweep->seen_until = Min(sweep->seen_until, activity_of(conversation));
}

/* What it takes to read the messages is given back at once. */
static ChatwootSweptVerdict
take_in(ChatwootSwept *swept)
{
	MemoryContext page = AllocSetContextCreate(CurrentMemoryContext, "frontdesk sweep",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(page);
	ChatwootSweptVerdict verdict = chatwoot_swept_take_in(swept);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(page);
	return verdict;
}

/* Takes a page of messages in; false when the conversation is done with. */
static bool
read_messages(Sweep *sweep, const BaseSpan *body)
{
	static const char *const path[] = {"payload", NULL};
	ChatwootSwept	swept = {.origin = sweep->origin, .chatwoot_account_id = sweep->chatwoot_account_id};
	const char *cursor = NULL;
	int			rows = 0;
	int64		newest = sweep->after;
	BaseSpan	message;

	swept.messages = base_span_reach(body, path);
	if (swept.messages.kind != '[' ||
		!base_span_parse(sweep->current, strlen(sweep->current), &swept.conversation))
		return false;
	if (take_in(&swept) == CHATWOOT_SWEPT_BUSY)
	{
		leave_alone(sweep, &swept.conversation);
		return false;
	}
	sweep->messages += swept.found;
	while (base_span_next(&swept.messages, &cursor, NULL, &message))
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

/* Reads a page, of the list or of one conversation, and asks for the next. The
 * workspace is copied, for a tick may be undone. */
static EngineStepState
sweep_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	Sweep	   *sweep = palloc(sizeof(Sweep));
	ChatwootTopic topic;
	BaseSpan	body;

	memcpy(sweep, step->workspace, sizeof(Sweep));
	step->workspace = sweep;
	topic = (ChatwootTopic) {.origin = sweep->origin, .context = turn->context};
	step->failure = (EngineFailure) {HTTP_FAILURE_INVALID, "", "Chatwoot's list is no JSON", true, -1};
	if (!chatwoot_request_judge(&topic, response, true, &step->failure) ||
		!read_body(response, &body))
		return fail(turn, step);
	memset(&step->failure, 0, sizeof(step->failure));
	if (sweep->listing)
	{
		sweep->listing = read_page(sweep, &body);
		sweep->page++;
		if (sweep->listing)
			return ask_page(turn, step, sweep);
	}
	else if (!read_messages(sweep, &body))
		sweep->current = NULL;
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
