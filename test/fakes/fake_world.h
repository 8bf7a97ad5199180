/*
 * fake_world.h
 *		What Chatwoot knows: conversations, messages and contacts.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include "fake_text.h"

typedef struct FakeMessage
{
	int64_t id;
	bool is_private;
	int kind;					/* 0 incoming, 1 outgoing, 2 activity, 3 template */
	char *json;					/* as the REST API shows it */
} FakeMessage;

/* Members that hold JSON text are never NULL. */
typedef struct FakeConversation
{
	int64_t account_id;
	int64_t id;					/* display id */
	char status[16];
	char *priority;				/* JSON */
	char *labels;				/* JSON array */
	char *custom_attributes;	/* JSON object */
	int64_t assignee_id;		/* 0 for nobody */
	bool is_bot_assigned;
	int64_t team_id;
	bool is_typing;
	int64_t created_at;
	int64_t updated_at;
	FakeMessage *messages;
	size_t message_count;
	size_t message_cap;
	struct FakeConversation *next;	/* of the same bucket */
} FakeConversation;

/* A message about to be added; slices are JSON or empty. */
typedef struct FakeMessageDraft
{
	FakeSlice content;
	FakeSlice content_type;
	FakeSlice content_attributes;
	FakeSlice echo_id;
	FakeSlice source_id;
	FakeSlice sender;
	int kind;
	bool is_private;
	int64_t id;					/* 0 for the next one */
	int64_t created_at;			/* seconds; 0 for now */
} FakeMessageDraft;

extern bool fake_world_auto_create;

extern FakeConversation *fake_world_find(int64_t account_id, int64_t id);
extern FakeConversation *fake_world_create(int64_t account_id, int64_t id);
extern FakeConversation *fake_world_any_account(int64_t id);
extern void fake_world_each(void (*visit_cb) (FakeConversation *, void *),
							void *arg);
extern void fake_world_set_text(char **place, FakeSlice json);
extern int64_t fake_world_add_message(FakeConversation *conversation,
									  const FakeMessageDraft *draft,
									  FakeText *json);
extern void fake_world_render(FakeText *out,
							  const FakeConversation *conversation);
extern void fake_world_render_messages(FakeText *out,
									   const FakeConversation *conversation);
extern void fake_world_render_agent(FakeText *out, int64_t id);
extern bool fake_world_seed(FakeSlice json, FakeText *error);
extern void fake_world_reset(void);

/* fake_contact.c */
extern int64_t fake_contact_create(FakeSlice json, const char **taken);
extern bool fake_contact_update(int64_t id, FakeSlice json);
extern bool fake_contact_render(FakeText *out, int64_t id);
extern int fake_contact_search(FakeText *out, FakeSlice wanted);
extern void fake_contact_reset(void);

#endif							/* FAKE_WORLD_H */
