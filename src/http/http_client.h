/*
 * http_client.h
 *	  Asynchronous HTTP: many transfers in flight in one worker, driven from
 *	  its event loop through one file descriptor.
 *
 * Nothing in here raises a PostgreSQL error, touches the database or may be
 * called with a transaction open; failures are values in HttpResponse.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

struct HttpLimit;

typedef struct HttpClient HttpClient;
typedef struct HttpTransfer HttpTransfer;

/* A request as an adapter encodes it.  All memory stays the caller's. */
typedef struct HttpRequest
{
	const char *method;			/* "GET", "POST", "PATCH", … */
	const char *url;
	const char **headers;		/* "Name: value" each */
	int			header_count;
	const char *body;			/* NULL for none */
	size_t		body_bytes;
	int			timeout_ms;		/* whole transfer; 0 = setting */
	bool		has_effect;		/* a delivery: libcurl must never repeat it */
	int64		leave_by;		/* base_clock_ticks(): begins by then or fails
								 * unsent; 0 whenever */
	const struct HttpLimit *limit;	/* whose permit it needs; NULL none */
	bool		is_bulk;		/* leaves a share of the limit to conversations,
								 * whatever the class of its thread */
	int			tokens;			/* estimated, for the limit */
	double		cost;			/* US dollars at most, for the budget */
} HttpRequest;

typedef enum HttpOutcome
{
	HTTP_ANSWERED,				/* a status line and a whole body came back */
	HTTP_NOT_SENT,				/* failed before the first byte went out */
	HTTP_UNCERTAIN				/* failed after it: the effect may have happened */
} HttpOutcome;

typedef struct HttpResponse
{
	HttpOutcome outcome;
	int			status;			/* 0 unless a status line came */
	const char *body;			/* NUL-terminated; "" when none */
	size_t		body_bytes;
	const char *content_type;	/* "" when none */
	const char *request_id;		/* x-request-id or request-id; "" when none */
	int64		retry_after_ms; /* from retry-after-ms or retry-after; -1 none */
	const char *rate_headers;	/* lines whose name holds "ratelimit", as they
								 * came; "" when none */
	int			should_retry;	/* x-should-retry: 1, 0, or -1 when absent */
	const char *error_class;	/* "timeout", "connect", "dns", "egress", "tls",
								 * "too_large", "reset", "other"; "" when answered */
	const char *error_text;		/* "" when answered */
	bool		was_hurried;	/* broke off at the request's own timeout, which
								 * is shorter than the setting */
	int64		duration_us;
} HttpResponse;

extern HttpClient *http_client_create(void);

/* The descriptor to wait on; readable when http_client_drive has work. */
extern int	http_client_descriptor(HttpClient *client);

/* Milliseconds until libcurl wants to be driven again; -1 for never. */
extern long http_client_timeout_ms(HttpClient *client);

/* Starts a request; everything but the body is copied, which must stay until
 * the transfer is freed.  `owner` comes back with the transfer.
 * Returns NULL only when memory is short. */
extern HttpTransfer *http_client_start(HttpClient *client, const HttpRequest *request, void *owner);

/* Moves all transfers forward without blocking. */
extern void http_client_drive(HttpClient *client);

/* Whether http_client_next_done would return one. */
extern bool http_client_has_done(HttpClient *client);

/* Next finished transfer, or NULL; the caller frees it. */
extern HttpTransfer *http_client_next_done(HttpClient *client);
extern const HttpResponse *http_transfer_response(HttpTransfer *transfer);
extern void *http_transfer_owner(HttpTransfer *transfer);

/* Frees a finished transfer, or aborts one in flight. */
extern void http_transfer_free(HttpClient *client, HttpTransfer *transfer);

extern int	http_client_in_flight(HttpClient *client);

#endif							/* HTTP_CLIENT_H */
