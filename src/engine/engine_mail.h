/*
 * engine_mail.h
 *	  How anything reaches a thread: lock its row, add mail, make it due, and
 *	  wake a worker at commit.
 */
#ifndef ENGINE_MAIL_H
#define ENGINE_MAIL_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

/* Makes a thread at rest in the active graph of that name (the account's own,
 * else the house's).  SPI is connected. */
extern void engine_mail_create_thread(int account_id, const pg_uuid_t *thread_id,
									  const char *kind, const char *graph, int quota_class);

/*
 * Locks the thread's row for the rest of the transaction: whoever reads before
 * deciding what to post locks first.
 */
extern void engine_mail_lock(int account_id, const pg_uuid_t *thread_id);

/*
 * Locks the thread's row and hands out the next event number without waking
 * anybody: for what the thread should remember but not act upon.
 */
extern int64 engine_mail_next_event(int account_id, const pg_uuid_t *thread_id);

/* Whether no finished turn has read that event; the thread's row is locked. */
extern bool engine_mail_is_unread(int account_id, const pg_uuid_t *thread_id, int64 seq);

/*
 * Locks the thread's row, adds a mailbox row whose payload will be merged into
 * the state, and makes the thread due after quiet_ms of silence.  Returns the
 * event number of the mail.  Nothing is due before the transaction commits.
 */
extern int64 engine_mail_post(int account_id, const pg_uuid_t *thread_id,
							  const char *kind, Jsonb *payload, int quiet_ms);

#endif							/* ENGINE_MAIL_H */
