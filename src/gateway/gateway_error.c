/*
 * gateway_error.c
 *		Every way a request can fail, and what the client is told.
 *
 * Runs in the gateway; pure.  Two tables: failures of the gateway's own, and
 * SQLSTATEs.  The bodies and the mapping are PostgREST's, so that a client
 * cannot tell the difference; codes that PostgREST has no name for begin
 * with FDGW.  Texts are fixed or come from PostgreSQL's own error fields:
 * nothing about the connection is ever part of an answer.
 */
#include "gateway_error.h"

#include <stdlib.h>
#include <string.h>

#include "gateway_json.h"

typedef struct FailureAnswer
{
	int status;
	const char *code;
	const char *message;
	const char *hint; /* what to do next; NULL when there is nothing */
} FailureAnswer;

static const FailureAnswer answers[GATEWAY_FAILURE_COUNT] = {
	[GATEWAY_FAILURE_NONE] = {200, "00000", "Success", NULL},
	[GATEWAY_FAILURE_BAD_REQUEST] = {400, "FDGW001", "Malformed request", NULL},
	[GATEWAY_FAILURE_BODIES] = {503, "FDGW010",
								"Too many large bodies are being sent",
								"Try again later."},
	[GATEWAY_FAILURE_BODIES_OF_ADDRESS] =
		{429, "FDGW010",
		 "Too many large bodies are being sent from this "
		 "address",
		 "Try again when the others have been answered."},
	[GATEWAY_FAILURE_BODY_EMPTY] = {400, "PGRST102", "Empty or invalid json",
									"Send a JSON text as the body."},
	[GATEWAY_FAILURE_BODY_NOT_JSON] = {400, "PGRST102", "Empty or invalid json",
									   "Send one JSON text as RFC 8259 "
									   "defines it."},
	[GATEWAY_FAILURE_BODY_NOT_OBJECT] = {400, "PGRST102",
										 "The body is no JSON object",
										 "Send the arguments as one object, "
										 "a key for each."},
	[GATEWAY_FAILURE_BODY_NOT_UTF8] = {400, "FDGW002",
									   "The body is not valid UTF-8", NULL},
	[GATEWAY_FAILURE_BODY_TOO_DEEP] = {400, "FDGW003",
									   "The JSON body is nested too deeply",
									   "At most 512 levels are read."},
	[GATEWAY_FAILURE_BODY_TOO_LARGE] = {413, "FDGW004",
										"The request body is too large", NULL},
	[GATEWAY_FAILURE_CONTENT_TYPE] = {415, "PGRST102",
									  "The content type is not supported",
									  "Use application/json."},
	[GATEWAY_FAILURE_DATABASE_DOWN] = {503, "PGRST000",
									   "Could not connect to the database",
									   "Try again later."},
	[GATEWAY_FAILURE_DATABASE_LOST] = {503, "PGRST001",
									   "The connection to the database was "
									   "lost",
									   "The request may or may not have "
									   "taken effect."},
	[GATEWAY_FAILURE_FILTER] = {400, "PGRST100",
								"The query string cannot be parsed", NULL},
	[GATEWAY_FAILURE_FUNCTION_AMBIGUOUS] =
		{300, "PGRST203", "Could not choose between overloaded functions",
		 "Give the functions distinct names or argument names."},
	[GATEWAY_FAILURE_FUNCTION_UNKNOWN] =
		{404, "PGRST202", "Could not find the function in the schema cache",
		 NULL},
	[GATEWAY_FAILURE_LENGTH_CONFLICT] =
		{400, "FDGW005", "The length of the body is given more than once",
		 "Send either one Content-Length or one Transfer-Encoding."},
	[GATEWAY_FAILURE_METHOD] = {405, "PGRST101",
								"The method is not allowed here", NULL},
	[GATEWAY_FAILURE_NOT_FOUND] = {404, "PGRST125",
								   "Nothing is served at this path", NULL},
	[GATEWAY_FAILURE_QUEUE_FULL] = {503, "PGRST003",
									"Too many requests are waiting for a "
									"database connection",
									"Try again later."},
	[GATEWAY_FAILURE_QUEUE_TIMEOUT] = {504, "PGRST003",
									   "Timed out waiting for a database "
									   "connection",
									   "Try again later."},
	[GATEWAY_FAILURE_RATE_LIMIT] = {429, "FDGW006",
									"Too many rejected or anonymous requests "
									"from this address",
									"Wait as long as Retry-After says."},
	[GATEWAY_FAILURE_RELATION_UNKNOWN] =
		{404, "PGRST205", "Could not find the table in the schema cache", NULL},
	[GATEWAY_FAILURE_RESPONSE_HEADERS] =
		{500, "PGRST111",
		 "response.headers must be a JSON array of objects with one key", NULL},
	[GATEWAY_FAILURE_RESPONSE_STATUS] =
		{500, "PGRST112", "response.status must be a valid status code", NULL},
	[GATEWAY_FAILURE_ROLE] = {500, "FDGW008",
							  "The role of this request cannot be used",
							  "Check that the role exists and is granted to "
							  "the gateway's login role."},
	[GATEWAY_FAILURE_ROWS] = {500, "FDGW007",
							  "The function changed while it was called",
							  "Send the request again."},
	[GATEWAY_FAILURE_TOKEN_CLAIM] = {401, "PGRST303",
									 "A claim of the token was not accepted",
									 NULL},
	[GATEWAY_FAILURE_TOKEN_INVALID] = {401, "PGRST301",
									   "The token cannot be verified", NULL},
	[GATEWAY_FAILURE_TOKEN_REQUIRED] = {401, "PGRST302",
										"Anonymous access is disabled",
										"Send a token as Authorization: "
										"Bearer."},
	[GATEWAY_FAILURE_TOKEN_UNSUPPORTED] = {500, "PGRST300",
										   "The server has no key to verify "
										   "tokens with",
										   "Set jwt_secret."},
	[GATEWAY_FAILURE_VOLATILE] = {405, "PGRST101",
								  "The function may write; GET cannot call it",
								  "Use POST, or declare the function STABLE."},
	[GATEWAY_FAILURE_WEBHOOK_UNKNOWN] =
		{500, "FDGW009", "The function for this webhook does not exist",
		 "Create the extension in the gateway's database, or set database."},
};

/* SQLSTATE or class → status; the first match counts. */
typedef struct StateStatus
{
	const char *prefix;
	int status;
} StateStatus;

static const StateStatus state_statuses[] = {
	{"08", 503},	{"09", 500},	{"0L", 403},	{"0P", 403}, {"23503", 409},
	{"23505", 409}, {"25006", 405}, {"25", 500},	{"28", 403}, {"2D", 500},
	{"38", 500},	{"39", 500},	{"3B", 500},	{"40", 500}, {"42883", 404},
	{"42P01", 404}, {"42P17", 500}, {"53400", 500}, {"53", 503}, {"54", 500},
	{"55", 500},	{"57P0", 503},	{"57", 500},	{"58", 500}, {"F0", 500},
	{"HV", 500},	{"P0001", 400}, {"P0", 500},	{"XX", 500},
};

/* Returns the HTTP status of a failure of the gateway's own. */
int
gateway_error_status(GatewayFailure failure)
{
	return answers[failure].status;
}

/* Returns the code of a failure of the gateway's own. */
const char *
gateway_error_code(GatewayFailure failure)
{
	return answers[failure].code;
}

static void
append_field(GatewayText *body, const char *name, const char *value)
{
	gateway_text_add(body, name);
	if (value == NULL)
		gateway_text_add(body, "null");
	else
		gateway_json_append_string(body, value, strlen(value));
}

static void
render(GatewayText *body, const GatewayDatabaseError *error)
{
	append_field(body, "{\"code\":", error->sqlstate);
	append_field(body, ",\"details\":", error->detail);
	append_field(body, ",\"hint\":", error->hint);
	append_field(body, ",\"message\":", error->message);
	gateway_text_add(body, "}");
}

/*
 * Adds the body for a failure of the gateway's own.  A hint of NULL leaves
 * the one of the table.
 */
void
gateway_error_render(GatewayFailure failure, const char *details,
					 const char *hint, GatewayText *body)
{
	const FailureAnswer *answer = &answers[failure];
	GatewayDatabaseError error = {answer->code, answer->message, details,
								  hint ? hint : answer->hint};

	render(body, &error);
}

static bool
ends_in(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The states whose meaning hangs on more than the code; 0 when not one. */
static int
special_status(const GatewayDatabaseError *error, bool is_anonymous)
{
	const char *state = error->sqlstate;
	const char *message = error->message ? error->message : "";

	if (strcmp(state, "42501") == 0)
		return is_anonymous ? 401 : 403;
	if (strcmp(state, "21000") == 0)
		return ends_in(message, "requires a WHERE clause") ? 400 : 500;
	if (strcmp(state, "22023") == 0 && strncmp(message, "role ", 5) == 0 &&
		ends_in(message, "does not exist"))
		return 401;
	if (state[0] == 'P' && state[1] == 'T')
	{
		char *rest;
		long status = strtol(state + 2, &rest, 10);

		return *rest == '\0' && status >= 200 && status <= 599 ? (int) status
															   : 500;
	}
	return 0;
}

/* Returns the HTTP status of an error of PostgreSQL. */
int
gateway_error_database_status(const GatewayDatabaseError *error,
							  bool is_anonymous)
{
	int status = special_status(error, is_anonymous);

	if (status != 0)
		return status;
	for (size_t i = 0; i < sizeof(state_statuses) / sizeof(StateStatus); i++)
	{
		const char *prefix = state_statuses[i].prefix;

		if (strncmp(error->sqlstate, prefix, strlen(prefix)) == 0)
			return state_statuses[i].status;
	}
	return 400;
}

/* Adds the body for an error of PostgreSQL. */
void
gateway_error_database_render(const GatewayDatabaseError *error,
							  GatewayText *body)
{
	render(body, error);
}

static bool
is_one_of(const char *sqlstate, const char *const *states)
{
	for (; *states != NULL; states++)
	{
		if (strncmp(sqlstate, *states, strlen(*states)) == 0)
			return true;
	}
	return false;
}

/*
 * Tells whether the same request may well succeed a moment later: lost
 * connection, shutdown or start, serialization failure, deadlock, a lock that
 * somebody holds, too many connections, and a server that became read only in a
 * failover.
 */
bool
gateway_error_is_retryable(const char *sqlstate)
{
	static const char *const states[] = {"08",	  "57P0",  "40001", "40P01",
										 "53300", "25006", "55P03", NULL};

	return is_one_of(sqlstate, states);
}

/*
 * Tells whether the error can mean that what the gateway knows about a
 * function is out of date: undefined function or prepared statement, or a
 * prepared statement whose result would change.
 */
bool
gateway_error_is_stale_plan(const char *sqlstate)
{
	static const char *const states[] = {"42883", "26000", "0A000", "42P01",
										 "42703", "42P05", "42704", NULL};

	return is_one_of(sqlstate, states);
}
