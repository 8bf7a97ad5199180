/*
 * gateway_main.c
 *		Arguments, signals, start and stop of the gateway.
 *
 * The gateway is a program of its own that stands between HTTP and
 * PostgreSQL.  It has one thread, one loop and no state that matters: any
 * number may run, and one that is killed loses nothing that was answered.
 *
 * SIGTERM and SIGINT drain: no new clients, what is in flight is finished.
 * SIGHUP reads the settings and the schema anew.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "gateway_call.h"
#include "gateway_check.h"
#include "gateway_exchange.h"
#include "gateway_http.h"
#include "gateway_log.h"

#define LIMIT_SLOTS 65536
#define SHARE_SLOTS 8192
#define SLOW_TICK_MS 250
#define FAST_TICK_MS 10
#define SPARE_DESCRIPTORS 192
#define MAPPED_BYTES 131072

typedef struct Program
{
	GatewayService service;
	GatewayHttp *http;
	GatewayWatch signals;
	const char *config_file;
	int64_t next_tick_ms;
	int64_t drain_until_ms;
} Program;

static void
print_help(void)
{
	puts("pg_frontdesk_gateway serves functions of PostgreSQL over HTTP.\n\n"
		 "Usage:\n"
		 "  pg_frontdesk_gateway [--config FILE] [--check]\n\n"
		 "Options:\n"
		 "  --config FILE   read settings from FILE, \"name = value\" a line\n"
		 "  --check         check the settings, the database and the roles, "
		 "and exit\n"
		 "  --print-config  print a file of all settings and exit\n"
		 "  --help          show this help and exit\n"
		 "  --version       show the version and exit\n\n"
		 "Settings, in the file by name or in the environment as "
		 "FRONTDESK_<NAME>:");
	gateway_config_print_help(stdout);
}

/* Drops everything that could not be finished; nobody was told it was. */
static void
abandon(const Program *program)
{
	gateway_log(GATEWAY_LOG_WARNING, "stopped with %lld requests unanswered",
				(long long) program->service.metrics.in_flight);
	_exit(0);
}

static void
start_drain(Program *program)
{
	GatewayService *service = &program->service;

	if (service->is_draining)
		return;
	gateway_log(GATEWAY_LOG_NOTICE, "stopping, %lld requests in flight",
				(long long) service->metrics.in_flight);
	service->is_draining = true;
	program->drain_until_ms =
		gateway_loop_now_ms(&service->loop) + service->config.drain_timeout;
	program->next_tick_ms = 0;
	gateway_http_drain(program->http);
}

/* Reads the settings again. A file that is wrong changes nothing: a slip shall
 * not stop a gateway that works. */
static void
reload(Program *program)
{
	GatewayService *service = &program->service;
	GatewayText problem = {0};
	GatewayConfig fresh;

	if (gateway_config_load(&fresh, program->config_file, &problem))
	{
		GatewayConfig old = service->config;

		gateway_config_keep_fixed(&fresh, &old);
		service->config = fresh;
		gateway_config_free(&old);
		gateway_log(GATEWAY_LOG_NOTICE, "settings were read again");
	}
	else
	{
		gateway_log(GATEWAY_LOG_ERROR, "settings stay as they were: %s",
					problem.bytes);
		gateway_config_free(&fresh);
	}
	gateway_text_free(&problem);
	gateway_catalog_refresh(service->catalog);
}

static void
signals_ready(void *owner, uint32_t events)
{
	Program *program = owner;
	struct signalfd_siginfo signal_read;

	while (read(program->signals.fd, &signal_read, sizeof(signal_read)) ==
		   sizeof(signal_read))
	{
		if (signal_read.ssi_signo == SIGHUP)
			reload(program);
		else
			start_drain(program);
	}
}

/* Has signals read from a descriptor, so that they are handled between ticks
 * of the loop and nowhere else. */
static bool
open_signals(Program *program)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	program->signals.fd = -1;
	program->signals.owner = program;
	program->signals.ready_cb = signals_ready;
	return fd >= 0 && gateway_loop_watch(&program->service.loop,
										 &program->signals, fd, EPOLLIN);
}

/*
 * Makes sure that the clients and the pool do not run out of descriptors.
 * Returns how many clients there may be: a client may want a file besides.
 */
static int64_t
allow_clients(const GatewayConfig *config)
{
	int64_t spare = config->pool_size + SPARE_DESCRIPTORS;
	rlim_t wanted = (rlim_t) (config->max_connections * 2 + spare);
	struct rlimit limit;
	int64_t allowed;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return config->max_connections;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted)
		return config->max_connections;
	allowed = ((int64_t) limit.rlim_cur - spare) / 2;
	if (allowed < 1)
		allowed = 1;
	gateway_log(GATEWAY_LOG_WARNING,
				"max_connections is %lld instead of %lld: only %lld "
				"descriptors are allowed; hint: raise the limit, in systemd "
				"with LimitNOFILE",
				(long long) allowed, (long long) config->max_connections,
				(long long) limit.rlim_cur);
	return allowed;
}

static bool
is_hurried(const Program *program)
{
	return program->service.is_draining ||
		   gateway_pool_has_waiters(program->service.pool) ||
		   gateway_call_has_retries(&program->service);
}

static void
tick(Program *program)
{
	GatewayService *service = &program->service;

	gateway_pool_tick(service->pool);
	gateway_catalog_tick(service->catalog);
	gateway_call_tick(service);
	gateway_http_sweep(program->http);
	if (!service->is_draining)
		return;
	if (gateway_http_is_drained(program->http))
		service->loop.is_stopping = true;
	else if (gateway_loop_now_ms(&service->loop) >= program->drain_until_ms)
		abandon(program);
}

/* The part of a round after the events; returns how long the next may wait. */
static int
end_round(void *owner)
{
	Program *program = owner;
	int64_t now = gateway_loop_now_ms(&program->service.loop);
	int tick_ms = is_hurried(program) ? FAST_TICK_MS : SLOW_TICK_MS;
	int wait_ms;

	if (program->next_tick_ms > now + tick_ms)
		program->next_tick_ms = now + tick_ms;
	if (now >= program->next_tick_ms)
	{
		tick(program);
		program->next_tick_ms = now + tick_ms;
	}
	wait_ms = gateway_http_turn(program->http);
	return wait_ms == 0 ? 0 : (int) (program->next_tick_ms - now);
}

/* Opens everything in the order in which it is needed; false, with a line in
 * the log, at the first thing that fails. */
static bool
start(Program *program)
{
	GatewayService *service = &program->service;
	GatewayText problem = {0};
	uint64_t seed = 0;

	/* What is large goes back to the system when it is freed, always. */
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
	service->max_clients = allow_clients(&service->config);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed) ||
		!gateway_loop_open(&service->loop) || !open_signals(program))
	{
		gateway_log(GATEWAY_LOG_ERROR, "cannot start: %s", strerror(errno));
		return false;
	}
	service->limit = gateway_limit_create(LIMIT_SLOTS, seed);
	service->shares = gateway_shares_create(SHARE_SLOTS);
	program->http = gateway_http_open(service, &problem);
	if (program->http == NULL)
	{
		gateway_log(GATEWAY_LOG_ERROR, "%s", problem.bytes);
		return false;
	}
	service->pool = gateway_pool_create(&service->loop, &service->config,
										&service->metrics);
	service->catalog = gateway_catalog_create(&service->loop, service->pool,
											  service->config.schema);
	service->scrape = gateway_scrape_create(&service->loop, service->pool);
	if (service->config.admin_port == 0 &&
		!gateway_config_is_local(&service->config))
		gateway_log(GATEWAY_LOG_WARNING,
					"/metrics is not served, since the port is open to other "
					"machines; hint: set admin_port");
	gateway_log(GATEWAY_LOG_NOTICE, "listening on %s port %d",
				service->config.listen_address,
				gateway_http_port(program->http));
	return true;
}

static void
stop(Program *program)
{
	GatewayService *service = &program->service;

	gateway_http_close(program->http);
	gateway_scrape_free(service->scrape);
	gateway_catalog_free(service->catalog);
	gateway_pool_free(service->pool);
	gateway_shares_free(service->shares);
	gateway_limit_free(service->limit);
	gateway_exchange_free_spares(service);
	gateway_config_free(&service->config);
	gateway_log(GATEWAY_LOG_NOTICE, "stopped");
}

static const struct option options[] = {
	{"check", no_argument, NULL, 'k'},
	{"config", required_argument, NULL, 'c'},
	{"help", no_argument, NULL, 'h'},
	{"print-config", no_argument, NULL, 'p'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* Reads the arguments; returns the exit code, or -1 to go on. */
static int
read_arguments(Program *program, int count, char **arguments, bool *is_check)
{
	int option;

	while ((option = getopt_long(count, arguments, "c:h", options, NULL)) >= 0)
	{
		switch (option)
		{
			case 'c':
				program->config_file = optarg;
				break;
			case 'k':
				*is_check = true;
				break;
			case 'h':
				print_help();
				return 0;
			case 'p':
				gateway_config_print_sample(stdout);
				return 0;
			case 'V':
				puts("pg_frontdesk_gateway " GATEWAY_VERSION);
				return 0;
			default:
				fputs("Try --help.\n", stderr);
				return 2;
		}
	}
	if (optind < count)
	{
		fprintf(stderr, "unexpected argument \"%s\"; try --help\n",
				arguments[optind]);
		return 2;
	}
	return -1;
}

/* Reads settings, then checks them or serves until a signal ends the loop. */
int
main(int count, char **arguments)
{
	static Program program;
	GatewayText problem = {0};
	bool is_check = false;
	int code = read_arguments(&program, count, arguments, &is_check);

	if (code >= 0)
		return code;
	if (!gateway_config_load(&program.service.config, program.config_file,
							 &problem))
	{
		fprintf(stderr, "pg_frontdesk_gateway: %s\n", problem.bytes);
		return 2;
	}
	if (is_check)
	{
		puts("the settings are valid");
		code = gateway_check_run(&program.service.config) ? 0 : 1;
		gateway_config_free(&program.service.config);
		return code;
	}
	if (!start(&program))
		return 1;
	gateway_loop_run(&program.service.loop, end_round, &program);
	stop(&program);
	return 0;
}
