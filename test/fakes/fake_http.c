/*
 * fake_http.c
 *		An HTTP/1.1 server that can misbehave.
 *
 * One thread, edge-triggered epoll, keep-alive; a request costs one read and
 * one write.  A delayed answer is a buffer and a timer, and its connection
 * gives back its input memory, so that ten thousand may wait.  libmicrohttpd
 * is not used here because it visits every suspended connection whenever one
 * is resumed, and because half answers, resets and silence need the socket.
 *
 * A connection is freed at the end of the round in which it was closed.
 */
#include "fake_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 16384
#define KEPT_BYTES 65536		/* larger buffers are given back */

/* Closed connections of this round, and the number of the last one opened. */
static FakeConn *dead_conns = NULL;
static uint64_t last_conn_id = 0;

static void read_ready(FakeConn *conn, bool is_ending);
static void flush_out(FakeConn *conn);

static void
free_dead_conns(void)
{
	while (dead_conns != NULL)
	{
		FakeConn *conn = dead_conns;

		dead_conns = conn->next_dead;
		fake_text_free(&conn->in);
		fake_text_free(&conn->out);
		free(conn);
	}
}

static void
report_outcome(FakeConn *conn, const char *outcome)
{
	if (!conn->is_busy)
		return;
	conn->is_busy = false;
	conn->is_sending = false;
	if (conn->server->finish_cb != NULL)
		conn->server->finish_cb(conn, outcome);
}

static void
close_conn(FakeConn *conn, const char *outcome)
{
	if (conn->is_closed)
		return;
	report_outcome(conn, outcome);
	conn->is_closed = true;
	fake_loop_clear_timer(&conn->timer);
	if (conn->session != NULL)
		fake_tls_close(conn->session);
	close(conn->watch.fd);
	conn->watch.fd = -1;
	conn->next_dead = dead_conns;
	dead_conns = conn;
}

/* Linux answers a dissolved connection with a reset at once. */
static void
reset_conn(FakeConn *conn)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	(void) connect(conn->watch.fd, &nobody, sizeof(nobody));
	close_conn(conn, "reset");
}

static long
receive(FakeConn *conn, char *at, size_t len)
{
	ssize_t got;

	if (conn->session != NULL)
		return fake_tls_read(conn->session, at, len);
	got = recv(conn->watch.fd, at, len, 0);
	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EINTR ? FAKE_IO_AGAIN : FAKE_IO_FAILED;
}

static long
transmit(FakeConn *conn, const char *at, size_t len)
{
	ssize_t sent;

	if (conn->session != NULL)
		return fake_tls_write(conn->session, at, len);
	sent = send(conn->watch.fd, at, len, MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	return errno == EAGAIN || errno == EINTR ? FAKE_IO_AGAIN : FAKE_IO_FAILED;
}

static void
refuse_request(FakeConn *conn)
{
	FakeAnswer answer = { 0 };

	conn->is_busy = true;
	conn->ticket = 0;
	conn->tag = -1;
	answer.status = 400;
	answer.content_type = "text/plain";
	answer.body = FAKE_SLICE("The bytes are no HTTP/1.1 request.\n");
	answer.ending = FAKE_ENDING_CLOSE;
	fake_http_answer(conn, &answer);
}

/* Hands every whole request in the buffer to the server, one after another. */
static void
take_requests(FakeConn *conn)
{
	while (!conn->is_busy && !conn->is_closed && conn->in.len > 0)
	{
		FakeRequest request;
		bool is_expecting;

		switch (fake_http_parse(conn, &request, &is_expecting))
		{
			case FAKE_PARSE_BAD:
				refuse_request(conn);
				return;
			case FAKE_PARSE_MORE:
				if (is_expecting && !conn->is_continued)
				{
					static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

					conn->is_continued = true;
					(void) transmit(conn, go_on, sizeof(go_on) - 1);
				}
				return;
			case FAKE_PARSE_DONE:
				conn->is_busy = true;
				conn->is_continued = false;
				conn->scan_from = 0;
				conn->ending = request.wants_close ? FAKE_ENDING_CLOSE :
					FAKE_ENDING_KEEP;
				conn->server->request_cb(conn, &request);
				break;
		}
	}
}

/* The answer is out: forget its request and go on. */
static void
finish_answer(FakeConn *conn)
{
	FakeEnding ending = conn->ending;
	size_t left;

	if (ending == FAKE_ENDING_HALF_STALL)
	{
		conn->is_sending = false;
		return;
	}
	if (ending == FAKE_ENDING_HALF_RESET)
	{
		reset_conn(conn);
		return;
	}
	report_outcome(conn, ending == FAKE_ENDING_HALF ? "half sent" : "sent");
	if (ending != FAKE_ENDING_KEEP)
	{
		close_conn(conn, "closed");
		return;
	}
	left = conn->in.len - conn->in_taken;
	if (left > 0)
		memmove(conn->in.at, conn->in.at + conn->in_taken, left);
	conn->in.len = left;
	conn->in_taken = 0;
	if (conn->in.cap > KEPT_BYTES && left == 0)
		fake_text_free(&conn->in);
	if (conn->out.cap > KEPT_BYTES)
		fake_text_free(&conn->out);
}

/* Sends what may go out; the drip's next bytes are a timer's matter. */
static void
flush_out(FakeConn *conn)
{
	while (conn->out_sent < conn->out_limit)
	{
		size_t step = conn->out_limit - conn->out_sent;
		long sent;

		if (conn->drip_bytes > 0 && step > (size_t) conn->drip_bytes)
			step = (size_t) conn->drip_bytes;
		sent = transmit(conn, conn->out.at + conn->out_sent, step);
		if (sent == FAKE_IO_AGAIN)
			return;
		if (sent <= 0)
		{
			close_conn(conn, "client gone");
			return;
		}
		conn->out_sent += (size_t) sent;
		if (conn->drip_bytes > 0 && conn->out_sent < conn->out_limit)
		{
			fake_loop_set_timer(&conn->timer, fake_loop_now_us() +
								(int64_t) conn->drip_ms * 1000);
			return;
		}
	}
	finish_answer(conn);
}

static void
conn_ready(void *owner, uint32_t events)
{
	FakeConn *conn = owner;

	if (conn->is_closed)
		return;
	if (events & EPOLLERR)
	{
		close_conn(conn, "client gone");
		return;
	}
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))
		read_ready(conn, (events & (EPOLLRDHUP | EPOLLHUP)) != 0);
	if ((events & EPOLLOUT) && !conn->is_closed && conn->is_sending &&
		conn->timer.place == 0)
	{
		flush_out(conn);
		take_requests(conn);
	}
}

/*
 * Reads all there is; when the sender is ending, up to the end, since no other
 * edge would tell of it.  What can be answered at once still is.
 */
static void
read_ready(FakeConn *conn, bool is_ending)
{
	for (;;)
	{
		size_t room;
		long got;

		fake_text_reserve(&conn->in,
						  conn->in.cap < 4096 ? 4095 : READ_BYTES / 4);
		room = conn->in.cap - conn->in.len - 1;
		got = receive(conn, conn->in.at + conn->in.len, room);
		if (got == FAKE_IO_AGAIN)
			break;
		if (got <= 0)
		{
			if (got == FAKE_IO_EOF)
				take_requests(conn);
			close_conn(conn, "client gone");
			return;
		}
		conn->in.len += (size_t) got;
		if ((size_t) got < room && conn->session == NULL && !is_ending)
			break;
	}
	take_requests(conn);
}

static void
send_answer(FakeConn *conn)
{
	switch (conn->ending)
	{
		case FAKE_ENDING_NOTHING:
			close_conn(conn, "closed");
			return;
		case FAKE_ENDING_RESET:
			reset_conn(conn);
			return;
		case FAKE_ENDING_STALL:
			return;
		default:
			conn->is_sending = true;
			flush_out(conn);
	}
}

static void
timer_fired(void *owner)
{
	FakeConn *conn = owner;

	if (conn->is_sending)
		flush_out(conn);
	else
		send_answer(conn);
	take_requests(conn);
}

static void
render_body(FakeText *out, const FakeAnswer *answer)
{
	FakeSlice rest = answer->body;

	if (!answer->is_chunked)
	{
		fake_text_add(out, rest);
		return;
	}
	while (rest.len > 0)
	{
		size_t step = rest.len > 1000 ? 1000 : rest.len;

		fake_text_printf(out, "%zx\r\n", step);
		fake_text_append(out, rest.at, step);
		fake_text_puts(out, "\r\n");
		rest.at += step;
		rest.len -= step;
	}
	fake_text_puts(out, "0\r\n\r\n");
}

/* Renders head and body; answers how many bytes the head has. */
static size_t
render_answer(FakeConn *conn, const FakeAnswer *answer)
{
	FakeText *out = &conn->out;
	size_t head;

	fake_text_reset(out);
	fake_text_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n",
					 answer->status, answer->status < 400 ? "OK" : "Error",
					 answer->content_type ? answer->content_type :
					 "application/json");
	if (answer->is_chunked)
		fake_text_puts(out, "Transfer-Encoding: chunked\r\n");
	else
		fake_text_printf(out, "Content-Length: %zu\r\n", answer->body.len);
	if (conn->ending == FAKE_ENDING_CLOSE)
		fake_text_puts(out, "Connection: close\r\n");
	fake_text_add(out, answer->headers);
	fake_text_puts(out, "\r\n");
	head = out->len;
	render_body(out, answer);
	if (answer->is_twice)
	{
		size_t once = out->len;

		fake_text_reserve(out, once);
		fake_text_append(out, out->at, once);
	}
	return head;
}

/* Answers the connection's request, once, with all the misbehaviour asked. */
void
fake_http_answer(FakeConn *conn, const FakeAnswer *answer)
{
	size_t head;

	if (answer->ending != FAKE_ENDING_KEEP)
		conn->ending = answer->ending;
	head = render_answer(conn, answer);
	conn->out_sent = 0;
	conn->out_limit = conn->out.len;
	if (conn->ending >= FAKE_ENDING_HALF)
		conn->out_limit = head + (conn->out.len - head) / 2;
	conn->drip_bytes = answer->drip_bytes;
	conn->drip_ms = answer->drip_ms;
	if (answer->delay_ms <= 0)
	{
		send_answer(conn);
		return;
	}
	if (conn->in_taken == conn->in.len)
	{
		fake_text_free(&conn->in);
		conn->in_taken = 0;
	}
	fake_loop_set_timer(&conn->timer,
						fake_loop_now_us() + answer->delay_ms * 1000);
}

static bool
open_conn(FakeServer *server, int fd)
{
	FakeConn *conn = calloc(1, sizeof(FakeConn));
	int on = 1;

	if (conn == NULL)
		abort();
	(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn->id = ++last_conn_id;
	conn->server = server;
	conn->watch = (FakeWatch) { fd, conn_ready, conn };
	conn->timer = (FakeTimer) { 0, timer_fired, conn, 0 };
	if (server->tls != NULL)
		conn->session = fake_tls_accept(server->tls, fd);
	return fake_loop_watch(&conn->watch,
						   EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

static void
accept_ready(void *owner, uint32_t events)
{
	FakeServer *server = owner;

	(void) events;
	for (;;)
	{
		int fd = accept4(server->watch.fd, NULL, NULL,
						 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (!open_conn(server, fd))
			close(fd);
	}
}

/* Listens on server->port of `host`, an IPv4 address. */
bool
fake_http_listen(FakeServer *server, const char *host)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_port = htons((uint16_t) server->port);
	if (fd < 0 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
		return false;
	(void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 ||
		listen(fd, 8192) != 0 ||
		getsockname(fd, (struct sockaddr *) &address, &len) != 0)
	{
		close(fd);
		return false;
	}
	server->port = ntohs(address.sin_port);
	server->watch = (FakeWatch) { fd, accept_ready, server };
	fake_loop_round_end(free_dead_conns);
	return fake_loop_watch(&server->watch, EPOLLIN);
}
