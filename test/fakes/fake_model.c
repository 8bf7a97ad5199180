/*
 * fake_model.c
 *		What a stand-in model says: an object made to the schema, or a reply.
 */
#include "fake_model.h"

#include <stdio.h>
#include <string.h>

static const char *const replies[FAKE_ROUTE_COUNT] = {
	[FAKE_ROUTE_AUTOMATED] = "Thank you for your message. We are open from "
		"9 to 17 on weekdays and will gladly help you further.",
	[FAKE_ROUTE_HIGH_PRIORITY] = "I am sorry for the trouble. A colleague "
		"takes over and will answer you personally.",
	[FAKE_ROUTE_RECRUITMENT] = "Thank you for your interest in working with "
		"us. Could you tell me when you could start?",
	[FAKE_ROUTE_CAMPAIGN] = "Thank you for your answer. Your place in the "
		"offer is noted.",
	[FAKE_ROUTE_STOCK_ALERT] = "Thank you for asking. I have noted it and "
		"will write as soon as it is back in stock.",
};

bool
fake_model_is_listed(FakeSlice name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (fake_slice_is(name, *list))
			return true;
	return false;
}

/* The content of the last message whose role is user, as JSON. */
FakeSlice
fake_model_last_user(FakeSlice messages)
{
	FakeJsonWalk walk = fake_json_walk(messages);
	FakeSlice found = { NULL, 0 };
	FakeSlice message;

	while (fake_json_element(&walk, &message))
	{
		FakeSlice role = fake_json_find(message, "role");

		if (fake_slice_is(role, "\"user\""))
			found = fake_json_find(message, "content");
	}
	return found;
}

/* Inserts an escape into the first string of an answer that is JSON. */
static void
insert_escape(FakeText *said, const char *escape)
{
	char *place = said->len > 0 ? strstr(said->at, ":\"") : NULL;
	FakeText whole = { 0 };
	size_t head;

	if (place == NULL)
		return;
	head = (size_t) (place + 2 - said->at);
	fake_text_append(&whole, said->at, head);
	fake_text_puts(&whole, escape);
	fake_text_append(&whole, said->at + head, said->len - head);
	fake_text_free(said);
	*said = whole;
}

static void
wrap_text(const FakeAction *action, FakeText *said)
{
	bool is_fenced = fake_action_has(action, FAKE_FAULT_FENCED_JSON);
	FakeText whole = { 0 };

	if (fake_action_has(action, FAKE_FAULT_PROSE_AROUND))
		fake_text_puts(&whole, "Here is what you asked for:\n");
	if (is_fenced)
		fake_text_puts(&whole, "```json\n");
	fake_text_add(&whole, fake_text_slice(said));
	if (is_fenced)
		fake_text_puts(&whole, "\n```");
	if (fake_action_has(action, FAKE_FAULT_PROSE_AROUND))
		fake_text_puts(&whole, "\nLet me know if you need anything else.");
	fake_text_free(said);
	*said = whole;
}

static void
say_plainly(const FakeAction *action, const FakeModelCall *call,
			FakeText *said)
{
	FakeSlice wanted;

	if (action->content != NULL)
		fake_text_puts(said, action->content);
	else if (call->schema != NULL)
		fake_schema_answer(call->schema, &call->decision, action, said);
	else if (fake_decision_marker(call->decision.text, "reply", &wanted))
		fake_text_add(said, wanted);
	else
		fake_text_puts(said, replies[call->decision.route]);
}

static void
spoil_text(const FakeAction *action, const FakeModelCall *call, FakeText *said)
{
	bool is_json = call->schema != NULL && action->content == NULL;

	if (fake_action_has(action, FAKE_FAULT_NUL_IN_CONTENT))
	{
		if (is_json)
			insert_escape(said, "\\u0000");
		else
			fake_text_append(said, "\0.", 2);
	}
	if (is_json && fake_action_has(action, FAKE_FAULT_LONE_SURROGATE))
		insert_escape(said, "\\ud800");
	if (fake_action_has(action, FAKE_FAULT_FENCED_JSON) ||
		fake_action_has(action, FAKE_FAULT_PROSE_AROUND))
		wrap_text(action, said);
	while ((int64_t) said->len < action->huge_bytes)
		fake_text_puts(said, "\n                                         "
					   "                                               ");
	if (fake_action_has(action, FAKE_FAULT_TRUNCATED))
		said->len /= 2;
}

/*
 * Appends what the model says as one JSON string.  Answers NULL, or why the
 * request's schema would be refused.
 */
const char *
fake_model_speak(const FakeExchange *exchange, FakeModelCall *call,
				 FakeText *quoted)
{
	const FakeAction *action = exchange->action;
	static FakeText said = { 0 };
	size_t start = quoted->len;

	if (call->schema != NULL && fake_schema_fault(call->schema) != NULL)
		return fake_schema_fault(call->schema);
	call->decision = fake_decision_make(call->last_user);
	fake_text_reset(&said);
	say_plainly(action, call, &said);
	if (action->faults != 0 || action->huge_bytes > 0)
		spoil_text(action, call, &said);
	fake_text_json(quoted, fake_text_slice(&said));
	if (call->schema == NULL &&
		fake_action_has(action, FAKE_FAULT_LONE_SURROGATE))
	{
		quoted->len = start;
		fake_text_puts(quoted, "\"\\ud800 ");
		fake_text_puts(quoted, replies[call->decision.route]);
		fake_text_puts(quoted, "\"");
	}
	return NULL;
}

/* The finish reason as JSON: the usual one unless a rule wants another. */
const char *
fake_model_reason(const FakeAction *action, const char *usual)
{
	static char quoted[64];

	if (fake_action_has(action, FAKE_FAULT_NULL_FINISH_REASON))
		return "null";
	snprintf(quoted, sizeof(quoted), "\"%s\"",
			 action->finish_reason ? action->finish_reason : usual);
	return quoted;
}

/*
 * Errors as proxies and compatible servers write them: a page, a bare string,
 * an integer code.  False when the vendor's own form is wanted.
 */
bool
fake_model_literal_error(FakeExchange *exchange, int status)
{
	const FakeAction *action = exchange->action;

	exchange->status = status;
	if (fake_action_has(action, FAKE_FAULT_HTML))
	{
		exchange->content_type = "text/html";
		fake_text_printf(exchange->body, "<html><head><title>%d</title></head>"
						 "<body><h1>%d Bad Gateway</h1><hr>proxy</body></html>",
						 status, status);
	}
	else if (fake_action_has(action, FAKE_FAULT_ERROR_STRING))
		fake_text_puts(exchange->body, "{\"error\":\"the model is not here\"}");
	else if (fake_action_has(action, FAKE_FAULT_ERROR_CODE_INTEGER))
		fake_text_printf(exchange->body, "{\"error\":{\"message\":\"the server "
						 "answers with a number\",\"type\":\"fake_error\","
						 "\"param\":null,\"code\":%d}}", status);
	else
		return false;
	return true;
}
