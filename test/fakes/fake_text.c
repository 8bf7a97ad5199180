/*
 * fake_text.c
 *		Growing text buffers and slices.
 *
 * Used by the single thread of fake_services and webhook_load.  Running out of
 * memory ends the program: a stand-in that limps would make tests lie.
 */
#include "fake_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names a terminated string as a slice; the string must outlive it. */
FakeSlice
fake_slice_of(const char *cstring)
{
	return (FakeSlice) { cstring, strlen(cstring) };
}

bool
fake_slice_is(FakeSlice slice, const char *cstring)
{
	size_t len = strlen(cstring);

	return slice.len == len && memcmp(slice.at, cstring, len) == 0;
}

bool
fake_slice_has(FakeSlice slice, const char *needle)
{
	return slice.len > 0 &&
		memmem(slice.at, slice.len, needle, strlen(needle)) != NULL;
}

bool
fake_slice_starts(FakeSlice slice, const char *prefix)
{
	size_t len = strlen(prefix);

	return slice.len >= len && memcmp(slice.at, prefix, len) == 0;
}

/* Copies the bytes and a terminator to the heap; the caller frees `at`. */
FakeSlice
fake_slice_copy(FakeSlice slice)
{
	FakeText copy = { 0 };

	fake_text_reserve(&copy, slice.len);
	fake_text_add(&copy, slice);
	return fake_text_slice(&copy);
}

/* Makes room for `more` bytes and a terminator. */
void
fake_text_reserve(FakeText *text, size_t more)
{
	size_t need = text->len + more + 1;
	size_t cap = text->cap > 0 ? text->cap : 256;

	if (need <= text->cap)
		return;
	while (cap < need)
		cap *= 2;
	text->at = realloc(text->at, cap);
	if (text->at == NULL)
	{
		fprintf(stderr, "out of memory for %zu bytes\n", cap);
		abort();
	}
	text->at[text->len] = '\0';
	text->cap = cap;
}

void
fake_text_append(FakeText *text, const char *bytes, size_t len)
{
	fake_text_reserve(text, len);
	if (len > 0)
		memcpy(text->at + text->len, bytes, len);
	text->len += len;
	text->at[text->len] = '\0';
}

void
fake_text_add(FakeText *text, FakeSlice slice)
{
	fake_text_append(text, slice.at, slice.len);
}

void
fake_text_puts(FakeText *text, const char *cstring)
{
	fake_text_append(text, cstring, strlen(cstring));
}

void
fake_text_printf(FakeText *text, const char *format, ...)
{
	va_list args;
	size_t room;
	int len;

	fake_text_reserve(text, 255);
	room = text->cap - text->len;
	va_start(args, format);
	len = vsnprintf(text->at + text->len, room, format, args);
	va_end(args);
	if ((size_t) len >= room)
	{
		fake_text_reserve(text, (size_t) len);
		room = text->cap - text->len;
		va_start(args, format);
		len = vsnprintf(text->at + text->len, room, format, args);
		va_end(args);
	}
	text->len += (size_t) len;
}

/* Appends the bytes as one JSON string with its quotes. */
void
fake_text_json(FakeText *text, FakeSlice slice)
{
	size_t plain = 0;

	fake_text_append(text, "\"", 1);
	for (size_t i = 0; i < slice.len; i++)
	{
		unsigned char c = (unsigned char) slice.at[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		fake_text_append(text, slice.at + plain, i - plain);
		plain = i + 1;
		if (c == '"' || c == '\\')
			fake_text_printf(text, "\\%c", c);
		else if (c == '\n')
			fake_text_append(text, "\\n", 2);
		else
			fake_text_printf(text, "\\u%04x", c);
	}
	fake_text_append(text, slice.at + plain, slice.len - plain);
	fake_text_append(text, "\"", 1);
}

/* The content as it stands; valid until the text is changed. */
FakeSlice
fake_text_slice(const FakeText *text)
{
	return (FakeSlice) { text->at, text->len };
}

/* Empties the text and keeps its memory. */
void
fake_text_reset(FakeText *text)
{
	text->len = 0;
	if (text->at != NULL)
		text->at[0] = '\0';
}

void
fake_text_free(FakeText *text)
{
	free(text->at);
	*text = (FakeText) { 0 };
}
