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
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/base_domain.h"
#include "base/base_spi.h"
#include "llm/llm_agent.h"
#include "llm/llm_json.h"
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

static const LlmAgent *
find_agent(text *name, int account_id)
{
	const LlmAgent *agent = llm_agent_preview(account_id, text_to_cstring(name));

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
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"source\": \"preview\", \"body\": ");
	escape_json(&out, text_to_cstring(content));
	appendStringInfoChar(&out, '}');
	return out.data;
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

static void
append_member(StringInfo out, const char *key, const char *value)
{
	appendStringInfo(out, ", \"%s\": ", key);
	if (value)
		escape_json(out, value);
	else
		appendStringInfoString(out, "null");
}

static void
append_headers(StringInfo out, const HttpRequest *request)
{
	appendStringInfoString(out, ", \"headers\": [");
	for (int i = 0; i < request->header_count; i++)
	{
		const char *header = request->headers[i];

		if (i > 0)
			appendStringInfoString(out, ", ");
		escape_json(out, llm_wire_to_server(header, strlen(header)));
	}
	appendStringInfoChar(out, ']');
}

/* Whether there is a key to send, and who answers where there is none. */
static void
append_key(StringInfo out, const LlmAgent *agent, int account_id)
{
	static BaseStatement look = {
		"SELECT frontdesk.provider_key_state($1, $2)", {INT4OID, TEXTOID}
	};
	Datum		values[2] = {Int32GetDatum(account_id), CStringGetTextDatum(agent->provider->name)};
	char	   *state;

	SPI_connect();
	base_spi_read(&look, values, NULL);
	state = base_spi_text(0, 1);
	append_member(out, "key", state);
	if (state && strcmp(state, "missing") == 0)
	{
		appendStringInfoString(out, ", \"instead\": [");
		for (int i = 0; i < agent->fallback_count; i++)
		{
			if (i > 0)
				appendStringInfoString(out, ", ");
			escape_json(out, agent->fallback[i]);
		}
		appendStringInfoChar(out, ']');
	}
	SPI_finish();
}

/* preview_call(agent, content, account_id, history, correction) */
PGDLLEXPORT Datum
frontdesk_preview_call(PG_FUNCTION_ARGS)
{
	const LlmAgent *agent;
	LlmCall		call = {0};
	HttpRequest request;
	StringInfoData out;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	agent = find_agent(PG_GETARG_TEXT_PP(0), PG_GETARG_INT32(2));
	call.agent = agent;
	call.system = agent->prompt;
	if (!PG_ARGISNULL(4))
		call.correction = text_to_cstring(PG_GETARG_TEXT_PP(4));
	read_messages(&call, PG_GETARG_JSONB_P(3), wrap_content(PG_GETARG_TEXT_PP(1)));
	llm_call_encode(&call, &request);

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"provider\": ");
	escape_json(&out, agent->provider->name);
	append_member(&out, "method", request.method);
	append_member(&out, "url", request.url);
	append_headers(&out, &request);
	append_key(&out, agent, PG_GETARG_INT32(2));
	appendStringInfo(&out, ", \"timeout_ms\": %d, \"body\": %s}", request.timeout_ms,
					 llm_wire_to_server(request.body, request.body_bytes));
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
}

static void
append_result(StringInfo out, const LlmResult *result)
{
	static const char *const verdicts[] = {
		"answered", "refused", "truncated", "invalid", "failed"
	};

	appendStringInfo(out, "{\"verdict\": \"%s\"", verdicts[result->verdict]);
	append_member(out, "text", result->text);
	appendStringInfo(out, ", \"object\": %s",
					 result->object ? JsonbToCString(NULL, &result->object->root, VARSIZE(result->object)) : "null");
	appendStringInfo(out, ", \"tokens_in\": %d, \"tokens_cached\": %d, \"tokens_cache_write\": %d, \"tokens_out\": %d, \"cost\": %.9f",
					 result->tokens_in, result->tokens_cached,
					 result->tokens_cache_write, result->tokens_out, result->cost);
	append_member(out, "failure_class", result->failure_class);
	append_member(out, "code", result->code);
	append_member(out, "problem", result->problem);
	appendStringInfo(out, ", \"retryable\": %s, \"breaks_provider\": %s, \"retry_after_ms\": ",
					 result->retryable ? "true" : "false",
					 result->breaks_provider ? "true" : "false");
	if (result->retry_after_ms >= 0)
		appendStringInfo(out, INT64_FORMAT "}", result->retry_after_ms);
	else
		appendStringInfoString(out, "null}");
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
	StringInfoData out;

	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	call.agent = find_agent(PG_GETARG_TEXT_PP(0), PG_GETARG_INT32(3));
	response.status = PG_GETARG_INT32(1);
	body = text_to_cstring(PG_GETARG_TEXT_PP(2));
	response.body = pg_server_to_any(body, strlen(body), PG_UTF8);
	response.body_bytes = strlen(response.body);
	response.content_type = text_to_cstring(PG_GETARG_TEXT_PP(4));
	if (!PG_ARGISNULL(5))
		response.retry_after_ms = PG_GETARG_INTERVAL_P(5)->time / 1000;
	llm_call_decode(&call, &response, &result);

	initStringInfo(&out);
	append_result(&out, &result);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
}
