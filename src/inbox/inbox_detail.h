/*
 * inbox_detail.h
 *	  What others have set at a conversation, as much of it as is kept.
 */
#ifndef INBOX_DETAIL_H
#define INBOX_DETAIL_H

#include "utils/jsonb.h"

#define INBOX_DETAIL_LABELS 200
#define INBOX_DETAIL_LABEL_CHARACTERS 255
#define INBOX_DETAIL_BYTES 65536

/* The first texts of a JSON array as an SQL array; those that are too long for a
 * label are none. */
extern Datum inbox_detail_labels(const char *labels);

/* Attributes, or where they are too long an object that says how long. */
extern Jsonb *inbox_detail_attributes(const char *attributes);

/* Whether what is kept is all there is.  What is not must not be sent back as a whole:
 * the rest would be gone at its source. */
extern bool inbox_detail_has_all_labels(Jsonb *labels);
extern bool inbox_detail_has_all_attributes(Jsonb *attributes);

#endif							/* INBOX_DETAIL_H */
