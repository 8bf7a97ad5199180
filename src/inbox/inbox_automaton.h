/*
 * inbox_automaton.h
 *	  What betrays that no person wrote a message.
 */
#ifndef INBOX_AUTOMATON_H
#define INBOX_AUTOMATON_H

/* What a machine has written; the words of inbox_automaton_name(). */
typedef enum InboxAutomaton
{
	INBOX_AUTOMATON_NONE,		/* nothing says that a machine wrote it */
	INBOX_AUTOMATON_NOTICE,		/* of a system that nobody can answer */
	INBOX_AUTOMATON_AUTO_REPLY,	/* out of office, receipts */
	INBOX_AUTOMATON_NEWSLETTER,	/* sent to many */
	INBOX_AUTOMATON_REPORT,		/* DMARC, TLS */
	INBOX_AUTOMATON_BOUNCE		/* a mail of ours did not arrive */
} InboxAutomaton;

extern const char *inbox_automaton_name(InboxAutomaton automaton);

/* By a mail's address of the sender; NULL betrays nothing, here and below. */
extern InboxAutomaton inbox_automaton_of_address(const char *address);

/* By one header of a mail, its name in any case. */
extern InboxAutomaton inbox_automaton_of_header(const char *name, const char *value);

/* Whether a header tells that a group's address has passed the mail on: then
 * headers for lists say nothing of who wrote it. */
extern bool inbox_automaton_is_group(const char *name);

/* By how a mail's subject begins, in seven languages. */
extern InboxAutomaton inbox_automaton_of_subject(const char *subject);

/* By what a text says of itself, in seven languages; of a mail also by how people
 * are said to be away. */
extern InboxAutomaton inbox_automaton_of_text(const char *text, bool is_mail);

/* Whether a sender, by its name at the channel, is no single person: a group chat,
 * a list of statuses, a channel. */
extern bool inbox_automaton_is_crowd(const char *sender);

#endif							/* INBOX_AUTOMATON_H */
