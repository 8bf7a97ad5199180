/*
 * load_payload.c
 *		Signed Chatwoot webhooks, made from templates.
 *
 * For every kind of message the whole request, head and body, is laid out
 * once; the numbers that differ have a fixed width and are written into their
 * holes.  The key's share of the HMAC is hashed once as well, so that a
 * request costs little more than hashing its body.  Values are invented; the
 * shape and size are those of a WhatsApp message reported by Chatwoot.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* prepared hash states have no successor */

#include "load_payload.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_HOLES 40

/* Holes are marked by runs of these bytes while a template is laid out. */
typedef enum HoleKind
{
	HOLE_MESSAGE = 1,			/* message id, ten digits */
	HOLE_CONVERSATION,			/* display id, eight digits */
	HOLE_CONTACT,				/* contact id, eight digits */
	HOLE_TIMESTAMP,				/* X-Chatwoot-Timestamp, ten digits */
	HOLE_SIGNATURE,				/* sixty-four hex digits */
	HOLE_KINDS
} HoleKind;

#define MESSAGE_ID "\1\1\1\1\1\1\1\1\1\1"
#define CONVERSATION_ID "\2\2\2\2\2\2\2\2"
#define CONTACT_ID "\3\3\3\3\3\3\3\3"
#define TIMESTAMP "\4\4\4\4\4\4\4\4\4\4"
#define SIGNATURE_8 "\5\5\5\5\5\5\5\5"
#define SIGNATURE SIGNATURE_8 SIGNATURE_8 SIGNATURE_8 SIGNATURE_8 \
	SIGNATURE_8 SIGNATURE_8 SIGNATURE_8 SIGNATURE_8

typedef struct Hole
{
	HoleKind kind;
	size_t at;
	size_t width;
} Hole;

typedef struct Template
{
	FakeText text;
	size_t body_at;
	Hole holes[MAX_HOLES];
	int hole_count;
} Template;

const char *const load_payload_names[LOAD_PAYLOAD_KINDS] = {
	"recruitment", "automated", "campaign", "stock_alert", "high_priority"
};

static const char *const contents[LOAD_PAYLOAD_KINDS] = {
	"Good morning, I am a nurse with five years of experience and would like "
	"to apply for the job in your clinic. [[route=recruitment]]",
	"Hello, could you tell me your opening hours and where I can park? "
	"[[route=automated]]",
	"YES, please keep the discount for me. [[route=campaign]]",
	"Is the blue trail shoe available in size 42 again? [[route=stock_alert]]",
	"I am furious, nobody answers, I want to talk to the manager now. "
	"[[route=high_priority]]",
};

static LoadPayloadOptions options;
static Template templates[LOAD_PAYLOAD_KINDS];
static SHA256_CTX inner_start;
static SHA256_CTX outer_start;
static int64_t next_message_id;
static uint64_t random_state = 88172645463325252u;
static char iso_time[32];		/* when the templates were laid out */

static void
prepare_key(const char *secret)
{
	unsigned char block[64] = { 0 };
	size_t len = strlen(secret);

	if (len > sizeof(block))
		SHA256((const unsigned char *) secret, len, block);
	else
		memcpy(block, secret, len);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	SHA256_Init(&inner_start);
	SHA256_Update(&inner_start, block, sizeof(block));
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&outer_start);
	SHA256_Update(&outer_start, block, sizeof(block));
}

/* Writes the signature of "timestamp.body" as hex digits. */
static void
sign(FakeSlice timestamp, FakeSlice body, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX hash = inner_start;

	SHA256_Update(&hash, timestamp.at, timestamp.len);
	SHA256_Update(&hash, ".", 1);
	SHA256_Update(&hash, body.at, body.len);
	SHA256_Final(digest, &hash);
	hash = outer_start;
	SHA256_Update(&hash, digest, sizeof(digest));
	SHA256_Final(digest, &hash);
	for (size_t i = 0; i < sizeof(digest); i++)
	{
		hex[i * 2] = digits[digest[i] >> 4];
		hex[i * 2 + 1] = digits[digest[i] & 15];
	}
}

static void
lay_person(FakeText *text)
{
	fake_text_puts(text, "\"additional_attributes\":{},"
				   "\"custom_attributes\":{},\"email\":null,\"id\":" CONTACT_ID
				   ",\"identifier\":null,\"name\":\"Robin Doe\","
				   "\"phone_number\":\"+120" CONTACT_ID "\",\"thumbnail\":\"\","
				   "\"blocked\":false");
}

static void
lay_last_message(FakeText *text, const char *content, long long now)
{
	fake_text_puts(text, "\"messages\":[{\"id\":" MESSAGE_ID ",\"content\":");
	fake_text_json(text, fake_slice_of(content));
	fake_text_printf(text, ",\"account_id\":%lld,\"inbox_id\":21,"
					 "\"conversation_id\":" CONVERSATION_ID
					 ",\"message_type\":0,\"created_at\":%lld,"
					 "\"updated_at\":\"%s\","
					 "\"private\":false,\"status\":\"sent\",\"source_id\":"
					 "\"wamid.HBgLTE9BRA" MESSAGE_ID "MRUCABIYFDNB\","
					 "\"content_type\":\"text\",\"content_attributes\":{},"
					 "\"sender_type\":\"Contact\",\"sender_id\":" CONTACT_ID
					 ",\"external_source_ids\":{},\"additional_attributes\":"
					 "{},\"processed_message_content\":",
					 (long long) options.account_id, now, iso_time);
	fake_text_json(text, fake_slice_of(content));
	fake_text_printf(text, ",\"sentiment\":{},\"conversation\":{"
					 "\"assignee_id\":null,\"unread_count\":1,"
					 "\"last_activity_at\":%lld,\"contact_inbox\":{"
					 "\"source_id\":\"120" CONTACT_ID "\"}},\"sender\":{",
					 now);
	lay_person(text);
	fake_text_puts(text, ",\"type\":\"contact\"}}]");
}

static void
lay_conversation(FakeText *text, const char *content, long long now)
{
	fake_text_puts(text, "\"conversation\":{\"additional_attributes\":{},"
				   "\"can_reply\":true,\"channel\":\"Channel::Whatsapp\","
				   "\"contact_inbox\":{\"id\":" CONTACT_ID ",\"contact_id\":"
				   CONTACT_ID ",\"inbox_id\":21,\"source_id\":\"120"
				   CONTACT_ID "\",\"created_at\":\"2026-11-22T10:15:30.401Z\","
				   "\"updated_at\":\"2026-11-22T10:15:30.401Z\","
				   "\"hmac_verified\":false,\"pubsub_token\":"
				   "\"Kd7rWm2LpX9sVb4TnQ6yHc3F\"},\"id\":" CONVERSATION_ID
				   ",\"inbox_id\":21,");
	lay_last_message(text, content, now);
	fake_text_puts(text, ",\"labels\":[],\"meta\":{\"sender\":{");
	lay_person(text);
	fake_text_printf(text, ",\"type\":\"contact\"},\"assignee\":null,"
					 "\"assignee_type\":null,\"team\":null,\"hmac_verified\":"
					 "false},\"status\":\"pending\",\"custom_attributes\":{},"
					 "\"snoozed_until\":null,\"unread_count\":1,"
					 "\"first_reply_created_at\":null,\"priority\":null,"
					 "\"waiting_since\":%lld,\"agent_last_seen_at\":0,"
					 "\"contact_last_seen_at\":0,\"last_activity_at\":%lld,"
					 "\"timestamp\":%lld,\"created_at\":%lld,\"updated_at\":"
					 "%lld.482113,\"account\":{\"id\":%lld,\"name\":"
					 "\"Load account\"}}", now, now, now, now, now,
					 (long long) options.account_id);
}

static void
lay_body(FakeText *text, const char *content)
{
	time_t clock = time(NULL);
	long long now = (long long) clock;

	strftime(iso_time, sizeof(iso_time), "%FT%T.482Z", gmtime(&clock));
	fake_text_printf(text, "{\"account\":{\"id\":%lld,\"name\":"
					 "\"Load account\"},\"additional_attributes\":{},"
					 "\"content_attributes\":{},\"content_type\":\"text\","
					 "\"content\":", (long long) options.account_id);
	fake_text_json(text, fake_slice_of(content));
	fake_text_puts(text, ",");
	lay_conversation(text, content, now);
	fake_text_printf(text, ",\"created_at\":\"%s\","
					 "\"id\":" MESSAGE_ID ",\"inbox\":{\"id\":21,\"name\":"
					 "\"Load inbox\"},\"message_type\":\"incoming\","
					 "\"private\":false,\"sender\":{\"account\":{\"id\":%lld,"
					 "\"name\":\"Load account\"},\"avatar\":\"\",",
					 iso_time, (long long) options.account_id);
	lay_person(text);
	fake_text_puts(text, "},\"source_id\":\"wamid.HBgLTE9BRA" MESSAGE_ID
				   "MRUCABIYFDNB\",\"event\":\"message_created\"}");
}

static void
lay_head(FakeText *text, size_t body_len)
{
	fake_text_printf(text, "POST %s HTTP/1.1\r\nHost: %s\r\n"
					 "Accept: application/json\r\n"
					 "Content-Type: application/json\r\n",
					 options.path, options.host);
	if (options.user != NULL)
	{
		unsigned char encoded[512];

		EVP_EncodeBlock(encoded, (const unsigned char *) options.user,
						(int) strnlen(options.user, 380));
		fake_text_printf(text, "Authorization: Basic %s\r\n", encoded);
	}
	fake_text_puts(text, "X-Chatwoot-Delivery: 10ad10ad-0000-4000-8000-00"
				   MESSAGE_ID "\r\n");
	if (options.secret != NULL)
		fake_text_puts(text, "X-Chatwoot-Timestamp: " TIMESTAMP "\r\n"
					   "X-Chatwoot-Signature: sha256=" SIGNATURE "\r\n");
	fake_text_printf(text, "Content-Length: %zu\r\n\r\n", body_len);
}

static void
find_holes(Template *template)
{
	for (size_t i = 0; i < template->text.len; i++)
	{
		unsigned char mark = (unsigned char) template->text.at[i];
		size_t start = i;

		if (mark == 0 || mark >= HOLE_KINDS)
			continue;
		while (i + 1 < template->text.len &&
			   (unsigned char) template->text.at[i + 1] == mark)
			i++;
		if (template->hole_count == MAX_HOLES)
			abort();
		template->holes[template->hole_count++] =
			(Hole) { (HoleKind) mark, start, i + 1 - start };
	}
}

/* Lays out the templates.  The strings in the options must stay. */
void
load_payload_open(const LoadPayloadOptions *chosen)
{
	options = *chosen;
	next_message_id = options.first_message_id;
	if (options.secret != NULL)
		prepare_key(options.secret);
	for (int i = 0; i < LOAD_PAYLOAD_KINDS; i++)
	{
		Template *template = &templates[i];
		FakeText body = { 0 };

		lay_body(&body, contents[i]);
		lay_head(&template->text, body.len);
		template->body_at = template->text.len;
		fake_text_add(&template->text, fake_text_slice(&body));
		fake_text_free(&body);
		find_holes(template);
	}
}

/* A kind by the mix, the same sequence in every run. */
static int
draw_kind(void)
{
	int roll;
	int kind = 0;

	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	roll = (int) (random_state % 100);
	while (kind < LOAD_PAYLOAD_KINDS - 1 && roll >= options.mix[kind])
		roll -= options.mix[kind++];
	return kind;
}

static void
write_number(Template *template, const Hole *hole, int64_t number)
{
	for (size_t i = hole->width; i-- > 0; number /= 10)
		template->text.at[hole->at + i] = (char) ('0' + number % 10);
}

static Template *
fill_template(int64_t conversation_id, int *kind)
{
	Template *template = &templates[*kind = draw_kind()];
	int64_t values[HOLE_KINDS] = { 0 };
	const Hole *timestamp = NULL;

	values[HOLE_MESSAGE] = next_message_id++;
	values[HOLE_CONVERSATION] = conversation_id;
	values[HOLE_CONTACT] = conversation_id;
	values[HOLE_TIMESTAMP] = (int64_t) time(NULL);
	for (int i = 0; i < template->hole_count; i++)
		if (template->holes[i].kind != HOLE_SIGNATURE)
			write_number(template, &template->holes[i],
						 values[template->holes[i].kind]);
	for (int i = 0; i < template->hole_count; i++)
	{
		const Hole *hole = &template->holes[i];

		if (hole->kind == HOLE_TIMESTAMP)
			timestamp = hole;
		if (hole->kind == HOLE_SIGNATURE && timestamp != NULL)
			sign((FakeSlice) { template->text.at + timestamp->at,
				 timestamp->width },
				 (FakeSlice) { template->text.at + template->body_at,
				 template->text.len - template->body_at },
				 template->text.at + hole->at);
	}
	return template;
}

/*
 * The bytes of a new message's webhook, signed now.  They are valid until the
 * next one is made.
 */
FakeSlice
load_payload_make(int64_t conversation_id, int *kind)
{
	return fake_text_slice(&fill_template(conversation_id, kind)->text);
}

/* The request's headers as the gateway shows them to SQL. */
static void
append_headers_json(FakeText *out, const Template *template)
{
	const char *at = template->text.at;
	const char *end = at + template->body_at - 2;

	fake_text_puts(out, "{");
	at = memchr(at, '\n', (size_t) (end - at)) + 1;
	while (at < end)
	{
		const char *colon = memchr(at, ':', (size_t) (end - at));
		const char *stop = memchr(at, '\r', (size_t) (end - at));

		fake_text_puts(out, out->at[out->len - 1] == '{' ? "\"" : ",\"");
		for (; at < colon; at++)
			fake_text_printf(out, "%c", *at >= 'A' && *at <= 'Z' ?
							 *at + 32 : *at);
		fake_text_puts(out, "\":");
		fake_text_json(out, (FakeSlice) { colon + 2,
					   (size_t) (stop - colon - 2) });
		at = stop + 2;
	}
	fake_text_puts(out, "}");
}

/* One field of a COPY line. */
static void
write_field(FILE *file, FakeSlice field)
{
	for (size_t i = 0; i < field.len; i++)
	{
		if (field.at[i] == '\\')
			fputc('\\', file);
		fputc(field.at[i], file);
	}
}

static bool
emit_script(const char *name)
{
	FakeText script_name = { 0 };
	FILE *file;

	fake_text_printf(&script_name, "%s.pgbench", name);
	file = fopen(script_name.at, "w");
	fake_text_free(&script_name);
	if (file == NULL)
		return false;
	fputs("-- pgbench -M prepared -D i=-1 -D clients=32 -c 32 -f THIS\n"
		  "\\set i :i + 1\n"
		  "\\set n :i * :clients + :client_id\n"
		  "\\startpipeline\n"
		  "SELECT set_config('role', 'frontdesk_webhook', true),\n"
		  "       set_config('request.method', 'POST', true),\n"
		  "       set_config('request.path', '/rpc/chatwoot_webhook', true),\n"
		  "       set_config('request.headers', w.headers, true),\n"
		  "       set_config('request.jwt.claims', '', true),\n"
		  "       set_config('response.status', '', true),\n"
		  "       set_config('response.headers', '', true)\n"
		  "FROM public.bench_webhooks AS w WHERE w.n = :n;\n"
		  "SELECT frontdesk.chatwoot_webhook(w.body::json)\n"
		  "FROM public.bench_webhooks AS w WHERE w.n = :n;\n"
		  "\\endpipeline\n", file);
	return fclose(file) == 0;
}

/*
 * Writes the same webhooks as a table for psql, and beside it FILE.pgbench,
 * which calls the function with the settings the gateway makes.
 */
bool
load_payload_emit(const char *name, int64_t first_conversation,
				  int64_t conversations, int64_t total)
{
	FILE *file = fopen(name, "w");
	FakeText headers = { 0 };
	int kind;

	if (file == NULL)
		return false;
	fputs("DROP TABLE IF EXISTS public.bench_webhooks;\n"
		  "CREATE UNLOGGED TABLE public.bench_webhooks (\n"
		  "  n bigint NOT NULL CONSTRAINT bench_webhooks_pkey PRIMARY KEY,\n"
		  "  headers text NOT NULL,\n"
		  "  body text NOT NULL);\n"
		  "ALTER TABLE public.bench_webhooks\n"
		  "  ALTER headers SET STORAGE PLAIN,\n"
		  "  ALTER body SET STORAGE PLAIN;\n"
		  "GRANT SELECT ON public.bench_webhooks TO PUBLIC;\n"
		  "COPY public.bench_webhooks (n, headers, body) FROM STDIN;\n", file);
	for (int64_t n = 0; n < total; n++)
	{
		Template *template = fill_template(first_conversation +
										   n % conversations, &kind);

		fake_text_reset(&headers);
		append_headers_json(&headers, template);
		fprintf(file, "%lld\t", (long long) n);
		write_field(file, fake_text_slice(&headers));
		fputc('\t', file);
		write_field(file, (FakeSlice) { template->text.at + template->body_at,
					template->text.len - template->body_at });
		fputc('\n', file);
	}
	fputs("\\.\nVACUUM ANALYZE public.bench_webhooks;\n", file);
	fake_text_free(&headers);
	return fclose(file) == 0 && emit_script(name);
}
