/*
 * http_failure.h
 *	  The one vocabulary of failures: what went wrong, whose fault it is, and
 *	  whether trying again can help.
 *
 * People filter dead letters by these words; docs/reference/errors.md explains
 * each.  Who decides something by a failure asks here, never by its word.
 * Pure; usable in any process.
 */
#ifndef HTTP_FAILURE_H
#define HTTP_FAILURE_H

#include "http/http_client.h"

typedef enum HttpFailureClass
{
	HTTP_FAILURE_NONE,

	/* of a far side */
	HTTP_FAILURE_CONNECTION,
	HTTP_FAILURE_TIMEOUT,
	HTTP_FAILURE_OVERLOADED,
	HTTP_FAILURE_SERVER_ERROR,
	HTTP_FAILURE_INVALID,
	HTTP_FAILURE_UNCERTAIN,
	HTTP_FAILURE_RATE_LIMIT,
	HTTP_FAILURE_AUTH,
	HTTP_FAILURE_QUOTA,
	HTTP_FAILURE_FORBIDDEN,
	HTTP_FAILURE_NOT_FOUND,
	HTTP_FAILURE_BAD_REQUEST,
	HTTP_FAILURE_CONFLICT,
	HTTP_FAILURE_TOO_LARGE,
	HTTP_FAILURE_REFUSED,
	HTTP_FAILURE_TRUNCATED,

	/* of our own: nobody was asked, or it was not the far side */
	HTTP_FAILURE_EGRESS,
	HTTP_FAILURE_UNUSABLE,
	HTTP_FAILURE_LIMIT,
	HTTP_FAILURE_BUDGET,
	HTTP_FAILURE_TOOL,
	HTTP_FAILURE_LOST,
	HTTP_FAILURE_DEADLINE,
	HTTP_FAILURE_WITHDRAWN,
	HTTP_FAILURE_JOINED,
	HTTP_FAILURE_OVERTAKEN
} HttpFailureClass;

typedef enum HttpFault
{
	HTTP_FAULT_NOBODY,			/* nothing is broken */
	HTTP_FAULT_REQUEST,			/* this one alone: another one may fare better */
	HTTP_FAULT_KEY,				/* whoever asks with this key */
	HTTP_FAULT_SERVICE,			/* whoever asks this far side */
	HTTP_FAULT_HOUSE			/* our own rows, files, settings, functions */
} HttpFault;

/* What an answer says beside its status; any part may be NULL. */
typedef struct HttpFailureSigns
{
	int			status;			/* that counts: 0 for an error inside a success */
	const char *code;
	const char *type;
	const char *text;
} HttpFailureSigns;

/*
 * What one vendor means otherwise than the statuses say.  A rule matches when
 * all that it names does; the first that matches wins.
 */
typedef struct HttpFailureRule
{
	int			status;			/* HTTP_FAILURE_ANY_STATUS for all */
	const char *code;			/* this code, or this type; NULL any */
	const char *text;			/* a part of the text, letters in any case; NULL any */
	HttpFailureClass failure_class;
} HttpFailureRule;

#define HTTP_FAILURE_ANY_STATUS (-1)

/* The word that rows and people have for a class; NULL for none. */
extern const char *http_failure_word(HttpFailureClass failure_class);

/* The class of a word; none when there is no such class. */
extern HttpFailureClass http_failure_find(const char *word);

extern HttpFault http_failure_fault(HttpFailureClass failure_class);

/* Whether trying the same again may help, unless the answer says otherwise. */
extern bool http_failure_is_retryable(HttpFailureClass failure_class);

/* Whether the far side may hold something against the key: that tells only who
 * reads the answer. */
extern bool http_failure_doubts_key(HttpFailureClass failure_class);

/* Whether no request will fare better with this key until a person has acted. */
extern bool http_failure_breaks_key(HttpFailureClass failure_class);

/* The class of a response by its status, or by why there is none. */
extern HttpFailureClass http_failure_of_response(const HttpResponse *response);

/* The class of an answer by a vendor's rules, else by its status. */
extern HttpFailureClass http_failure_of_signs(const HttpFailureSigns *signs,
											  const HttpFailureRule *rules, int count);

/* The first rule that matches; NULL when none does. */
extern const HttpFailureRule *http_failure_find_rule(const HttpFailureSigns *signs,
													 const HttpFailureRule *rules, int count);

/* Whether the request may have taken effect although it failed. */
extern bool http_failure_leaves_open(const HttpResponse *response);

#endif							/* HTTP_FAILURE_H */
