/*
 * fake_http_parse.c
 *		Reads one HTTP/1.1 request out of a connection's buffer.
 *
 * Slices of the request point into the buffer and live until the answer is
 * finished.  A chunked body is decoded in place.
 */
#include "fake_http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_HEAD_BYTES (64 * 1024)
#define MAX_BODY_BYTES (64 * 1024 * 1024)

static FakeSlice
trimmed(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (FakeSlice) { at, (size_t) (end - at) };
}

static bool
parse_request_line(FakeRequest *request, const char *at, const char *end)
{
	const char *space = memchr(at, ' ', (size_t) (end - at));
	const char *last;
	const char *mark;

	if (space == NULL)
		return false;
	request->method = (FakeSlice) { at, (size_t) (space - at) };
	at = space + 1;
	last = memchr(at, ' ', (size_t) (end - at));
	if (last == NULL || end - last != 9 || memcmp(last, " HTTP/1.", 8) != 0)
		return false;
	request->wants_close = last[8] == '0';
	mark = memchr(at, '?', (size_t) (last - at));
	request->path = (FakeSlice) { at, (size_t) ((mark ? mark : last) - at) };
	if (mark != NULL)
		request->query = (FakeSlice) { mark + 1, (size_t) (last - mark - 1) };
	return request->path.len > 0;
}

static bool
parse_headers(FakeRequest *request, const char *at, const char *head_end)
{
	while (at < head_end)
	{
		const char *end = memchr(at, '\r', (size_t) (head_end - at));
		const char *colon;

		if (end == NULL)
			end = head_end;
		colon = memchr(at, ':', (size_t) (end - at));
		if (colon == NULL || request->header_count == FAKE_HTTP_MAX_HEADERS)
			return false;
		request->names[request->header_count] = trimmed(at, colon);
		request->values[request->header_count] = trimmed(colon + 1, end);
		request->header_count++;
		at = end + 2;
	}
	return true;
}

/* Decodes a chunked body in place; *consumed counts its bytes on the wire. */
static FakeParse
parse_chunks(FakeConn *conn, size_t start, FakeSlice *body, size_t *consumed)
{
	char *base = conn->in.at;
	char *end = base + conn->in.len;
	char *at = base + start;
	size_t total = 0;

	/* first see whether all of it is here, for decoding overwrites */
	for (int pass = 0; pass < 2; pass++)
	{
		char *to = base + start;

		for (at = base + start;;)
		{
			char *line = memchr(at, '\n', (size_t) (end - at));
			size_t len;

			if (line == NULL)
				return FAKE_PARSE_MORE;
			len = strtoul(at, NULL, 16);
			if (len > MAX_BODY_BYTES)
				return FAKE_PARSE_BAD;
			at = line + 1;
			if ((size_t) (end - at) < len + 2)
				return FAKE_PARSE_MORE;
			if (pass == 1)
				memmove(to, at, len);
			to += len;
			at += len + 2;
			if (len == 0)
				break;
		}
		total = (size_t) (to - (base + start));
	}
	*body = (FakeSlice) { base + start, total };
	*consumed = (size_t) (at - (base + start));
	return FAKE_PARSE_DONE;
}

static FakeParse
parse_body(FakeConn *conn, FakeRequest *request, size_t start)
{
	FakeSlice length = fake_http_header(request, "content-length");
	FakeSlice coding = fake_http_header(request, "transfer-encoding");
	size_t len = 0;

	if (coding.len > 0)
	{
		FakeParse result = parse_chunks(conn, start, &request->body, &len);

		conn->in_taken = start + len;
		return result;
	}
	for (size_t i = 0; i < length.len; i++)
	{
		if (length.at[i] < '0' || length.at[i] > '9' || len > MAX_BODY_BYTES)
			return FAKE_PARSE_BAD;
		len = len * 10 + (size_t) (length.at[i] - '0');
	}
	if (len > MAX_BODY_BYTES)
		return FAKE_PARSE_BAD;
	if (conn->in.len < start + len)
	{
		fake_text_reserve(&conn->in, start + len - conn->in.len);
		return FAKE_PARSE_MORE;
	}
	request->body = (FakeSlice) { conn->in.at + start, len };
	conn->in_taken = start + len;
	return FAKE_PARSE_DONE;
}

/*
 * Takes the next request out of the buffer.  *is_expecting says that the head
 * is here and its sender waits for a 100 Continue.
 */
FakeParse
fake_http_parse(FakeConn *conn, FakeRequest *request, bool *is_expecting)
{
	const char *base = conn->in.at;
	size_t from = conn->scan_from > 3 ? conn->scan_from - 3 : 0;
	const char *head_end = conn->in.len == 0 ? NULL :
		memmem(base + from, conn->in.len - from, "\r\n\r\n", 4);
	const char *line_end;
	FakeParse result;

	*is_expecting = false;
	if (head_end == NULL)
	{
		conn->scan_from = conn->in.len;
		return conn->in.len > MAX_HEAD_BYTES ? FAKE_PARSE_BAD : FAKE_PARSE_MORE;
	}
	memset(request, 0, offsetof(FakeRequest, names));
	request->header_count = 0;
	line_end = memchr(base, '\r', (size_t) (head_end - base + 1));
	if (!parse_request_line(request, base, line_end) ||
		(line_end < head_end &&
		 !parse_headers(request, line_end + 2, head_end)))
		return FAKE_PARSE_BAD;
	if (fake_http_header(request, "connection").len == 5)
		request->wants_close = true;
	result = parse_body(conn, request, (size_t) (head_end + 4 - base));
	*is_expecting = result == FAKE_PARSE_MORE &&
		fake_http_header(request, "expect").len > 0;
	return result;
}

/* The value of a header, without regard to case; empty when it is absent. */
FakeSlice
fake_http_header(const FakeRequest *request, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < request->header_count; i++)
		if (request->names[i].len == len &&
			strncasecmp(request->names[i].at, name, len) == 0)
			return request->values[i];
	return (FakeSlice) { "", 0 };
}

/* Appends the decoded value of a query parameter; false when it is absent. */
bool
fake_http_query(const FakeRequest *request, const char *name, FakeText *value)
{
	const char *at = request->query.at;
	const char *end = at + request->query.len;
	size_t len = strlen(name);

	while (at < end)
	{
		const char *amp = memchr(at, '&', (size_t) (end - at));
		const char *stop = amp ? amp : end;

		if ((size_t) (stop - at) > len && memcmp(at, name, len) == 0 &&
			at[len] == '=')
		{
			for (at += len + 1; at < stop; at++)
			{
				char hex[3] = { 0 };
				char c = *at == '+' ? ' ' : *at;

				if (c == '%' && stop - at > 2)
				{
					memcpy(hex, at + 1, 2);
					c = (char) strtol(hex, NULL, 16);
					at += 2;
				}
				fake_text_append(value, &c, 1);
			}
			fake_text_append(value, "", 0);
			return true;
		}
		at = stop + 1;
	}
	return false;
}

static void
rebase(FakeSlice *slice, const char *from, const char *to)
{
	if (slice->len > 0)
		slice->at = to + (slice->at - from);
}

/*
 * Copies a request to outlive its connection; the caller frees what is
 * returned when done with the copy.
 */
char *
fake_http_clone(const FakeRequest *request, FakeRequest *copy)
{
	const char *base = request->method.at;
	size_t len = request->body.len > 0 ?
		(size_t) (request->body.at + request->body.len - base) :
		(size_t) (request->path.at + request->path.len +
				  request->query.len + 1 - base);
	FakeSlice held;

	if (request->body.len == 0 && request->header_count > 0)
	{
		FakeSlice last = request->values[request->header_count - 1];

		len = (size_t) (last.at + last.len - base);
	}
	held = fake_slice_copy((FakeSlice) { base, len });
	*copy = *request;
	rebase(&copy->method, base, held.at);
	rebase(&copy->path, base, held.at);
	rebase(&copy->query, base, held.at);
	rebase(&copy->body, base, held.at);
	for (int i = 0; i < copy->header_count; i++)
	{
		rebase(&copy->names[i], base, held.at);
		rebase(&copy->values[i], base, held.at);
	}
	return (char *) held.at;
}
