/*
 * fuzz_gateway_json.c
 *	  The gateway's JSON scanner and its writer of strings.
 *
 * What the scanner accepts, json-c accepts; a string that was written is one
 * and means what it did.
 */
#include <json-c/json.h>

#include "fuzz_target.h"
#include "gateway_json.h"

/* Containers that json-c may have open: one more than the scanner. */
#define DEPTH (GATEWAY_JSON_MAX_DEPTH + 1)

static void
check_against_json_c(const char *text, size_t length, const GatewayJsonScan *scan)
{
	json_tokener *tokener = json_tokener_new_ex(DEPTH);
	json_object *value = json_tokener_parse_ex(tokener, text, (int) length + 1);

	fuzz_require(json_tokener_get_error(tokener) == json_tokener_success);
	fuzz_require(json_object_is_type(value, json_type_object) == (scan->kind == GATEWAY_JSON_OBJECT));
	fuzz_require(json_object_is_type(value, json_type_array) == (scan->kind == GATEWAY_JSON_ARRAY));
	json_object_put(value);
	json_tokener_free(tokener);
}

static void
check_keys(const char *text, size_t length, const GatewayJsonScan *scan)
{
	GatewayText key = {0};

	fuzz_require(scan->key_count == 0 || scan->kind == GATEWAY_JSON_OBJECT);
	for (int i = 0; i < scan->key_count; i++)
	{
		fuzz_require(scan->keys[i].start > text);
		fuzz_require(scan->keys[i].start + scan->keys[i].length < text + length);
		gateway_json_append_unescaped(&key, scan->keys[i]);
	}
	fuzz_require(gateway_json_is_utf8(key.bytes ? key.bytes : "", key.length));
	gateway_text_free(&key);
}

static void
check_writer(const char *text, size_t length)
{
	GatewayText written = {0};
	GatewayText back = {0};
	GatewayJsonScan scan;
	GatewayJsonKey inside;

	gateway_json_append_string(&written, text, length);
	fuzz_require(gateway_json_scan(written.bytes, written.length, &scan) == GATEWAY_JSON_VALID);
	fuzz_require(scan.kind == GATEWAY_JSON_SCALAR);
	inside.start = written.bytes + 1;
	inside.length = written.length - 2;
	gateway_json_append_unescaped(&back, inside);
	if (gateway_json_is_utf8(text, length) && memchr(text, '\0', length) == NULL)
		fuzz_require(back.length == length && (length == 0 || memcmp(back.bytes, text, length) == 0));
	gateway_text_free(&back);
	gateway_text_free(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = fuzz_string(bytes, length);
	GatewayJsonScan scan;

	fuzz_require(gateway_json_scan(text, length, &scan) == scan.verdict);
	fuzz_require(scan.offset <= length);
	if (scan.verdict == GATEWAY_JSON_VALID)
	{
		fuzz_require(scan.offset == length && gateway_json_is_utf8(text, length));
		check_against_json_c(text, length, &scan);
		check_keys(text, length, &scan);
	}
	check_writer(text, length);
	free(text);
	return 0;
}
