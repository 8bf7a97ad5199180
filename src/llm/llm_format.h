/*
 * llm_format.h
 *	  The formats of JSON Schema that SQL types are read from.
 */
#ifndef LLM_FORMAT_H
#define LLM_FORMAT_H

/* Whether a text has a format: date, date-time, time or uuid; true for any
 * other name. */
extern bool llm_format_matches(const char *text, const char *format);

#endif							/* LLM_FORMAT_H */
