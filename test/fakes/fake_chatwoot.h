/*
 * fake_chatwoot.h
 *		One call of Chatwoot's REST API, between its router and its answers.
 */
#ifndef FAKE_CHATWOOT_H
#define FAKE_CHATWOOT_H

#include "fake_service.h"
#include "fake_world.h"

typedef struct FakeChatwootCall
{
	FakeExchange *exchange;
	int64_t account_id;
	int64_t id;					/* the number in the path, 0 without one */
	bool is_bot;				/* a bot's token was shown */
	FakeConversation *conversation; /* where the path names one */
} FakeChatwootCall;

/* fake_chatwoot.c */
extern void fake_chatwoot_refuse(FakeExchange *exchange, int status,
								 const char *error);

/* fake_chatwoot_message.c */
extern void fake_chatwoot_message_create(FakeChatwootCall *call);
extern void fake_chatwoot_message_list(FakeChatwootCall *call);

/* fake_chatwoot_account.c */
extern void fake_chatwoot_account_profile(FakeChatwootCall *call);
extern void fake_chatwoot_account_agents(FakeChatwootCall *call);
extern void fake_chatwoot_account_webhooks(FakeChatwootCall *call);
extern void fake_chatwoot_account_webhook_create(FakeChatwootCall *call);
extern void fake_chatwoot_account_bots(FakeChatwootCall *call);
extern void fake_chatwoot_account_bot_create(FakeChatwootCall *call);
extern void fake_chatwoot_account_bulk_action(FakeChatwootCall *call);
extern void fake_chatwoot_account_contact_show(FakeChatwootCall *call);
extern void fake_chatwoot_account_contact_search(FakeChatwootCall *call);
extern void fake_chatwoot_account_contact_create(FakeChatwootCall *call);
extern void fake_chatwoot_account_contact_update(FakeChatwootCall *call);

#endif							/* FAKE_CHATWOOT_H */
