/*
 * gateway_config.c
 *		Every setting of the gateway, in one alphabetical table.
 *
 * Runs in the gateway, at start and on SIGHUP.  A value comes from the
 * table, then the file, then the environment, the later one wins.  An
 * unknown name is an error, in the file and in the environment: a
 * misspelled setting must not be silently without effect.  Values of secrets
 * are never printed; one that begins with @ names a file to read it from.
 *
 * A GatewayConfig owns its texts; gateway_config_free() gives them back.
 */
#include "gateway_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway_address.h"
#include "gateway_log.h"

#define ENVIRONMENT_PREFIX "FRONTDESK_"
#define LINE_BYTES 8192
#define SAMPLE_COLUMNS 78

typedef enum SettingKind
{
	KIND_TEXT,
	KIND_SECRET,
	KIND_COUNT,
	KIND_SWITCH,
	KIND_BYTES,
	KIND_TIME
} SettingKind;

typedef struct Setting
{
	const char *name;
	SettingKind kind;
	size_t offset;
	const char *initial; /* as it would stand in the file */
	int64_t least;
	int64_t most;
	bool fixed; /* takes effect at start only */
	const char *help;
} Setting;

typedef struct Unit
{
	const char *name;
	int64_t factor;
} Unit;

#define AT(field) offsetof(GatewayConfig, field)
#define HOUR INT64_C(3600000)
#define GIGABYTE (INT64_C(1) << 30)

static const Setting settings[] = {
	{"address_connections", KIND_COUNT, AT(address_connections), "0", 0, 100000,
	 false,
	 "client connections of one address that is no trusted "
	 "proxy; 0: an eighth of max_connections"},
	{"admin_port", KIND_COUNT, AT(admin_port), "0", 0, 65535, true,
	 "port of /live, /ready and /metrics; 0: the main port, /metrics for "
	 "loopback only"},
	{"anonymous_role", KIND_TEXT, AT(anonymous_role), "frontdesk_anon", 0, 0,
	 false, "role of requests without a token; empty: a token is required"},
	{"body_limit", KIND_BYTES, AT(body_limit), "10MB", 1, GIGABYTE, false,
	 "largest request body; above it 413"},
	{"body_memory", KIND_BYTES, AT(body_memory), "256MB", 1, 1024 * GIGABYTE,
	 false,
	 "bytes of request bodies above 64 kB that are held at the same "
	 "time; a quarter for one address; above it 503 or 429"},
	{"cors_origins", KIND_TEXT, AT(cors_origins), "", 0, 0, false,
	 "origins that browsers may call from, separated by commas; * for all"},
	{"database", KIND_SECRET, AT(database), "user=frontdesk_authenticator", 0,
	 0, true,
	 "libpq connection string or URI, such as 'dbname=shop "
	 "user=frontdesk_authenticator', or @ and a file that holds it"},
	{"drain_timeout", KIND_TIME, AT(drain_timeout), "10s", 0, HOUR, false,
	 "time that requests in flight get when the gateway is told to stop"},
	{"jwt_audience", KIND_TEXT, AT(jwt_audience), "", 0, 0, false,
	 "audience that a token must name; empty: not checked"},
	{"jwt_require_exp", KIND_SWITCH, AT(jwt_require_exp), "off", 0, 1, false,
	 "refuse tokens that never expire"},
	{"jwt_secret", KIND_SECRET, AT(jwt_secret), "", 0, 0, false,
	 "key of HS256 tokens, at least 32 bytes, or @ and a file that holds it; "
	 "empty: no token is accepted"},
	{"keepalive_timeout", KIND_TIME, AT(keepalive_timeout), "75s", 1, HOUR,
	 false, "an idle client connection is closed after this time"},
	{"listen_address", KIND_TEXT, AT(listen_address), "127.0.0.1", 0, 0, true,
	 "numeric IPv4 or IPv6 address; * for all"},
	{"log_requests", KIND_SWITCH, AT(log_requests), "off", 0, 1, false,
	 "write a line for each answered request"},
	{"max_connections", KIND_COUNT, AT(max_connections), "1000", 1, 100000,
	 true,
	 "client connections at the same time; above it the one idle "
	 "longest is closed"},
	{"pool_size", KIND_COUNT, AT(pool_size), "17", 1, 1000, true,
	 "connections to PostgreSQL; one sender of webhooks has half of them at "
	 "most, calls together the same, and one sender's calls a quarter"},
	{"port", KIND_COUNT, AT(port), "8080", 0, 65535, true,
	 "port to listen on; 0: any free one, printed at start"},
	{"queue_size", KIND_COUNT, AT(queue_size), "1000", 0, 1000000, false,
	 "requests that may wait for a connection to PostgreSQL"},
	{"queue_timeout", KIND_TIME, AT(queue_timeout), "5s", 1, HOUR, false,
	 "longest wait for a connection to PostgreSQL"},
	{"rate_limit", KIND_COUNT, AT(rate_limit), "100", 0, 1000000, false,
	 "rejected or anonymous requests per minute and address; 0: no limit"},
	{"receive_timeout", KIND_TIME, AT(receive_timeout), "10s", 1, HOUR, false,
	 "a request must have arrived in full within this time"},
	{"schema", KIND_TEXT, AT(schema), "frontdesk", 0, 0, true,
	 "schema whose functions are served"},
	{"send_timeout", KIND_TIME, AT(send_timeout), "30s", 1, HOUR, false,
	 "an answer must have been taken within this time"},
	{"statement_timeout", KIND_TIME, AT(statement_timeout), "8s", 1, HOUR, true,
	 "PostgreSQL cancels a call that runs longer"},
	{"static_directory", KIND_TEXT, AT(static_directory), "", 0, 0, false,
	 "directory of files to serve; empty: none"},
	{"trusted_proxies", KIND_TEXT, AT(trusted_proxies), "", 0, 0, false,
	 "addresses whose X-Forwarded-For is believed, separated by commas"},
	{"webhook_functions", KIND_TEXT, AT(webhook_functions),
	 "chatwoot_webhook,receive_webhook",
	 0, 0, false, "functions that senders of webhooks call, with commas"},
	{"webhook_retry_time", KIND_TIME, AT(webhook_retry_time), "3s", 0, HOUR,
	 false, "a webhook that PostgreSQL cannot take is retried for this long"},
	{"webhook_role", KIND_TEXT, AT(webhook_role), "frontdesk_webhook", 0, 0,
	 false, "role of requests to the webhook functions"},
};

#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static const Unit byte_units[] = {
	{"", 1}, {"B", 1}, {"kB", 1024}, {"MB", 1 << 20}, {"GB", 1 << 30}};
static const Unit time_units[] = {
	{"", 1}, {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};

static bool load_file(GatewayConfig *config, const char *file,
					  GatewayText *problem);
static bool load_environment(GatewayConfig *config, GatewayText *problem);
static bool check_whole(const GatewayConfig *config, GatewayText *problem);

static bool
is_text(const Setting *setting)
{
	return setting->kind == KIND_TEXT || setting->kind == KIND_SECRET;
}

static char **
text_field(GatewayConfig *config, const Setting *setting)
{
	return (char **) (void *) ((char *) config + setting->offset);
}

static int64_t *
number_field(GatewayConfig *config, const Setting *setting)
{
	return (int64_t *) (void *) ((char *) config + setting->offset);
}

static const Setting *
find_setting(const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

/* Counts the edits between two names, for the hint about a misspelled one. */
static int
edit_distance(const char *one, const char *other)
{
	int row[64];
	int width = (int) strlen(other);

	if (width >= 63)
		return 64;
	for (int j = 0; j <= width; j++)
		row[j] = j;
	for (int i = 1; one[i - 1] != '\0'; i++)
	{
		int corner = row[0];

		row[0] = i;
		for (int j = 1; j <= width; j++)
		{
			int best = corner + (one[i - 1] != other[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[width];
}

/*
 * Names the setting that was probably meant: a slip shall not cost a search.
 */
static bool
report_unknown(const char *name, GatewayText *problem)
{
	const char *nearest = settings[0].name;
	int least = 1000;

	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		int distance = edit_distance(name, settings[i].name);

		if (distance < least)
		{
			least = distance;
			nearest = settings[i].name;
		}
	}
	gateway_text_format(problem,
						"unknown setting \"%s\"; perhaps \"%s\" was meant, "
						"--help lists all",
						name, nearest);
	return false;
}

/* Reads the file that an @ value names, without its last line break. */
static bool
read_secret_file(const char *path, char **value, GatewayText *problem)
{
	char bytes[LINE_BYTES];
	size_t length;
	FILE *file = fopen(path, "r");

	if (file == NULL)
	{
		gateway_text_format(problem, "cannot read secret file \"%s\": %s", path,
							strerror(errno));
		return false;
	}
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	while (length > 0 &&
		   (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	*value = gateway_text_duplicate(bytes, length);
	return true;
}

/* Reads a number with the unit that its kind may have; false when it is none,
 * or out of bounds. */
static bool
parse_number(const Setting *setting, const char *value, int64_t *number)
{
	const Unit *units = setting->kind == KIND_BYTES ? byte_units : time_units;
	size_t unit_count = setting->kind == KIND_COUNT ? 1 : 5;
	char *rest;

	if (setting->kind == KIND_SWITCH)
	{
		*number = strcmp(value, "on") == 0 || strcmp(value, "true") == 0;
		return *number || strcmp(value, "off") == 0 ||
			   strcmp(value, "false") == 0;
	}
	errno = 0;
	*number = strtoll(value, &rest, 10);
	if (rest == value || errno != 0)
		return false;
	while (*rest == ' ')
		rest++;
	for (size_t i = 0; i < unit_count; i++)
	{
		if (strcmp(rest, units[i].name) == 0)
			return !__builtin_mul_overflow(*number, units[i].factor, number) &&
				   *number >= setting->least && *number <= setting->most;
	}
	return false;
}

static const char *
expected_form(SettingKind kind)
{
	switch (kind)
	{
		case KIND_SWITCH:
			return "on or off";
		case KIND_BYTES:
			return "a size such as 512kB or 10MB";
		case KIND_TIME:
			return "a time such as 500ms, 10s or 2min";
		default:
			return "a whole number";
	}
}

/* Sets a field, or says in problem what was wrong with the value. */
static bool
set_value(GatewayConfig *config, const Setting *setting, const char *value,
		  GatewayText *problem)
{
	int64_t number;

	if (is_text(setting))
	{
		char *copy = NULL;

		if (setting->kind == KIND_SECRET && value[0] == '@')
		{
			if (!read_secret_file(value + 1, &copy, problem))
				return false;
		}
		else
			copy = gateway_text_duplicate(value, strlen(value));
		free(*text_field(config, setting));
		*text_field(config, setting) = copy;
		return true;
	}
	if (!parse_number(setting, value, &number))
	{
		gateway_text_format(problem,
							"invalid value \"%s\" for setting \"%s\": must be "
							"%s between %lld and %lld",
							value, setting->name, expected_form(setting->kind),
							(long long) setting->least,
							(long long) setting->most);
		return false;
	}
	*number_field(config, setting) = number;
	return true;
}

/*
 * Fills config from the table, the file (may be NULL) and the environment.
 * On failure says why in problem; config can be freed in either case.
 */
bool
gateway_config_load(GatewayConfig *config, const char *file,
					GatewayText *problem)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		if (!set_value(config, &settings[i], settings[i].initial, problem))
			return false;
	}
	return (file == NULL || load_file(config, file, problem)) &&
		   load_environment(config, problem) && check_whole(config, problem);
}

static char *
trim(char *text)
{
	char *end;

	while (isspace((unsigned char) *text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char) end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* Takes "name = value", with or without single quotes around the value. */
static bool
load_line(GatewayConfig *config, char *line, GatewayText *problem)
{
	char *name = trim(line);
	char *value = strchr(name, '=');
	const Setting *setting;
	size_t length;

	if (name[0] == '\0' || name[0] == '#')
		return true;
	if (value == NULL)
	{
		gateway_text_add(problem, "expected \"name = value\"");
		return false;
	}
	*value++ = '\0';
	name = trim(name);
	value = trim(value);
	length = strlen(value);
	if (length >= 2 && value[0] == '\'' && value[length - 1] == '\'')
	{
		value[length - 1] = '\0';
		value++;
	}
	setting = find_setting(name);
	if (setting == NULL)
		return report_unknown(name, problem);
	return set_value(config, setting, value, problem);
}

/* Reads a file of settings until the first line that is wrong, which problem
 * then names. */
static bool
load_file(GatewayConfig *config, const char *file, GatewayText *problem)
{
	char line[LINE_BYTES];
	int number = 0;
	bool ok = true;
	FILE *in = fopen(file, "r");

	if (in == NULL)
	{
		gateway_text_format(problem, "cannot read \"%s\": %s", file,
							strerror(errno));
		return false;
	}
	while (ok && fgets(line, sizeof(line), in) != NULL)
	{
		number++;
		ok = load_line(config, line, problem);
	}
	fclose(in);
	if (!ok)
		gateway_text_format(problem, " (%s, line %d)", file, number);
	return ok;
}

/* Takes one NAME=value of the environment when it carries our prefix. */
static bool
load_variable(GatewayConfig *config, const char *variable, GatewayText *problem)
{
	const char *value = strchr(variable, '=');
	size_t prefix = strlen(ENVIRONMENT_PREFIX);
	const Setting *setting;
	char name[64];
	size_t length = 0;

	if (value == NULL || strncmp(variable, ENVIRONMENT_PREFIX, prefix) != 0)
		return true;
	for (const char *at = variable + prefix;
		 at < value && length < sizeof(name) - 1; at++)
		name[length++] = (char) tolower((unsigned char) *at);
	name[length] = '\0';
	setting = find_setting(name);
	if (setting == NULL)
	{
		report_unknown(name, problem);
		gateway_text_add(problem, " (environment)");
		return false;
	}
	return set_value(config, setting, value + 1, problem);
}

static bool
load_environment(GatewayConfig *config, GatewayText *problem)
{
	extern char **environ;

	for (char **variable = environ; *variable != NULL; variable++)
	{
		if (!load_variable(config, *variable, problem))
			return false;
	}
	return true;
}

/* Checks what no single setting can tell. */
static bool
check_whole(const GatewayConfig *config, GatewayText *problem)
{
	size_t secret = strlen(config->jwt_secret);

	if (secret > 0 && secret < 32)
		gateway_text_add(problem, "setting \"jwt_secret\" is shorter than 32 "
								  "bytes, too short for HS256");
	else if (config->schema[0] == '\0')
		gateway_text_add(problem, "setting \"schema\" must not be empty");
	else if (config->webhook_functions[0] != '\0' &&
			 config->webhook_role[0] == '\0')
		gateway_text_add(problem, "setting \"webhook_role\" must not be empty "
								  "while there are webhook functions");
	else if (config->body_memory < config->body_limit)
		gateway_text_add(problem, "setting \"body_memory\" must not be less "
								  "than \"body_limit\"");
	else if (config->admin_port != 0 && config->admin_port == config->port)
		gateway_text_add(problem, "settings \"admin_port\" and \"port\" must "
								  "differ");
	else
		return true;
	return false;
}

/*
 * Gives a freshly loaded configuration the running values of the settings
 * that take effect at start only, and says so in the log.
 */
void
gateway_config_keep_fixed(GatewayConfig *fresh, const GatewayConfig *running)
{
	GatewayConfig *current = (GatewayConfig *) running;

	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		const Setting *setting = &settings[i];
		bool differs;

		if (!setting->fixed)
			continue;
		if (is_text(setting))
		{
			const char *value = *text_field(current, setting);

			differs = strcmp(*text_field(fresh, setting), value) != 0;
			free(*text_field(fresh, setting));
			*text_field(fresh, setting) =
				gateway_text_duplicate(value, strlen(value));
		}
		else
		{
			differs = *number_field(fresh, setting) !=
					  *number_field(current, setting);
			*number_field(fresh, setting) = *number_field(current, setting);
		}
		if (differs)
			gateway_log(GATEWAY_LOG_WARNING,
						"setting \"%s\" changes at the next start",
						setting->name);
	}
}

/* Prints the table of settings. */
void
gateway_config_print_help(FILE *out)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		const Setting *setting = &settings[i];

		fprintf(out, "  %-20s %s\n  %-20s default: %s%s\n", setting->name,
				setting->help, "",
				setting->initial[0] ? setting->initial : "(empty)",
				setting->fixed ? "; changes at start only" : "");
	}
}

/* Prints words as a comment, in lines that do not get too long. */
static void
print_comment(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0')
	{
		size_t length = strcspn(text, " ");

		if (column > 0 && column + 1 + length > SAMPLE_COLUMNS)
		{
			fputc('\n', out);
			column = 0;
		}
		column += (size_t) fprintf(out, "%s%.*s", column > 0 ? " " : "# ",
								   (int) length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* Prints a file of all settings, each with its default and out of effect. */
void
gateway_config_print_sample(FILE *out)
{
	fputs(
		"# Settings of pg_frontdesk_gateway, each with its default.  To change "
		"one, take\n"
		"# its # away; --config names the file, --check tries it.\n",
		out);
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		const Setting *setting = &settings[i];
		const char *quote = is_text(setting) ? "'" : "";

		fputc('\n', out);
		print_comment(out, setting->help);
		if (setting->fixed)
			print_comment(out, "(changes at start only)");
		fprintf(out, "#%s = %s%s%s\n", setting->name, quote, setting->initial,
				quote);
	}
}

/* Tells whether only the machine itself can reach the ports. */
bool
gateway_config_is_local(const GatewayConfig *config)
{
	GatewayAddress address;

	return gateway_address_parse(config->listen_address,
								 strlen(config->listen_address), &address) &&
		   gateway_address_is_loopback(&address);
}

/* Tells whether a word stands in a list separated by commas. */
bool
gateway_config_list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list != '\0')
	{
		size_t item;
		size_t end;

		list += strspn(list, ", ");
		item = strcspn(list, ",");
		end = item;
		while (end > 0 && list[end - 1] == ' ')
			end--;
		if (end == length && length > 0 && memcmp(list, word, length) == 0)
			return true;
		list += item;
	}
	return false;
}

/* Gives the texts back. */
void
gateway_config_free(GatewayConfig *config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		if (is_text(&settings[i]))
		{
			free(*text_field(config, &settings[i]));
			*text_field(config, &settings[i]) = NULL;
		}
	}
}
