/*
 * gateway_text.h
 *		A growing piece of text that is reused from request to request.
 */
#ifndef GATEWAY_TEXT_H
#define GATEWAY_TEXT_H

#include <stddef.h>

typedef struct GatewayText
{
	char *bytes;	 /* always ends in a zero byte once anything was added */
	size_t length;	 /* without that zero byte */
	size_t capacity; /* bytes allocated */
} GatewayText;

void *gateway_text_allocate(size_t bytes);
char *gateway_text_duplicate(const char *text, size_t length);
void gateway_text_reserve(GatewayText *text, size_t more);
void gateway_text_append(GatewayText *text, const char *bytes, size_t length);
void gateway_text_add(GatewayText *text, const char *string);
void gateway_text_format(GatewayText *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void gateway_text_reset(GatewayText *text, size_t keep);
void gateway_text_free(GatewayText *text);

#endif
