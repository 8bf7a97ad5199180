/*
 * gateway_request.c
 *		What a client asks for.
 *
 * Runs in the gateway; pure.  Takes the pieces that the HTTP library found
 * and gives them a meaning: method, route, content, the few headers that the
 * gateway itself obeys, and the JSON object of all headers that SQL sees.
 * Nothing is copied; the bytes live as long as the client's request.
 */
#include "gateway_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway_json.h"

#define RPC_PREFIX "/rpc/"

static GatewayMethod
find_method(const char *name)
{
	static const char *const names[] = {
		[GATEWAY_METHOD_GET] = "GET",
		[GATEWAY_METHOD_HEAD] = "HEAD",
		[GATEWAY_METHOD_POST] = "POST",
		[GATEWAY_METHOD_OPTIONS] = "OPTIONS",
	};

	for (int i = GATEWAY_METHOD_GET; i < GATEWAY_METHOD_OTHER; i++)
	{
		if (strcmp(name, names[i]) == 0)
			return (GatewayMethod) i;
	}
	return GATEWAY_METHOD_OTHER;
}

/* Finds who answers a path; one word without a dot is a table's or view's name
 * to PostgREST's clients. */
static void
find_route(GatewayRequest *request)
{
	const char *path = request->path;
	size_t prefix = strlen(RPC_PREFIX);

	request->target = path;
	request->route = GATEWAY_ROUTE_FILE;
	if (strncmp(path, RPC_PREFIX, prefix) == 0)
	{
		request->target = path + prefix;
		request->route = GATEWAY_ROUTE_FUNCTION;
	}
	else if (strcmp(path, "/live") == 0)
		request->route = GATEWAY_ROUTE_LIVE;
	else if (strcmp(path, "/ready") == 0)
		request->route = GATEWAY_ROUTE_READY;
	else if (strcmp(path, "/metrics") == 0)
		request->route = GATEWAY_ROUTE_METRICS;
	else if (path[0] == '/' && path[1] != '\0' &&
			 strpbrk(path + 1, "/.") == NULL)
	{
		request->target = path + 1;
		request->route = GATEWAY_ROUTE_RELATION;
	}
}

/* Starts a request; the texts must outlive it. */
void
gateway_request_begin(GatewayRequest *request, const char *method,
					  const char *path)
{
	request->method_name = method;
	request->path = path;
	request->method = find_method(method);
	find_route(request);
	request->content = GATEWAY_CONTENT_JSON;
	request->authorization = NULL;
	request->origin = NULL;
	request->forwarded_for = NULL;
	request->if_none_match = NULL;
	request->content_length = -1;
	request->is_chunked = false;
	request->expects_continue = false;
	request->headers.count = 0;
	request->headers.is_full = false;
	request->query.count = 0;
	request->query.is_full = false;
}

/* Adds a pair; one too many is only noted. */
void
gateway_request_add_pair(GatewayPairs *pairs, GatewayPair pair)
{
	if (pairs->count == GATEWAY_REQUEST_MAX_PAIRS)
		pairs->is_full = true;
	else
		pairs->items[pairs->count++] = pair;
}

/* Tells the kind of a body by its type; parameters of the type are of no
 * interest. */
static GatewayContent
find_content(const char *value)
{
	static const struct
	{
		const char *type;
		GatewayContent content;
	} types[] = {
		{"application/json", GATEWAY_CONTENT_JSON},
		{"application/x-www-form-urlencoded", GATEWAY_CONTENT_FORM},
		{"application/octet-stream", GATEWAY_CONTENT_BYTES},
		{"text/plain", GATEWAY_CONTENT_TEXT},
	};
	size_t length = strcspn(value, "; \t");

	if (length == 0)
		return GATEWAY_CONTENT_JSON;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
	{
		if (strlen(types[i].type) == length &&
			strncasecmp(types[i].type, value, length) == 0)
			return types[i].content;
	}
	return GATEWAY_CONTENT_OTHER;
}

/* Reads a Content-Length: digits and nothing else, once. */
static GatewayFailure
read_length(GatewayRequest *request, const GatewayPair *pair)
{
	int64_t length = 0;

	if (request->content_length >= 0)
		return GATEWAY_FAILURE_LENGTH_CONFLICT;
	if (pair->value_length == 0 || pair->value_length > 15)
		return GATEWAY_FAILURE_BAD_REQUEST;
	for (size_t i = 0; i < pair->value_length; i++)
	{
		if (pair->value[i] < '0' || pair->value[i] > '9')
			return GATEWAY_FAILURE_BAD_REQUEST;
		length = length * 10 + (pair->value[i] - '0');
	}
	request->content_length = length;
	return GATEWAY_FAILURE_NONE;
}

static GatewayFailure
read_encoding(GatewayRequest *request, const GatewayPair *pair)
{
	if (request->is_chunked)
		return GATEWAY_FAILURE_LENGTH_CONFLICT;
	if (strcasecmp(pair->value, "chunked") != 0)
		return GATEWAY_FAILURE_BAD_REQUEST;
	request->is_chunked = true;
	return GATEWAY_FAILURE_NONE;
}

static bool
is_named(const GatewayPair *pair, const char *name, size_t length)
{
	return pair->name_length == length &&
		   strncasecmp(pair->name, name, length) == 0;
}

#define NAMED(pair, name) is_named(pair, name, sizeof(name) - 1)

/* Reads a header that we go by; the length is compared first, for most are
 * none of them. Two of a kind that decides who asks are refused. */
static GatewayFailure
read_header(GatewayRequest *request, const GatewayPair *pair)
{
	switch (pair->name_length)
	{
		case 6:
			if (NAMED(pair, "origin"))
				request->origin = pair->value;
			else if (NAMED(pair, "expect"))
				request->expects_continue =
					strcasecmp(pair->value, "100-continue") == 0;
			break;
		case 12:
			if (NAMED(pair, "content-type"))
				request->content = find_content(pair->value);
			break;
		case 13:
			if (NAMED(pair, "authorization"))
			{
				if (request->authorization != NULL)
					return GATEWAY_FAILURE_BAD_REQUEST;
				request->authorization = pair->value;
			}
			else if (NAMED(pair, "if-none-match"))
				request->if_none_match = pair->value;
			break;
		case 14:
			if (NAMED(pair, "content-length"))
				return read_length(request, pair);
			break;
		case 15:
			if (NAMED(pair, "x-forwarded-for"))
				request->forwarded_for = pair->value;
			break;
		case 17:
			if (NAMED(pair, "transfer-encoding"))
				return read_encoding(request, pair);
			break;
		default:
			break;
	}
	return GATEWAY_FAILURE_NONE;
}

/*
 * Tells whether a header's name has nothing in it that a lenient parser would
 * trim; RFC 9112 wants "Content-Length : 2" refused.
 */
static bool
is_plain_name(const GatewayPair *pair)
{
	for (size_t i = 0; i < pair->name_length; i++)
	{
		if (pair->name[i] <= ' ' || pair->name[i] == 0x7F)
			return false;
	}
	return pair->name_length > 0;
}

/*
 * Reads the headers that the gateway obeys.  Anything that two parsers might
 * understand differently (two lengths, a length and an encoding, two
 * credentials, a blank in a name) is refused, because a proxy in front may be
 * the other one.
 */
GatewayFailure
gateway_request_read_headers(GatewayRequest *request)
{
	const GatewayPairs *headers = &request->headers;

	if (headers->is_full || request->query.is_full)
		return GATEWAY_FAILURE_BAD_REQUEST;
	for (int i = 0; i < headers->count; i++)
	{
		GatewayFailure failure = GATEWAY_FAILURE_BAD_REQUEST;

		if (is_plain_name(&headers->items[i]))
			failure = read_header(request, &headers->items[i]);
		if (failure != GATEWAY_FAILURE_NONE)
			return failure;
	}
	if (request->is_chunked && request->content_length >= 0)
		return GATEWAY_FAILURE_LENGTH_CONFLICT;
	return GATEWAY_FAILURE_NONE;
}

static void
append_lower(GatewayText *json, const GatewayPair *header)
{
	char name[128];
	size_t length = header->name_length;

	if (length > sizeof(name))
		length = sizeof(name);
	for (size_t i = 0; i < length; i++)
	{
		char letter = header->name[i];

		name[i] =
			letter >= 'A' && letter <= 'Z' ? (char) (letter | 0x20) : letter;
	}
	gateway_json_append_string(json, name, length);
}

static bool
is_same_name(const GatewayPair *one, const GatewayPair *other)
{
	return one->name_length == other->name_length &&
		   strncasecmp(one->name, other->name, one->name_length) == 0;
}

/* Finds the next header after "at" with the same name; count when none. */
static int
find_same(const GatewayPairs *headers, int at)
{
	const GatewayPair *header = &headers->items[at];

	for (at++; at < headers->count; at++)
	{
		if (is_same_name(header, &headers->items[at]))
			break;
	}
	return at;
}

static bool
is_repetition(const GatewayPairs *headers, int at)
{
	for (int i = 0; i < at; i++)
	{
		if (is_same_name(&headers->items[i], &headers->items[at]))
			return true;
	}
	return false;
}

/* Adds the value of a header that was sent several times, with commas. */
static void
append_joined(GatewayText *json, const GatewayPairs *headers, int at)
{
	GatewayText joined = {0};

	for (int i = at; i < headers->count; i = find_same(headers, i))
	{
		if (i > at)
			gateway_text_append(&joined, ", ", 2);
		gateway_text_append(&joined, headers->items[i].value,
							headers->items[i].value_length);
	}
	gateway_json_append_string(json, joined.bytes, joined.length);
	gateway_text_free(&joined);
}

/*
 * Adds one JSON object of all headers: names in lower case, a name that was
 * sent several times once, with its values joined as RFC 9110 joins them.
 */
void
gateway_request_render_headers(const GatewayRequest *request, GatewayText *json)
{
	const GatewayPairs *headers = &request->headers;
	bool is_first = true;

	gateway_text_append(json, "{", 1);
	for (int i = 0; i < headers->count; i++)
	{
		const GatewayPair *header = &headers->items[i];

		if (is_repetition(headers, i))
			continue;
		if (!is_first)
			gateway_text_append(json, ",", 1);
		is_first = false;
		append_lower(json, header);
		gateway_text_append(json, ":", 1);
		if (find_same(headers, i) < headers->count)
			append_joined(json, headers, i);
		else
			gateway_json_append_string(json, header->value,
									   header->value_length);
	}
	gateway_text_append(json, "}", 1);
}

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Decodes percent signs and pluses in place; false when one is malformed. */
static bool
decode_form(char *text, size_t *length)
{
	char *out = text;

	for (const char *at = text; *at != '\0'; at++)
	{
		if (*at == '%')
		{
			int high = hex_digit(at[1]);
			int low = high >= 0 ? hex_digit(at[2]) : -1;

			if (low < 0 || high + low == 0)
				return false;
			*out++ = (char) (high << 4 | low);
			at += 2;
		}
		else
			*out++ = *at == '+' ? ' ' : *at;
	}
	*out = '\0';
	*length = (size_t) (out - text);
	return true;
}

/*
 * Splits "a=1&b=2", a body of content type form, into pairs.  The text is
 * decoded in place and must outlive the pairs.
 */
bool
gateway_request_parse_form(char *form, GatewayPairs *pairs)
{
	char *rest = form;
	char *item;

	while ((item = strsep(&rest, "&")) != NULL)
	{
		GatewayPair pair;
		char *value = strchr(item, '=');

		if (*item == '\0')
			continue;
		if (value != NULL)
			*value++ = '\0';
		else
			value = item + strlen(item);
		if (!decode_form(item, &pair.name_length) ||
			!decode_form(value, &pair.value_length))
			return false;
		pair.name = item;
		pair.value = value;
		gateway_request_add_pair(pairs, pair);
	}
	return !pairs->is_full;
}
