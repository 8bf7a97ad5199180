/*
 * http_service.h
 *	  Remote systems as rows: where they are, what opens them, how much may be
 *	  asked of them.
 *
 * One noun for all of frontdesk.services: a Chatwoot site, an SMTP server, a
 * CRM, a shop.  A domain registers the adapter that speaks with one sort of
 * them, and asks by (account, service) when it has something to say.
 */
#ifndef HTTP_SERVICE_H
#define HTTP_SERVICE_H

#include "utils/jsonb.h"

#include "http/http_client.h"
#include "http/http_limit.h"

/* Secrets that one service has at most. */
#define HTTP_SERVICE_SECRETS 4

/* The kind of services that conversations live at. */
#define HTTP_SERVICE_TRANSPORT "transport"

/* What speaks with services of one sort. */
typedef struct HttpAdapter
{
	const char *kind;			/* services.kind, what for: "transport" */
	const char *name;			/* services.adapter: "chatwoot" */
	const char *title;			/* as people call it: "Chatwoot" */

	/* Names; "bot_token" is the secret chatwoot_bot_token:<service>.  The first
	 * is the one that is missed when nothing else is said. */
	const char *secrets[HTTP_SERVICE_SECRETS];
} HttpAdapter;

typedef struct HttpServiceKey
{
	int			account_id;
	int			id;
} HttpServiceKey;

typedef struct HttpService
{
	HttpServiceKey key;
	const HttpAdapter *adapter; /* NULL: no library of this server knows it */
	char	   *adapter_name;
	char	   *url;
	int64		remote_account; /* number of our account there; 0 none */
	Jsonb	   *settings;		/* an object */
	int			max_concurrent; /* requests in flight; 0 the usual */
	int			requests_per_minute;	/* 0 what the far side tells */
	char	   *secrets[HTTP_SERVICE_SECRETS];	/* as the adapter names them; NULL
												 * for one that is not stored */
	uint64		fingerprint;	/* of all of them; 0 none */
	const char *fault_code;		/* why one is not to be had: "FD002", "FD003";
								 * NULL for no such reason */
	const char *fault;			/* the same for a person */
} HttpService;

/* For the init functions of domains. */
extern void http_service_register(const HttpAdapter *adapter);

/*
 * The service, without its secrets; NULL when there is none.  Cached in the
 * process until the configuration changes; good as long as the current context.
 */
extern const HttpService *http_service_get(HttpServiceKey key);

/* The same with its secrets.  When one that is stored cannot be decrypted,
 * `fault` says why, and it is looked at again the next time. */
extern const HttpService *http_service_open(HttpServiceKey key);

/* A secret of an open service by its adapter's name for it; NULL when none is
 * stored. */
extern const char *http_service_secret(const HttpService *service, const char *name);

/* Why a service cannot be asked. */
typedef struct HttpServiceLack
{
	const char *code;			/* "no_token", or "FD002", "FD003" */
	const char *text;			/* one line for a person */
	bool		is_passing;		/* it is stored, and will be readable again */
} HttpServiceLack;

/*
 * The first of these secrets that is stored; names ends with NULL.  NULL when
 * there is none: then people are told, and the lack, palloc'd, says why.
 */
extern const char *http_service_require(const HttpService *service, const char *const *names,
										HttpServiceLack *lack);

/* People are told that the service refuses what we open it with. */
extern void http_service_tell_refused(const HttpService *service, const char *text);

/* What is asked of a service. */
typedef struct HttpServiceCall
{
	const char *method;
	const char *path;			/* behind the service's url */
	const char *authorization;	/* a whole header with the secret in it; NULL none */
	const char *body;			/* NULL none */
	const char *content_type;	/* of the body; NULL: JSON */
	bool		is_bulk;		/* leaves a share of the limits to conversations,
								 * whatever thread asks */
} HttpServiceCall;

/* Fills in the request, with its limit, from copies in the current context. */
extern void http_service_request(const HttpService *service, const HttpServiceCall *call,
								 HttpRequest *request);

#endif							/* HTTP_SERVICE_H */
