/*
 * fake_http.h
 *		An HTTP/1.1 server that can misbehave.
 */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include "fake_loop.h"
#include "fake_text.h"

#define FAKE_HTTP_MAX_HEADERS 64

typedef struct ssl_ctx_st FakeTlsContext;
typedef struct ssl_st FakeTlsSession;
typedef struct FakeConn FakeConn;

/* A request as it lies in its connection's buffer. */
typedef struct FakeRequest
{
	FakeSlice method;
	FakeSlice path;
	FakeSlice query;			/* what follows the question mark */
	FakeSlice body;
	FakeSlice names[FAKE_HTTP_MAX_HEADERS];
	FakeSlice values[FAKE_HTTP_MAX_HEADERS];
	int header_count;
	bool wants_close;
} FakeRequest;

/* How an answer ends. */
typedef enum FakeEnding
{
	FAKE_ENDING_KEEP,			/* whole, connection stays */
	FAKE_ENDING_CLOSE,			/* whole, connection closes */
	FAKE_ENDING_NOTHING,		/* connection closes without a byte */
	FAKE_ENDING_RESET,			/* connection is reset without a byte */
	FAKE_ENDING_STALL,			/* not a byte, connection stays open */
	FAKE_ENDING_HALF,			/* head and half of the body, then closes */
	FAKE_ENDING_HALF_RESET,		/* the same, then reset */
	FAKE_ENDING_HALF_STALL		/* the same, then silence */
} FakeEnding;

/* An answer; everything in it is copied by fake_http_answer(). */
typedef struct FakeAnswer
{
	int status;
	const char *content_type;	/* NULL means application/json */
	FakeSlice headers;			/* further header lines, each with CR LF */
	FakeSlice body;
	int64_t delay_ms;
	FakeEnding ending;
	int drip_bytes;				/* more than 0: that many bytes at a time */
	int drip_ms;
	bool is_twice;				/* the bytes go out twice */
	bool is_chunked;
} FakeAnswer;

/* A listening port. */
typedef struct FakeServer
{
	FakeWatch watch;
	int port;					/* 0 asks for any; then the one chosen */
	FakeTlsContext *tls;		/* NULL for plain HTTP */
	/* must lead to one fake_http_answer(), now or later */
	void (*request_cb) (FakeConn *conn, FakeRequest *request);
	/* the answer left, or could not; may be NULL */
	void (*finish_cb) (FakeConn *conn, const char *outcome);
} FakeServer;

/* A connection; only the first members are for users. */
struct FakeConn
{
	uint64_t id;
	uint64_t ticket;			/* the user's: number of the request's record */
	int tag;					/* the user's: which service answers */

	FakeServer *server;
	FakeWatch watch;
	FakeTimer timer;
	FakeTlsSession *session;
	FakeText in;
	size_t in_taken;			/* bytes of `in` that belong to the request */
	size_t scan_from;			/* where the search for the head's end goes on */
	FakeText out;
	size_t out_sent;
	size_t out_limit;			/* bytes of `out` that may go out */
	FakeEnding ending;
	int drip_bytes;
	int drip_ms;
	bool is_busy;				/* a request waits for its answer */
	bool is_sending;
	bool is_closed;
	bool is_continued;			/* 100 Continue was sent */
	FakeConn *next_dead;
};

extern bool fake_http_listen(FakeServer *server, const char *host);
extern FakeSlice fake_http_header(const FakeRequest *request,
								  const char *name);
extern bool fake_http_query(const FakeRequest *request, const char *name,
							FakeText *value);
extern char *fake_http_clone(const FakeRequest *request, FakeRequest *copy);
extern void fake_http_answer(FakeConn *conn, const FakeAnswer *answer);

/* fake_http_parse.c */
typedef enum FakeParse
{
	FAKE_PARSE_MORE,
	FAKE_PARSE_DONE,
	FAKE_PARSE_BAD
} FakeParse;

extern FakeParse fake_http_parse(FakeConn *conn, FakeRequest *request,
								 bool *is_expecting);

/* fake_tls.c */
extern FakeTlsContext *fake_tls_load(const char *cert_file,
									 const char *key_file);
extern FakeTlsSession *fake_tls_accept(FakeTlsContext *context, int fd);
extern long fake_tls_read(FakeTlsSession *session, char *at, size_t len);
extern long fake_tls_write(FakeTlsSession *session, const char *at,
						   size_t len);
extern void fake_tls_close(FakeTlsSession *session);

/* What reading and writing answer besides a count. */
#define FAKE_IO_EOF 0
#define FAKE_IO_AGAIN (-1)
#define FAKE_IO_FAILED (-2)

#endif							/* FAKE_HTTP_H */
