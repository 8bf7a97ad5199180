/*
 * inbox_command.h
 *	  What people tell the bot in private notes.
 */
#ifndef INBOX_COMMAND_H
#define INBOX_COMMAND_H

#include "base/base_spi.h"
#include "inbox/inbox_conversation.h"

/*
 * A command is a statement over ($1 account, $2 conversation, $3 the rest of
 * the note, $4 who wrote it) that returns one text: the note that answers.
 */
typedef struct InboxCommand
{
	const char *name;			/* as "bot on"; without the prefix */
	const char *usage;			/* what follows the name, and what it does */
	BaseStatement *statement;
} InboxCommand;

/*
 * Obeys a private note just stored, if it is a command, and posts the note
 * that answers.  A command that fails changes nothing and is answered with
 * why.  SPI is connected, the thread is locked.
 */
extern void inbox_command_obey(const InboxConversation *conversation, const InboxMessage *note);

/* The inbox's own commands. */
extern void inbox_command_init(void);

#endif							/* INBOX_COMMAND_H */
