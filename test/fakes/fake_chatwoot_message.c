/*
 * fake_chatwoot_message.c
 *		Messages of the Chatwoot stand-in: create and list.
 */
#include "fake_chatwoot.h"
#include "fake_json.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CONTENT_BYTES 150000

static FakeMessageDraft
read_draft(FakeSlice body, FakeSlice *kind)
{
	FakeMessageDraft draft = { .kind = 1 };
	FakeJsonWalk walk = fake_json_walk(body);
	FakeSlice name;
	FakeSlice value;

	while (fake_json_member(&walk, &name, &value))
	{
		if (fake_slice_is(name, "content"))
			draft.content = value;
		else if (fake_slice_is(name, "content_type"))
			draft.content_type = value;
		else if (fake_slice_is(name, "content_attributes"))
			draft.content_attributes = value;
		else if (fake_slice_is(name, "echo_id"))
			draft.echo_id = value;
		else if (fake_slice_is(name, "source_id"))
			draft.source_id = value;
		else if (fake_slice_is(name, "private"))
			draft.is_private = fake_slice_is(value, "true") ||
				fake_slice_is(value, "\"true\"");
		else if (fake_slice_is(name, "message_type"))
			*kind = value;
	}
	return draft;
}

/* POST …/conversations/:id/messages. */
void
fake_chatwoot_message_create(FakeChatwootCall *call)
{
	FakeExchange *exchange = call->exchange;
	FakeSlice kind = { NULL, 0 };
	FakeMessageDraft draft = read_draft(exchange->request->body, &kind);

	if (draft.content.len > MAX_CONTENT_BYTES)
	{
		fake_chatwoot_refuse(exchange, 422, "Validation failed: Content is "
							 "too long (maximum is 150000 characters)");
		return;
	}
	if (fake_slice_is(kind, "\"incoming\""))
	{
		fake_chatwoot_refuse(exchange, 422,
							 "Incoming messages are only allowed in Api "
							 "inboxes");
		return;
	}
	draft.sender = call->is_bot ?
		FAKE_SLICE("{\"id\":7,\"name\":\"Front desk\",\"avatar_url\":\"\","
				   "\"type\":\"agent_bot\"}") :
		FAKE_SLICE("{\"id\":1,\"name\":\"Agent 1\",\"available_name\":"
				   "\"Agent 1\",\"avatar_url\":\"\",\"type\":\"user\","
				   "\"availability_status\":\"online\",\"thumbnail\":\"\"}");
	(void) fake_world_add_message(call->conversation, &draft, exchange->body);
}

static int64_t
query_number(const FakeRequest *request, const char *name)
{
	FakeText text = { 0 };
	int64_t number = 0;

	if (fake_http_query(request, name, &text))
		number = strtoll(text.at, NULL, 10);
	fake_text_free(&text);
	return number;
}

/* Where the page starts and ends within the ids `after` and `before`. */
static void
find_page(const FakeConversation *conversation, int64_t after, int64_t before,
		  size_t *first, size_t *last)
{
	size_t limit = after > 0 && before > 0 ? 1000 : after > 0 ? 100 : 20;

	*first = 0;
	*last = conversation->message_count;
	while (*first < *last && after > 0 &&
		   conversation->messages[*first].id < after + (before == 0))
		(*first)++;
	while (*last > *first && before > 0 &&
		   conversation->messages[*last - 1].id >= before)
		(*last)--;
	if (*last - *first <= limit)
		return;
	if (after > 0)
		*last = *first + limit;
	else
		*first = *last - limit;
}

/* GET …/conversations/:id/messages, oldest first. */
void
fake_chatwoot_message_list(FakeChatwootCall *call)
{
	const FakeConversation *conversation = call->conversation;
	const FakeRequest *request = call->exchange->request;
	bool is_filtered = query_number(request, "filter_internal_messages") == 1;
	FakeText *body = call->exchange->body;
	const char *separator = "";
	size_t first;
	size_t last;

	find_page(conversation, query_number(request, "after"),
			  query_number(request, "before"), &first, &last);
	fake_text_printf(body, "{\"meta\":{\"labels\":%s,"
					 "\"additional_attributes\":{},\"contact\":{\"id\":501,"
					 "\"name\":\"Robin Doe\"},\"agent_last_seen_at\":null,"
					 "\"assignee_last_seen_at\":null},\"payload\":[",
					 conversation->labels);
	for (size_t i = first; i < last; i++)
	{
		const FakeMessage *message = &conversation->messages[i];

		if (is_filtered && (message->is_private || message->kind == 2))
			continue;
		fake_text_printf(body, "%s%s", separator, message->json);
		separator = ",";
	}
	fake_text_puts(body, "]}");
}
