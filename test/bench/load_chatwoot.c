/*
 * load_chatwoot.c
 *		The port the replies come to: as little of Chatwoot as closes the loop.
 *
 * A message posted to a conversation is answered as Chatwoot answers it and
 * told to the plan.  Every other call gets 200 and a minimal body.
 */
#include "fake_http.h"
#include "load_plan.h"
#include "load_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t last_message_id = 5000000000;

/* The number after "/conversations/", or 0. */
static int64_t
conversation_of(FakeSlice path, const char **below)
{
	static const char part[] = "/conversations/";
	const char *at = memmem(path.at, path.len, part, sizeof(part) - 1);
	char *end;
	int64_t id;

	*below = "";
	if (at == NULL)
		return 0;
	id = strtoll(at + sizeof(part) - 1, &end, 10);
	*below = end;
	return id;
}

static void
answer_text(FakeConn *conn, FakeSlice body)
{
	FakeAnswer answer = { .status = 200, .body = body };

	fake_http_answer(conn, &answer);
}

static void
take_message(FakeConn *conn, FakeRequest *request, int64_t conversation)
{
	static FakeText body = { 0 };
	bool is_private = fake_slice_has(request->body, "\"private\":true") ||
		fake_slice_has(request->body, "\"private\": true");

	fake_text_reset(&body);
	fake_text_printf(&body, "{\"id\":%lld,\"content\":\"\",\"inbox_id\":21,"
					 "\"conversation_id\":%lld,\"message_type\":1,"
					 "\"content_type\":\"text\",\"status\":\"sent\","
					 "\"content_attributes\":{},\"created_at\":1795300000,"
					 "\"private\":%s,\"source_id\":null,\"sender\":{\"id\":7,"
					 "\"name\":\"Front desk\",\"type\":\"agent_bot\"}}",
					 (long long) ++last_message_id, (long long) conversation,
					 is_private ? "true" : "false");
	answer_text(conn, fake_text_slice(&body));
	load_plan_replied(conversation, is_private);
}

static void
take_request(FakeConn *conn, FakeRequest *request)
{
	const char *below;
	int64_t conversation = conversation_of(request->path, &below);
	bool is_post = fake_slice_is(request->method, "POST");
	char body[200];

	load_report.chatwoot_calls++;
	if (is_post && strncmp(below, "/messages ", 10) == 0)
		take_message(conn, request, conversation);
	else if (strncmp(below, "/messages", 9) == 0)
		answer_text(conn, FAKE_SLICE("{\"meta\":{},\"payload\":[]}"));
	else if (strncmp(below, "/labels", 7) == 0)
		answer_text(conn, FAKE_SLICE("{\"payload\":[]}"));
	else if (!is_post && conversation > 0)
	{
		snprintf(body, sizeof(body), "{\"id\":%lld,\"status\":\"pending\","
				 "\"priority\":null,\"labels\":[],\"custom_attributes\":{},"
				 "\"meta\":{\"assignee\":null},\"messages\":[]}",
				 (long long) conversation);
		answer_text(conn, fake_slice_of(body));
	}
	else
		answer_text(conn, FAKE_SLICE("{}"));
}

/* Listens for replies; answers the port, ends the program if it cannot. */
int
load_chatwoot_open(int port)
{
	static FakeServer server;

	server.port = port;
	server.request_cb = take_request;
	if (!fake_http_listen(&server, "127.0.0.1"))
	{
		perror("could not listen for replies");
		exit(1);
	}
	return server.port;
}
