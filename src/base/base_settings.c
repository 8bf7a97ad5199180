/*
 * base_settings.c
 *	  Every setting of the server side, one alphabetical table.
 *
 * docs/reference/settings.md lists the same names; `make lint` compares the
 * two.  A setting's unit comes from its flags, never from its name.
 */
#include "postgres.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "base/base_settings.h"

bool		setting_allow_drop;
char	   *setting_authenticators;
int			setting_breaker_failures;
int			setting_breaker_pause;
char	   *setting_databases;
bool		setting_egress_allow_private;
char	   *setting_key_file;
int			setting_checkpoint_snapshot_every;
int			setting_fallback_after;
char	   *setting_http_ca_file;
int			setting_http_connect_timeout;
int			setting_http_max_connections;
int			setting_http_response_limit;
int			setting_http_timeout;
int			setting_in_flight_shown;
int			setting_join_limit;
int			setting_max_in_flight;
int			setting_node_attempts;
int			setting_prompt_limit;
int			setting_prompt_message_limit;
int			setting_prune_interval;
int			setting_quiet_time;
int			setting_quiet_time_limit;
double		setting_local_confidence;
double		setting_router_confidence;
int			setting_settle_time;
int			setting_standby_wait;
char	   *setting_site_token_file;
int			setting_tool_memory;
int			setting_step_timeout;
int			setting_tool_timeout;
int			setting_tool_workers;
int			setting_webhook_window;
int			setting_workers;

typedef struct Setting
{
	const char *name;
	enum
	{
		SETTING_BOOL, SETTING_INT, SETTING_REAL, SETTING_STRING
	}			kind;
	void	   *variable;
	double		standard;		/* default of a number or bool */
	const char *text;			/* default of a string */
	double		least;
	double		most;
	GucContext	context;
	int			flags;
	const char *summary;
	GucStringCheckHook check;	/* of a string */
} Setting;

/* A list of names in which every odd one is quoted. */
static bool
check_names(char **value, void **extra, GucSource source)
{
	char	   *copy = pstrdup(*value);
	List	   *names = NIL;
	bool		good = SplitIdentifierString(copy, ',', &names);

	list_free(names);
	pfree(copy);
	if (!good)
	{
		GUC_check_errdetail("It is not a list of names, separated by commas.");
		GUC_check_errhint("A name with capitals, spaces or other signs stands in double quotes: 'shop, \"My Shop\"'.");
	}
	return good;
}

static const Setting settings[] = {
	{"frontdesk.allow_drop", SETTING_BOOL, &setting_allow_drop, 0, NULL, 0, 1,
		PGC_SUSET, 0,
	"Lets DROP EXTENSION pg_frontdesk proceed while leads exist."},
	{"frontdesk.authenticators", SETTING_STRING, &setting_authenticators, 0, "", 0, 0,
		PGC_SIGHUP, GUC_LIST_INPUT,
	"Logins, besides frontdesk_authenticator, whose sessions carry the requests of many people, separated by commas."},
	{"frontdesk.breaker_failures", SETTING_INT, &setting_breaker_failures, 5, NULL, 0, 1000,
		PGC_SIGHUP, 0,
	"Failures in a row after which a provider or a Chatwoot site is left alone for a while; 0 means never."},
	{"frontdesk.breaker_pause", SETTING_INT, &setting_breaker_pause, 10000, NULL, 1, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time a provider or site that failed is left alone before one request tries it again; doubles each time, up to five minutes."},
	{"frontdesk.checkpoint_snapshot_every", SETTING_INT, &setting_checkpoint_snapshot_every, 50, NULL, 1, 100000,
		PGC_SIGHUP, 0,
	"A checkpoint stores the whole state, not only its patch, every so many steps of a thread."},
	{"frontdesk.databases", SETTING_STRING, &setting_databases, 0, "", 0, 0,
		PGC_SIGHUP, GUC_LIST_INPUT,
	"Databases whose front desk is served by background workers, separated by commas.", check_names},
	{"frontdesk.egress_allow_private", SETTING_BOOL, &setting_egress_allow_private, 0, NULL, 0, 1,
		PGC_SIGHUP, 0,
	"Lets requests leave for private and loopback addresses."},
	{"frontdesk.fallback_after", SETTING_INT, &setting_fallback_after, 5000, NULL, 0, 86400000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Wait for a provider from which an agent's fallback answers instead."},
	{"frontdesk.http_ca_file", SETTING_STRING, &setting_http_ca_file, 0, "", 0, 0,
		PGC_SIGHUP, 0,
	"File of the certification authorities that remote services are checked against; empty means the system's."},
	{"frontdesk.http_connect_timeout", SETTING_INT, &setting_http_connect_timeout, 5000, NULL, 1, 600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time a connection to a remote service may take to be made."},
	{"frontdesk.http_max_connections", SETTING_INT, &setting_http_max_connections, 0, NULL, 0, 100000,
		PGC_SIGHUP, 0,
	"Connections a worker opens to one host at the same time; 0 means as many as calls are in flight."},
	{"frontdesk.http_response_limit", SETTING_INT, &setting_http_response_limit, 8192, NULL, 16, 1048576,
		PGC_SIGHUP, GUC_UNIT_KB,
	"Size at which a response body is cut off and its request fails."},
	{"frontdesk.http_timeout", SETTING_INT, &setting_http_timeout, 120000, NULL, 1, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time a request may take in all, unless its node says otherwise."},
	{"frontdesk.in_flight_shown", SETTING_INT, &setting_in_flight_shown, 16384, NULL, 0, 1000000,
		PGC_POSTMASTER, 0,
	"Requests in flight that can be shown at the same time, over all workers of the server."},
	{"frontdesk.join_limit", SETTING_INT, &setting_join_limit, 15000, NULL, 0, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time from the start of a turn in which later messages still join it; 0 gives each a turn of its own."},
	{"frontdesk.key_file", SETTING_STRING, &setting_key_file, 0, "", 0, 0,
		PGC_SIGHUP, GUC_SUPERUSER_ONLY,
	"File outside the data directory with the key that encrypts secrets (64 hexadecimal digits)."},
	{"frontdesk.local_confidence", SETTING_REAL, &setting_local_confidence, 0.6, NULL, 0, 1,
		PGC_SIGHUP, 0,
	"Confidence from which the local classifier's decision is acted on where no model can be asked; below it the customer is asked, once, then a person."},
	{"frontdesk.max_in_flight", SETTING_INT, &setting_max_in_flight, 2000, NULL, 1, 100000,
		PGC_SIGHUP, 0,
	"Threads a worker holds at the same time."},
	{"frontdesk.node_attempts", SETTING_INT, &setting_node_attempts, 3, NULL, 1, 100,
		PGC_SIGHUP, 0,
	"Attempts a step gets before it counts as failed, unless its node says otherwise."},
	{"frontdesk.prompt_limit", SETTING_INT, &setting_prompt_limit, 200, NULL, 16, 100000,
		PGC_SIGHUP, GUC_UNIT_KB,
	"Size of a request to a model; of a longer conversation the oldest messages are left out."},
	{"frontdesk.prompt_message_limit", SETTING_INT, &setting_prompt_message_limit, 8, NULL, 1, 10000,
		PGC_SIGHUP, GUC_UNIT_KB,
	"Size of one message in a request to a model; of a longer one the middle is left out."},
	{"frontdesk.prune_interval", SETTING_INT, &setting_prune_interval, 3600, NULL, 0, 604800,
		PGC_SIGHUP, GUC_UNIT_S,
	"Time between two runs of pruning what was kept long enough; 0 leaves it to people."},
	{"frontdesk.quiet_time", SETTING_INT, &setting_quiet_time, 1000, NULL, 0, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time a conversation must be quiet before a turn starts, so that a burst of messages gets one answer."},
	{"frontdesk.quiet_time_limit", SETTING_INT, &setting_quiet_time_limit, 5000, NULL, 0, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time after which a turn starts even though messages keep coming."},
	{"frontdesk.router_confidence", SETTING_REAL, &setting_router_confidence, 0.85, NULL, 0, 1.01,
		PGC_SIGHUP, 0,
	"Confidence from which the local classifier's decision is taken without asking a model; above 1 a model is always asked."},
	{"frontdesk.settle_time", SETTING_INT, &setting_settle_time, 20000, NULL, 0, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time that must pass before an uncertain delivery is looked up at the remote side."},
	{"frontdesk.standby_wait", SETTING_INT, &setting_standby_wait, 3000, NULL, -1, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time the commit of a webhook waits for synchronous standbys before its sender is answered; -1 means as long as it takes."},
	{"frontdesk.site_token_file", SETTING_STRING, &setting_site_token_file, 0, "", 0, 0,
		PGC_SIGHUP, GUC_SUPERUSER_ONLY,
	"File outside the data directory that marks the machines which may answer customers; a copy of the database without it is frozen."},
	{"frontdesk.step_timeout", SETTING_INT, &setting_step_timeout, 5000, NULL, 0, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Processor time that one step of a thread may use in a worker; 0 means any."},
	{"frontdesk.tool_memory", SETTING_INT, &setting_tool_memory, 524288, NULL, 32768, MAX_KILOBYTES,
		PGC_SIGHUP, GUC_UNIT_KB,
	"Memory of its own that the process of a function that an account has added may have."},
	{"frontdesk.tool_timeout", SETTING_INT, &setting_tool_timeout, 30000, NULL, 1, 3600000,
		PGC_SIGHUP, GUC_UNIT_MS,
	"Time a function that an account has added may take, unless its node says otherwise."},
	{"frontdesk.tool_workers", SETTING_INT, &setting_tool_workers, 2, NULL, 1, 16,
		PGC_SIGHUP, 0,
	"Functions that accounts have added which run at the same time, per database."},
	{"frontdesk.webhook_window", SETTING_INT, &setting_webhook_window, 300, NULL, 1, 86400,
		PGC_SIGHUP, GUC_UNIT_S,
	"Age up to which a signed webhook is accepted, and how far its clock may run ahead."},
	{"frontdesk.workers", SETTING_INT, &setting_workers, 1, NULL, 0, 64,
		PGC_SIGHUP, 0,
	"Workers per database."},
};

/* Tells the server of a setting: by the function for its kind. */
static void
define_setting(const Setting *s)
{
	switch (s->kind)
	{
		case SETTING_BOOL:
			DefineCustomBoolVariable(s->name, s->summary, NULL, s->variable,
									 s->standard != 0, s->context, s->flags,
									 NULL, NULL, NULL);
			break;
		case SETTING_INT:
			DefineCustomIntVariable(s->name, s->summary, NULL, s->variable,
									(int) s->standard, (int) s->least,
									(int) s->most, s->context, s->flags,
									NULL, NULL, NULL);
			break;
		case SETTING_REAL:
			DefineCustomRealVariable(s->name, s->summary, NULL, s->variable,
									 s->standard, s->least, s->most,
									 s->context, s->flags, NULL, NULL, NULL);
			break;
		case SETTING_STRING:
			DefineCustomStringVariable(s->name, s->summary, NULL, s->variable,
									   s->text, s->context, s->flags,
									   s->check, NULL, NULL);
			break;
	}
}

void
base_settings_define(void)
{
	for (int i = 0; i < lengthof(settings); i++)
	{
		/* shared memory has its size already, and there is none of ours */
		if (settings[i].context == PGC_POSTMASTER && !process_shared_preload_libraries_in_progress)
			continue;
		define_setting(&settings[i]);
	}
	MarkGUCPrefixReserved("frontdesk");
}
