/*
 * engine_extension.h
 *	  Whether this database can be served.
 */
#ifndef ENGINE_EXTENSION_H
#define ENGINE_EXTENSION_H

/* Whether the extension is installed in this database with the version this
 * library was built for.  Inside a transaction, SPI connected. */
extern bool engine_extension_is_ready(char **installed_version);

#endif							/* ENGINE_EXTENSION_H */
