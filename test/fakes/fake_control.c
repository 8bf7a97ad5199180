/*
 * fake_control.c
 *		The tests' side of the stand-ins: everything under /_fake/.
 *
 * rules, requests, stats, latency, recording, seed and conversations; see
 * README.md.  What a test gets wrong is answered 400 with the reason.
 */
#include "fake_faults.h"
#include "fake_json.h"
#include "fake_record.h"
#include "fake_world.h"

#include <stdlib.h>
#include <string.h>

/* A control call and its answer. */
typedef struct Control
{
	const FakeRequest *request;
	FakeText *out;
	int status;
} Control;

typedef struct ControlRoute
{
	const char *method;
	const char *path;			/* a prefix when it ends in / */
	void (*answer_cb) (Control *control);
} ControlRoute;

static void
accept_load(Control *control, bool good, FakeText *error)
{
	if (good)
		fake_text_puts(control->out, "{\"ok\":true}");
	else
	{
		control->status = 400;
		fake_text_puts(control->out, "{\"error\":");
		fake_text_json(control->out, fake_text_slice(error));
		fake_text_puts(control->out, "}");
	}
	fake_text_free(error);
}

static void
set_rules(Control *control)
{
	FakeText add = { 0 };
	FakeText error = { 0 };
	bool is_adding = fake_http_query(control->request, "add", &add);

	fake_text_free(&add);
	accept_load(control, fake_faults_load(control->request->body, is_adding,
										  &error), &error);
}

static void
show_rules(Control *control)
{
	fake_faults_render(control->out);
}

static void
clear_rules(Control *control)
{
	fake_faults_clear();
	fake_text_puts(control->out, "{\"ok\":true}");
}

static void
show_requests(Control *control)
{
	FakeRecordFilter filter = { .service = -1 };
	FakeText path = { 0 };
	FakeText text = { 0 };

	if (fake_http_query(control->request, "service", &text))
	{
		filter.service = FAKE_SERVICE_COUNT;
		for (int i = 0; i < FAKE_SERVICE_COUNT; i++)
			if (fake_slice_is(fake_text_slice(&text), fake_service_names[i]))
				filter.service = i;
	}
	fake_text_reset(&text);
	if (fake_http_query(control->request, "since", &text))
		filter.since = strtoull(text.at, NULL, 10);
	if (fake_http_query(control->request, "path", &path))
		filter.path = fake_text_slice(&path);
	fake_record_render(control->out, &filter);
	fake_text_free(&path);
	fake_text_free(&text);
}

static void
clear_requests(Control *control)
{
	fake_record_clear();
	fake_service_clear_stats();
	fake_text_puts(control->out, "{\"ok\":true}");
}

static void
show_stats(Control *control)
{
	fake_service_render_stats(control->out);
}

static void
set_latency(Control *control)
{
	for (int i = 0; i < FAKE_SERVICE_COUNT; i++)
	{
		FakeSlice value = fake_json_find(control->request->body,
										 fake_service_names[i]);

		if (value.len > 0)
			fake_service_latency_ms[i] = strtoll(value.at, NULL, 10);
	}
	fake_text_puts(control->out, "{\"ok\":true}");
}

static void
set_recording(Control *control)
{
	fake_record_enabled =
		!fake_slice_is(fake_json_find(control->request->body, "enabled"),
					   "false");
	fake_text_puts(control->out, "{\"ok\":true}");
}

static void
seed_world(Control *control)
{
	FakeText error = { 0 };

	accept_load(control, fake_world_seed(control->request->body, &error),
				&error);
}

static FakeConversation *
named_conversation(Control *control)
{
	const char *prefix = "/_fake/conversations/";
	FakeText account = { 0 };
	FakeConversation *found;
	int64_t id = strtoll(control->request->path.at + strlen(prefix), NULL, 10);

	if (fake_http_query(control->request, "account", &account))
		found = fake_world_find(strtoll(account.at, NULL, 10), id);
	else
		found = fake_world_any_account(id);
	fake_text_free(&account);
	return found;
}

/* GET /_fake/conversations/:id, or its messages alone. */
static void
show_conversation(Control *control)
{
	FakeConversation *conversation = named_conversation(control);
	bool is_list = fake_slice_has(control->request->path, "/messages");

	if (is_list)
		fake_text_puts(control->out, "{\"messages\":");
	if (conversation == NULL)
		fake_text_puts(control->out, is_list ? "[]" : "null");
	else if (is_list)
		fake_world_render_messages(control->out, conversation);
	else
		fake_world_render(control->out, conversation);
	if (is_list)
		fake_text_puts(control->out, "}");
}

static const ControlRoute routes[] = {
	{ "POST", "/_fake/rules", set_rules },
	{ "GET", "/_fake/rules", show_rules },
	{ "DELETE", "/_fake/rules", clear_rules },
	{ "GET", "/_fake/requests", show_requests },
	{ "DELETE", "/_fake/requests", clear_requests },
	{ "GET", "/_fake/stats", show_stats },
	{ "POST", "/_fake/latency", set_latency },
	{ "POST", "/_fake/recording", set_recording },
	{ "POST", "/_fake/seed", seed_world },
	{ "GET", "/_fake/conversations/", show_conversation },
};

static bool
fits(const ControlRoute *route, const FakeRequest *request)
{
	size_t len = strlen(route->path);

	if (!fake_slice_is(request->method, route->method))
		return false;
	return route->path[len - 1] == '/' ?
		fake_slice_starts(request->path, route->path) :
		fake_slice_is(request->path, route->path);
}

/* Answers a control call at once, whatever the rules say. */
void
fake_control_request(FakeConn *conn, const FakeRequest *request)
{
	static FakeText out = { 0 };
	Control control = { request, &out, 200 };
	FakeAnswer answer = { 0 };
	size_t i = 0;

	fake_text_reset(&out);
	while (i < sizeof(routes) / sizeof(routes[0]) && !fits(&routes[i], request))
		i++;
	if (i < sizeof(routes) / sizeof(routes[0]))
		routes[i].answer_cb(&control);
	else
	{
		control.status = 404;
		fake_text_puts(&out, "{\"error\":\"no such control\"}");
	}
	answer.status = control.status;
	answer.body = fake_text_slice(&out);
	fake_http_answer(conn, &answer);
}
