/*
 * inbox_command.c
 *	  What people tell the bot in private notes: "/bot on", "/approve …".
 *
 * Runs in the backend that takes the note in, in the transaction that stores
 * it: a note that comes twice is stored, and obeyed, once.  Only notes of
 * people whose event was signed get here.  A command runs in a subtransaction,
 * for what it raises is answered to the person and must not undo the note.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_object.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_command.h"
#include "inbox/inbox_rules.h"

#define MAX_COMMANDS 16

static const InboxCommand *commands[MAX_COMMANDS];
static int	command_count = 0;

static void
register_command(const InboxCommand *command)
{
	if (command_count >= MAX_COMMANDS)
		elog(ERROR, "too many commands registered with the inbox");
	commands[command_count++] = command;
}

/* The command that a note begins with; *rest is what follows its name. */
static const InboxCommand *
find_command(const char *text, const char **rest)
{
	for (int i = 0; i < command_count; i++)
	{
		size_t		length = strlen(commands[i]->name);

		if (pg_strncasecmp(text, commands[i]->name, length) != 0 ||
			(text[length] != '\0' && !isspace((unsigned char) text[length])))
			continue;
		for (*rest = text + length; isspace((unsigned char) **rest);)
			(*rest)++;
		return commands[i];
	}
	return NULL;
}

static char *
list_commands(const char *prefix)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "The bot does not know this command. It knows:");
	for (int i = 0; i < command_count; i++)
		appendStringInfo(&text, "\n%s%s%s", prefix, commands[i]->name, commands[i]->usage);
	return text.data;
}

static char *
run(const InboxCommand *command, Datum *values)
{
	char	   *answer = NULL;

	if (base_spi_execute(command->statement, values, NULL) == 1)
		answer = base_spi_text(0, 1);
	return answer;
}

/* Runs it; what it raises becomes the answer. */
static char *
try(const InboxCommand *command, Datum *values)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char	   *volatile answer = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		answer = run(command, values);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		answer = psprintf("That did not work: %s%s%s", error->message,
						  error->hint ? ". " : "", error->hint ? error->hint : "");
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return answer;
}

static void
post_note(const InboxConversation *conversation, const char *text)
{
	BaseObject	note;
	BaseObject	mail;

	base_object_begin(&note);
	base_object_add_text(&note, "kind", "note");
	base_object_add_text(&note, "content", text);
	base_object_begin(&mail);
	base_object_add_json(&mail, "deliver", psprintf("[%s]", base_object_end(&note)));
	engine_mail_post(conversation->origin.account_id, &conversation->id, "deliver",
					 base_object_end_jsonb(&mail), 0);
}

void
inbox_command_obey(const InboxConversation *conversation, const InboxMessage *note)
{
	const char *prefix = inbox_rules_get(conversation->origin.account_id)->command_prefix;
	const char *text = note->content;
	const InboxCommand *command;
	const char *rest = "";
	char	   *answer;
	Datum		values[4];

	if (prefix == NULL || text == NULL)
		return;
	while (isspace((unsigned char) *text))
		text++;
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return;
	command = find_command(text + strlen(prefix), &rest);
	values[0] = Int32GetDatum(conversation->origin.account_id);
	values[1] = UUIDPGetDatum(&conversation->id);
	values[2] = CStringGetTextDatum(rest);
	values[3] = CStringGetTextDatum(note->author_name ? note->author_name : "somebody");
	answer = command ? try(command, values) : list_commands(prefix);
	if (answer)
		post_note(conversation, answer);
}

/* ---- the inbox's own ---- */

static BaseStatement bot_on = {
	"SELECT frontdesk.command_bot_on($1, $2, $4)", {INT4OID, UUIDOID, TEXTOID, TEXTOID}
};
static BaseStatement bot_off = {
	"SELECT frontdesk.command_bot_off($1, $2, $4)", {INT4OID, UUIDOID, TEXTOID, TEXTOID}
};
static BaseStatement approve = {
	"SELECT frontdesk.command_decide($1, $2, 'approved', $3, $4)", {INT4OID, UUIDOID, TEXTOID, TEXTOID}
};
static BaseStatement reject = {
	"SELECT frontdesk.command_decide($1, $2, 'rejected', $3, $4)", {INT4OID, UUIDOID, TEXTOID, TEXTOID}
};
static BaseStatement answer = {
	"SELECT frontdesk.command_answer($1, $2, $3, $4)", {INT4OID, UUIDOID, TEXTOID, TEXTOID}
};
static BaseStatement why = {
	"SELECT frontdesk.command_why($1, $2)", {INT4OID, UUIDOID, TEXTOID, TEXTOID}
};

static const InboxCommand own_commands[] = {
	{"bot on", ": the bot answers again", &bot_on},
	{"bot off", ": the bot is silent until it is told otherwise", &bot_off},
	{"approve", " [text]: sends the reply that waits, or this text instead of it", &approve},
	{"reject", " [reason]: sends nothing of the reply that waits", &reject},
	{"answer", " <text or JSON>: answers what the bot has asked", &answer},
	{"why", ": says where the conversation stands, and why", &why},
};

void
inbox_command_init(void)
{
	for (int i = 0; i < lengthof(own_commands); i++)
		register_command(&own_commands[i]);
}
