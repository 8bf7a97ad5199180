/*
 * inbox_phrase.h
 *	  Phrases that mean something whoever writes them: frontdesk.phrases.
 */
#ifndef INBOX_PHRASE_H
#define INBOX_PHRASE_H

typedef enum InboxPhraseKind
{
	INBOX_PHRASE_NONE,
	INBOX_PHRASE_OPT_OUT,		/* a customer wants no more messages */
	INBOX_PHRASE_OPT_IN,		/* and wants them again */
	INBOX_PHRASE_FILLER,		/* says nothing beside those two */
	INBOX_PHRASE_PROMISE,		/* we come back to it */
	INBOX_PHRASE_PERSON,		/* a person of ours does */
	INBOX_PHRASE_EXCEPTION,		/* its sentence promises nothing */
	INBOX_PHRASE_NEGATION		/* a word that no gap takes in */
} InboxPhraseKind;

/*
 * Whether a message is (nearly) nothing but an opt-out or an opt-in, on a
 * channel; else NONE.  *language is that of the phrase, good as long as the
 * current context.
 */
extern InboxPhraseKind inbox_phrase_judge(int account_id, const char *channel, const char *text,
										  const char **language);

/* Whether a text of ours promises that somebody comes back: PERSON, PROMISE or
 * NONE. */
extern InboxPhraseKind inbox_phrase_find_promise(int account_id, const char *text);

#endif							/* INBOX_PHRASE_H */
