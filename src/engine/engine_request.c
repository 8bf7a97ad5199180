/*
 * engine_request.c
 *	  Node kind `http`: a request without effect, whose answer goes into the
 *	  state.
 *
 * Runs in engine workers, inside the tick's transaction, with the thread's row
 * locked; the request itself leaves after the commit.
 */
#include "postgres.h"

#include "base/base_json.h"
#include "base/base_object.h"
#include "engine/engine_request.h"

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
	base_object_add_bytes(&patch, "body", response->body, Min(response->body_bytes, 4096));
	base_object_close(&patch);
	step->patch = base_object_end_jsonb(&patch);
	return ENGINE_STEP_DONE;
}

const EngineNodeKind engine_request_kind = {
	.name = "http",
	.begin = http_begin,
	.finish = http_finish,
};
