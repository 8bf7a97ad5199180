/*
 * http_client.c
 *	  Asynchronous HTTP on libcurl's multi interface.
 *
 * Runs in an engine worker, outside any transaction.  All of libcurl's sockets
 * hang in one private epoll descriptor, which the worker's wait set watches
 * together with its latch.  Everything here is malloc'ed and nothing raises:
 * a PostgreSQL error must never unwind through libcurl.
 *
 * A socket stays in the epoll set while its connection idles in libcurl's
 * pool, which saves two system calls per request; an event on an idle one
 * means that the far side hung up, and only then is it taken out.
 *
 * Calls are pooled with their easy handle, whose constant options are set
 * once.  A delivery (has_effect) hands its body out through a read callback
 * that cannot rewind, because libcurl silently repeats a POST on a kept-alive
 * connection that turned out dead; without a way back it fails instead, and
 * the engine looks before it sends again.
 */
#include "postgres.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "http/http_client.h"
#include "http/http_egress.h"
#include "http/http_header.h"

StaticAssertDecl(LIBCURL_VERSION_NUM >= 0x075500,
				 "libcurl 7.85 or later is needed (CURLOPT_PROTOCOLS_STR)");

#define EVENTS_PER_DRIVE 256
#define RECEIVE_BUFFER_BYTES 4096
#define FIRST_BODY_BYTES 4096
#define MAX_POOLED_CALLS 512
#define RATE_HEADERS_BYTES 2048

struct HttpTransfer
{
	CURL	   *easy;
	struct curl_slist *headers;
	void	   *owner;
	bool		has_effect;
	bool		plain_post;		/* handle is set up for POST */
	bool		failed;			/* the transfer broke off */
	bool		too_large;
	bool		refused_address;
	bool		too_late;
	int64		leave_by;		/* as in the request */
	int64		hurry_us;		/* its own timeout if shorter than the setting;
								 * else 0 */
	const char *request_body;	/* the caller's */
	size_t		request_bytes;
	size_t		request_read;	/* handed to libcurl by the read callback */
	char	   *rate_headers;	/* NULL until one came */
	size_t		rate_bytes;
	char	   *body;
	size_t		body_bytes;
	size_t		body_room;
	int64		started_at;
	char		error_text[CURL_ERROR_SIZE];
	char		content_type[HTTP_HEADER_VALUE_BYTES];
	char		request_id[HTTP_HEADER_VALUE_BYTES];
	HttpResponse response;
	HttpTransfer *next;			/* in done or free list */
	HttpTransfer *next_active;	/* in the list of transfers in flight */
	HttpTransfer *prev_active;
};

typedef struct SocketState
{
	uint32		wanted;			/* epoll events libcurl waits for; 0 idle */
	uint32		registered;		/* events in the epoll set; 0 not in it */
} SocketState;

struct HttpClient
{
	CURLM	   *multi;
	int			epoll;
	int64		timer_at;		/* real monotonic µs; -1 none */
	SocketState *sockets;		/* by descriptor */
	int			socket_room;
	HttpTransfer *done_head;
	HttpTransfer *done_tail;
	HttpTransfer *pool[2];		/* by has_effect */
	int			pooled;
	HttpTransfer *active;
	int			in_flight;
};

static int64
monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * libcurl may start a resolver thread in any call that moves a transfer; the
 * thread must inherit a full signal mask, or PostgreSQL's handlers would run
 * on it.
 */
static void
block_signals(sigset_t *saved)
{
	sigset_t	all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
}

static void
restore_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/* ---- sockets ---- */

static SocketState *
socket_state(HttpClient *client, int fd)
{
	if (fd >= client->socket_room)
	{
		int			room = Max(fd + 1, client->socket_room * 2);
		SocketState *grown = realloc(client->sockets, room * sizeof(SocketState));

		if (grown == NULL)
			return NULL;
		memset(grown + client->socket_room, 0,
			   (room - client->socket_room) * sizeof(SocketState));
		client->sockets = grown;
		client->socket_room = room;
	}
	return &client->sockets[fd];
}

/*
 * Keeps the epoll set as libcurl wants it, but for idle sockets: they stay in it,
 * as is said above.
 */
static int
socket_cb(CURL *easy, curl_socket_t fd, int what, void *client_, void *socket_)
{
	HttpClient *client = client_;
	SocketState *state = socket_state(client, fd);
	struct epoll_event event = {.data.fd = fd};

	if (state == NULL)
		return -1;
	state->wanted = ((what & CURL_POLL_IN) ? EPOLLIN : 0) |
		((what & CURL_POLL_OUT) ? EPOLLOUT : 0);
	if (what == CURL_POLL_REMOVE)
		state->wanted = 0;
	if (state->wanted == 0 && !(state->registered & EPOLLOUT))
		return 0;				/* idle: stays in the set */
	event.events = state->wanted ? state->wanted : EPOLLIN;
	if (event.events == state->registered)
		return 0;
	epoll_ctl(client->epoll, state->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
			  fd, &event);
	state->registered = event.events;
	return 0;
}

static int
timer_cb(CURLM *multi, long timeout_ms, void *client_)
{
	HttpClient *client = client_;

	client->timer_at = timeout_ms < 0 ? -1 : monotonic_us() + timeout_ms * 1000;
	return 0;
}

/* The kernel takes a closed descriptor out of the epoll set by itself. */
static int
close_socket_cb(void *client_, curl_socket_t fd)
{
	HttpClient *client = client_;

	if (fd < client->socket_room)
		memset(&client->sockets[fd], 0, sizeof(SocketState));
	return close(fd);
}

static curl_socket_t
open_socket_cb(void *transfer_, curlsocktype purpose, struct curl_sockaddr *address)
{
	HttpTransfer *transfer = transfer_;

	if (!http_egress_allows(&address->addr))
	{
		transfer->refused_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
				  address->protocol);
}

/* Also sees connections that libcurl reuses. */
static int
before_request_cb(void *transfer_, char *remote_ip, char *local_ip,
				  int remote_port, int local_port)
{
	HttpTransfer *transfer = transfer_;

	transfer->refused_address = !http_egress_allows_text(remote_ip);
	transfer->too_late = transfer->leave_by != 0 && base_clock_ticks() > transfer->leave_by;
	return transfer->refused_address || transfer->too_late ? CURL_PREREQFUNC_ABORT :
															 CURL_PREREQFUNC_OK;
}

/* ---- bodies and headers ---- */

static size_t
read_body_cb(char *buffer, size_t size, size_t count, void *transfer_)
{
	HttpTransfer *transfer = transfer_;
	size_t		bytes = Min(size * count, transfer->request_bytes - transfer->request_read);

	memcpy(buffer, transfer->request_body + transfer->request_read, bytes);
	transfer->request_read += bytes;
	return bytes;
}

/*
 * Takes a piece of the body in, up to the limit: an answer must not fill the
 * memory of the worker.  Taking less than was given ends the transfer.
 */
static size_t
write_body_cb(char *piece, size_t size, size_t count, void *transfer_)
{
	HttpTransfer *transfer = transfer_;
	size_t		bytes = size * count;
	size_t		limit = (size_t) setting_http_response_limit * 1024;
	size_t		room;
	char	   *grown;

	if (transfer->body_bytes + bytes > limit)
	{
		transfer->too_large = true;
		return 0;
	}
	if (transfer->body_bytes + bytes >= transfer->body_room)
	{
		room = Max(FIRST_BODY_BYTES, (transfer->body_bytes + bytes) * 2);
		grown = realloc(transfer->body, room);
		if (grown == NULL)
			return 0;
		transfer->body = grown;
		transfer->body_room = room;
	}
	memcpy(transfer->body + transfer->body_bytes, piece, bytes);
	transfer->body_bytes += bytes;
	return bytes;
}

/* Keeps a line that tells of a rate limit, for whoever knows the vendor. */
static void
keep_rate_header(HttpTransfer *transfer, const char *line, size_t bytes)
{
	const char *colon = memchr(line, ':', bytes);
	const char *at = line;

	while (colon != NULL && at + 9 <= colon && pg_strncasecmp(at, "ratelimit", 9) != 0)
		at++;
	if (colon == NULL || at + 9 > colon || transfer->rate_bytes + bytes >= RATE_HEADERS_BYTES)
		return;
	if (transfer->rate_headers == NULL &&
		(transfer->rate_headers = malloc(RATE_HEADERS_BYTES)) == NULL)
		return;
	memcpy(transfer->rate_headers + transfer->rate_bytes, line, bytes);
	transfer->rate_bytes += bytes;
}

static void
start_of_answer(HttpTransfer *transfer)
{
	transfer->body_bytes = 0;
	transfer->content_type[0] = '\0';
	transfer->request_id[0] = '\0';
	transfer->rate_bytes = 0;
	transfer->response.retry_after_ms = -1;
	transfer->response.should_retry = -1;
}

/*
 * Keeps the few headers that somebody reads; the first letter tells most apart.
 */
static size_t
header_cb(char *line, size_t size, size_t count, void *transfer_)
{
	HttpTransfer *transfer = transfer_;
	size_t		bytes = size * count;
	char		value[HTTP_HEADER_VALUE_BYTES];

	switch (line[0])
	{
		case 'H':
			if (bytes > 5 && memcmp(line, "HTTP/", 5) == 0)
				start_of_answer(transfer);
			break;
		case 'a':
		case 'A':
			keep_rate_header(transfer, line, bytes);
			break;
		case 'c':
		case 'C':
			http_header_read(line, bytes, "content-type", transfer->content_type);
			break;
		case 'r':
		case 'R':
			if (http_header_read(line, bytes, "retry-after-ms", value))
				transfer->response.retry_after_ms = http_header_milliseconds(value);
			else if (http_header_read(line, bytes, "retry-after", value))
			{
				if (transfer->response.retry_after_ms < 0)
					transfer->response.retry_after_ms = http_header_retry_after_ms(value,
																				   time(NULL));
			}
			else if (!http_header_read(line, bytes, "request-id", transfer->request_id))
				keep_rate_header(transfer, line, bytes);
			break;
		case 'x':
		case 'X':
			if (http_header_read(line, bytes, "x-should-retry", value))
				transfer->response.should_retry = strcmp(value, "true") == 0;
			else if (!http_header_read(line, bytes, "x-request-id", transfer->request_id))
				keep_rate_header(transfer, line, bytes);
			break;
	}
	return bytes;
}

/* ---- life of a transfer ---- */

/*
 * Sets what is the same for every transfer of a handle, and for its whole life:
 * no signals, no redirects, no proxy and no password of the environment.
 */
static bool
set_constant_options(HttpClient *client, HttpTransfer *transfer)
{
	CURL	   *easy = transfer->easy;

	return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long) RECEIVE_BUFFER_BYTES) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body_cb) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_cb) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket_cb) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket_cb) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request_cb) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) == CURLE_OK &&
		(setting_http_ca_file[0] == '\0' ||
		 curl_easy_setopt(easy, CURLOPT_CAINFO, setting_http_ca_file) == CURLE_OK);
}

static void
free_transfer(HttpTransfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	free(transfer->rate_headers);
	free(transfer->body);
	free(transfer);
}

/*
 * Takes a transfer out of the pool, or makes one with the options that its kind
 * keeps for life: the two kinds hand their bodies out in different ways.
 */
static HttpTransfer *
obtain_transfer(HttpClient *client, bool has_effect)
{
	HttpTransfer *transfer = client->pool[has_effect];

	if (transfer != NULL)
	{
		client->pool[has_effect] = transfer->next;
		client->pooled--;
		return transfer;
	}
	transfer = calloc(1, sizeof(HttpTransfer));
	if (transfer == NULL)
		return NULL;
	transfer->has_effect = has_effect;
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL || !set_constant_options(client, transfer))
	{
		if (transfer->easy)
			curl_easy_cleanup(transfer->easy);
		free(transfer);
		return NULL;
	}
	return transfer;
}

/* Body and method; a handle that once did something else than POST is not
 * pooled, so a pooled one is always set up for POST. */
static bool
set_method(HttpTransfer *transfer, const HttpRequest *request)
{
	CURL	   *easy = transfer->easy;

	transfer->plain_post = strcmp(request->method, "POST") == 0;
	if (strcmp(request->method, "GET") == 0)
		return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	if (curl_easy_setopt(easy, CURLOPT_POST, 1L) != CURLE_OK ||
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
						 (curl_off_t) request->body_bytes) != CURLE_OK)
		return false;
	if (!transfer->plain_post &&
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) != CURLE_OK)
		return false;
	if (!transfer->has_effect)
		return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request_body) == CURLE_OK;
	return curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body_cb) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK;
}

static bool
append_header(HttpTransfer *transfer, const char *line)
{
	struct curl_slist *grown = curl_slist_append(transfer->headers, line);

	if (grown != NULL)
		transfer->headers = grown;
	return grown != NULL;
}

static bool
take_request(HttpTransfer *transfer, const HttpRequest *request)
{
	transfer->request_bytes = request->body_bytes;
	transfer->request_body = request->body ? request->body : "";
	if (!append_header(transfer, "Expect:"))
		return false;
	for (int i = 0; i < request->header_count; i++)
		if (strpbrk(request->headers[i], "\r\n") ||
			!append_header(transfer, request->headers[i]))
			return false;
	return true;
}

static bool
set_request_options(HttpTransfer *transfer, const HttpRequest *request)
{
	CURL	   *easy = transfer->easy;
	long		timeout = request->timeout_ms > 0 ? request->timeout_ms : setting_http_timeout;

	return take_request(transfer, request) && set_method(transfer, request) &&
		curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
						 (long) setting_http_connect_timeout) == CURLE_OK;
}

static void
link_active(HttpClient *client, HttpTransfer *transfer)
{
	transfer->prev_active = NULL;
	transfer->next_active = client->active;
	if (client->active)
		client->active->prev_active = transfer;
	client->active = transfer;
	client->in_flight++;
}

static void
unlink_active(HttpClient *client, HttpTransfer *transfer)
{
	if (transfer->prev_active)
		transfer->prev_active->next_active = transfer->next_active;
	else
		client->active = transfer->next_active;
	if (transfer->next_active)
		transfer->next_active->prev_active = transfer->prev_active;
	transfer->next_active = transfer->prev_active = NULL;
	client->in_flight--;
}

HttpTransfer *
http_client_start(HttpClient *client, const HttpRequest *request, void *owner)
{
	HttpTransfer *transfer = obtain_transfer(client, request->has_effect);

	if (transfer == NULL)
		return NULL;
	transfer->owner = owner;
	transfer->next = NULL;
	transfer->started_at = base_clock_ticks();
	transfer->leave_by = request->leave_by;
	transfer->hurry_us = request->timeout_ms < setting_http_timeout ?
		INT64CONST(1000) * request->timeout_ms : 0;
	start_of_answer(transfer);
	if (!set_request_options(transfer, request) ||
		curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK)
	{
		free_transfer(transfer);
		return NULL;
	}
	link_active(client, transfer);
	return transfer;
}

/* ---- what came of it ---- */

/*
 * Names what went wrong below HTTP by the word that rows and rules know it by.
 */
static const char *
class_of(HttpTransfer *transfer, CURLcode code)
{
	if (transfer->refused_address)
		return "egress";
	if (transfer->too_large)
		return "too_large";
	if (transfer->too_late)
		return "late";
	switch (code)
	{
		case CURLE_OPERATION_TIMEDOUT:
			return "timeout";
		case CURLE_COULDNT_CONNECT:
			return "connect";
		case CURLE_COULDNT_RESOLVE_HOST:
			return "dns";
		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CACERT_BADFILE:
			return "tls";
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
		case CURLE_GOT_NOTHING:
		case CURLE_PARTIAL_FILE:
		case CURLE_SEND_FAIL_REWIND:
			return "reset";
		default:
			return "other";
	}
}

/* Whether any byte of the request may have left this machine. */
static bool
was_sent(HttpTransfer *transfer)
{
	long		bytes = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes > 0 || transfer->request_read > 0;
}

/* What libcurl says may quote the far side, its certificate for instance, and is cut
 * at any byte. */
static const char *
make_plain(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

/* Fills in the response, whatever became of the transfer. */
static void
judge(HttpTransfer *transfer, CURLcode code)
{
	HttpResponse *response = &transfer->response;
	long		status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (transfer->body == NULL)
		transfer->body = calloc(1, 1);
	else
		transfer->body[transfer->body_bytes] = '\0';
	response->status = (int) status;
	response->body = transfer->body ? transfer->body : "";
	response->body_bytes = transfer->body_bytes;
	response->content_type = transfer->content_type;
	response->request_id = transfer->request_id;
	if (transfer->rate_bytes > 0)
		transfer->rate_headers[transfer->rate_bytes] = '\0';
	response->rate_headers = transfer->rate_bytes > 0 ? transfer->rate_headers : "";
	response->duration_us = base_clock_ticks() - transfer->started_at;
	response->error_class = "";
	response->error_text = "";
	response->was_hurried = false;
	response->outcome = HTTP_ANSWERED;
	if (code == CURLE_OK)
		return;

	transfer->failed = true;
	response->outcome = was_sent(transfer) ? HTTP_UNCERTAIN : HTTP_NOT_SENT;
	response->error_class = class_of(transfer, code);
	/* one that broke off sooner was not connected in time: that is no hurry */
	response->was_hurried = code == CURLE_OPERATION_TIMEDOUT && transfer->hurry_us > 0 &&
		response->duration_us >= transfer->hurry_us;
	if (transfer->refused_address)
		response->error_text = "the address is not one that requests may leave for";
	else if (transfer->too_late)
		response->error_text = "it could not leave in time and was kept back";
	else if (transfer->too_large)
		response->error_text = "the answer is larger than frontdesk.http_response_limit";
	else
		response->error_text = transfer->error_text[0] ? make_plain(transfer->error_text) :
														 curl_easy_strerror(code);
}

/* Moves what has ended to the list that the worker takes from. */
static void
collect_done(HttpClient *client)
{
	CURLMsg    *message;
	int			left;

	while ((message = curl_multi_info_read(client->multi, &left)) != NULL)
	{
		CURLcode	code = message->data.result;
		CURL	   *easy = message->easy_handle;
		HttpTransfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &transfer);
		judge(transfer, code);
		curl_multi_remove_handle(client->multi, easy);
		unlink_active(client, transfer);
		if (client->done_tail)
			client->done_tail->next = transfer;
		else
			client->done_head = transfer;
		client->done_tail = transfer;
	}
}

/* An idle connection that shows an event was closed by the far side. */
static bool
forget_idle_socket(HttpClient *client, int fd)
{
	SocketState *state = socket_state(client, fd);

	if (state == NULL || state->wanted != 0)
		return false;
	epoll_ctl(client->epoll, EPOLL_CTL_DEL, fd, NULL);
	state->registered = 0;
	return true;
}

static int
curl_events(uint32 events)
{
	return ((events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
		((events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
		((events & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0);
}

void
http_client_drive(HttpClient *client)
{
	struct epoll_event events[EVENTS_PER_DRIVE];
	sigset_t	saved;
	int			running;
	int			count;

	block_signals(&saved);
	count = epoll_wait(client->epoll, events, EVENTS_PER_DRIVE, 0);
	for (int i = 0; i < count; i++)
		if (!forget_idle_socket(client, events[i].data.fd))
			curl_multi_socket_action(client->multi, events[i].data.fd,
									 curl_events(events[i].events), &running);
	if (client->timer_at >= 0 && monotonic_us() >= client->timer_at)
	{
		client->timer_at = -1;
		curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	collect_done(client);
	restore_signals(&saved);
}

bool
http_client_has_done(HttpClient *client)
{
	return client->done_head != NULL;
}

HttpTransfer *
http_client_next_done(HttpClient *client)
{
	HttpTransfer *transfer = client->done_head;

	if (transfer == NULL)
		return NULL;
	client->done_head = transfer->next;
	if (client->done_head == NULL)
		client->done_tail = NULL;
	transfer->next = NULL;
	return transfer;
}

const HttpResponse *
http_transfer_response(HttpTransfer *transfer)
{
	return &transfer->response;
}

void *
http_transfer_owner(HttpTransfer *transfer)
{
	return transfer->owner;
}

/*
 * Makes a finished transfer as good as new, or frees it.  A handle whose transfer
 * broke off is freed: from 8.7 on libcurl remembers in it that the body was to
 * be rewound, and fails every later transfer for it.
 */
static void
recycle_transfer(HttpClient *client, HttpTransfer *transfer)
{
	bool		reusable = transfer->plain_post && !transfer->failed &&
		client->pooled < MAX_POOLED_CALLS && transfer->body_room <= 8 * FIRST_BODY_BYTES;

	if (!reusable)
	{
		free_transfer(transfer);
		return;
	}
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	transfer->request_body = NULL;
	transfer->request_bytes = transfer->request_read = transfer->body_bytes = 0;
	transfer->too_large = transfer->refused_address = transfer->too_late = false;
	transfer->error_text[0] = '\0';
	transfer->next = client->pool[transfer->has_effect];
	client->pool[transfer->has_effect] = transfer;
	client->pooled++;
}

static bool
is_active(HttpClient *client, HttpTransfer *transfer)
{
	return transfer->prev_active != NULL || client->active == transfer;
}

void
http_transfer_free(HttpClient *client, HttpTransfer *transfer)
{
	sigset_t	saved;

	if (!is_active(client, transfer))
	{
		recycle_transfer(client, transfer);
		return;
	}
	block_signals(&saved);
	curl_multi_remove_handle(client->multi, transfer->easy);
	restore_signals(&saved);
	unlink_active(client, transfer);
	free_transfer(transfer);
}

/* ---- life of a client ---- */

static bool
open_multi(HttpClient *client)
{
	client->multi = curl_multi_init();
	client->timer_at = -1;
	return client->multi != NULL &&
		curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, socket_cb) == CURLM_OK &&
		curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
		curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, timer_cb) == CURLM_OK &&
		curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client) == CURLM_OK &&
		curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long) setting_max_in_flight) ==
		CURLM_OK &&
		curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
						  (long) setting_http_max_connections) == CURLM_OK;
}

/* Thousands of transfers need thousands of descriptors. */
static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
	{
		limit.rlim_cur = limit.rlim_max;
		(void) setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Makes the client of a worker; NULL when the system refuses what it takes. */
HttpClient *
http_client_create(void)
{
	HttpClient *client;
	sigset_t	saved;

	raise_file_limit();
	client = calloc(1, sizeof(HttpClient));
	if (client == NULL)
		return NULL;
	client->epoll = epoll_create1(EPOLL_CLOEXEC);
	block_signals(&saved);
	if (client->epoll < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		!open_multi(client))
	{
		restore_signals(&saved);
		free(client);
		return NULL;
	}
	restore_signals(&saved);
	return client;
}

int
http_client_descriptor(HttpClient *client)
{
	return client->epoll;
}

long
http_client_timeout_ms(HttpClient *client)
{
	int64		left;

	if (client->timer_at < 0)
		return -1;
	left = client->timer_at - monotonic_us();
	return left <= 0 ? 0 : (long) ((left + 999) / 1000);
}

int
http_client_in_flight(HttpClient *client)
{
	return client->in_flight;
}
