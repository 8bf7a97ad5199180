/*
 * fake_journal.h
 *		What Chatwoot was made to do, in a file that outlives the program.
 */
#ifndef FAKE_JOURNAL_H
#define FAKE_JOURNAL_H

#include "fake_service.h"

extern bool fake_journal_is_open;

extern bool fake_journal_open(const char *path);
extern void fake_journal_add(const FakeExchange *exchange, bool is_bot);
extern int64_t fake_journal_clock(void);
extern int64_t fake_journal_message_id(int64_t last);

#endif							/* FAKE_JOURNAL_H */
