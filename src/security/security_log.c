/*
 * security_log.c
 *	  Keeps secrets out of the server's log and of the statistics on statements.
 *
 * Runs in every session that has the library loaded.  A statement that calls one
 * of secret_functions may quote a secret.  PostgreSQL logs statements in many
 * ways (log_statement before they run, log_min_duration_statement, auto_explain,
 * the STATEMENT and CONTEXT of errors, parameters of prepared ones); all end in
 * one hook, where a line that names such a function loses what it quotes.
 *
 * What keeps a statement's text itself (pg_stat_statements, for statements it
 * does not normalise) reads it after the statement has run: so the function that
 * was given the secret blanks the literals in the text where it lies.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/elog.h"

#include "security/security_log.h"

typedef enum Secrecy
{
	NO_SECRET,
	SECRET_PARAMETERS,			/* credentials or customers' words among the arguments */
	SECRET_VALUE				/* an argument is a secret; even errors may quote it */
} Secrecy;

/* A new function of these kinds calls hide_statement() first and is added here;
 * test/tap/042_log_secrets.pl asks the catalog for those that should be. */
static const struct
{
	const char *name;
	Secrecy		secrecy;
}			secret_functions[] = {
	{"add_site", SECRET_VALUE},
	{"chatwoot_webhook", SECRET_PARAMETERS},
	{"open_request", SECRET_PARAMETERS},
	{"receive_webhook", SECRET_PARAMETERS},
	{"register_webhook", SECRET_VALUE},
	{"set_secret", SECRET_VALUE},
	{"verify_signature", SECRET_PARAMETERS},
	/* an identifier that may spell any of these */
	{"u&\"", SECRET_VALUE},
};

static const char shown[] = "frontdesk: statement not shown, it carries a secret";

static emit_log_hook_type prev_log_hook;
static bool parameters_hidden = false;

/* ---- the log ---- */

/* Looks for the names however they are written: SQL folds their case. */
static Secrecy
secrecy_of_text(const char *text)
{
	Secrecy		most = NO_SECRET;

	if (text == shown)
		return SECRET_VALUE;
	for (int i = 0; text != NULL && i < lengthof(secret_functions); i++)
		if (strcasestr(text, secret_functions[i].name) != NULL)
			most = Max(most, secret_functions[i].secrecy);
	return most;
}

static Secrecy
secrecy_of_line(const ErrorData *line)
{
	const char *texts[] = {
		debug_query_string, line->message, line->detail,
		line->detail_log, line->context, line->internalquery,
	};
	Secrecy		most = parameters_hidden ? SECRET_PARAMETERS : NO_SECRET;

	for (int i = 0; i < lengthof(texts); i++)
		most = Max(most, secrecy_of_text(texts[i]));
	return most;
}

/* Whether a line may quote the running statement without naming the function: an
 * EXECUTE of a prepared one does. */
static bool
quotes_statement(const char *message)
{
	return strncmp(message, "statement: ", 11) == 0 || strncmp(message, "duration: ", 10) == 0;
}

/* What is left of a line about a statement: how long it took. */
static char *
shorten(const char *message)
{
	double		ms;

	if (sscanf(message, "duration: %lf ms", &ms) == 1)
		return psprintf("duration: %.3f ms  %s", ms, shown);
	return pstrdup(shown);
}

/* The client gets the error as it is; the log only learns that there was one. */
static void
keep_from_log(ErrorData *line)
{
	line->output_to_server = false;
	ereport(LOG_SERVER_ONLY,
			(errcode(line->sqlerrcode),
			 errmsg("pg_frontdesk: error %s in a statement that carries a secret", unpack_sql_state(line->sqlerrcode)),
			 errhidestmt(true), errhidecontext(true)));
}

/* Takes out of a line what a secret could stand in; of an error that came with
 * one the log learns only that there was one. */
static void
emit_log_cb(ErrorData *line)
{
	static bool inside = false;
	Secrecy		secrecy = inside ? NO_SECRET : secrecy_of_line(line);

	if (secrecy != NO_SECRET)
	{
		if (line->elevel < WARNING &&
			(secrecy_of_text(line->message) != NO_SECRET ||
			 (secrecy == SECRET_VALUE && quotes_statement(line->message))))
			line->message = shorten(line->message);
		if (line->elevel < WARNING)
			line->detail = line->detail_log = NULL;
		line->context = NULL;
		line->internalquery = NULL;
		line->hide_stmt |= secrecy == SECRET_VALUE;
	}
	if (secrecy == SECRET_VALUE && line->elevel >= ERROR)
	{
		inside = true;
		keep_from_log(line);
		inside = false;
	}
	if (prev_log_hook)
		prev_log_hook(line);
}

void
security_log_init(void)
{
	prev_log_hook = emit_log_hook;
	emit_log_hook = emit_log_cb;
}

void
security_log_hide_parameters(void)
{
	parameters_hidden = true;
}

/* ---- the statement's own text ---- */

/* The end of a dollar quote's tag that begins here ("$tag$"), or NULL. */
static char *
dollar_tag_end(char *at)
{
	char	   *end = at + 1;

	while (*end == '_' || (unsigned char) *end >= 0x80 || isalnum((unsigned char) *end))
		end++;
	return *end == '$' && !isdigit((unsigned char) at[1]) ? end + 1 : NULL;
}

static char *
blank(char *from, char *to)
{
	while (from < to)
		*from++ = '*';
	return to;
}

/* Blanks a dollar-quoted literal; returns where the text goes on. */
static char *
blank_dollar_quoted(char *at, char *body)
{
	char	   *tag = pnstrdup(at, body - at);
	char	   *end = strstr(body, tag);

	return end ? blank(body, end) + strlen(tag) : blank(body, body + strlen(body));
}

/* Blanks what stands between single quotes and between dollar quotes. */
static void
blank_literals(char *text)
{
	while (*text != '\0')
	{
		char	   *body = *text == '$' ? dollar_tag_end(text) : NULL;

		if (body != NULL)
			text = blank_dollar_quoted(text, body);
		else if (*text == '\'')
		{
			char	   *end = strchr(text + 1, '\'');

			text = blank(text + 1, end ? end : text + strlen(text));
			text += end ? 1 : 0;
		}
		else
			text++;
	}
}

/* Only a client's statement lies in memory that may be written to. */
void
security_log_hide_statement(void)
{
	if (MyProcPort != NULL && debug_query_string != NULL && debug_query_string != shown)
		blank_literals(unconstify(char *, debug_query_string));
	pgstat_report_activity(STATE_RUNNING, shown);
	debug_query_string = shown;
}
