/*
 * counted_names.h
 *		Included by the compiler ahead of the code under test whose steps are
 *		counted: its calls of functions of the C library that read on by
 *		themselves go to counterparts (counted_steps.h), which count the bytes they read.
 *
 * The C library's own header comes first, for there such a function may be a
 * macro over the function, and that would win over a name given beforehand.
 */
#ifndef COUNTED_NAMES_H
#define COUNTED_NAMES_H

#include <stdio.h>
#include <string.h>

extern size_t counted_strlen(const char *text);
extern size_t counted_strnlen(const char *text, size_t most);
extern void *counted_memchr(const void *text, int c, size_t bytes);
extern char *counted_strchr(const char *text, int c);
extern char *counted_strchrnul(const char *text, int c);
extern int	counted_sscanf(const char *text, const char *format,...);

#undef strlen
#undef strnlen
#undef memchr
#undef strchr
#undef strchrnul
#undef sscanf
#define strlen counted_strlen
#define strnlen counted_strnlen
#define memchr counted_memchr
#define strchr counted_strchr
#define strchrnul counted_strchrnul
#define sscanf counted_sscanf

#endif							/* COUNTED_NAMES_H */
