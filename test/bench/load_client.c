/*
 * load_client.c
 *		Keep-alive connections that send webhooks.
 *
 * Raw HTTP over non-blocking sockets: one write and one read per webhook.  A
 * connection carries one request at a time; one that breaks is opened again,
 * and its request counts as an error, never repeated.  Chatwoot does not
 * repeat either.
 */
#include "load_plan.h"
#include "fake_loop.h"
#include "load_payload.h"
#include "load_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 16384

typedef struct LoadConn
{
	FakeWatch watch;
	bool is_busy;
	bool is_open;
	int64_t conversation;
	int64_t sent_us;
	FakeText rest;				/* what the socket did not take yet */
	size_t rest_sent;
	FakeText answer;
	struct LoadConn *next_idle;
} LoadConn;

static struct sockaddr_in target;
static LoadConn *idle = NULL;

static void conn_ready(void *owner, uint32_t events);

static bool
open_conn(LoadConn *conn)
{
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* connecting on loopback takes no time worth a state of its own */
	if (connect(fd, (struct sockaddr *) &target, sizeof(target)) != 0)
	{
		close(fd);
		return false;
	}
	conn->watch.fd = fd;
	conn->is_open = fake_loop_watch(&conn->watch, EPOLLIN | EPOLLOUT |
									EPOLLRDHUP | EPOLLET);
	load_report.connections++;
	return conn->is_open;
}

static void
release_conn(LoadConn *conn)
{
	conn->is_busy = false;
	fake_text_reset(&conn->answer);
	conn->next_idle = idle;
	idle = conn;
}

/* The connection broke; a request on it is lost. */
static void
break_conn(LoadConn *conn)
{
	if (conn->is_open)
		close(conn->watch.fd);
	conn->watch.fd = -1;
	conn->is_open = false;
	fake_text_reset(&conn->rest);
	conn->rest_sent = 0;
	if (!conn->is_busy)
		return;
	load_report.connection_errors++;
	release_conn(conn);
	load_plan_settled(conn->conversation, false);
}

static void
send_rest(LoadConn *conn)
{
	ssize_t sent = send(conn->watch.fd, conn->rest.at + conn->rest_sent,
						conn->rest.len - conn->rest_sent,
						MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno != EAGAIN)
		break_conn(conn);
	else if (sent > 0)
		conn->rest_sent += (size_t) sent;
	if (conn->rest_sent == conn->rest.len)
	{
		fake_text_reset(&conn->rest);
		conn->rest_sent = 0;
	}
}

static void
send_webhook(LoadConn *conn, int64_t conversation)
{
	int kind;
	FakeSlice bytes = load_payload_make(conversation, &kind);
	ssize_t sent;

	conn->is_busy = true;
	conn->conversation = conversation;
	conn->sent_us = fake_loop_now_us();
	load_plan_sent(conversation, kind);
	if (!conn->is_open && !open_conn(conn))
	{
		break_conn(conn);
		return;
	}
	sent = send(conn->watch.fd, bytes.at, bytes.len,
				MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN)
	{
		break_conn(conn);
		return;
	}
	if (sent < 0)
		sent = 0;
	if ((size_t) sent < bytes.len)
		fake_text_append(&conn->rest, bytes.at + sent,
						 bytes.len - (size_t) sent);
}

/*
 * Bytes of the answer once its head is here, 0 before.  An answer without a
 * length has no body, as a 204.
 */
static size_t
answer_length(const FakeText *answer)
{
	const char *end = memmem(answer->at, answer->len, "\r\n\r\n", 4);
	const char *at = answer->at;
	size_t length = 0;

	if (end == NULL)
		return 0;
	while ((at = memchr(at, '\n', (size_t) (end - at))) != NULL)
	{
		at++;
		if (end - at > 15 && strncasecmp(at, "content-length:", 15) == 0)
			length = strtoul(at + 15, NULL, 10);
	}
	return (size_t) (end + 4 - answer->at) + length;
}

static void
take_answer(LoadConn *conn)
{
	size_t length = answer_length(&conn->answer);
	int64_t now_us = fake_loop_now_us();
	bool is_last;
	int status;

	if (length == 0 || conn->answer.len < length)
		return;
	status = conn->answer.len > 12 ? atoi(conn->answer.at + 9) : 0;
	if (status < 0 || status > 599)
		status = 0;
	is_last = memmem(conn->answer.at, conn->answer.len, "close\r\n", 7) != NULL;
	load_report.statuses[status]++;
	if (status >= 200 && status < 300)
	{
		load_report.acknowledged++;
		load_report.last_ack_us = now_us;
		load_report_sample(&load_report.ack, now_us - conn->sent_us);
	}
	release_conn(conn);
	if (is_last)
		break_conn(conn);
	load_plan_settled(conn->conversation, status >= 200 && status < 300);
}

static void
conn_ready(void *owner, uint32_t events)
{
	LoadConn *conn = owner;
	ssize_t got;

	if ((events & EPOLLOUT) && conn->rest.len > 0)
		send_rest(conn);
	while (conn->is_open && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP |
									   EPOLLERR)))
	{
		fake_text_reserve(&conn->answer, ANSWER_BYTES);
		got = recv(conn->watch.fd, conn->answer.at + conn->answer.len,
				   ANSWER_BYTES, MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0)
		{
			break_conn(conn);
			break;
		}
		conn->answer.len += (size_t) got;
		if (conn->is_busy)
			take_answer(conn);
		if (got < ANSWER_BYTES && !(events & EPOLLRDHUP))
			break;
	}
	load_client_pump();
}

/* Sends as long as there is a message to send and a connection for it. */
void
load_client_pump(void)
{
	static bool is_pumping = false;
	int64_t conversation;

	/* a send that fails at once settles, and may come back here */
	if (is_pumping)
		return;
	is_pumping = true;
	while (idle != NULL && load_plan_next(&conversation))
	{
		LoadConn *conn = idle;

		idle = conn->next_idle;
		send_webhook(conn, conversation);
	}
	is_pumping = false;
}

/* Opens that many connections to the gateway; ends the program if it cannot. */
void
load_client_open(const char *address, int port, int connections)
{
	LoadConn *conns = calloc((size_t) connections, sizeof(LoadConn));

	target.sin_family = AF_INET;
	target.sin_port = htons((uint16_t) port);
	if (conns == NULL || inet_pton(AF_INET, address, &target.sin_addr) != 1)
	{
		fprintf(stderr, "not an IPv4 address: %s\n", address);
		exit(2);
	}
	for (int i = 0; i < connections; i++)
	{
		conns[i].watch = (FakeWatch) { -1, conn_ready, &conns[i] };
		if (!open_conn(&conns[i]))
		{
			perror("could not connect");
			exit(1);
		}
		release_conn(&conns[i]);
	}
}
