/*
 * fuzz_gateway_request.c
 *	  Method, path, headers and form of a request.
 *
 * The input is lines: method, path, "name: value" until an empty one, and the
 * rest is a form.  The headers that SQL is shown are one JSON object; a form
 * that was read can be written and read again to the same pairs.
 */
#include "fuzz_target.h"
#include "gateway_json.h"
#include "gateway_request.h"

static void
read_headers(GatewayRequest *request, char **rest)
{
	char *line;

	while ((line = strsep(rest, "\n")) != NULL && *line != '\0')
	{
		GatewayPair pair;
		char *value = strchr(line, ':');

		if (value != NULL)
			*value++ = '\0';
		else
			value = line + strlen(line);
		value += strspn(value, " ");
		pair.name = line;
		pair.name_length = strlen(line);
		pair.value = value;
		pair.value_length = strlen(value);
		gateway_request_add_pair(&request->headers, pair);
	}
}

static void
check_headers(GatewayRequest *request)
{
	GatewayText json = {0};
	GatewayJsonScan scan;
	GatewayFailure failure = gateway_request_read_headers(request);

	if (failure == GATEWAY_FAILURE_NONE)
		fuzz_require(!request->is_chunked || request->content_length < 0);
	gateway_request_render_headers(request, &json);
	fuzz_require(gateway_json_scan(json.bytes, json.length, &scan) == GATEWAY_JSON_VALID);
	fuzz_require(scan.kind == GATEWAY_JSON_OBJECT && scan.key_count <= request->headers.count);
	gateway_text_free(&json);
}

static void
append_encoded(GatewayText *form, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		gateway_text_format(form, "%%%02X", (unsigned char) bytes[i]);
}

static void
check_form(char *form)
{
	static GatewayPairs pairs;
	static GatewayPairs again;
	GatewayText written = {0};

	pairs.count = again.count = 0;
	pairs.is_full = again.is_full = false;
	if (!gateway_request_parse_form(form, &pairs))
		return;
	gateway_text_add(&written, "");
	for (int i = 0; i < pairs.count; i++)
	{
		const GatewayPair *pair = &pairs.items[i];

		fuzz_require(strlen(pair->name) == pair->name_length);
		fuzz_require(strlen(pair->value) == pair->value_length);
		append_encoded(&written, pair->name, pair->name_length);
		gateway_text_add(&written, "=");
		append_encoded(&written, pair->value, pair->value_length);
		gateway_text_add(&written, "&");
	}
	fuzz_require(gateway_request_parse_form(written.bytes, &again));
	fuzz_require(again.count == pairs.count);
	for (int i = 0; i < pairs.count; i++)
		fuzz_require(strcmp(again.items[i].name, pairs.items[i].name) == 0 &&
					 strcmp(again.items[i].value, pairs.items[i].value) == 0);
	gateway_text_free(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static GatewayRequest request;
	char *text = fuzz_string(bytes, length);
	char *rest = text;
	const char *method = strsep(&rest, "\n");
	const char *path = rest ? strsep(&rest, "\n") : "/";

	gateway_request_begin(&request, method, path);
	fuzz_require(request.target >= path && request.target <= path + strlen(path));
	if (rest != NULL)
		read_headers(&request, &rest);
	check_headers(&request);
	if (rest != NULL)
		check_form(rest);
	free(text);
	return 0;
}
