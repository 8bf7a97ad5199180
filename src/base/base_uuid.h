/*
 * base_uuid.h
 *	  Time-ordered UUIDs (version 7, RFC 9562).
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "utils/uuid.h"

/* Fills in a fresh UUID; later calls of one process sort after earlier ones. */
extern void base_uuid_draw(pg_uuid_t *uuid);

/* The canonical text form, 36 characters and a NUL. */
#define BASE_UUID_TEXT 37
extern void base_uuid_print(const pg_uuid_t *uuid, char text[BASE_UUID_TEXT]);

#endif							/* BASE_UUID_H */
