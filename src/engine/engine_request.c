/*
 * engine_request.c
 *	  Node kind `http`: a request without effect, whose answer goes into the
 *	  state.
 *
 * Runs in engine workers, inside the tick's transaction, with the thread's row
 * locked; the request itself leaves after the commit.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/base_json.h"
#include "base/base_object.h"
#include "engine/engine_request.h"

/* Bytes of an answer that go into the state. */
#define MAX_BODY_BYTES 4096

/* Settings: {"method", "url", "result"}: the answer goes into the state under
 * the name in "result" (the node's name by default). */
static EngineStepState
http_begin(EngineTurn *turn, EngineStep *step)
{
	char	   *method = base_jsonb_text(turn->node->settings, "method");
	Jsonb	   *body = base_jsonb_member(turn->node->settings, "body");

	step->request.method = method ? method : "GET";
	step->request.url = base_jsonb_text(turn->node->settings, "url");
	if (step->request.url == NULL)
	{
		step->failure.failure_class = HTTP_FAILURE_UNUSABLE;
		step->failure.text = "the node's settings have no \"url\"";
		return ENGINE_STEP_FAILED;
	}
	if (body != NULL)
	{
		step->request.body = JsonbToCString(NULL, &body->root, VARSIZE(body));
		step->request.body_bytes = strlen(step->request.body);
	}
	return ENGINE_STEP_CALL;
}

/* What another try may mend, and what never was an answer; a refusal is an
 * answer like any other: the graph may look at its status. */
static bool
has_failed(const HttpResponse *response)
{
	return response->outcome != HTTP_ANSWERED || response->status >= 500 || response->status == 429;
}

static EngineStepState
fail(EngineStep *step, const HttpResponse *response)
{
	bool		is_answered = response->outcome == HTTP_ANSWERED;
	HttpFailureClass failure_class = http_failure_of_response(response);

	step->failure.failure_class = failure_class;
	step->failure.code = is_answered ? psprintf("%d", response->status) :
									   pstrdup(response->error_class);
	step->failure.text = is_answered ? psprintf("status %d", response->status) :
									   pstrdup(response->error_text);
	step->failure.retryable = http_failure_is_retryable(failure_class);
	step->failure.retry_after_ms = response->retry_after_ms;
	return ENGINE_STEP_FAILED;
}

/*
 * The beginning of a body as text: the far side may send any bytes, and a letter may
 * stand across the end.  What no column of text may hold would be found by whoever
 * reads the row, and by whoever restores a dump of it.
 */
static char *
read_body(const HttpResponse *response)
{
	int			bytes = (int) Min(response->body_bytes, MAX_BODY_BYTES);
	char	   *text = palloc(bytes + 1);
	int			length;

	memcpy(text, response->body, bytes);
	for (int i = 0; i < bytes; i += length)
	{
		length = pg_utf_mblen((unsigned char *) text + i);
		if (i + length > bytes && bytes < response->body_bytes)
			bytes = i;
		else if (i + length > bytes || text[i] == '\0' || !pg_utf8_islegal((unsigned char *) text + i, length))
		{
			text[i] = '?';
			length = 1;
		}
	}
	text[bytes] = '\0';
	return text;
}

/* Puts status and body, of any length up to a limit, into the state; whatever was
 * answered is an answer, unless the far side failed. */
static EngineStepState
http_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	char	   *name = base_jsonb_text(turn->node->settings, "result");
	BaseObject	patch;

	if (has_failed(response))
		return fail(step, response);
	base_object_begin(&patch);
	base_object_open(&patch, name ? name : turn->node->name);
	base_object_add_int(&patch, "status", response->status);
	base_object_add_text(&patch, "body", read_body(response));
	base_object_close(&patch);
	step->patch = base_object_end_jsonb(&patch);
	return ENGINE_STEP_DONE;
}

const EngineNodeKind engine_request_kind = {
	.name = "http",
	.begin = http_begin,
	.finish = http_finish,
};
