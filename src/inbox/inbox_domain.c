/*
 * inbox_domain.c
 *	  What the inbox brings into the library: the commands of private notes.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "inbox/inbox_command.h"

const BaseDomain inbox_domain = {
	.name = "inbox",
	.init = inbox_command_init,
};
