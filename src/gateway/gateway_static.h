/*
 * gateway_static.h
 *		Files of one directory.
 */
#ifndef GATEWAY_STATIC_H
#define GATEWAY_STATIC_H

#include <stdbool.h>
#include <stdint.h>

typedef struct GatewayFile
{
	int fd; /* the caller closes it */
	int64_t size;
	const char *content_type;
	char tag[48]; /* entity tag, with its quotes */
} GatewayFile;

bool gateway_static_open(const char *directory, const char *path,
						 GatewayFile *file);

#endif
