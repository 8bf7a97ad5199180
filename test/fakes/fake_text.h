/*
 * fake_text.h
 *		Growing text buffers and slices of other people's bytes.
 */
#ifndef FAKE_TEXT_H
#define FAKE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else; never terminated. */
typedef struct FakeSlice
{
	const char *at;
	size_t len;
} FakeSlice;

/* An owned buffer, always terminated once something was appended. */
typedef struct FakeText
{
	char *at;
	size_t len;
	size_t cap;
} FakeText;

#define FAKE_SLICE(literal) ((FakeSlice) { (literal), sizeof(literal) - 1 })

extern FakeSlice fake_slice_of(const char *cstring);
extern bool fake_slice_is(FakeSlice slice, const char *cstring);
extern bool fake_slice_has(FakeSlice slice, const char *needle);
extern bool fake_slice_starts(FakeSlice slice, const char *prefix);
extern FakeSlice fake_slice_copy(FakeSlice slice);

extern void fake_text_reserve(FakeText *text, size_t more);
extern void fake_text_append(FakeText *text, const char *bytes, size_t len);
extern void fake_text_add(FakeText *text, FakeSlice slice);
extern void fake_text_puts(FakeText *text, const char *cstring);
extern void fake_text_printf(FakeText *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
extern void fake_text_json(FakeText *text, FakeSlice slice);
extern FakeSlice fake_text_slice(const FakeText *text);
extern void fake_text_reset(FakeText *text);
extern void fake_text_free(FakeText *text);

#endif							/* FAKE_TEXT_H */
