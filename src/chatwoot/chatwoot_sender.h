/*
 * chatwoot_sender.h
 *	  Whether a message that Chatwoot tells of was written by a machine, and
 *	  whether its conversation is one with many.
 */
#ifndef CHATWOOT_SENDER_H
#define CHATWOOT_SENDER_H

#include "inbox/inbox_event.h"

/* What betrays a machine in an incoming message, read but for that; `email` is
 * content_attributes.email, absent for other channels. */
extern InboxAutomaton chatwoot_sender_automaton(const BaseSpan *email, const InboxEvent *event);

/* Whether a conversation, by its contact_inbox and its additional_attributes, is
 * with a group or a list. */
extern bool chatwoot_sender_is_crowd(const BaseSpan *contact_inbox, const BaseSpan *additional,
									 const char *channel);

#endif							/* CHATWOOT_SENDER_H */
