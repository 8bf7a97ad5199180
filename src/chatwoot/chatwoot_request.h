/*
 * chatwoot_request.h
 *	  Requests to Chatwoot's API, and what its answers mean.
 */
#ifndef CHATWOOT_REQUEST_H
#define CHATWOOT_REQUEST_H

#include "engine/engine_turn.h"
#include "http/http_client.h"
#include "inbox/inbox_site.h"

/* Whose token a request bears. */
typedef enum ChatwootTokenKind
{
	CHATWOOT_TOKEN_SPEAK,		/* the bot's, else the user's */
	CHATWOOT_TOKEN_READ			/* the user's: bots may not read or use bulk actions */
} ChatwootTokenKind;

/* What a request is about, and how long it is to live. */
typedef struct ChatwootTopic
{
	InboxOrigin	origin;			/* the site */
	int64		display_id;		/* of the conversation; 0 none */
	MemoryContext context;		/* of all that is handed out */
} ChatwootTopic;

/* What is asked; the body is JSON text or NULL. */
typedef struct ChatwootCall
{
	const char *method;
	const char *path;			/* after /conversations/<display id> */
	const char *body;
	ChatwootTokenKind token;
	bool		account_path;	/* path follows the account instead */
	bool		is_bulk;		/* yields to conversations at the site's limits */
} ChatwootCall;

/* The topic of a turn: its conversation, which must be there. */
extern ChatwootTopic chatwoot_request_topic(const EngineTurn *turn);

/*
 * Fills in a request in the topic's context.  False, with the failure, when
 * its site is gone or has no token for it.  SPI is connected.
 */
extern bool chatwoot_request_make(const ChatwootTopic *topic, const ChatwootCall *call,
								  HttpRequest *request, EngineFailure *failure);

/* Whether the topic's site has a token of a user, or will when its secrets can
 * be read again. */
extern bool chatwoot_request_can_read(const ChatwootTopic *topic);

/*
 * Judges an answer of Chatwoot: true for success, else fills in the failure.
 * What may have taken effect all the same has failure class "uncertain" if
 * `repeatable` is false, and is retried if it is true.
 */
extern bool chatwoot_request_judge(const ChatwootTopic *topic, const HttpResponse *response,
								   bool repeatable, EngineFailure *failure);

/*
 * After a message was not accepted: when that was for its token, it waits for
 * another one, and the site is left alone like one that fails.  Not for
 * changes, which other tokens make, and not for rights that a good token lacks.
 */
extern void chatwoot_request_wait_for_token(EngineDelivery *delivery);

#endif							/* CHATWOOT_REQUEST_H */
