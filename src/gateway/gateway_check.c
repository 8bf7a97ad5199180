/*
 * gateway_check.c
 *		Whether the gateway could serve, asked before it does.
 *
 * Runs in "pg_frontdesk_gateway --check", which serves nobody and may wait.
 * It connects as the gateway does and says what it finds on standard output;
 * what would keep the gateway from serving goes to standard error, each with
 * a hint.  All is looked at, so that one run tells everything.
 */
#include "gateway_check.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway_hint.h"
#include "gateway_schema.h"
#include "gateway_sql.h"
#include "gateway_text.h"

#define NO_FUNCTIONS "CREATE EXTENSION pg_frontdesk there, or set database"
#define NOT_EXECUTABLE "run SELECT frontdesk.setup_roles(), or GRANT EXECUTE"

typedef struct Check
{
	const GatewayConfig *config;
	PGconn *pg;
	GatewaySchema *schema; /* NULL: could not be read */
	bool has_failed;
} Check;

/* Tells of a failure; a hint of NULL is looked for in the message. */
static void
complain(Check *check, const char *message, const char *hint)
{
	size_t length = strlen(message);

	check->has_failed = true;
	while (length > 0 && message[length - 1] == '\n')
		length--;
	fprintf(stderr, "%.*s\n", (int) length, message);
	if (hint == NULL)
		hint = gateway_hint_find(message);
	if (hint != NULL)
		fprintf(stderr, "hint: %s\n", hint);
}

static bool
open_connection(Check *check)
{
	const char *names[] = {"connect_timeout", "dbname", "application_name",
						   NULL};
	const char *values[] = {"5", check->config->database,
							"pg_frontdesk_gateway --check", NULL};

	check->pg = PQconnectdbParams(names, values, 1);
	if (PQstatus(check->pg) != CONNECTION_OK)
	{
		complain(check, PQerrorMessage(check->pg), NULL);
		return false;
	}
	printf("connected to database \"%s\" as role \"%s\", PostgreSQL %s\n",
		   PQdb(check->pg), PQuser(check->pg),
		   PQparameterStatus(check->pg, "server_version"));
	return true;
}

/* Reads the schema as the gateway would; one that exposes nothing is a mistake
 * in the settings or in grants. */
static void
check_schema(Check *check)
{
	const char *values[] = {check->config->schema};
	PGresult *rows = PQexecParams(check->pg, gateway_schema_query, 1, NULL,
								  values, NULL, NULL, 0);
	GatewayText message = {0};

	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		check->schema = gateway_schema_create(check->config->schema, rows);
	if (check->schema == NULL)
	{
		complain(check, PQresultErrorMessage(rows), NULL);
		PQclear(rows);
		return;
	}
	gateway_text_format(&message, "schema \"%s\": %d functions",
						check->config->schema, check->schema->function_count);
	if (check->schema->function_count > 0)
		puts(message.bytes);
	else
		complain(check, message.bytes, NO_FUNCTIONS);
	gateway_text_free(&message);
}

/* Opens a request of a role as the gateway would, and takes it back. */
static void
check_role(Check *check, const char *setting, const char *role)
{
	const char *values[GATEWAY_SESSION_COUNT] = {
		[GATEWAY_SESSION_ROLE] = role,	 [GATEWAY_SESSION_METHOD] = "GET",
		[GATEWAY_SESSION_PATH] = "/",	 [GATEWAY_SESSION_HEADERS] = "{}",
		[GATEWAY_SESSION_CLAIMS] = "{}", [GATEWAY_SESSION_READ_ONLY] = "true",
	};
	PGresult *opened;

	if (role[0] == '\0')
	{
		printf("%s is empty: a token is required\n", setting);
		return;
	}
	PQclear(PQexec(check->pg, "BEGIN"));
	opened = PQexecParams(check->pg, gateway_sql_opening, GATEWAY_SESSION_COUNT,
						  NULL, values, NULL, NULL, 0);
	if (PQresultStatus(opened) == PGRES_TUPLES_OK)
		printf("%s \"%s\" may be taken\n", setting, role);
	else
		complain(check, PQresultErrorMessage(opened), NULL);
	PQclear(opened);
	PQclear(PQexec(check->pg, "ROLLBACK"));
}

/* Looks whether the role of webhooks may call what the setting lists: senders
 * would get 404 or 403, and nobody sees that. */
static void
check_webhook(Check *check, const char *name)
{
	int count = 0;
	GatewayFunction *function =
		gateway_schema_find(check->schema, name, &count);
	GatewayText message = {0};
	bool is_allowed = false;

	for (int i = 0; i < count; i++)
		is_allowed |= gateway_schema_may_execute(&function[i],
												 check->config->webhook_role);
	gateway_text_format(&message, "function \"%s\" for webhooks %s", name,
						count == 0	 ? "does not exist"
						: is_allowed ? "may be called"
									 : "may not be called by webhook_role");
	if (is_allowed)
		puts(message.bytes);
	else
		complain(check, message.bytes,
				 count == 0 ? NO_FUNCTIONS : NOT_EXECUTABLE);
	gateway_text_free(&message);
}

static void
check_webhooks(Check *check)
{
	char *list =
		gateway_text_duplicate(check->config->webhook_functions,
							   strlen(check->config->webhook_functions));

	for (char *name = strtok(list, ", "); name != NULL;
		 name = strtok(NULL, ", "))
		check_webhook(check, name);
	free(list);
}

/* Looks at what there is behind a connection that could be made. */
static void
check_database(Check *check)
{
	const GatewayConfig *config = check->config;

	check_schema(check);
	if (check->schema == NULL || check->schema->function_count == 0)
		return;
	check_role(check, "anonymous_role", config->anonymous_role);
	if (config->webhook_functions[0] == '\0')
		return;
	check_role(check, "webhook_role", config->webhook_role);
	check_webhooks(check);
}

/* Connects and looks; returns whether the gateway could serve. */
bool
gateway_check_run(const GatewayConfig *config)
{
	Check check = {.config = config};

	if (open_connection(&check))
		check_database(&check);
	gateway_schema_release(check.schema);
	PQfinish(check.pg);
	return !check.has_failed;
}
