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
 *
 * Nobody waits for room: a few clients more than max_connections are let in,
 * and those that have been of no use longest are shut in their place.  An
 * address that holds its share is not let in again.
 */
#include "gateway_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_body.h"
#include "gateway_call.h"
#include "gateway_client.h"
#include "gateway_exchange.h"
#include "gateway_log.h"
#include "gateway_socket.h"

#define CLIENT_BYTES 16384
#define ARGUMENT_BYTES 64 /* of these, for each argument of a query */
#define HEADERS_BYTES 1024
#define NO_WAIT 0
#define QUIET_LOG_MS 1000
#define QUIET_CROWD_LOG_MS 60000
#define CLIENTS_OVER_LIMIT 64
#define CLIENT_GRACE_MS 1000 /* from its arrival a client may ask in peace */

/* One port. */
typedef struct Listener
{
	struct GatewayHttp *http;
	struct MHD_Daemon *daemon; /* NULL: not used */
	GatewayWatch watch;
	GatewayClients *clients;
	bool is_admin;
	bool is_ready; /* the library has something to do */
	int port;
} Listener;

struct GatewayHttp
{
	GatewayService *service;
	Listener listeners[2]; /* main, admin */
	int64_t logged_at_ms;  /* what the library said */
	int64_t crowd_logged_at_ms;
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
		http->listeners[i].clients = gateway_clients_create();
		http->listeners[i].is_admin = i == 1;
		http->listeners[i].watch.fd = -1;
	}
	if (open_listener(&http->listeners[0], (int) config->port, problem) &&
		(config->admin_port == 0 ||
		 open_listener(&http->listeners[1], (int) config->admin_port, problem)))
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
set_client_state(GatewayExchange *exchange, GatewayClientState state)
{
	gateway_client_set_state(exchange->client, state,
							 gateway_loop_now_ms(&exchange->service->loop));
}

/* The library says nothing when it should run after this, so we note it. */
static void
resume(GatewayExchange *exchange)
{
	GatewayClient *client = exchange->client;
	Listener *listener = client->owner;

	listener->is_ready = true;
	MHD_resume_connection(exchange->owner);
}

/*
 * Makes one of a query's arguments when they are too many; tells whether they
 * are.  The library would keep each in the memory of the connection and close
 * it without an answer when that is spent.  It is about to parse these very
 * bytes, which are its own.
 */
static bool
hide_arguments(const char *uri)
{
	const char *query = strchr(uri, '?');
	size_t bytes = strlen(uri) + HEADERS_BYTES;
	int count = 1;

	if (query == NULL)
		return false;
	for (const char *at = query; *at != '\0'; at++)
		count += *at == '&';
	bytes += (size_t) count * ARGUMENT_BYTES;
	if (count <= GATEWAY_REQUEST_MAX_PAIRS && bytes <= CLIENT_BYTES)
		return false;
	for (char *at = (char *) query; *at != '\0'; at++)
		*at = *at == '&' ? '+' : *at;
	return count > 1;
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
	exchange->has_hidden = hide_arguments(uri);
	set_client_state(exchange, GATEWAY_CLIENT_RECEIVING);
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
		if (exchange->has_reply &&
			(exchange->request.expects_continue || exchange->reply.must_close))
			return send_reply(connection, exchange);
		return MHD_YES;
	}
	if (*length > 0)
	{
		gateway_body_receive(exchange, bytes, *length);
		*length = 0;
		return MHD_YES;
	}
	if (exchange->is_prepared)
		return send_reply(connection, exchange);
	exchange->is_prepared = true;
	step = gateway_exchange_prepare(exchange);
	if (step == GATEWAY_STEP_REPLY)
		return send_reply(connection, exchange);
	set_client_state(exchange, GATEWAY_CLIENT_WAITING);
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
	size_t at = 0;
	bool has_type = false;

	while (at < reply->headers.length)
	{
		const char *name = reply->headers.bytes + at;
		const char *value = name + strlen(name) + 1;

		if (strcasecmp(name, "content-type") == 0)
			has_type = true;
		MHD_add_response_header(response, name, value);
		at += strlen(name) + strlen(value) + 2;
	}
	if (!has_type && reply->status != 204)
		MHD_add_response_header(response, "Content-Type", reply->content_type);
}

/*
 * Hands the reply to the library, which frees the response once it has left.
 */
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
	result =
		MHD_queue_response(connection, (unsigned int) reply->status, response);
	MHD_destroy_response(response);
	set_client_state(exchange, GATEWAY_CLIENT_SENDING);
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
	set_client_state(exchange, GATEWAY_CLIENT_IDLE);
	gateway_exchange_close(exchange,
						   reason == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

static uint64_t
address_key(const GatewayHttp *http, const GatewayAddress *address)
{
	return gateway_limit_key(http->service->limit, address->bytes,
							 gateway_address_budget_bytes(address), 0);
}

/* Tells how many connections an address may hold. */
static int64_t
address_share(const GatewayHttp *http)
{
	int64_t share = http->service->config.address_connections;

	if (share == 0)
		share = http->service->max_clients / 8;
	return share > 0 ? share : 1;
}

static void
log_crowd(GatewayHttp *http, const GatewayAddress *address)
{
	int64_t now = gateway_loop_now_ms(&http->service->loop);
	char text[GATEWAY_ADDRESS_TEXT_BYTES];

	if (http->crowd_logged_at_ms != 0 &&
		now - http->crowd_logged_at_ms < QUIET_CROWD_LOG_MS)
		return;
	http->crowd_logged_at_ms = now;
	gateway_log(GATEWAY_LOG_WARNING,
				"%s holds %lld connections and gets no more; hint: if it is "
				"a proxy, name it in trusted_proxies, else see "
				"address_connections",
				gateway_address_render(address, text),
				(long long) address_share(http));
}

/* Decides whether a client is let in: an address gets its share. */
static enum MHD_Result
admit_client(void *owner, const struct sockaddr *peer, socklen_t length)
{
	Listener *listener = owner;
	GatewayHttp *http = listener->http;
	GatewayAddress address;

	gateway_address_from_socket(peer, &address);
	if (gateway_clients_count_of(listener->clients,
								 address_key(http, &address)) <
			address_share(http) ||
		gateway_address_is_listed(&address,
								  http->service->config.trusted_proxies))
		return MHD_YES;
	http->service->metrics.clients_refused++;
	log_crowd(http, &address);
	return MHD_NO;
}

static void
close_client(GatewayHttp *http, GatewayClient *client)
{
	shutdown(client->fd, SHUT_RDWR);
	gateway_client_set_state(client, GATEWAY_CLIENT_CLOSING,
							 gateway_loop_now_ms(&http->service->loop));
}

/* Shuts out those of no use while there are too many. */
static void
make_room(Listener *listener)
{
	GatewayService *service = listener->http->service;
	int64_t before_ms = gateway_loop_now_ms(&service->loop) - CLIENT_GRACE_MS;

	while (gateway_clients_count(listener->clients) > service->max_clients)
	{
		GatewayClient *client =
			gateway_clients_expendable(listener->clients, before_ms);

		if (client == NULL)
			return;
		service->metrics.clients_displaced++;
		close_client(listener->http, client);
	}
}

/* Counts a connection from its first byte on, and makes room for it when it is
 * one too many. */
static void
add_client(Listener *listener, struct MHD_Connection *connection,
		   void **context)
{
	GatewayService *service = listener->http->service;
	const union MHD_ConnectionInfo *known =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	int fd = known ? known->connect_fd : -1;
	GatewayAddress address;
	GatewayClient *client;

	/* The next answer of the library may lie where this one lay. */
	known =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	gateway_address_from_socket(known ? known->client_addr : NULL, &address);
	client = gateway_clients_add(listener->clients, fd,
								 address_key(listener->http, &address),
								 gateway_loop_now_ms(&service->loop));
	client->owner = listener;
	client->is_trusted =
		gateway_address_is_listed(&address, service->config.trusted_proxies);
	*context = client;
	service->metrics.clients++;
	make_room(listener);
}

/* Called when a client comes and when it is gone. */
static void
notice_client(void *owner, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	Listener *listener = owner;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		add_client(listener, connection, context);
	else if (*context != NULL)
	{
		/* A library that had stopped accepting starts again when it runs. */
		listener->is_ready = true;
		listener->http->service->metrics.clients--;
		gateway_clients_remove(*context);
		*context = NULL;
	}
}

static void
listener_ready(void *owner, uint32_t events)
{
	((Listener *) owner)->is_ready = true;
}

static struct MHD_Daemon *
start_daemon(Listener *listener, int fd)
{
	int64_t most = listener->http->service->max_clients + CLIENTS_OVER_LIMIT;

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
		admit_client, listener, take_request, listener,
		MHD_OPTION_EXTERNAL_LOGGER, log_library, listener->http,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int) most, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t) CLIENT_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK,
		begin_request, listener, MHD_OPTION_NOTIFY_COMPLETED, end_request,
		listener, MHD_OPTION_NOTIFY_CONNECTION, notice_client, listener,
		MHD_OPTION_END);
}

/* Opens a port. The library works without threads: we drive it when its epoll
 * descriptor is ready. */
static bool
open_listener(Listener *listener, int port, GatewayText *problem)
{
	GatewayService *service = listener->http->service;
	const char *address = service->config.listen_address;
	const union MHD_DaemonInfo *known;
	int fd = gateway_socket_open(address, port);

	if (fd < 0)
	{
		gateway_text_format(problem, "cannot listen on %s port %d: %s", address,
							port, strerror(errno));
		return false;
	}
	listener->port = gateway_socket_port(fd);
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
	return known != NULL && gateway_loop_watch(&service->loop, &listener->watch,
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

/* Shuts out those who have been in a state for too long. */
static void
sweep_state(Listener *listener, GatewayClientState state, int64_t limit_ms)
{
	GatewayHttp *http = listener->http;
	int64_t now = gateway_loop_now_ms(&http->service->loop);
	GatewayClient *client;

	while ((client = gateway_clients_oldest(listener->clients, state)) !=
			   NULL &&
		   now - client->since_ms > limit_ms)
	{
		if (state > GATEWAY_CLIENT_IDLE)
			http->service->metrics.timed_out++;
		close_client(http, client);
	}
}

/* Shuts out clients that take too long, and idle ones while draining. */
void
gateway_http_sweep(GatewayHttp *http)
{
	const GatewayConfig *config = &http->service->config;
	bool is_draining = http->service->is_draining;

	for (int i = 0; i < 2; i++)
	{
		Listener *listener = &http->listeners[i];

		sweep_state(listener, GATEWAY_CLIENT_SILENT,
					is_draining ? -1 : config->receive_timeout);
		sweep_state(listener, GATEWAY_CLIENT_IDLE,
					is_draining ? -1 : config->keepalive_timeout);
		sweep_state(listener, GATEWAY_CLIENT_RECEIVING,
					config->receive_timeout);
		sweep_state(listener, GATEWAY_CLIENT_SENDING, config->send_timeout);
		make_room(listener);
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
	return http->service->metrics.clients == 0;
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
		gateway_clients_free(listener->clients);
	}
	free(http);
}
