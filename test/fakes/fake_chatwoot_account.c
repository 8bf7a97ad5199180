/*
 * fake_chatwoot_account.c
 *		What concerns a whole account: profile, agents, contacts, set-up.
 */
#include "fake_chatwoot.h"
#include "fake_json.h"

#include <stdlib.h>
#include <string.h>

/* GET /api/v1/profile. */
void
fake_chatwoot_account_profile(FakeChatwootCall *call)
{
	fake_text_puts(call->exchange->body, "{\"id\":1,\"name\":\"Agent 1\","
				   "\"email\":\"agent1@example.com\",\"account_id\":3,"
				   "\"role\":\"administrator\",\"type\":\"user\","
				   "\"accounts\":[{\"id\":3,\"name\":\"Fake account\","
				   "\"role\":\"administrator\",\"status\":\"active\","
				   "\"permissions\":[\"administrator\"]}]}");
}

void
fake_chatwoot_account_agents(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;

	for (int64_t id = 1; id <= 3; id++)
	{
		fake_text_puts(body, id == 1 ? "[" : ",");
		fake_world_render_agent(body, id);
	}
	fake_text_puts(body, "]");
}

static void
render_webhook(FakeText *body, FakeSlice request)
{
	FakeSlice inner = fake_json_find(request, "webhook");
	FakeSlice url;
	FakeSlice events;

	if (inner.len > 0)
		request = inner;
	url = fake_json_find(request, "url");
	events = fake_json_find(request, "subscriptions");
	fake_text_puts(body, "{\"id\":1,\"name\":null,\"account_id\":3,"
				   "\"secret\":\"fakeSecretOf24Characters\",\"url\":");
	fake_text_add(body, url.len > 0 ? url : FAKE_SLICE("\"\""));
	fake_text_puts(body, ",\"subscriptions\":");
	fake_text_add(body, events.len > 0 ? events :
				  FAKE_SLICE("[\"message_created\"]"));
	fake_text_puts(body, "}");
}

void
fake_chatwoot_account_webhooks(FakeChatwootCall *call)
{
	fake_text_puts(call->exchange->body, "{\"payload\":{\"webhooks\":[]}}");
}

void
fake_chatwoot_account_webhook_create(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;

	fake_text_puts(body, "{\"payload\":{\"webhook\":");
	render_webhook(body, call->exchange->request->body);
	fake_text_puts(body, "}}");
}

void
fake_chatwoot_account_bots(FakeChatwootCall *call)
{
	fake_text_puts(call->exchange->body, "[]");
}

void
fake_chatwoot_account_bot_create(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;
	FakeSlice name = fake_json_find(call->exchange->request->body, "name");
	FakeSlice url = fake_json_find(call->exchange->request->body,
								   "outgoing_url");

	fake_text_puts(body, "{\"id\":7,\"bot_type\":\"webhook\","
				   "\"bot_config\":{},\"account_id\":3,\"access_token\":"
				   "\"botFakeToken\",\"secret\":\"fakeSecretOf24Characters\","
				   "\"system_bot\":false,\"name\":");
	fake_text_add(body, name.len > 0 ? name : FAKE_SLICE("\"\""));
	fake_text_puts(body, ",\"outgoing_url\":");
	fake_text_add(body, url.len > 0 ? url : FAKE_SLICE("null"));
	fake_text_puts(body, "}");
}

static bool
has_element(FakeSlice array, FakeSlice wanted)
{
	FakeJsonWalk walk = fake_json_walk(array);
	FakeSlice element;

	while (fake_json_element(&walk, &element))
		if (element.len == wanted.len &&
			memcmp(element.at, wanted.at, wanted.len) == 0)
			return true;
	return false;
}

/* Appends those elements of an array that another one does not have. */
static void
append_others(FakeText *out, FakeSlice array, FakeSlice not_these)
{
	FakeJsonWalk walk = fake_json_walk(array);
	FakeSlice element;

	while (fake_json_element(&walk, &element))
	{
		if (has_element(not_these, element))
			continue;
		fake_text_puts(out, out->len > 1 ? "," : "");
		fake_text_add(out, element);
	}
}

static void
change_labels(FakeConversation *conversation, FakeSlice change)
{
	FakeSlice old = fake_slice_of(conversation->labels);
	FakeText labels = { 0 };

	fake_text_puts(&labels, "[");
	append_others(&labels, old, fake_json_find(change, "remove"));
	append_others(&labels, fake_json_find(change, "add"), old);
	fake_text_puts(&labels, "]");
	fake_world_set_text(&conversation->labels, fake_text_slice(&labels));
	fake_text_free(&labels);
}

/* POST …/bulk_actions: of all that it can do, labels of conversations. */
void
fake_chatwoot_account_bulk_action(FakeChatwootCall *call)
{
	FakeSlice body = call->exchange->request->body;
	FakeJsonWalk walk = fake_json_walk(fake_json_find(body, "ids"));
	FakeSlice id;

	if (!fake_slice_is(fake_json_find(body, "type"), "\"Conversation\""))
	{
		fake_chatwoot_refuse(call->exchange, 422, "type is not known");
		return;
	}
	while (fake_json_element(&walk, &id))
	{
		FakeConversation *conversation =
			fake_world_find(call->account_id, strtoll(id.at, NULL, 10));

		if (conversation != NULL)
			change_labels(conversation, fake_json_find(body, "labels"));
	}
}

void
fake_chatwoot_account_contact_show(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;

	fake_text_puts(body, "{\"payload\":");
	if (fake_contact_render(body, call->id))
		fake_text_puts(body, "}");
	else
	{
		fake_text_reset(body);
		fake_chatwoot_error(call->exchange, 404);
	}
}

void
fake_chatwoot_account_contact_search(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;
	FakeText wanted = { 0 };
	int count;

	if (!fake_http_query(call->exchange->request, "q", &wanted))
	{
		fake_chatwoot_refuse(call->exchange, 422, "Specify search string with "
							 "parameter q");
		return;
	}
	fake_text_puts(body, "{\"payload\":[");
	count = fake_contact_search(body, fake_text_slice(&wanted));
	fake_text_printf(body, "],\"meta\":{\"count\":%d,\"current_page\":1,"
					 "\"has_more\":false}}", count);
	fake_text_free(&wanted);
}

void
fake_chatwoot_account_contact_create(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;
	const char *taken;
	int64_t id = fake_contact_create(call->exchange->request->body, &taken);

	if (id == 0 && taken == NULL)
	{
		fake_chatwoot_refuse(call->exchange, 422, "param is missing");
		return;
	}
	if (id == 0)
	{
		call->exchange->status = 422;
		fake_text_printf(body, "{\"message\":\"%s has already been taken\","
						 "\"attributes\":[\"%s\"]}", taken, taken);
		return;
	}
	fake_text_puts(body, "{\"payload\":{\"contact\":");
	(void) fake_contact_render(body, id);
	fake_text_printf(body, ",\"contact_inbox\":{\"inbox\":{\"id\":21},"
					 "\"source_id\":\"source-%lld\"}}}", (long long) id);
}

void
fake_chatwoot_account_contact_update(FakeChatwootCall *call)
{
	if (fake_contact_update(call->id, call->exchange->request->body))
		fake_chatwoot_account_contact_show(call);
	else
		fake_chatwoot_error(call->exchange, 404);
}
