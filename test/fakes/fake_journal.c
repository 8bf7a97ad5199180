/*
 * fake_journal.c
 *		What Chatwoot was made to do, in a file that outlives the program.
 *
 * One line of JSON per effect, written in the moment it takes place and in
 * their order: {ms (monotonic), at (seconds since 1970), bot, method, path,
 * id (of the message made, else null), body}.  A program that starts with the
 * file of another goes through all of it again, so that it knows the same
 * conversations and messages under the same ids.  A last line that was cut off
 * is no effect.
 *
 * With a journal, ids of messages are microseconds since 1970, so that those of
 * a test's customers fit between them as they do in Chatwoot's one sequence.
 */
#include "fake_journal.h"
#include "fake_json.h"
#include "fake_world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool fake_journal_is_open = false;

static int journal_fd = -1;
static int64_t replayed_at = 0; /* seconds; 0 when nothing is replayed */
static int64_t replayed_id;

/* The time of an effect: now, or when it took place the first time. */
int64_t
fake_journal_clock(void)
{
	return replayed_at > 0 ? replayed_at : (int64_t) time(NULL);
}

/* The id of the next message: greater than the last one. */
int64_t
fake_journal_message_id(int64_t last)
{
	struct timespec now;
	int64_t id;

	if (replayed_at > 0)
		return replayed_id;
	clock_gettime(CLOCK_REALTIME, &now);
	id = (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
	return fake_journal_is_open && id > last ? id : last + 1;
}

static void
replay_line(FakeSlice line)
{
	static const FakeAction nothing = { 0 };
	FakeText headers = { 0 };
	FakeText body = { 0 };
	FakeRequest request = { .header_count = 1 };
	FakeExchange exchange = { .service = FAKE_SERVICE_CHATWOOT,
		.request = &request, .action = &nothing, .status = 200,
		.headers = &headers, .body = &body };

	replayed_at = strtoll(fake_json_find(line, "at").at, NULL, 10);
	replayed_id = strtoll(fake_json_find(line, "id").at, NULL, 10);
	request.method = fake_json_inside(fake_json_find(line, "method"));
	request.path = fake_json_inside(fake_json_find(line, "path"));
	request.body = fake_json_find(line, "body");
	if (fake_slice_is(request.body, "null"))
		request.body.len = 0;
	request.names[0] = FAKE_SLICE("api_access_token");
	request.values[0] = fake_slice_is(fake_json_find(line, "bot"), "true") ?
		FAKE_SLICE("bot") : FAKE_SLICE("user");
	fake_chatwoot_answer(&exchange);
	fake_text_free(&headers);
	fake_text_free(&body);
	replayed_at = 0;
}

static bool
read_all(FakeText *text)
{
	char block[65536];
	ssize_t got;

	while ((got = read(journal_fd, block, sizeof(block))) > 0)
		fake_text_append(text, block, (size_t) got);
	return got == 0;
}

/* Opens the journal and makes the world what it says; false when it cannot. */
bool
fake_journal_open(const char *path)
{
	FakeText text = { 0 };
	size_t start = 0;
	char *end;

	journal_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	fake_journal_is_open = true;	/* messages are kept from here on */
	if (journal_fd < 0 || !read_all(&text))
		return false;
	while (start < text.len &&
		   (end = memchr(text.at + start, '\n', text.len - start)) != NULL)
	{
		replay_line((FakeSlice) { text.at + start,
					(size_t) (end - text.at) - start });
		start = (size_t) (end - text.at) + 1;
	}
	fake_text_free(&text);
	return ftruncate(journal_fd, (off_t) start) == 0;
}

/* Writes down what a request has just done. */
void
fake_journal_add(const FakeExchange *exchange, bool is_bot)
{
	static FakeText line = { 0 };
	const FakeRequest *request = exchange->request;
	FakeSlice id = fake_json_find(fake_text_slice(exchange->body), "id");

	if (!fake_journal_is_open || replayed_at > 0)
		return;
	fake_text_reset(&line);
	fake_text_printf(&line, "{\"ms\":%.3f,\"at\":%lld,\"bot\":%s,\"method\":",
					 (double) fake_loop_now_us() / 1000,
					 (long long) fake_journal_clock(),
					 is_bot ? "true" : "false");
	fake_text_json(&line, request->method);
	fake_text_puts(&line, ",\"path\":");
	fake_text_json(&line, request->path);
	fake_text_puts(&line, ",\"id\":");
	fake_text_add(&line, id.len > 0 ? id : FAKE_SLICE("null"));
	fake_text_puts(&line, ",\"body\":");
	fake_text_add(&line, request->body.len > 0 ? request->body :
				  FAKE_SLICE("null"));
	fake_text_puts(&line, "}");
	/* a line break in JSON is no more than a blank */
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] == '\n')
			line.at[i] = ' ';
	fake_text_puts(&line, "\n");
	if (write(journal_fd, line.at, line.len) != (ssize_t) line.len)
		abort();
}
