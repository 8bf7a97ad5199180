/*
 * fake_tls.c
 *		TLS for the second port, by OpenSSL on a non-blocking socket.
 */
#include "fake_http.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

/* Loads a certificate and its key; NULL, with a message, when that fails. */
FakeTlsContext *
fake_tls_load(const char *cert_file, const char *key_file)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context != NULL &&
		SSL_CTX_use_certificate_chain_file(context, cert_file) == 1 &&
		SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) == 1)
	{
		SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
						 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
						 SSL_MODE_RELEASE_BUFFERS);
		return context;
	}
	ERR_print_errors_fp(stderr);
	SSL_CTX_free(context);
	return NULL;
}

FakeTlsSession *
fake_tls_accept(FakeTlsContext *context, int fd)
{
	SSL *session = SSL_new(context);

	if (session != NULL)
	{
		SSL_set_fd(session, fd);
		SSL_set_accept_state(session);
	}
	return session;
}

static long
judge(SSL *session, int result)
{
	int error;

	if (result > 0)
		return result;
	error = SSL_get_error(session, result);
	ERR_clear_error();
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return FAKE_IO_AGAIN;
	return error == SSL_ERROR_ZERO_RETURN ? FAKE_IO_EOF : FAKE_IO_FAILED;
}

long
fake_tls_read(FakeTlsSession *session, char *at, size_t len)
{
	return judge(session, SSL_read(session, at, (int) len));
}

long
fake_tls_write(FakeTlsSession *session, const char *at, size_t len)
{
	return judge(session, SSL_write(session, at, (int) len));
}

/* Says goodbye once, without waiting for the other side. */
void
fake_tls_close(FakeTlsSession *session)
{
	if (SSL_is_init_finished(session))
		(void) SSL_shutdown(session);
	SSL_free(session);
	ERR_clear_error();
}
