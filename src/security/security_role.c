/*
 * security_role.c
 *	  Keeps what all people of a kind share as setup_roles() made it.
 *
 * Runs in every process that has the library loaded.  Who may become a role may
 * change its settings and its password, and with DROP OWNED take its rights
 * away; of our roles, which the people of all accounts share, only a superuser
 * may.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/acl.h"

#include "security/security_role.h"

static ProcessUtility_hook_type prev_utility_hook;

static bool
is_ours(const RoleSpec *role)
{
	static const char *const names[] = {
		"frontdesk_anon", "frontdesk_authenticator", "frontdesk_operator", "frontdesk_tool",
		"frontdesk_webhook"
	};
	Oid			found = role ? get_rolespec_oid(role, true) : InvalidOid;
	char	   *name = OidIsValid(found) ? GetUserNameFromId(found, true) : NULL;

	for (int i = 0; i < lengthof(names) && name != NULL; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool
names_ours(List *roles)
{
	ListCell   *cell;

	foreach(cell, roles)
		if (is_ours(lfirst_node(RoleSpec, cell)))
			return true;
	return false;
}

static bool
changes_ours(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_AlterRoleStmt:
			return is_ours(castNode(AlterRoleStmt, statement)->role);
		case T_AlterRoleSetStmt:
			return is_ours(castNode(AlterRoleSetStmt, statement)->role);
		case T_DropOwnedStmt:
			return names_ours(castNode(DropOwnedStmt, statement)->roles);
		case T_ReassignOwnedStmt:
			return names_ours(castNode(ReassignOwnedStmt, statement)->roles);
		default:
			return false;
	}
}

static void
role_utility_cb(PlannedStmt *planned, const char *text, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo parameters,
				QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion)
{
	if (changes_ours(planned->utilityStmt) && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only a superuser may change a role of pg_frontdesk"),
				 errdetail("The people of all accounts share it."),
				 errhint("Change the role that you log in as.")));
	if (prev_utility_hook)
		prev_utility_hook(planned, text, read_only_tree, context, parameters, environment, receiver,
						  completion);
	else
		standard_ProcessUtility(planned, text, read_only_tree, context, parameters, environment,
								receiver, completion);
}

void
security_role_init(void)
{
	prev_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = role_utility_cb;
}
