/*
 * gateway_http.c
 *		The clients' side: libmicrohttpd, driven by our loop.
 *
 * Runs in the gateway.  libmicrohttpd parses what strangers send and writes
 * the answers; it has no thread of its own, its epoll descriptor is one of
 * those that our loop watches.  A connection whose request waits for
 * PostgreSQL is suspended and resumed when the reply is there.
 *
 * The library's own timeout only counts silence.  A client that trickles is
 * never silent, so a sweep looks at how long each client has been in its
 * state and shuts the socket of one that is too slow; the library then sees
 * the end of the stream and cleans up.
 */
#include "gateway_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_call.h"
#include "gateway_exchange.h"
#include "gateway_log.h"

#define BACKLOG 1024
#define CLIENT_BYTES 16384
#define NO_WAIT 0
#define QUIET_LOG_MS 1000

typedef enum ClientState
{
	CLIENT_FRESH, /* has not asked for anything yet */
	CLIENT_IDLE,  /* between two requests */
	CLIENT_RECEIVING,
	CLIENT_WAITING, /* for PostgreSQL */
	CLIENT_SENDING
} ClientState;

typedef struct Client
{
	struct Listener *listener;
	int fd;
	ClientState state;
	int64_t since_ms;
	struct Client *next;
	struct Client *previous;
} Client;

/* One port. */
typedef struct Listener
{
	struct GatewayHttp *http;
	struct MHD_Daemon *daemon; /* NULL: not used */
	GatewayWatch watch;
	bool is_admin;
	bool is_ready; /* the library has something to do */
	int port;
} Listener;

struct GatewayHttp
{
	GatewayService *service;
	Listener listeners[2]; /* main, admin */
	Client *clients;
	int64_t logged_at_ms; /* what the library said */
};

static bool open_listener(Listener *listener, int port, GatewayText *problem);
static enum MHD_Result send_reply(struct MHD_Connection *connection,
								  GatewayExchange *exchange);

/* Opens the port, and the admin port when there is one. */
GatewayHttp *
gateway_http_open(GatewayService *service, GatewayText *problem)
{
	GatewayHttp *http = gateway_text_allocate(sizeof(*http));
	const GatewayConfig *config = &service->config;

	http->service = service;
	for (int i = 0; i < 2; i++)
	{
		http->listeners[i].http = http;
		http->listeners[i].is_admin = i == 1;
		http->listeners[i].watch.fd = -1;
	}
	if (open_listener(&http->listeners[0], (int) config->port, problem) &&
		(config->admin_port == 0 ||
		 open_listener(&http->listeners[1], (int) config->admin_port,
					   problem)))
		return http;
	gateway_http_close(http);
	return NULL;
}

/* Returns the port that is really used. */
int
gateway_http_port(const GatewayHttp *http)
{
	return http->listeners[0].port;
}

static socklen_t
fill_socket_address(const char *text, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (void *) out;
	struct sockaddr_in6 *in6 = (void *) out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
	{
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t) port);
		return sizeof(*in);
	}
	if (strcmp(text, "*") != 0 && inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t) port);
	return sizeof(*in6);
}

static int
read_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *) &address, &length) != 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *) (void *) &address)->sin_port);
	return ntohs(((struct sockaddr_in6 *) (void *) &address)->sin6_port);
}

/* Binds a socket; SO_REUSEPORT lets several gateways share the port. */
static int
open_socket(const char *text, int port)
{
	struct sockaddr_storage address;
	socklen_t length = fill_socket_address(text, port, &address);
	int on = 1;
	int off = 0;
	int fd;

	if (length == 0)
	{
		errno = EINVAL;
		return -1;
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *) &address, length) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

/*
 * Logs what the library says, which is mostly about malformed requests: one
 * line a second, for strangers could write a log full of them.
 */
static void
log_library(void *owner, const char *format, va_list arguments)
{
	GatewayHttp *http = owner;
	int64_t now = gateway_loop_now_ms(&http->service->loop);
	char line[256];

	if (http->logged_at_ms != 0 && now - http->logged_at_ms < QUIET_LOG_MS)
		return;
	http->logged_at_ms = now;
	vsnprintf(line, sizeof(line), format, arguments);
	gateway_log(GATEWAY_LOG_WARNING, "http: %s", line);
}

static enum MHD_Result
add_pair(void *owner, enum MHD_ValueKind kind, const char *name,
		 size_t name_length, const char *value, size_t value_length)
{
	GatewayPair pair = {name, value ? value : "", name_length, value_length};

	gateway_request_add_pair(owner, pair);
	return MHD_YES;
}

static void
set_client_state(GatewayExchange *exchange, ClientState state)
{
	Client *client = exchange->client;

	client->state = state;
	client->since_ms = gateway_loop_now_ms(&exchange->service->loop);
}

/* The library says nothing when it should run after this, so we note it. */
static void
resume(GatewayExchange *exchange)
{
	Client *client = exchange->client;

	client->listener->is_ready = true;
	MHD_resume_connection(exchange->owner);
}

/* Called with the request line: the exchange begins. */
static void *
begin_request(void *owner, const char *uri, struct MHD_Connection *connection)
{
	Listener *listener = owner;
	GatewayExchange *exchange = gateway_exchange_open(listener->http->service);
	const union MHD_ConnectionInfo *known =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	exchange->client = known->socket_context;
	exchange->owner = connection;
	exchange->ready_cb = resume;
	exchange->is_admin = listener->is_admin;
	exchange->has_nul = strstr(uri, "%00") != NULL;
	set_client_state(exchange, CLIENT_RECEIVING);
	return exchange;
}

/* Called with the headers. */
static void
take_headers(struct MHD_Connection *connection, GatewayExchange *exchange,
			 const char *method, const char *path)
{
	GatewayRequest *request = &exchange->request;
	const union MHD_ConnectionInfo *known =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	exchange->is_accepted = true;
	gateway_request_begin(request, method, path);
	gateway_address_from_socket(known ? known->client_addr : NULL,
								&exchange->address);
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_pair,
								&request->headers);
	MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, add_pair,
								&request->query);
	gateway_exchange_accept(exchange);
}

/* Called with the headers, with each part of the body, and at the end. */
static enum MHD_Result
take_request(void *owner, struct MHD_Connection *connection, const char *path,
			 const char *method, const char *version, const char *bytes,
			 size_t *length, void **state)
{
	GatewayExchange *exchange = *state;
	GatewayStep step;

	if (!exchange->is_accepted)
	{
		take_headers(connection, exchange, method, path);
		if (exchange->has_reply && (exchange->request.expects_continue ||
									exchange->reply.must_close))
			return send_reply(connection, exchange);
		return MHD_YES;
	}
	if (*length > 0)
	{
		gateway_exchange_receive(exchange, bytes, *length);
		*length = 0;
		return MHD_YES;
	}
	if (exchange->is_prepared)
		return send_reply(connection, exchange);
	exchange->is_prepared = true;
	step = gateway_exchange_prepare(exchange);
	if (step == GATEWAY_STEP_REPLY)
		return send_reply(connection, exchange);
	set_client_state(exchange, CLIENT_WAITING);
	MHD_suspend_connection(connection);
	gateway_call_start(exchange, step);
	return MHD_YES;
}

static struct MHD_Response *
create_response(GatewayExchange *exchange)
{
	const GatewayReply *reply = &exchange->reply;

	if (exchange->has_file && reply->status == 200)
	{
		int fd = exchange->file.fd;

		exchange->file.fd = -1; /* the response closes it */
		return MHD_create_response_from_fd64((uint64_t) exchange->file.size,
											 fd);
	}
	return MHD_create_response_from_buffer(
		reply->status == 304 ? 0 : reply->body_length,
		(void *) (reply->body ? reply->body : ""), MHD_RESPMEM_PERSISTENT);
}

static void
add_headers(struct MHD_Response *response, const GatewayReply *reply)
{
	const char *at = reply->headers.bytes;
	const char *end = at + reply->headers.length;
	bool has_type = false;

	while (at < end)
	{
		const char *value = at + strlen(at) + 1;

		if (strcasecmp(at, "content-type") == 0)
			has_type = true;
		MHD_add_response_header(response, at, value);
		at = value + strlen(value) + 1;
	}
	if (!has_type && reply->status != 204)
		MHD_add_response_header(response, "Content-Type", reply->content_type);
}

static enum MHD_Result
send_reply(struct MHD_Connection *connection, GatewayExchange *exchange)
{
	GatewayReply *reply = &exchange->reply;
	struct MHD_Response *response;
	enum MHD_Result result;

	gateway_exchange_finish(exchange);
	response = create_response(exchange);
	if (response == NULL)
		return MHD_NO;
	add_headers(response, reply);
	if (exchange->service->is_draining || reply->must_close)
		MHD_add_response_header(response, "Connection", "close");
	result = MHD_queue_response(connection, (unsigned int) reply->status,
								response);
	MHD_destroy_response(response);
	set_client_state(exchange, CLIENT_SENDING);
	return result;
}

/* Called when the answer is sent, or cannot be. */
static void
end_request(void *owner, struct MHD_Connection *connection, void **state,
			enum MHD_RequestTerminationCode reason)
{
	GatewayExchange *exchange = *state;

	if (exchange == NULL)
		return;
	*state = NULL;
	set_client_state(exchange, CLIENT_IDLE);
	gateway_exchange_close(exchange,
						   reason == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

static void
add_client(Listener *listener, int fd, void **context)
{
	GatewayHttp *http = listener->http;
	Client *client = gateway_text_allocate(sizeof(*client));

	client->listener = listener;
	client->fd = fd;
	client->state = CLIENT_FRESH;
	client->since_ms = gateway_loop_now_ms(&http->service->loop);
	client->next = http->clients;
	if (client->next != NULL)
		client->next->previous = client;
	http->clients = client;
	http->service->metrics.clients++;
	*context = client;
}

static void
remove_client(GatewayHttp *http, void **context)
{
	Client *client = *context;

	if (client == NULL)
		return;
	if (client->next != NULL)
		client->next->previous = client->previous;
	if (client->previous != NULL)
		client->previous->next = client->next;
	else
		http->clients = client->next;
	http->service->metrics.clients--;
	free(client);
	*context = NULL;
}

/* Called when a client comes and when it is gone. */
static void
notice_client(void *owner, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	Listener *listener = owner;
	const union MHD_ConnectionInfo *known;

	if (code != MHD_CONNECTION_NOTIFY_STARTED)
	{
		/* A library that had stopped accepting starts again when it runs. */
		listener->is_ready = true;
		remove_client(listener->http, context);
		return;
	}
	known =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	add_client(listener, known ? known->connect_fd : -1, context);
}

static void
listener_ready(void *owner, uint32_t events)
{
	((Listener *) owner)->is_ready = true;
}

static struct MHD_Daemon *
start_daemon(Listener *listener, int fd)
{
	const GatewayConfig *config = &listener->http->service->config;

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
		NULL, take_request, listener, MHD_OPTION_EXTERNAL_LOGGER, log_library,
		listener->http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int) config->max_connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CLIENT_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK,
		begin_request, listener, MHD_OPTION_NOTIFY_COMPLETED, end_request,
		listener, MHD_OPTION_NOTIFY_CONNECTION, notice_client, listener,
		MHD_OPTION_END);
}

static bool
open_listener(Listener *listener, int port, GatewayText *problem)
{
	GatewayService *service = listener->http->service;
	const char *address = service->config.listen_address;
	const union MHD_DaemonInfo *known;
	int fd = open_socket(address, port);

	if (fd < 0)
	{
		gateway_text_format(problem, "cannot listen on %s port %d: %s",
							address, port, strerror(errno));
		return false;
	}
	listener->port = read_port(fd);
	listener->watch.owner = listener;
	listener->watch.ready_cb = listener_ready;
	listener->daemon = start_daemon(listener, fd);
	if (listener->daemon == NULL)
	{
		close(fd);
		gateway_text_add(problem, "cannot start the HTTP library");
		return false;
	}
	known = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	return known != NULL &&
		   gateway_loop_watch(&service->loop, &listener->watch,
							  known->epoll_fd, EPOLLIN);
}

/* Lets the library work; returns NO_WAIT when it has more to do, or -1. */
static int
run_listener(Listener *listener)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (listener->daemon == NULL)
		return -1;
	if (listener->is_ready ||
		(MHD_get_timeout(listener->daemon, &wait_ms) == MHD_YES &&
		 wait_ms == 0))
	{
		listener->is_ready = false;
		MHD_run(listener->daemon);
	}
	if (listener->is_ready ||
		(MHD_get_timeout(listener->daemon, &wait_ms) == MHD_YES &&
		 wait_ms == 0))
		return NO_WAIT;
	return -1;
}

/* Serves the clients; returns NO_WAIT when there is more to do, else -1. */
int
gateway_http_turn(GatewayHttp *http)
{
	int first = run_listener(&http->listeners[0]);
	int second = run_listener(&http->listeners[1]);

	return first == NO_WAIT || second == NO_WAIT ? NO_WAIT : -1;
}

static int64_t
time_limit_ms(const GatewayConfig *config, ClientState state)
{
	switch (state)
	{
		case CLIENT_FRESH:
		case CLIENT_RECEIVING:
			return config->receive_timeout;
		case CLIENT_IDLE:
			return config->keepalive_timeout;
		case CLIENT_SENDING:
			return config->send_timeout;
		case CLIENT_WAITING:
			break;
	}
	return INT64_MAX;
}

/* Shuts out clients that take too long, and idle ones while draining. */
void
gateway_http_sweep(GatewayHttp *http)
{
	GatewayService *service = http->service;
	int64_t now = gateway_loop_now_ms(&service->loop);

	for (Client *client = http->clients; client != NULL; client = client->next)
	{
		int64_t age = now - client->since_ms;
		bool is_unused = client->state <= CLIENT_IDLE;

		if (age <= time_limit_ms(&service->config, client->state) &&
			!(is_unused && service->is_draining))
			continue;
		if (!is_unused)
			service->metrics.timed_out++;
		shutdown(client->fd, SHUT_RDWR);
		client->since_ms = now;
	}
}

/* Stops listening; what is in flight goes on. */
void
gateway_http_drain(GatewayHttp *http)
{
	for (int i = 0; i < 2; i++)
	{
		MHD_socket fd;

		if (http->listeners[i].daemon == NULL)
			continue;
		fd = MHD_quiesce_daemon(http->listeners[i].daemon);
		if (fd != MHD_INVALID_SOCKET)
			close(fd);
	}
}

/* Tells whether the last client is gone. */
bool
gateway_http_is_drained(const GatewayHttp *http)
{
	return http->clients == NULL;
}

/* Ends it all; no request may be waiting. */
void
gateway_http_close(GatewayHttp *http)
{
	for (int i = 0; i < 2; i++)
	{
		Listener *listener = &http->listeners[i];

		gateway_loop_unwatch(&http->service->loop, &listener->watch);
		if (listener->daemon != NULL)
			MHD_stop_daemon(listener->daemon);
	}
	free(http);
}
