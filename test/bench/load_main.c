/*
 * load_main.c
 *		webhook_load: sends signed Chatwoot webhooks and times what comes back.
 *
 * A single thread on the loopback address; see README.md for the modes.
 */
#include "fake_loop.h"
#include "load_payload.h"
#include "load_plan.h"
#include "load_report.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Options
{
	LoadPayloadOptions payload;
	LoadPlanOptions plan;
	int64_t closed_conversations;
	bool is_burst;
	int connections;
	int reply_port;				/* -1 for none */
	bool is_json;
	const char *emit_file;
	char address[64];
	char host[80];
	int port;
} Options;

static const char usage[] =
	"webhook_load sends signed Chatwoot webhooks and times what comes back.\n"
	"\n"
	"Usage: webhook_load --url=URL [OPTION]...\n"
	"Modes (a closed loop of connections without any of them):\n"
	"  --burst                     all webhooks at once, --total of them\n"
	"  --paced                     --total conversations, evenly spread over\n"
	"                              --seconds\n"
	"  --closed-conversations=N    N conversations; the next message of one\n"
	"                              goes out after its reply came\n"
	"  --emit-pgbench=FILE         write webhooks for psql and FILE.pgbench\n"
	"Target:\n"
	"  --url=URL                   http://ADDRESS:PORT/PATH, an IPv4 address\n"
	"  --user=LOGIN:PASSWORD       Basic credentials\n"
	"  --secret=SECRET             sign with it; unsigned without\n"
	"  --account=N                 Chatwoot account (3)\n"
	"Load:\n"
	"  --connections=N             keep-alive connections (32)\n"
	"  --total=N                   webhooks in all\n"
	"  --seconds=S                 time limit (10 without --total)\n"
	"  --conversations=N           distinct conversations (10000)\n"
	"  --fresh                     every message opens its own conversation\n"
	"  --first-conversation=ID     eight digits (10000001)\n"
	"  --first-message=ID          ten digits (made from the clock)\n"
	"  --mix=R,A,C,S,H             percent of recruitment, automated, campaign,\n"
	"                              stock_alert, high_priority (50,30,10,5,5)\n"
	"Replies:\n"
	"  --reply-port=PORT           be Chatwoot there and wait for replies; 0\n"
	"                              takes a free port and prints it to stderr\n"
	"  --reply-timeout=S           a reply later than that is missing (30)\n"
	"  --notes-close               high_priority ends with its private note\n"
	"Output:\n"
	"  --json                      one JSON object\n"
	"  --help                      print this and exit\n";

enum
{
	OPT_URL = 256, OPT_USER, OPT_SECRET, OPT_ACCOUNT, OPT_CONNECTIONS,
	OPT_TOTAL, OPT_SECONDS, OPT_CONVERSATIONS, OPT_FRESH,
	OPT_FIRST_CONVERSATION, OPT_FIRST_MESSAGE, OPT_MIX, OPT_REPLY_PORT,
	OPT_REPLY_TIMEOUT, OPT_NOTES_CLOSE, OPT_JSON, OPT_HELP, OPT_BURST,
	OPT_PACED, OPT_CLOSED, OPT_EMIT
};

static const struct option known[] = {
	{ "url", required_argument, NULL, OPT_URL },
	{ "user", required_argument, NULL, OPT_USER },
	{ "secret", required_argument, NULL, OPT_SECRET },
	{ "account", required_argument, NULL, OPT_ACCOUNT },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "total", required_argument, NULL, OPT_TOTAL },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "conversations", required_argument, NULL, OPT_CONVERSATIONS },
	{ "fresh", no_argument, NULL, OPT_FRESH },
	{ "first-conversation", required_argument, NULL, OPT_FIRST_CONVERSATION },
	{ "first-message", required_argument, NULL, OPT_FIRST_MESSAGE },
	{ "mix", required_argument, NULL, OPT_MIX },
	{ "reply-port", required_argument, NULL, OPT_REPLY_PORT },
	{ "reply-timeout", required_argument, NULL, OPT_REPLY_TIMEOUT },
	{ "notes-close", no_argument, NULL, OPT_NOTES_CLOSE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "burst", no_argument, NULL, OPT_BURST },
	{ "paced", no_argument, NULL, OPT_PACED },
	{ "closed-conversations", required_argument, NULL, OPT_CLOSED },
	{ "emit-pgbench", required_argument, NULL, OPT_EMIT },
	{ NULL, 0, NULL, 0 }
};

static void
refuse_options(const char *reason)
{
	fprintf(stderr, "webhook_load: %s\n\n%s", reason, usage);
	exit(2);
}

static void
read_url(Options *options, const char *url)
{
	int taken = 0;

	if (sscanf(url, "http://%63[0-9.]:%d%n", options->address, &options->port,
			   &taken) != 2 || taken == 0)
		refuse_options("the URL must be http://ADDRESS:PORT/PATH");
	snprintf(options->host, sizeof(options->host), "%s:%d", options->address,
			 options->port);
	options->payload.host = options->host;
	options->payload.path = url[taken] == '/' ? url + taken : "/";
}

static void
read_mix(Options *options, const char *text)
{
	int *mix = options->payload.mix;
	int sum = 0;

	if (sscanf(text, "%d,%d,%d,%d,%d", &mix[0], &mix[1], &mix[2], &mix[3],
			   &mix[4]) != LOAD_PAYLOAD_KINDS)
		refuse_options("the mix is five numbers");
	for (int i = 0; i < LOAD_PAYLOAD_KINDS; i++)
		sum += mix[i];
	if (sum != 100)
		refuse_options("the mix must add up to 100");
}

/* What is sent, and where to. */
static bool
read_target_option(Options *options, int option, const char *value)
{
	switch (option)
	{
		case OPT_URL:
			read_url(options, value);
			return true;
		case OPT_USER:
			options->payload.user = value;
			return true;
		case OPT_SECRET:
			options->payload.secret = value;
			return true;
		case OPT_ACCOUNT:
			options->payload.account_id = atoll(value);
			return true;
		case OPT_FIRST_MESSAGE:
			options->payload.first_message_id = atoll(value);
			return true;
		case OPT_MIX:
			read_mix(options, value);
			return true;
		case OPT_EMIT:
			options->emit_file = value;
			return true;
		default:
			return false;
	}
}

/* In what order and how fast. */
static bool
read_plan_option(Options *options, int option, const char *value)
{
	LoadPlanOptions *plan = &options->plan;

	switch (option)
	{
		case OPT_TOTAL:
			plan->total = atoll(value);
			return true;
		case OPT_SECONDS:
			plan->seconds = atof(value);
			return true;
		case OPT_CONVERSATIONS:
			plan->conversations = atoll(value);
			return true;
		case OPT_FRESH:
			plan->is_fresh = true;
			return true;
		case OPT_FIRST_CONVERSATION:
			plan->first_conversation = atoll(value);
			return true;
		case OPT_REPLY_TIMEOUT:
			plan->reply_timeout = atof(value);
			return true;
		case OPT_NOTES_CLOSE:
			plan->notes_close = true;
			return true;
		case OPT_PACED:
			plan->mode = LOAD_PLAN_PACED;
			load_report.mode = "paced";
			return true;
		default:
			return false;
	}
}

static void
read_run_option(Options *options, int option, const char *value)
{
	switch (option)
	{
		case OPT_CONNECTIONS:
			options->connections = atoi(value);
			break;
		case OPT_REPLY_PORT:
			options->reply_port = atoi(value);
			break;
		case OPT_JSON:
			options->is_json = true;
			break;
		case OPT_BURST:
			options->is_burst = true;
			load_report.mode = "burst";
			break;
		case OPT_CLOSED:
			options->plan.mode = LOAD_PLAN_CONVERSATIONS;
			options->closed_conversations = atoll(value);
			load_report.mode = "closed conversations";
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			exit(0);
		default:
			exit(2);
	}
}

static void
complete_options(Options *options)
{
	LoadPlanOptions *plan = &options->plan;

	if (options->payload.host == NULL)
		refuse_options("--url is missing");
	if (options->connections < 1 || plan->conversations < 1)
		refuse_options("connections and conversations must be positive");
	if (plan->total == 0 && (options->is_burst || plan->is_fresh ||
							 options->emit_file != NULL ||
							 plan->mode == LOAD_PLAN_PACED))
		refuse_options("this mode needs --total");
	if (plan->mode == LOAD_PLAN_PACED && plan->seconds <= 0)
		refuse_options("--paced needs --seconds");
	if (plan->mode == LOAD_PLAN_CONVERSATIONS &&
		(options->reply_port < 0 || options->closed_conversations < 1))
		refuse_options("--closed-conversations needs a count and --reply-port");
	if (plan->mode == LOAD_PLAN_CONVERSATIONS && !plan->is_fresh)
		plan->conversations = options->closed_conversations +
			(plan->notes_close ? plan->total : 0);
	else if (plan->is_fresh || plan->mode == LOAD_PLAN_PACED)
		plan->conversations = plan->total;
	if (plan->total == 0 && plan->seconds <= 0)
		plan->seconds = 10;
	if (options->closed_conversations > plan->conversations)
		options->closed_conversations = plan->conversations;
	plan->awaits_replies = options->reply_port >= 0;
}

int
main(int argc, char **argv)
{
	Options options = {
		.payload = { .account_id = 3, .mix = { 50, 30, 10, 5, 5 },
			.first_message_id = 1000000000 + time(NULL) % 8000000 * 1000 },
		.plan = { .first_conversation = 10000001, .conversations = 10000,
			.reply_timeout = 30 },
		.connections = 32,
		.reply_port = -1,
	};
	int option;

	load_report.mode = "closed";
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!read_target_option(&options, option, optarg) &&
			!read_plan_option(&options, option, optarg))
			read_run_option(&options, option, optarg);
	complete_options(&options);
	load_payload_open(&options.payload);
	if (options.emit_file != NULL)
	{
		if (load_payload_emit(options.emit_file,
							  options.plan.first_conversation,
							  options.plan.conversations, options.plan.total))
			return 0;
		perror(options.emit_file);
		return 1;
	}
	fake_loop_raise_file_limit();
	fake_loop_open();
	if (options.reply_port >= 0)
		fprintf(stderr, "replies %d\n", load_chatwoot_open(options.reply_port));
	load_client_open(options.address, options.port, options.connections);
	load_plan_open(&options.plan);
	load_plan_begin(options.closed_conversations);
	load_client_pump();
	fake_loop_run();
	load_report_print(options.is_json);
	return load_report.acknowledged > 0 ? 0 : 1;
}
