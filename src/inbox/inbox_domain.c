/*
 * inbox_domain.c
 *	  What the inbox brings into the library: transport local, the kinds of
 *	  deliveries of conversations, and the commands of private notes.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "inbox/inbox_command.h"
#include "inbox/inbox_delivery.h"
#include "inbox/inbox_transport.h"

static void
init(void)
{
	inbox_transport_init();
	inbox_delivery_init();
	inbox_command_init();
}

const BaseDomain inbox_domain = {
	.name = "inbox",
	.init = init,
};
