/*
 * engine_interrupt.c
 *	  Node kind `interrupt`: asks a person and goes on with the answer.
 *
 * Runs in engine workers, inside the tick's transaction, with the thread's row
 * locked; fit_answer() runs in any backend.  The question is a row of
 * frontdesk.interrupts under the number of its step, written in the commit that
 * brings the thread to rest.  Whoever changes the row (frontdesk.answer_interrupt,
 * the deadline) holds the lock of the thread, so that exactly one of them wins.
 *
 * Settings: {"question", "payload", "schema", "deadline", "on_deadline",
 * "on_message", "result"}; the comment of frontdesk.interrupts explains them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "engine/engine_interrupt.h"
#include "engine/engine_internal.h"
#include "engine/engine_mail.h"

SQL_FUNCTION(fit_answer);

static EngineAnswerCheck answer_check = NULL;

static BaseStatement ask = {
	"INSERT INTO frontdesk.interrupts (account_id, thread_id, seq, node, question, payload, schema,"
	" deadline, escalation, asked_at, status) "
	"SELECT $1, $2, $3, $4, $5, coalesce((SELECT pg_catalog.jsonb_object_agg(k, $7 -> k)"
	" FROM pg_catalog.jsonb_array_elements_text($6 -> 'payload') k WHERE $7 ? k), '{}'),"
	" $6 -> 'schema', $8 + ($6 ->> 'deadline')::interval, $6 -> 'on_deadline', $8, 'open' "
	"RETURNING deadline",
	{INT4OID, UUIDOID, INT8OID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, TIMESTAMPTZOID}
};

static BaseStatement read_question = {
	"SELECT status, question, deadline, answer, escalation -> 'answer', escalation ->> 'node' "
	"FROM frontdesk.interrupts WHERE account_id = $1 AND thread_id = $2 AND seq = $3",
	{INT4OID, UUIDOID, INT8OID}
};

static BaseStatement close_question = {
	"UPDATE frontdesk.interrupts SET status = $4, answered_at = $5, answered_by = $6,"
	" answer = CASE WHEN $4 = 'expired' THEN escalation -> 'answer' END "
	"WHERE account_id = $1 AND thread_id = $2 AND seq = $3 AND status = 'open'",
	{INT4OID, UUIDOID, INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID}
};

static BaseStatement withdraw_questions = {
	"UPDATE frontdesk.interrupts SET status = 'withdrawn', answered_at = $4, answered_by = $3 "
	"WHERE account_id = $1 AND thread_id = $2 AND status = 'open'",
	{INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

void
engine_interrupt_register_check(EngineAnswerCheck check)
{
	answer_check = check;
}

/* A row of frontdesk.interrupts; in the current context. */
typedef struct Question
{
	const char *status;
	const char *text;
	TimestampTz deadline;		/* 0: none */
	Jsonb	   *answer;
	Jsonb	   *late_answer;
	const char *late_node;
} Question;

static Jsonb *
copy_jsonb(int column)
{
	bool		isnull;
	Datum		value = base_spi_value(0, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

static TimestampTz
read_time(int column)
{
	bool		isnull;
	Datum		value = base_spi_value(0, column, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

static bool
find_question(EngineTurn *turn, Question *question)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(engine_turn_step(turn))};

	if (base_spi_execute(&read_question, values, NULL) == 0)
		return false;
	question->status = base_spi_text(0, 1);
	question->text = base_spi_text(0, 2);
	question->deadline = read_time(3);
	question->answer = copy_jsonb(4);
	question->late_answer = copy_jsonb(5);
	question->late_node = base_spi_text(0, 6);
	return true;
}

static void
close_as(EngineTurn *turn, const char *status, const char *by)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		Int64GetDatum(engine_turn_step(turn)), CStringGetTextDatum(status),
	TimestampTzGetDatum(base_clock_now()), CStringGetTextDatum(by)};

	base_spi_execute(&close_question, values, NULL);
}

/* ---- asking ---- */

/* Puts members of the state where the text names them in braces. */
static char *
fill_in(const char *text, Jsonb *state)
{
	StringInfoData filled;

	initStringInfo(&filled);
	while (*text)
	{
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		char	   *value;

		if (end == NULL)
		{
			appendStringInfoChar(&filled, *text++);
			continue;
		}
		value = base_jsonb_text(state, pnstrdup(text + 1, end - text - 1));
		appendStringInfoString(&filled, value ? value : "");
		text = end + 1;
	}
	return filled.data;
}

static EngineStepState
await_answer(EngineStep *step, const char *question, TimestampTz deadline)
{
	step->await.rests_as = ENGINE_THREAD_ASKING;
	step->await.reason = psprintf("asks: %s", question);
	step->await.due_at = deadline;
	return ENGINE_STEP_AWAIT;
}

/* Writes down what is asked, under the number of the step, in the commit that
 * lets the thread rest. */
static EngineStepState
interrupt_begin(EngineTurn *turn, EngineStep *step)
{
	Jsonb	   *settings = turn->node->settings;
	char	   *question = base_jsonb_text(settings, "question");
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		Int64GetDatum(engine_turn_step(turn)), CStringGetTextDatum(turn->node->name), (Datum) 0,
		JsonbPGetDatum(settings), JsonbPGetDatum(turn->state),
	TimestampTzGetDatum(base_clock_now())};

	if (question == NULL)
	{
		step->failure.failure_class = HTTP_FAILURE_UNUSABLE;
		step->failure.text = "the node's settings have no \"question\"";
		return ENGINE_STEP_FAILED;
	}
	question = fill_in(question, turn->state);
	values[4] = CStringGetTextDatum(question);
	base_spi_execute(&ask, values, NULL);
	return await_answer(step, question, read_time(1));
}

/* ---- being answered ---- */

static bool
starts_over_on_message(const EngineNode *node)
{
	char	   *choice = base_jsonb_text(node->settings, "on_message");

	return choice != NULL && strcmp(choice, "restart") == 0;
}

static bool
interrupt_holds(EngineTurn *turn, const EngineNode *node)
{
	Question	question;

	if (!find_question(turn, &question) || strcmp(question.status, "withdrawn") == 0)
		return false;
	if (strcmp(question.status, "open") != 0)
		return true;
	if (!engine_turn_has_message(turn) || !starts_over_on_message(node))
		return true;
	close_as(turn, "withdrawn", "a new message");
	return false;
}

/* The answer becomes a member of the state, named by the node. */
static EngineStepState
answered(EngineTurn *turn, EngineStep *step, Jsonb *answer)
{
	char	   *name = base_jsonb_text(turn->node->settings, "result");
	BaseObject	patch;

	base_object_begin(&patch);
	base_object_add_jsonb(&patch, name ? name : turn->node->name, answer);
	step->patch = base_object_end_jsonb(&patch);
	return ENGINE_STEP_DONE;
}

/* Nobody has answered in time: the settings may know an answer, or where to go
 * on; else the step has failed, and its error node is for people. */
static EngineStepState
expired(EngineTurn *turn, EngineStep *step, const Question *question)
{
	close_as(turn, "expired", "the deadline");
	if (question->late_answer != NULL)
		return answered(turn, step, question->late_answer);
	step->next = engine_graph_find_node(turn->graph, question->late_node);
	if (step->next != NULL)
		return ENGINE_STEP_DONE;
	step->failure.failure_class = HTTP_FAILURE_DEADLINE;
	step->failure.text = psprintf("nobody answered in time: %s", question->text);
	return ENGINE_STEP_FAILED;
}

static EngineStepState
interrupt_resume(EngineTurn *turn, EngineStep *step)
{
	Question	question;

	if (!find_question(turn, &question))
		elog(ERROR, "the question of step " INT64_FORMAT " is gone", engine_turn_step(turn));
	if (strcmp(question.status, "answered") == 0)
		return answered(turn, step, question.answer);
	if (question.deadline != 0 && question.deadline <= base_clock_now())
		return expired(turn, step, &question);
	return await_answer(step, question.text, question.deadline);
}

static void
interrupt_abandon(EngineTurn *turn)
{
	close_as(turn, "withdrawn", "a person who took over");
}

const EngineNodeKind engine_interrupt_kind = {
	.name = "interrupt",
	.begin = interrupt_begin,
	.holds = interrupt_holds,
	.resume = interrupt_resume,
	.abandon = interrupt_abandon,
};

void
engine_interrupt_withdraw(int account_id, const pg_uuid_t *thread_id, const char *by)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	CStringGetTextDatum(by), TimestampTzGetDatum(base_clock_now())};

	if (base_spi_execute(&withdraw_questions, values, NULL) > 0)
		engine_mail_post(account_id, thread_id, ENGINE_ANSWER_MAIL, NULL, 0);
}

/* fit_answer(schema, answer) */
PGDLLEXPORT Datum
frontdesk_fit_answer(PG_FUNCTION_ARGS)
{
	const char *problem = NULL;
	Jsonb	   *fit;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || answer_check == NULL)
		PG_RETURN_DATUM(PG_GETARG_DATUM(1));
	fit = answer_check(PG_GETARG_JSONB_P(0), PG_GETARG_JSONB_P(1), &problem);
	if (fit == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the answer does not fit the question's schema"),
				 errdetail("%s", problem)));
	PG_RETURN_JSONB_P(fit);
}
