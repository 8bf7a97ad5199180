/*
 * inbox_carriage.h
 *	  What a channel can carry, and what a reply becomes on it.
 */
#ifndef INBOX_CARRIAGE_H
#define INBOX_CARRIAGE_H

#include "utils/jsonb.h"

#include "inbox/inbox_markup.h"
#include "inbox/inbox_part.h"

/* A row of frontdesk.channel_limits. */
typedef struct InboxCarriage
{
	int			max_length;
	InboxUnit	unit;
	int			max_parts;
	InboxMarkup markup;
	int64		window;			/* microseconds; 0 always open */
	Jsonb	   *templates;		/* by language; NULL none */
} InboxCarriage;

/*
 * The account's row for a channel, else the house's.  Cached in the process until
 * the configuration changes; good as long as the current context.
 */
extern const InboxCarriage *inbox_carriage_get(int account_id, const char *channel);

/* A reply as it leaves: its next message, and what is left for those behind. */
typedef struct InboxForm
{
	char	   *part;
	char	   *rest;			/* NULL when nothing is left */
} InboxForm;

/* What leaves of a reply as its message of this number; 1 is the first. */
extern InboxForm inbox_carriage_form(const InboxCarriage *carriage, const char *content, int number);

#endif							/* INBOX_CARRIAGE_H */
