/*
 * engine_mail.h
 *	  How anything reaches a thread: lock its row, add mail, make it due, and
 *	  wake a worker at commit.
 */
#ifndef ENGINE_MAIL_H
#define ENGINE_MAIL_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

typedef struct EngineThread EngineThread;

/*
 * Begins a thread at rest in the active graph of that name (the account's own,
 * else the house's).  Its row is inserted by the first of engine_mail_post_to,
 * engine_mail_draw_event and engine_mail_save.  SPI is connected.
 */
extern EngineThread *engine_mail_create_thread(int account_id, const pg_uuid_t *thread_id,
											   const char *kind, const char *graph, int quota_class);

/* Inserts a thread just begun, unless that has been done. */
extern void engine_mail_save(EngineThread *thread);

/*
 * Locks the thread's row for the rest of the transaction: whoever reads before
 * deciding what to post locks first.
 */
extern EngineThread *engine_mail_lock(int account_id, const pg_uuid_t *thread_id);

/* The last event number that a locked thread has handed out. */
extern int64 engine_mail_event_seq(const EngineThread *thread);

/*
 * Hands out the next event number of a locked thread without waking anybody:
 * for what the thread should remember but not act upon.
 */
extern int64 engine_mail_draw_event(EngineThread *thread);

/* Whether mail of that number is not yet part of a finished turn. */
extern bool engine_mail_is_unread(int account_id, const pg_uuid_t *thread_id, int64 seq);

/*
 * Adds a mailbox row, whose payload will be merged into the state, to a locked
 * thread, and makes the thread due after quiet_ms of silence.  Returns the
 * event number of the mail.  Nothing is due before the transaction commits.
 */
extern int64 engine_mail_post_to(EngineThread *thread, const char *kind,
								 Jsonb *payload, int quiet_ms);

/* The same for a thread that this locks first. */
extern int64 engine_mail_post(int account_id, const pg_uuid_t *thread_id,
							  const char *kind, Jsonb *payload, int quiet_ms);

#endif							/* ENGINE_MAIL_H */
