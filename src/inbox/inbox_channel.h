/*
 * inbox_channel.h
 *	  Our names for the channels people write on.
 */
#ifndef INBOX_CHANNEL_H
#define INBOX_CHANNEL_H

/* All of them, NULL at the end. */
extern const char *const inbox_channel_names[];

/* Our constant for a name we use ourselves; NULL when we do not. */
extern const char *inbox_channel_find(const char *name);

#endif							/* INBOX_CHANNEL_H */
