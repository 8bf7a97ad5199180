/*
 * llm_preview.c
 *	  What an agent would send, and what would be made of an answer: the
 *	  adapters with nothing behind them, for people who work on prompts.
 *
 * Runs in a session.  No network, and no key is read: *** stands in its place,
 * and a member says when none is stored.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/base_domain.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "llm/llm_agent.h"
#include "llm/llm_json.h"
#include "llm/llm_preview.h"
#include "llm/llm_wire.h"

SQL_FUNCTION(preview_call);
SQL_FUNCTION(preview_answer);

static void
raise_fault(const LlmFault *fault)
{
	if (fault->code != NULL)
		ereport(ERROR,
				(errcode(fault->sqlstate),
				 errmsg("%s", fault->text),
				 fault->detail ? errdetail("%s", fault->detail) : 0,
				 fault->hint ? errhint("%s", fault->hint) : 0));
}

const LlmAgent *
llm_preview_find_agent(const char *name, int account_id)
{
	const LlmAgent *agent = llm_agent_preview(account_id, name);

	raise_fault(&agent->fault);
	if (llm_call_is_local(agent))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("agent \"%s\" works locally and sends nothing", agent->name)));
	return agent;
}

/* The user turn in which a customer's text travels. */
static const char *
wrap_content(text *content)
{
	BaseObject	said;

	base_object_begin(&said);
	base_object_add_text(&said, "source", "preview");
	base_object_add_text(&said, "body", text_to_cstring(content));
	return base_object_end(&said);
}

static LlmMessage
read_turn(const LlmJson *json)
{
	const char *role = llm_json_string(llm_json_member(json, "role"));
	const LlmJson *turn = llm_json_member(json, "text");
	bool		user = role && strcmp(role, "user") == 0;

	if (role == NULL || llm_json_string(turn) == NULL ||
		(!user && strcmp(role, "assistant") != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a turn of the history makes no sense"),
				 errhint("Each is {\"role\": \"user\"|\"assistant\", \"text\": \"…\"}.")));
	return (LlmMessage) {
		.role = user ? LLM_ROLE_USER : LLM_ROLE_ASSISTANT,
			.text = llm_wire_to_server(turn->text, turn->text_bytes),
	};
}

/* History and, behind it, the content, as messages of the call. */
static void
read_messages(LlmCall *call, Jsonb *history, const char *last)
{
	const char *text = JsonbToCString(NULL, &history->root, VARSIZE(history));
	const char *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);
	const char *problem;
	const LlmJson *json = llm_json_parse(utf8, strlen(utf8), &problem);
	LlmMessage *messages;

	if (json == NULL || json->kind != LLM_JSON_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the history must be an array of turns")));
	messages = palloc(sizeof(LlmMessage) * (json->count + 1));
	for (const LlmJson *turn = json->first; turn; turn = turn->next)
		messages[call->message_count++] = read_turn(turn);
	messages[call->message_count++] = (LlmMessage) {LLM_ROLE_USER, last};
	call->messages = messages;
}

/* A string, or null. */
static void
add_text(BaseObject *object, const char *key, const char *value)
{
	if (value)
		base_object_add_text(object, key, value);
	else
		base_object_add_null(object, key);
}

/* Strings as a JSON array. */
static const char *
print_list(const char **texts, int count)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	for (int i = 0; i < count; i++)
	{
		const char *text = llm_wire_to_server(texts[i], strlen(texts[i]));

		if (i > 0)
			appendStringInfoString(&out, ", ");
		base_json_append_string(&out, text, strlen(text));
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

/* Whether there is a key to send, and who answers where there is none. */
static void
add_key(BaseObject *object, const LlmAgent *agent, int account_id)
{
	static BaseStatement look = {
		"SELECT frontdesk.provider_key_state($1, $2)", {INT4OID, TEXTOID}
	};
	Datum		values[2] = {Int32GetDatum(account_id), CStringGetTextDatum(agent->provider->name)};
	char	   *state;

	SPI_connect();
	base_spi_read(&look, values, NULL);
	state = base_spi_text(0, 1);
	add_text(object, "key", state);
	if (state && strcmp(state, "missing") == 0)
		base_object_add_json(object, "instead", print_list(agent->fallback, agent->fallback_count));
	SPI_finish();
}

Jsonb *
llm_preview_tell(const LlmAgent *agent, int account_id, const HttpRequest *request)
{
	BaseObject	told;

	base_object_begin(&told);
	base_object_add_text(&told, "provider", agent->provider->name);
	base_object_add_text(&told, "method", request->method);
	base_object_add_text(&told, "url", request->url);
	base_object_add_json(&told, "headers", print_list(request->headers, request->header_count));
	add_key(&told, agent, account_id);
	base_object_add_int(&told, "timeout_ms", request->timeout_ms);
	base_object_add_json(&told, "body", llm_wire_to_server(request->body, request->body_bytes));
	return base_object_end_jsonb(&told);
}

/* preview_call(agent, content, account_id, history, correction) */
PGDLLEXPORT Datum
frontdesk_preview_call(PG_FUNCTION_ARGS)
{
	const LlmAgent *agent;
	LlmCall		call = {0};
	HttpRequest request;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	agent = llm_preview_find_agent(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(2));
	call.agent = agent;
	call.system = agent->prompt;
	if (!PG_ARGISNULL(4))
		call.correction = text_to_cstring(PG_GETARG_TEXT_PP(4));
	read_messages(&call, PG_GETARG_JSONB_P(3), wrap_content(PG_GETARG_TEXT_PP(1)));
	llm_call_encode(&call, &request);
	PG_RETURN_JSONB_P(llm_preview_tell(agent, PG_GETARG_INT32(2), &request));
}

/* Tells a result as preview_answer() shows it: every member is always there. */
static Jsonb *
tell_result(const LlmResult *result)
{
	static const char *const verdicts[] = {
		"answered", "refused", "truncated", "invalid", "failed"
	};
	BaseObject	told;

	base_object_begin(&told);
	base_object_add_text(&told, "verdict", verdicts[result->verdict]);
	add_text(&told, "text", result->text);
	base_object_add_jsonb(&told, "object", result->object);
	base_object_add_int(&told, "tokens_in", result->tokens_in);
	base_object_add_int(&told, "tokens_cached", result->tokens_cached);
	base_object_add_int(&told, "tokens_cache_write", result->tokens_cache_write);
	base_object_add_int(&told, "tokens_out", result->tokens_out);
	base_object_add_real(&told, "cost", result->cost, 9);
	add_text(&told, "failure_class", http_failure_word(result->failure_class));
	add_text(&told, "code", result->code);
	add_text(&told, "problem", result->problem);
	base_object_add_bool(&told, "retryable", result->retryable);
	base_object_add_bool(&told, "breaks_provider", result->breaks_provider);
	if (result->retry_after_ms >= 0)
		base_object_add_int(&told, "retry_after_ms", result->retry_after_ms);
	else
		base_object_add_null(&told, "retry_after_ms");
	return base_object_end_jsonb(&told);
}

/* preview_answer(agent, status, body, account_id, content_type, retry_after) */
PGDLLEXPORT Datum
frontdesk_preview_answer(PG_FUNCTION_ARGS)
{
	LlmCall		call = {0};
	LlmResult	result;
	HttpResponse response = {
		.outcome = HTTP_ANSWERED,
		.request_id = "",
		.should_retry = -1,
		.retry_after_ms = -1,
		.error_class = "",
		.error_text = "",
	};
	char	   *body;

	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	call.agent = llm_preview_find_agent(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(3));
	response.status = PG_GETARG_INT32(1);
	body = text_to_cstring(PG_GETARG_TEXT_PP(2));
	response.body = pg_server_to_any(body, strlen(body), PG_UTF8);
	response.body_bytes = strlen(response.body);
	response.content_type = text_to_cstring(PG_GETARG_TEXT_PP(4));
	if (!PG_ARGISNULL(5))
		response.retry_after_ms = PG_GETARG_INTERVAL_P(5)->time / 1000;
	llm_call_decode(&call, &response, &result);

	PG_RETURN_JSONB_P(tell_result(&result));
}
