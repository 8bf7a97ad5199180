/*
 * gateway_response.c
 *		From what PostgreSQL said to what the client is told.
 *
 * Runs in the gateway; pure.  The body of a reply points either into the
 * result that PostgreSQL sent, which the caller keeps until the reply is on
 * its way, or into the reply's own text.
 *
 * A function speaks to the client through two settings, as with PostgREST:
 * response.status, a number, and response.headers, a JSON array of objects
 * with one key each.
 */
#include "gateway_response.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway_json.h"

#define KEPT_BYTES 65536

const char gateway_response_json_type[] = "application/json; charset=utf-8";

static bool take_status(GatewayReply *reply, const char *status);
static bool take_headers(GatewayReply *reply, const char *headers);
static bool take_raised_response(GatewayReply *reply,
								 const GatewayDatabaseError *error);

/* Empties a reply for its next use. */
void
gateway_response_reset(GatewayReply *reply)
{
	reply->status = 0;
	reply->retry_after_s = 0;
	reply->must_close = false;
	reply->content_type = gateway_response_json_type;
	reply->body = NULL;
	reply->body_length = 0;
	gateway_text_reset(&reply->text, KEPT_BYTES);
	gateway_text_reset(&reply->headers, KEPT_BYTES);
}

static void
use_text(GatewayReply *reply)
{
	reply->body = reply->text.bytes;
	reply->body_length = reply->text.length;
}

/* Makes the reply of a failure of the gateway's own. */
void
gateway_response_fail(GatewayReply *reply, GatewayFailure failure,
					  const char *details, const char *hint)
{
	gateway_response_reset(reply);
	reply->status = gateway_error_status(failure);
	gateway_error_render(failure, details, hint, &reply->text);
	use_text(reply);
	if (reply->status == 401)
		gateway_response_add_header(reply, "WWW-Authenticate", "Bearer");
}

static void
fill_error(GatewayReply *reply, const GatewayDatabaseError *error,
		   bool is_anonymous)
{
	if (strcmp(error->sqlstate, "PGRST") == 0 &&
		take_raised_response(reply, error))
		return;
	reply->status = gateway_error_database_status(error, is_anonymous);
	gateway_error_database_render(error, &reply->text);
	use_text(reply);
	if (reply->status == 401)
		gateway_response_add_header(reply, "WWW-Authenticate", "Bearer");
}

static void
fill_done(GatewayReply *reply, const GatewayOutcome *outcome, bool is_void)
{
	reply->status = is_void ? 204 : 200;
	if (!is_void)
	{
		reply->body = outcome->body ? outcome->body : "null";
		reply->body_length = outcome->body ? outcome->body_length : 4;
	}
	if (!take_status(reply, outcome->status))
		gateway_response_fail(reply, GATEWAY_FAILURE_RESPONSE_STATUS, NULL,
							  NULL);
	else if (!take_headers(reply, outcome->headers))
		gateway_response_fail(reply, GATEWAY_FAILURE_RESPONSE_HEADERS, NULL,
							  NULL);
	else if (reply->status == 204 || reply->status == 304)
		reply->body_length = 0;
}

/* Makes the reply of a transaction. */
void
gateway_response_fill(GatewayReply *reply, const GatewayOutcome *outcome,
					  bool is_void, bool is_anonymous)
{
	gateway_response_reset(reply);
	switch (outcome->kind)
	{
		case GATEWAY_OUTCOME_DONE:
			if (outcome->row_count == 1)
				fill_done(reply, outcome, is_void);
			else
				gateway_response_fail(reply, GATEWAY_FAILURE_ROWS, NULL, NULL);
			break;
		case GATEWAY_OUTCOME_ERROR:
			fill_error(reply, &outcome->error, is_anonymous);
			break;
		case GATEWAY_OUTCOME_FAILURE:
			gateway_response_fail(reply, outcome->failure, NULL, NULL);
			break;
	}
}

static bool
take_status(GatewayReply *reply, const char *status)
{
	char *rest;
	long number;

	if (status[0] == '\0')
		return true;
	number = strtol(status, &rest, 10);
	if (*rest != '\0' || number < 200 || number > 599)
		return false;
	reply->status = (int) number;
	return true;
}

static bool
is_token(const char *name)
{
	static const char letters[] = "!#$%&'*+-.^_`|~0123456789"
								  "abcdefghijklmnopqrstuvwxyz"
								  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return name[0] != '\0' && name[strspn(name, letters)] == '\0';
}

/* Tells whether the framing of the answer is the gateway's alone to write. */
static bool
is_reserved(const char *name)
{
	static const char *const names[] = {"connection", "content-length", "date",
										"transfer-encoding", "upgrade"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (strcasecmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Adds a header; reserved names are left out. */
void
gateway_response_add_header(GatewayReply *reply, const char *name,
							const char *value)
{
	if (is_reserved(name))
		return;
	gateway_text_append(&reply->headers, name, strlen(name) + 1);
	gateway_text_append(&reply->headers, value, strlen(value) + 1);
}

static bool
take_header(GatewayReply *reply, const char *name, json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	if (!is_token(name) || strpbrk(text, "\r\n") != NULL)
		return false;
	gateway_response_add_header(reply, name, text);
	return true;
}

static bool
take_header_object(GatewayReply *reply, json_object *object)
{
	if (!json_object_is_type(object, json_type_object) ||
		json_object_object_length(object) != 1)
		return false;
	json_object_object_foreach(object, name, value)
	{
		return take_header(reply, name, value);
	}
	return false;
}

static bool
take_headers(GatewayReply *reply, const char *headers)
{
	json_object *array;
	bool ok;

	if (headers[0] == '\0')
		return true;
	array = json_tokener_parse(headers);
	ok = json_object_is_type(array, json_type_array);
	for (size_t i = 0; ok && i < json_object_array_length(array); i++)
		ok = take_header_object(reply, json_object_array_get_idx(array, i));
	json_object_put(array);
	return ok;
}

static const char *
string_member(json_object *object, const char *name)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* Takes status and headers that a function raised with SQLSTATE PGRST, as
 * PostgREST does; false when they make no sense. */
static bool
take_raised_detail(GatewayReply *reply, json_object *detail)
{
	json_object *status = NULL;
	json_object *headers = NULL;

	if (!json_object_object_get_ex(detail, "status", &status) ||
		!json_object_is_type(status, json_type_int))
		return false;
	reply->status = json_object_get_int(status);
	if (reply->status < 200 || reply->status > 599)
		return false;
	if (!json_object_object_get_ex(detail, "headers", &headers))
		return true;
	json_object_object_foreach(headers, name, value)
	{
		if (!take_header(reply, name, value))
			return false;
	}
	return true;
}

/*
 * Takes an error raised with SQLSTATE PGRST: its message is the body, its
 * detail the status and headers.  Returns false, with the reply empty, when
 * they do not have that form.
 */
static bool
take_raised_response(GatewayReply *reply, const GatewayDatabaseError *error)
{
	json_object *body =
		json_tokener_parse(error->message ? error->message : "");
	json_object *detail =
		json_tokener_parse(error->detail ? error->detail : "");
	bool ok = json_object_is_type(body, json_type_object) &&
			  json_object_is_type(detail, json_type_object) &&
			  take_raised_detail(reply, detail);

	if (ok)
	{
		GatewayDatabaseError raised = {
			string_member(body, "code"), string_member(body, "message"),
			string_member(body, "details"), string_member(body, "hint")};

		gateway_error_database_render(&raised, &reply->text);
		use_text(reply);
	}
	else
		gateway_response_reset(reply);
	json_object_put(body);
	json_object_put(detail);
	return ok;
}
