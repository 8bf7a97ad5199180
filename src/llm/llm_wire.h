/*
 * llm_wire.h
 *	  Text between the server's encoding and JSON on the wire.
 */
#ifndef LLM_WIRE_H
#define LLM_WIRE_H

#include "lib/stringinfo.h"

/* Appends a text of the server's encoding as the inside of a JSON string:
 * UTF-8, escaped, without quotes. */
extern void llm_wire_append_escaped(StringInfo out, const char *text);

/* The same for a text that is clean UTF-8 already. */
extern void llm_wire_append_escaped_utf8(StringInfo out, const char *text);

/* As the first, between quotes. */
extern void llm_wire_append_string(StringInfo out, const char *text);

/* Clean UTF-8 in the server's encoding; what it cannot write becomes "?".
 * Never raises.  May return its argument. */
extern const char *llm_wire_to_server(const char *utf8, int bytes);

/* Whether there is nothing but white space. */
extern bool llm_wire_is_blank(const char *text);

/* One line of at most `max_bytes` for a person, white space squeezed and cut
 * between characters; server encoding. */
extern char *llm_wire_one_line(const char *text, int max_bytes);

#endif							/* LLM_WIRE_H */
