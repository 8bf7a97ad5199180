/*
 * inbox_channel.h
 *	  Our names for the channels people write on.
 */
#ifndef INBOX_CHANNEL_H
#define INBOX_CHANNEL_H

/*
 * Our name for a channel of Chatwoot: `source_id` is the contact's address on
 * it, `type` the conversation's additional_attributes.type; either may be
 * NULL.  A channel not known here is "other".
 */
extern const char *inbox_channel_name(const char *chatwoot_name,
									  const char *source_id, const char *type);

/* Our constant for a name we use ourselves; NULL when we do not. */
extern const char *inbox_channel_find(const char *name);

#endif							/* INBOX_CHANNEL_H */
