/*
 * chatwoot_request.h
 *	  Requests to Chatwoot's API, and what its answers mean.
 */
#ifndef CHATWOOT_REQUEST_H
#define CHATWOOT_REQUEST_H

#include "engine/engine_turn.h"
#include "http/http_client.h"

/* Whose token a request bears. */
typedef enum ChatwootTokenKind
{
	CHATWOOT_TOKEN_SPEAK,			/* the bot's, else the user's */
	CHATWOOT_TOKEN_READ			/* the user's: bots may not read or use bulk actions */
} ChatwootTokenKind;

/* What a request is about; the body is JSON text or NULL. */
typedef struct ChatwootCall
{
	const char *method;
	const char *path;			/* after /conversations/<display id> */
	const char *body;
	ChatwootTokenKind token;
	bool		account_path;	/* path follows the account instead */
} ChatwootCall;

/*
 * Fills in a request about the turn's conversation, in the turn's context.
 * False, with delivery->failure, when its site has no token for it.
 */
extern bool chatwoot_request_make(EngineTurn *turn, EngineDelivery *delivery,
							   const ChatwootCall *call, HttpRequest *request);

/* Whether the site of the turn's conversation has a token of a user, or will
 * when its secrets can be read again. */
extern bool chatwoot_request_can_read(EngineTurn *turn);

/*
 * Judges an answer of Chatwoot: true for success, also when response is NULL
 * (settled without a request), else fills in delivery->failure.  What may have
 * taken effect all the same has failure class "uncertain" if `repeatable` is
 * false, and is retried if it is true.
 */
extern bool chatwoot_request_judge(EngineTurn *turn, EngineDelivery *delivery,
								const HttpResponse *response, bool repeatable);

/*
 * After a message was not accepted: when that was for its token, it waits for
 * another one, and the site is left alone like one that fails.  Not for
 * changes, which other tokens make, and not for rights that a good token lacks.
 */
extern void chatwoot_request_wait_for_token(EngineDelivery *delivery);

/* The marker that our messages carry: <thread_id>/<seq of the delivery>. */
extern char *chatwoot_request_marker(EngineTurn *turn, const EngineDelivery *delivery);

#endif							/* CHATWOOT_REQUEST_H */
