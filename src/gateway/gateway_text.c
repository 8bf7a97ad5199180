/*
 * gateway_text.c
 *		A growing piece of text.
 *
 * Runs in the gateway.  A GatewayText owns its bytes; whoever embeds it calls
 * gateway_text_free() once, or gateway_text_reset() between two uses, which
 * keeps a small buffer so that the hot path allocates nothing.
 *
 * Memory that cannot be had ends the program: a stateless process that is
 * started again is worth more than one that limps.
 */
#include "gateway_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocates zeroed memory or ends the program. */
void *
gateway_text_allocate(size_t bytes)
{
	void *memory = calloc(1, bytes ? bytes : 1);

	if (memory == NULL)
	{
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

/* Copies length bytes and adds a zero byte.  The caller frees. */
char *
gateway_text_duplicate(const char *text, size_t length)
{
	char *copy = gateway_text_allocate(length + 1);

	memcpy(copy, text, length);
	return copy;
}

/* Makes room for more bytes and a closing zero byte. */
void
gateway_text_reserve(GatewayText *text, size_t more)
{
	size_t wanted = text->length + more + 1;
	size_t capacity = text->capacity ? text->capacity : 256;

	if (wanted <= text->capacity)
		return;
	while (capacity < wanted)
		capacity *= 2;
	text->bytes = realloc(text->bytes, capacity);
	if (text->bytes == NULL)
	{
		fputs("out of memory\n", stderr);
		abort();
	}
	text->capacity = capacity;
}

/* Adds length bytes, whatever they are. */
void
gateway_text_append(GatewayText *text, const char *bytes, size_t length)
{
	gateway_text_reserve(text, length);
	if (length > 0)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

/* Adds a string. */
void
gateway_text_add(GatewayText *text, const char *string)
{
	gateway_text_append(text, string, strlen(string));
}

/* Adds what printf would print. */
void
gateway_text_format(GatewayText *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	gateway_text_reserve(text, (size_t) length);
	va_start(arguments, format);
	vsnprintf(text->bytes + text->length, (size_t) length + 1, format,
			  arguments);
	va_end(arguments);
	text->length += (size_t) length;
}

/* Empties the text; gives the memory back when it is larger than keep. */
void
gateway_text_reset(GatewayText *text, size_t keep)
{
	if (text->capacity > keep)
	{
		gateway_text_free(text);
		return;
	}
	text->length = 0;
	if (text->bytes != NULL)
		text->bytes[0] = '\0';
}

/* Gives the memory back. */
void
gateway_text_free(GatewayText *text)
{
	free(text->bytes);
	text->bytes = NULL;
	text->length = 0;
	text->capacity = 0;
}
