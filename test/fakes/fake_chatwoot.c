/*
 * fake_chatwoot.c
 *		Chatwoot's REST API: tokens, routes, and what concerns conversations.
 *
 * A token that starts with "bot" is an agent bot's and may do only what
 * Chatwoot lets bots do; one that starts with "invalid" is unknown; every
 * other one is an administrator's.
 */
#include "fake_chatwoot.h"
#include "fake_journal.h"
#include "fake_json.h"
#include "fake_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Route
{
	const char *method;
	const char *path;			/* below the account; # stands for a number */
	bool bots_may;
	void (*answer_cb) (FakeChatwootCall *call);
} Route;

/* What a list of conversations is asked for. */
typedef struct ListQuery
{
	FakeText *out;
	FakeSlice status;
	int64_t account_id;
	int64_t oldest;				/* updated at that second or later */
	FakeConversation **found;
	size_t found_cap;
	int count;
	int skip;
	int limit;
} ListQuery;

/* Answers {"error": …}; Chatwoot says 401 where others say 403. */
void
fake_chatwoot_refuse(FakeExchange *exchange, int status, const char *error)
{
	exchange->status = status;
	fake_text_puts(exchange->body, "{\"error\":");
	fake_text_json(exchange->body, fake_slice_of(error));
	fake_text_puts(exchange->body, "}");
}

/* Answers with the body that belongs to a status. */
void
fake_chatwoot_error(FakeExchange *exchange, int status)
{
	if (fake_model_literal_error(exchange, status))
		return;
	if (status == 429)
	{
		exchange->content_type = "text/plain";
		fake_text_puts(exchange->body, "Retry later\n");
	}
	else if (status >= 500)
		fake_text_printf(exchange->body, "{\"status\":%d,\"error\":"
						 "\"Internal Server Error\"}", status);
	else
		fake_chatwoot_refuse(exchange, status,
							 status == 401 ? "Invalid Access Token" :
							 status == 404 ? "Resource could not be found" :
							 "The request was refused");
}

static void
show_conversation(FakeChatwootCall *call)
{
	fake_world_render(call->exchange->body, call->conversation);
}

static void
find_one(FakeConversation *conversation, void *arg)
{
	ListQuery *query = arg;

	if (conversation->account_id != query->account_id ||
		conversation->updated_at < query->oldest ||
		(!fake_slice_is(query->status, "all") &&
		 !fake_slice_is(query->status, conversation->status)))
		return;
	if ((size_t) query->count == query->found_cap)
	{
		query->found_cap = query->found_cap * 2 + 64;
		query->found = realloc(query->found,
							   query->found_cap * sizeof(*query->found));
		if (query->found == NULL)
			abort();
	}
	query->found[query->count++] = conversation;
}

static int
newest_first(const void *a, const void *b)
{
	const FakeConversation *x = *(FakeConversation *const *) a;
	const FakeConversation *y = *(FakeConversation *const *) b;

	if (x->updated_at != y->updated_at)
		return x->updated_at > y->updated_at ? -1 : 1;
	return x->id > y->id ? -1 : 1;
}

/* The page asked for, by last activity, which is Chatwoot's order unless it is
 * asked for another one. */
static void
list_page(ListQuery *query)
{
	fake_world_each(find_one, query);
	if (query->count > 0)
		qsort(query->found, (size_t) query->count, sizeof(*query->found),
			  newest_first);
	for (int i = query->skip; i < query->count &&
		 i < query->skip + query->limit; i++)
	{
		if (i > query->skip)
			fake_text_puts(query->out, ",");
		fake_world_render(query->out, query->found[i]);
	}
	free(query->found);
}

static void
list_conversations(FakeChatwootCall *call)
{
	FakeText *body = call->exchange->body;
	ListQuery query = { .out = body, .account_id = call->account_id,
		.limit = 25 };
	FakeText status = { 0 };
	FakeText text = { 0 };

	query.status = fake_http_query(call->exchange->request, "status",
								   &status) ? fake_text_slice(&status) :
		FAKE_SLICE("open");
	if (fake_http_query(call->exchange->request, "updated_within", &text))
	{
		query.oldest = (int64_t) time(NULL) - strtoll(text.at, NULL, 10);
		query.limit = 1 << 29;
	}
	else if (fake_http_query(call->exchange->request, "page", &text))
		query.skip = 25 * (atoi(text.at) > 1 ? atoi(text.at) - 1 : 0);
	fake_text_puts(body, "{\"data\":{\"payload\":[");
	list_page(&query);
	fake_text_printf(body, "],\"meta\":{\"mine_count\":0,"
					 "\"unassigned_count\":%d,\"all_count\":%d}}}",
					 query.count, query.count);
	fake_text_free(&status);
	fake_text_free(&text);
}

static void
patch_conversation(FakeChatwootCall *call)
{
	FakeSlice priority = fake_json_find(call->exchange->request->body,
										"priority");

	if (priority.len > 0)
		fake_world_set_text(&call->conversation->priority, priority);
	fake_world_render(call->exchange->body, call->conversation);
}

static void
toggle_status(FakeChatwootCall *call)
{
	static const char *const known[] = { "open", "resolved", "pending",
		"snoozed", NULL };
	FakeConversation *conversation = call->conversation;
	FakeSlice status =
		fake_json_inside(fake_json_find(call->exchange->request->body,
										"status"));

	if (status.len == 0)
		status = strcmp(conversation->status, "open") == 0 ?
			FAKE_SLICE("resolved") : FAKE_SLICE("open");
	if (!fake_model_is_listed(status, known))
	{
		fake_chatwoot_error(call->exchange, 500);
		return;
	}
	snprintf(conversation->status, sizeof(conversation->status), "%.*s",
			 (int) status.len, status.at);
	conversation->updated_at = fake_journal_clock();
	fake_text_printf(call->exchange->body, "{\"meta\":{},\"payload\":{"
					 "\"success\":true,\"conversation_id\":%lld,"
					 "\"current_status\":\"%s\",\"snoozed_until\":null}}",
					 (long long) conversation->id, conversation->status);
}

static void
toggle_priority(FakeChatwootCall *call)
{
	static const char *const known[] = { "\"low\"", "\"medium\"", "\"high\"",
		"\"urgent\"", "null", NULL };
	FakeSlice priority = fake_json_find(call->exchange->request->body,
										"priority");

	if (!fake_model_is_listed(priority, known))
		fake_chatwoot_error(call->exchange, 500);
	else
		fake_world_set_text(&call->conversation->priority, priority);
}

static void
toggle_typing(FakeChatwootCall *call)
{
	FakeSlice status = fake_json_find(call->exchange->request->body,
									  "typing_status");

	call->conversation->is_typing = fake_slice_is(status, "\"on\"");
}

static void
assign(FakeChatwootCall *call)
{
	FakeSlice body = call->exchange->request->body;
	FakeSlice assignee = fake_json_find(body, "assignee_id");
	FakeSlice team = fake_json_find(body, "team_id");
	FakeConversation *conversation = call->conversation;
	int64_t id = assignee.len > 0 ? strtoll(assignee.at, NULL, 10) : 0;

	if (assignee.len == 0 && team.len > 0)
	{
		conversation->team_id = strtoll(team.at, NULL, 10);
		fake_text_printf(call->exchange->body,
						 "{\"id\":%lld,\"name\":\"team\"}",
						 (long long) conversation->team_id);
		return;
	}
	conversation->assignee_id = id >= 1 && id <= 9 ? id : 0;
	conversation->is_bot_assigned =
		fake_slice_is(fake_json_find(body, "assignee_type"), "\"AgentBot\"");
	fake_world_render_agent(call->exchange->body, conversation->assignee_id);
}

static void
show_labels(FakeChatwootCall *call)
{
	fake_text_printf(call->exchange->body, "{\"payload\":%s}",
					 call->conversation->labels);
}

/* Labels are replaced as a whole; a missing key clears them. */
static void
replace_labels(FakeChatwootCall *call)
{
	FakeSlice labels = fake_json_find(call->exchange->request->body, "labels");

	fake_world_set_text(&call->conversation->labels,
						labels.len > 0 && labels.at[0] == '[' ? labels :
						FAKE_SLICE("[]"));
	show_labels(call);
}

static void
replace_attributes(FakeChatwootCall *call)
{
	FakeSlice attributes = fake_json_find(call->exchange->request->body,
										  "custom_attributes");

	if (attributes.len == 0 || attributes.at[0] != '{')
	{
		fake_chatwoot_refuse(call->exchange, 422,
							 "param is missing or the value is empty: "
							 "custom_attributes");
		return;
	}
	fake_world_set_text(&call->conversation->custom_attributes, attributes);
	fake_text_printf(call->exchange->body, "{\"custom_attributes\":%s}",
					 call->conversation->custom_attributes);
}

/* The first route that fits decides. */
static const Route routes[] = {
	{ "POST", "conversations/#/messages", true, fake_chatwoot_message_create },
	{ "GET", "conversations/#/messages", false, fake_chatwoot_message_list },
	{ "GET", "conversations/#", true, show_conversation },
	{ "PATCH", "conversations/#", true, patch_conversation },
	{ "PUT", "conversations/#", true, patch_conversation },
	{ "GET", "conversations", false, list_conversations },
	{ "POST", "conversations/#/toggle_status", true, toggle_status },
	{ "POST", "conversations/#/toggle_priority", true, toggle_priority },
	{ "POST", "conversations/#/toggle_typing_status", true, toggle_typing },
	{ "POST", "conversations/#/assignments", true, assign },
	{ "GET", "conversations/#/labels", true, show_labels },
	{ "POST", "conversations/#/labels", true, replace_labels },
	{ "POST", "conversations/#/custom_attributes", true, replace_attributes },
	{ "POST", "bulk_actions", false, fake_chatwoot_account_bulk_action },
	{ "GET", "contacts/search", false, fake_chatwoot_account_contact_search },
	{ "GET", "contacts/#", false, fake_chatwoot_account_contact_show },
	{ "PUT", "contacts/#", false, fake_chatwoot_account_contact_update },
	{ "PATCH", "contacts/#", false, fake_chatwoot_account_contact_update },
	{ "POST", "contacts", false, fake_chatwoot_account_contact_create },
	{ "GET", "agents", false, fake_chatwoot_account_agents },
	{ "GET", "webhooks", false, fake_chatwoot_account_webhooks },
	{ "POST", "webhooks", false, fake_chatwoot_account_webhook_create },
	{ "GET", "agent_bots", false, fake_chatwoot_account_bots },
	{ "POST", "agent_bots", false, fake_chatwoot_account_bot_create },
};

/* Compares the path below the account with a pattern; notes its number. */
static bool
fits(const char *pattern, FakeSlice path, int64_t *id)
{
	const char *at = path.at;
	const char *end = at + path.len;

	*id = 0;
	for (; *pattern != '\0'; pattern++)
	{
		const char *start = at;

		if (*pattern != '#')
		{
			if (at >= end || *at++ != *pattern)
				return false;
			continue;
		}
		for (; at < end && *at >= '0' && *at <= '9'; at++)
			*id = *id * 10 + (*at - '0');
		if (at == start || at - start > 18)
			return false;
	}
	return at == end;
}

/* Reads the token; false when it was refused. */
static bool
check_token(FakeChatwootCall *call)
{
	const FakeRequest *request = call->exchange->request;
	FakeSlice token = fake_http_header(request, "api_access_token");

	if (token.len == 0)
		token = fake_http_header(request, "api-access-token");
	if (token.len == 0)
	{
		call->exchange->status = 401;
		fake_text_puts(call->exchange->body, "{\"errors\":[\"You need to sign "
					   "in or sign up before continuing.\"]}");
		return false;
	}
	if (fake_slice_starts(token, "invalid"))
	{
		fake_chatwoot_refuse(call->exchange, 401, "Invalid Access Token");
		return false;
	}
	call->is_bot = fake_slice_starts(token, "bot");
	return true;
}

static const Route *
find_route(FakeChatwootCall *call, FakeSlice below)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (fake_slice_is(call->exchange->request->method, routes[i].method) &&
			fits(routes[i].path, below, &call->id))
			return &routes[i];
	return NULL;
}

static void
follow_route(FakeChatwootCall *call, const Route *route)
{
	FakeSlice body = call->exchange->request->body;
	const char *error;

	if (call->is_bot && !route->bots_may)
	{
		fake_chatwoot_refuse(call->exchange, 401, "Access to this endpoint is "
							 "not authorized for bots");
		return;
	}
	if (body.len > 0 && !fake_json_check(body, &error))
	{
		call->exchange->status = 400;
		fake_text_puts(call->exchange->body,
					   "{\"status\":400,\"error\":\"Bad Request\"}");
		return;
	}
	if (call->id > 0 && strncmp(route->path, "conv", 4) == 0)
	{
		call->conversation = fake_world_find(call->account_id, call->id);
		if (call->conversation == NULL)
		{
			fake_chatwoot_error(call->exchange, 404);
			return;
		}
	}
	route->answer_cb(call);
	if (call->exchange->status / 100 == 2 && strcmp(route->method, "GET") != 0)
		fake_journal_add(call->exchange, call->is_bot);
}

/* Everything under /api/v1/. */
void
fake_chatwoot_answer(FakeExchange *exchange)
{
	FakeChatwootCall call = { .exchange = exchange };
	FakeSlice path = exchange->request->path;
	const char *end = path.at + path.len;
	const char *at;
	const Route *route = NULL;

	fake_text_printf(exchange->headers, "x-request-id: fake-%llu\r\n",
					 (unsigned long long) exchange->number);
	if (!check_token(&call))
		return;
	at = memmem(path.at, path.len, "/api/v1/", 8);
	at = at == NULL ? end : at + 8;
	if ((size_t) (end - at) == 7 && memcmp(at, "profile", 7) == 0)
	{
		if (call.is_bot)
			fake_chatwoot_refuse(exchange, 401, "Access to this endpoint is "
								 "not authorized for bots");
		else
			fake_chatwoot_account_profile(&call);
		return;
	}
	if (end - at > 9 && memcmp(at, "accounts/", 9) == 0)
	{
		for (at += 9; at < end && *at >= '0' && *at <= '9'; at++)
			call.account_id = call.account_id * 10 + (*at - '0');
		if (at < end && *at == '/')
			route = find_route(&call, (FakeSlice) { at + 1,
							   (size_t) (end - at - 1) });
	}
	if (route == NULL)
		fake_chatwoot_error(exchange, 404);
	else
		follow_route(&call, route);
}
