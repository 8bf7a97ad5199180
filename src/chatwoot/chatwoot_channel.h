/*
 * chatwoot_channel.h
 *	  Our names for Chatwoot's channels.
 */
#ifndef CHATWOOT_CHANNEL_H
#define CHATWOOT_CHANNEL_H

/*
 * Our name for a channel of Chatwoot: `source_id` is the contact's address on
 * it, `type` the conversation's additional_attributes.type; either may be
 * NULL.  A channel not known here is "other".
 */
extern const char *chatwoot_channel_name(const char *chatwoot_name,
										 const char *source_id, const char *type);

#endif							/* CHATWOOT_CHANNEL_H */
