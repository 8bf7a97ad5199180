/*
 * fake_main.c
 *		fake_services: one program in the place of OpenAI, Anthropic and
 *		Chatwoot.
 *
 * A single process and thread on the loopback address.  It prints one line,
 * "ready PORT" or "ready PORT TLSPORT", once it listens, and ends at once on
 * SIGTERM and SIGINT.
 */
#include "fake_journal.h"
#include "fake_record.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Options
{
	const char *host;
	int port;
	int tls_port;
	const char *cert_file;
	const char *key_file;
	const char *journal_file;
} Options;

static const char usage[] =
	"fake_services stands in for OpenAI, Anthropic and Chatwoot.\n"
	"\n"
	"Usage: fake_services [OPTION]...\n"
	"  --host=ADDRESS     IPv4 address to listen on (127.0.0.1)\n"
	"  --port=PORT        port for plain HTTP, 0 takes a free one (0)\n"
	"  --tls-cert=FILE    certificate, also opens a port for TLS\n"
	"  --tls-key=FILE     key of the certificate\n"
	"  --tls-port=PORT    port for TLS, 0 takes a free one (0)\n"
	"  --no-record        keep neither requests nor messages\n"
	"  --journal=FILE     keep what Chatwoot did there, and go on from it\n"
	"  --help             print this and exit\n"
	"\n"
	"Prints \"ready PORT [TLSPORT]\" when it listens.  See README.md for\n"
	"what can be asked of it under /_fake/.\n";

static void
end_at_once(int signal_number)
{
	(void) signal_number;
	_exit(0);
}

static void
read_options(int argc, char **argv, Options *options)
{
	static const struct option known[] = {
		{ "host", required_argument, NULL, 'h' },
		{ "port", required_argument, NULL, 'p' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "tls-port", required_argument, NULL, 't' },
		{ "no-record", no_argument, NULL, 'n' },
		{ "journal", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, '?' + 128 },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (option)
		{
			case 'h':
				options->host = optarg;
				break;
			case 'p':
				options->port = atoi(optarg);
				break;
			case 'c':
				options->cert_file = optarg;
				break;
			case 'k':
				options->key_file = optarg;
				break;
			case 't':
				options->tls_port = atoi(optarg);
				break;
			case 'n':
				fake_record_enabled = false;
				break;
			case 'j':
				options->journal_file = optarg;
				break;
			case '?' + 128:
				fputs(usage, stdout);
				exit(0);
			default:
				fputs(usage, stderr);
				exit(2);
		}
}

static void
open_server(FakeServer *server, const char *host)
{
	server->request_cb = fake_service_request;
	server->finish_cb = fake_service_finish;
	if (!fake_http_listen(server, host))
	{
		perror("could not listen");
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	static FakeServer plain;
	static FakeServer secure;
	Options options = { .host = "127.0.0.1" };

	read_options(argc, argv, &options);
	signal(SIGTERM, end_at_once);
	signal(SIGINT, end_at_once);
	signal(SIGPIPE, SIG_IGN);
	fake_loop_raise_file_limit();
	fake_loop_open();
	if (options.journal_file != NULL && !fake_journal_open(options.journal_file))
	{
		perror(options.journal_file);
		return 1;
	}
	plain.port = options.port;
	open_server(&plain, options.host);
	printf("ready %d", plain.port);
	if (options.cert_file != NULL)
	{
		secure.port = options.tls_port;
		secure.tls = fake_tls_load(options.cert_file, options.key_file ?
								   options.key_file : options.cert_file);
		if (secure.tls == NULL)
			exit(1);
		open_server(&secure, options.host);
		printf(" %d", secure.port);
	}
	printf("\n");
	fflush(stdout);
	fake_loop_run();
	return 0;
}
