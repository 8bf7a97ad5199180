/*
 * chatwoot_channel.c
 *	  Our names for Chatwoot's channels; pure.
 *
 * Two of Chatwoot's channels carry two of ours: Twilio serves SMS and WhatsApp
 * (told apart by the address), a Facebook page serves Messenger and Instagram
 * (told apart by the conversation's type).
 */
#include "postgres.h"

#include "chatwoot/chatwoot_channel.h"

static const struct
{
	const char *chatwoot_name;
	const char *name;
}			channels[] = {
	{"Channel::Whatsapp", "whatsapp"},
	{"Channel::Instagram", "instagram"},
	{"Channel::Email", "email"},
	{"Channel::Sms", "sms"},
	{"Channel::TwilioSms", "sms"},
	{"Channel::Telegram", "telegram"},
	{"Channel::WebWidget", "webchat"},
	{"Channel::FacebookPage", "facebook"},
	{"Channel::Line", "line"},
	{"Channel::Tiktok", "tiktok"},
	{"Channel::Api", "api"},
};

const char *
chatwoot_channel_name(const char *chatwoot_name, const char *source_id,
				   const char *type)
{
	if (strcmp(chatwoot_name, "Channel::TwilioSms") == 0 &&
		source_id && strncmp(source_id, "whatsapp:", 9) == 0)
		return "whatsapp";
	if (strcmp(chatwoot_name, "Channel::FacebookPage") == 0 &&
		type && strcmp(type, "instagram_direct_message") == 0)
		return "instagram";
	for (int i = 0; i < lengthof(channels); i++)
	{
		if (strcmp(channels[i].chatwoot_name, chatwoot_name) == 0)
			return channels[i].name;
	}
	return "other";
}
