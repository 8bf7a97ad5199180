/*
 * gateway_hint.h
 *		What to do about an error that keeps the gateway from its database.
 */
#ifndef GATEWAY_HINT_H
#define GATEWAY_HINT_H

const char *gateway_hint_find(const char *message);

#endif
