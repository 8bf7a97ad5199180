/*
 * gateway_request_test.c
 *		Requests: route, headers, forms; and the table of settings.
 */
#include "gateway_request.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway_config.h"
#include "gateway_tap.h"

static GatewayRequest request;

static void
begin(const char *method, const char *path)
{
	gateway_request_begin(&request, method, path);
}

static void
add_header(const char *name, const char *value)
{
	GatewayPair pair = {name, value, strlen(name), strlen(value)};

	gateway_request_add_pair(&request.headers, pair);
}

static void
routes_to(const char *path, GatewayRoute route, const char *target)
{
	begin("GET", path);
	is_number(request.route, route, path);
	is_text(request.target, target, "its target");
}

static void
test_routes(void)
{
	routes_to("/rpc/f", GATEWAY_ROUTE_FUNCTION, "f");
	routes_to("/rpc/", GATEWAY_ROUTE_FUNCTION, "");
	routes_to("/rpc/a/b", GATEWAY_ROUTE_FUNCTION, "a/b");
	routes_to("/live", GATEWAY_ROUTE_LIVE, "/live");
	routes_to("/ready", GATEWAY_ROUTE_READY, "/ready");
	routes_to("/metrics", GATEWAY_ROUTE_METRICS, "/metrics");
	routes_to("/campaigns", GATEWAY_ROUTE_RELATION, "campaigns");
	routes_to("/", GATEWAY_ROUTE_FILE, "/");
	routes_to("/index.html", GATEWAY_ROUTE_FILE, "/index.html");
	routes_to("/a/b", GATEWAY_ROUTE_FILE, "/a/b");
	routes_to("*", GATEWAY_ROUTE_FILE, "*");
	begin("PATCH", "/rpc/f");
	is_number(request.method, GATEWAY_METHOD_OTHER, "PATCH is none of ours");
	begin("get", "/rpc/f");
	is_number(request.method, GATEWAY_METHOD_OTHER,
			  "methods are case-sensitive");
}

static void
reads_as(const char *name, const char *value, const char *name2,
		 const char *value2, GatewayFailure wanted)
{
	char what[128];

	begin("POST", "/rpc/f");
	add_header(name, value);
	if (name2 != NULL)
		add_header(name2, value2);
	snprintf(what, sizeof(what), "%s: %s, %s: %s", name, value,
			 name2 ? name2 : "-", name2 ? value2 : "-");
	is_number(gateway_request_read_headers(&request), wanted, what);
}

static void
test_framing(void)
{
	reads_as("Content-Length", "12", NULL, NULL, GATEWAY_FAILURE_NONE);
	is_number(request.content_length, 12, "the length");
	reads_as("content-length", "2", "Content-Length", "3",
			 GATEWAY_FAILURE_LENGTH_CONFLICT);
	reads_as("Content-Length", "2", "Content-Length", "2",
			 GATEWAY_FAILURE_LENGTH_CONFLICT);
	reads_as("Content-Length", "2", "Transfer-Encoding", "chunked",
			 GATEWAY_FAILURE_LENGTH_CONFLICT);
	reads_as("Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked",
			 GATEWAY_FAILURE_LENGTH_CONFLICT);
	reads_as("Transfer-Encoding", "Chunked", NULL, NULL, GATEWAY_FAILURE_NONE);
	ok(request.is_chunked, "chunked");
	reads_as("Transfer-Encoding", "gzip, chunked", NULL, NULL,
			 GATEWAY_FAILURE_BAD_REQUEST);
	reads_as("Content-Length", "-1", NULL, NULL, GATEWAY_FAILURE_BAD_REQUEST);
	reads_as("Content-Length", "1 ", NULL, NULL, GATEWAY_FAILURE_BAD_REQUEST);
	reads_as("Content-Length", "", NULL, NULL, GATEWAY_FAILURE_BAD_REQUEST);
	reads_as("Content-Length", "0x10", NULL, NULL,
			 GATEWAY_FAILURE_BAD_REQUEST);
	reads_as("Content-Length", "9999999999999999", NULL, NULL,
			 GATEWAY_FAILURE_BAD_REQUEST);
	reads_as("Authorization", "Basic a", "authorization", "Basic b",
			 GATEWAY_FAILURE_BAD_REQUEST);
	begin("GET", "/rpc/f");
	for (int i = 0; i <= GATEWAY_REQUEST_MAX_PAIRS; i++)
		add_header("X", "y");
	is_number(gateway_request_read_headers(&request),
			  GATEWAY_FAILURE_BAD_REQUEST, "too many headers");
}

static void
has_content(const char *type, GatewayContent wanted)
{
	begin("POST", "/rpc/f");
	add_header("Content-Type", type);
	gateway_request_read_headers(&request);
	is_number(request.content, wanted, type);
}

static void
test_content(void)
{
	begin("POST", "/rpc/f");
	gateway_request_read_headers(&request);
	is_number(request.content, GATEWAY_CONTENT_JSON, "JSON when not said");
	has_content("application/json", GATEWAY_CONTENT_JSON);
	has_content("Application/JSON; charset=utf-8", GATEWAY_CONTENT_JSON);
	has_content("application/jsonx", GATEWAY_CONTENT_OTHER);
	has_content("text/plain", GATEWAY_CONTENT_TEXT);
	has_content("application/octet-stream", GATEWAY_CONTENT_BYTES);
	has_content("application/x-www-form-urlencoded", GATEWAY_CONTENT_FORM);
	has_content("multipart/form-data; boundary=x", GATEWAY_CONTENT_OTHER);
}

static void
test_rendered_headers(void)
{
	GatewayText json = {0};

	begin("POST", "/rpc/f");
	add_header("X-Chatwoot-Signature", "sha256=ab");
	add_header("X-One", "a\"b");
	add_header("x-one", "c");
	add_header("X-ONE", "d");
	add_header("X-Latin", "\xe9");
	gateway_request_render_headers(&request, &json);
	is_text(json.bytes,
			"{\"x-chatwoot-signature\":\"sha256=ab\","
			"\"x-one\":\"a\\\"b, c, d\",\"x-latin\":\"\xc3\xa9\"}",
			"headers: lower case, joined, escaped, UTF-8");
	gateway_text_free(&json);
	begin("GET", "/rpc/f");
	gateway_request_render_headers(&request, &json);
	is_text(json.bytes, "{}", "no headers");
	gateway_text_free(&json);
}

static void
test_forms(void)
{
	char good[] = "a=1&b=x+y%20z&&c&d=%C3%A9";
	char bad[] = "a=%zz";
	char cut[] = "a=%2";
	char null[] = "a=%00";
	GatewayPairs pairs = {.count = 0};

	ok(gateway_request_parse_form(good, &pairs), "a form is parsed");
	is_number(pairs.count, 4, "four pairs");
	is_text(pairs.items[1].value, "x y z", "plus and percent");
	is_text(pairs.items[2].value, "", "a name without a value");
	is_text(pairs.items[3].value, "\xc3\xa9", "UTF-8");
	pairs.count = 0;
	ok(!gateway_request_parse_form(bad, &pairs), "no hex digits");
	ok(!gateway_request_parse_form(cut, &pairs), "cut off");
	ok(!gateway_request_parse_form(null, &pairs), "a zero byte");
}

/* Loads settings from a file with this content. */
static bool
load(const char *content, GatewayConfig *config, GatewayText *problem)
{
	char path[] = "/tmp/gateway_config_XXXXXX";
	int fd = mkstemp(path);
	bool loaded;

	gateway_text_reset(problem, 65536);
	ok(fd >= 0 && write(fd, content, strlen(content)) ==
					  (ssize_t) strlen(content),
	   "a settings file is written");
	close(fd);
	loaded = gateway_config_load(config, path, problem);
	unlink(path);
	return loaded;
}

static void
is_refused(const char *content, const char *needle)
{
	GatewayConfig config;
	GatewayText problem = {0};

	ok(!load(content, &config, &problem) &&
		   strstr(problem.bytes, needle) != NULL,
	   content);
	gateway_config_free(&config);
	gateway_text_free(&problem);
}

static void
test_settings(void)
{
	GatewayConfig config;
	GatewayText problem = {0};

	setenv("FRONTDESK_QUEUE_SIZE", "7", 1);
	ok(load("# comment\n\nport = 9000\nbody_limit = 512 kB\n"
			"queue_timeout=2min\nlog_requests = on\nschema = 'api'\n"
			"queue_size = 5\n",
			&config, &problem),
	   "a good file is read");
	is_number(config.port, 9000, "a count");
	is_number(config.body_limit, 524288, "a size");
	is_number(config.queue_timeout, 120000, "a time");
	is_number(config.log_requests, 1, "a switch");
	is_text(config.schema, "api", "a quoted text");
	is_number(config.queue_size, 7, "the environment wins");
	is_text(config.webhook_role, "frontdesk_webhook", "a default");
	gateway_config_free(&config);
	unsetenv("FRONTDESK_QUEUE_SIZE");

	is_refused("prot = 1\n", "\"port\"");
	is_refused("port = 70000\n", "between 0 and 65535");
	is_refused("port = 80s\n", "whole number");
	is_refused("body_limit = many\n", "a size");
	is_refused("body_limit = 2MB\nbody_memory = 1MB\n", "body_memory");
	is_refused("queue_timeout = 9999999999h\n", "a time");
	is_refused("log_requests = maybe\n", "on or off");
	is_refused("just words\n", "line 1");
	is_refused("jwt_secret = short\n", "32");
	is_refused("jwt_secret = @/does/not/exist\n", "secret file");
	setenv("FRONTDESK_POOLSIZE", "7", 1);
	is_refused("", "pool_size");
	unsetenv("FRONTDESK_POOLSIZE");
	ok(gateway_config_list_has("a, b ,c", "b"), "a word of a list");
	ok(!gateway_config_list_has("ab, c", "a"), "not a part of a word");
	ok(!gateway_config_list_has("", ""), "nothing is in nothing");
	gateway_text_free(&problem);
}

int
main(void)
{
	test_routes();
	test_framing();
	test_content();
	test_rendered_headers();
	test_forms();
	test_settings();
	return done();
}
