/*
 * inbox_channel.c
 *	  Our names for the channels people write on; pure.
 */
#include "postgres.h"

#include "inbox/inbox_channel.h"

const char *const inbox_channel_names[] = {
	"whatsapp", "instagram", "email", "sms", "telegram", "webchat",
	"facebook", "line", "tiktok", "api", "other", NULL,
};

const char *
inbox_channel_find(const char *name)
{
	for (const char *const *known = inbox_channel_names; *known; known++)
		if (strcmp(*known, name) == 0)
			return *known;
	return NULL;
}
