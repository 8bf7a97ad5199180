/*
 * inbox_speaker.h
 *	  Who speaks in a conversation: the bot, or a person.
 */
#ifndef INBOX_SPEAKER_H
#define INBOX_SPEAKER_H

#include "utils/uuid.h"

/*
 * A person has taken over: the bot is silent from this commit on.  `cause`
 * goes to the audit trail ("reply", "assignment", "request", "escalation").
 * False when a person has the conversation already: then nothing happens, but
 * that a reply or an assignment puts off its return.
 */
extern bool inbox_speaker_take_over(int account_id, const pg_uuid_t *id, const char *cause);

/* The conversation is the bot's again. */
extern void inbox_speaker_give_back(int account_id, const pg_uuid_t *id, const char *cause);

#endif							/* INBOX_SPEAKER_H */
