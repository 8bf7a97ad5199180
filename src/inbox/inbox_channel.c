/*
 * inbox_channel.c
 *	  Our names for the channels people write on; pure.
 */
#include "postgres.h"

#include "inbox/inbox_channel.h"

static const char *const channels[] = {
	"whatsapp", "instagram", "email", "sms", "telegram", "webchat",
	"facebook", "line", "tiktok", "api", "other",
};

const char *
inbox_channel_find(const char *name)
{
	for (int i = 0; i < lengthof(channels); i++)
	{
		if (strcmp(channels[i], name) == 0)
			return channels[i];
	}
	return NULL;
}
