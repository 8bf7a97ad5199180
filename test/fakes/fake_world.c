/*
 * fake_world.c
 *		What Chatwoot knows: conversations and their messages.
 *
 * Conversations appear when they are first named, unless a test turned that
 * off; a benchmark may name any it likes.  Messages are kept as the JSON that
 * the REST API shows, and only while requests are recorded or written to a
 * journal.
 */
#include "fake_world.h"
#include "fake_journal.h"
#include "fake_json.h"
#include "fake_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384

bool fake_world_auto_create = true;

static FakeConversation *buckets[BUCKETS];
static int64_t last_message_id = 900000;

static FakeConversation **
bucket_of(int64_t account_id, int64_t id)
{
	uint64_t hash = (uint64_t) (account_id * 1000003 + id) *
		UINT64_C(0x9e3779b97f4a7c15);

	return &buckets[hash >> 50];
}

/* Finds a conversation, and makes it when that is allowed; may be NULL. */
FakeConversation *
fake_world_find(int64_t account_id, int64_t id)
{
	FakeConversation *conversation = *bucket_of(account_id, id);

	for (; conversation != NULL; conversation = conversation->next)
		if (conversation->account_id == account_id && conversation->id == id)
			return conversation;
	return fake_world_auto_create ? fake_world_create(account_id, id) : NULL;
}

FakeConversation *
fake_world_create(int64_t account_id, int64_t id)
{
	FakeConversation **bucket = bucket_of(account_id, id);
	FakeConversation *conversation = calloc(1, sizeof(FakeConversation));

	if (conversation == NULL)
		abort();
	conversation->account_id = account_id;
	conversation->id = id;
	strcpy(conversation->status, "pending");
	conversation->priority = strdup("null");
	conversation->labels = strdup("[]");
	conversation->custom_attributes = strdup("{}");
	conversation->created_at = fake_journal_clock();
	conversation->updated_at = conversation->created_at;
	conversation->next = *bucket;
	*bucket = conversation;
	return conversation;
}

typedef struct AnyAccount
{
	int64_t id;
	FakeConversation *found;
} AnyAccount;

static void
visit_any_account(FakeConversation *conversation, void *arg)
{
	AnyAccount *any = arg;

	if (conversation->id == any->id)
		any->found = conversation;
}

/* A conversation of that display id, whatever its account; may be NULL. */
FakeConversation *
fake_world_any_account(int64_t id)
{
	AnyAccount any = { id, NULL };

	fake_world_each(visit_any_account, &any);
	return any.found;
}

void
fake_world_each(void (*visit_cb) (FakeConversation *, void *), void *arg)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (FakeConversation *at = buckets[i]; at != NULL; at = at->next)
			visit_cb(at, arg);
}

/* Puts a copy of the JSON in place of what stood there. */
void
fake_world_set_text(char **place, FakeSlice json)
{
	free(*place);
	*place = (char *) fake_slice_copy(json).at;
}

static void
add_member(FakeText *json, const char *name, FakeSlice value,
		   const char *otherwise)
{
	fake_text_printf(json, ",\"%s\":", name);
	if (value.len > 0)
		fake_text_add(json, value);
	else
		fake_text_puts(json, otherwise);
}

static void
keep_message(FakeConversation *conversation, FakeMessage message)
{
	if (conversation->message_count == conversation->message_cap)
	{
		conversation->message_cap = conversation->message_cap * 2 + 4;
		conversation->messages = realloc(conversation->messages,
										 conversation->message_cap *
										 sizeof(FakeMessage));
		if (conversation->messages == NULL)
			abort();
	}
	conversation->messages[conversation->message_count++] = message;
}

/* Adds a message, appends how the REST API shows it, and answers its id. */
int64_t
fake_world_add_message(FakeConversation *conversation,
					   const FakeMessageDraft *draft, FakeText *json)
{
	FakeMessage message = { draft->id > last_message_id ? draft->id :
		fake_journal_message_id(last_message_id), draft->is_private,
		draft->kind, NULL };
	size_t start = json->len;

	last_message_id = message.id;
	conversation->updated_at = draft->created_at > 0 ? draft->created_at :
		fake_journal_clock();
	fake_text_printf(json, "{\"id\":%lld", (long long) message.id);
	add_member(json, "content", draft->content, "null");
	fake_text_printf(json, ",\"inbox_id\":21,\"conversation_id\":%lld,"
					 "\"message_type\":%d",
					 (long long) conversation->id, draft->kind);
	add_member(json, "content_type", draft->content_type, "\"text\"");
	fake_text_puts(json, ",\"status\":\"sent\"");
	add_member(json, "content_attributes", draft->content_attributes, "{}");
	fake_text_printf(json, ",\"created_at\":%lld,\"private\":%s",
					 (long long) conversation->updated_at,
					 draft->is_private ? "true" : "false");
	add_member(json, "source_id", draft->source_id, "null");
	if (fake_record_enabled || fake_journal_is_open)
	{
		FakeText kept = { 0 };

		fake_text_append(&kept, json->at + start, json->len - start);
		add_member(&kept, "sender", draft->sender, "null");
		fake_text_puts(&kept, "}");
		message.json = kept.at;
		keep_message(conversation, message);
	}
	if (draft->echo_id.len > 0)
		add_member(json, "echo_id", draft->echo_id, "null");
	add_member(json, "sender", draft->sender, "null");
	fake_text_puts(json, "}");
	return message.id;
}

/* Agents 1 to 9 exist; anybody else is null. */
void
fake_world_render_agent(FakeText *out, int64_t id)
{
	if (id < 1 || id > 9)
		fake_text_puts(out, "null");
	else
		fake_text_printf(out, "{\"id\":%lld,\"name\":\"Agent %lld\","
						 "\"available_name\":\"Agent %lld\",\"email\":"
						 "\"agent%lld@example.com\",\"role\":\"agent\","
						 "\"type\":\"user\",\"availability_status\":"
						 "\"online\",\"confirmed\":true,\"account_id\":3,"
						 "\"avatar_url\":\"\",\"thumbnail\":\"\"}",
						 (long long) id, (long long) id, (long long) id,
						 (long long) id);
}

static void
render_meta(FakeText *out, const FakeConversation *conversation)
{
	fake_text_puts(out, ",\"meta\":{\"sender\":{\"id\":501,\"name\":"
				   "\"Robin Doe\",\"email\":null,\"phone_number\":"
				   "\"+12025550143\",\"type\":\"contact\"},\"channel\":"
				   "\"Channel::Whatsapp\",\"assignee\":");
	fake_world_render_agent(out, conversation->assignee_id);
	fake_text_printf(out, ",\"assignee_type\":%s,\"team\":",
					 conversation->assignee_id == 0 ? "null" :
					 conversation->is_bot_assigned ? "\"AgentBot\"" :
					 "\"User\"");
	if (conversation->team_id > 0)
		fake_text_printf(out, "{\"id\":%lld,\"name\":\"team\"}",
						 (long long) conversation->team_id);
	else
		fake_text_puts(out, "null");
	fake_text_puts(out, ",\"hmac_verified\":false}");
}

/* The conversation as GET /conversations/:id shows it. */
void
fake_world_render(FakeText *out, const FakeConversation *conversation)
{
	size_t count = conversation->message_count;

	fake_text_printf(out, "{\"id\":%lld,\"account_id\":%lld,\"uuid\":"
					 "\"00000000-0000-4000-8000-%012llx\",\"inbox_id\":21,"
					 "\"can_reply\":true,\"muted\":false,\"status\":\"%s\","
					 "\"priority\":%s,\"labels\":%s,\"custom_attributes\":%s",
					 (long long) conversation->id,
					 (long long) conversation->account_id,
					 (unsigned long long) conversation->id,
					 conversation->status, conversation->priority,
					 conversation->labels, conversation->custom_attributes);
	fake_text_printf(out, ",\"additional_attributes\":{},\"snoozed_until\":"
					 "null,\"unread_count\":0,\"waiting_since\":0,"
					 "\"first_reply_created_at\":0,\"typing\":%s,"
					 "\"created_at\":%lld,\"timestamp\":%lld,"
					 "\"last_activity_at\":%lld,\"updated_at\":%lld.5",
					 conversation->is_typing ? "true" : "false",
					 (long long) conversation->created_at,
					 (long long) conversation->updated_at,
					 (long long) conversation->updated_at,
					 (long long) conversation->updated_at);
	render_meta(out, conversation);
	fake_text_printf(out, ",\"messages\":[%s]}", count > 0 ?
					 conversation->messages[count - 1].json : "");
}

/* All messages, oldest first, as a JSON array. */
void
fake_world_render_messages(FakeText *out, const FakeConversation *conversation)
{
	fake_text_puts(out, "[");
	for (size_t i = 0; i < conversation->message_count; i++)
		fake_text_printf(out, "%s%s", i > 0 ? "," : "",
						 conversation->messages[i].json);
	fake_text_puts(out, "]");
}

static int64_t
number_of(FakeSlice json, int64_t otherwise)
{
	return json.len > 0 && json.len < 20 ? strtoll(json.at, NULL, 10) :
		otherwise;
}

static int
kind_of(FakeSlice json)
{
	static const char *const names[] = { "\"incoming\"", "\"outgoing\"",
		"\"activity\"", "\"template\"" };

	for (int i = 0; i < 4; i++)
		if (fake_slice_is(json, names[i]))
			return i;
	return (int) number_of(json, 0);
}

static void
seed_messages(FakeConversation *conversation, FakeSlice list)
{
	FakeJsonWalk walk = fake_json_walk(list);
	FakeText shown = { 0 };
	FakeSlice json;

	while (fake_json_element(&walk, &json))
	{
		FakeMessageDraft draft = {
			.content = fake_json_find(json, "content"),
			.content_type = fake_json_find(json, "content_type"),
			.content_attributes = fake_json_find(json, "content_attributes"),
			.source_id = fake_json_find(json, "source_id"),
			.sender = fake_json_find(json, "sender"),
			.kind = kind_of(fake_json_find(json, "message_type")),
			.is_private = fake_slice_is(fake_json_find(json, "private"),
										"true"),
			.id = number_of(fake_json_find(json, "id"), 0),
			.created_at = number_of(fake_json_find(json, "created_at"), 0),
		};

		fake_world_add_message(conversation, &draft, &shown);
	}
	fake_text_free(&shown);
}

static void
seed_conversation(FakeSlice json)
{
	int64_t account_id = number_of(fake_json_find(json, "account_id"), 3);
	int64_t id = number_of(fake_json_find(json, "id"), 1);
	FakeConversation *conversation = fake_world_find(account_id, id);
	FakeSlice status = fake_json_inside(fake_json_find(json, "status"));
	FakeSlice text;

	if (conversation == NULL)
		conversation = fake_world_create(account_id, id);
	if (status.len > 0)
		snprintf(conversation->status, sizeof(conversation->status), "%.*s",
				 (int) status.len, status.at);
	text = fake_json_find(json, "priority");
	if (text.len > 0)
		fake_world_set_text(&conversation->priority, text);
	text = fake_json_find(json, "labels");
	if (text.len > 0)
		fake_world_set_text(&conversation->labels, text);
	text = fake_json_find(json, "custom_attributes");
	if (text.len > 0)
		fake_world_set_text(&conversation->custom_attributes, text);
	conversation->assignee_id = number_of(fake_json_find(json, "assignee_id"),
										  conversation->assignee_id);
	seed_messages(conversation, fake_json_find(json, "messages"));
}

/*
 * Puts a world in place: {reset, auto_create, conversations, contacts}.  False,
 * with the reason, when the text is not JSON.
 */
bool
fake_world_seed(FakeSlice json, FakeText *error)
{
	const char *reason;
	const char *taken;
	FakeJsonWalk walk;
	FakeSlice item;

	if (!fake_json_check(json, &reason))
	{
		fake_text_puts(error, reason);
		return false;
	}
	if (fake_slice_is(fake_json_find(json, "reset"), "true"))
		fake_world_reset();
	item = fake_json_find(json, "auto_create");
	if (item.len > 0)
		fake_world_auto_create = fake_slice_is(item, "true");
	walk = fake_json_walk(fake_json_find(json, "conversations"));
	while (fake_json_element(&walk, &item))
		seed_conversation(item);
	walk = fake_json_walk(fake_json_find(json, "contacts"));
	while (fake_json_element(&walk, &item))
		(void) fake_contact_create(item, &taken);
	return true;
}

/* Forgets everything; message ids go on. */
void
fake_world_reset(void)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (buckets[i] != NULL)
		{
			FakeConversation *gone = buckets[i];

			buckets[i] = gone->next;
			for (size_t m = 0; m < gone->message_count; m++)
				free(gone->messages[m].json);
			free(gone->messages);
			free(gone->priority);
			free(gone->labels);
			free(gone->custom_attributes);
			free(gone);
		}
	fake_contact_reset();
	fake_world_auto_create = true;
}
