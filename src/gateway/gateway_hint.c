/*
 * gateway_hint.c
 *		What to do about an error that keeps the gateway from its database.
 *
 * Runs in the gateway; pure.  While a connection is made libpq reports texts
 * and no codes, so the texts are what is looked at.  A server that speaks
 * another language gets no hint, and its message all the same.  Hints are for
 * the log and for --check, never for clients.
 */
#include "gateway_hint.h"

#include <stddef.h>
#include <string.h>

typedef struct Hint
{
	const char *first;	/* stands in the message */
	const char *second; /* and behind it this */
	const char *hint;
} Hint;

/* The first that fits counts. */
static const Hint hints[] = {
	{"database \"", "\" does not exist",
	 "set database = 'dbname=... user=frontdesk_authenticator' with the name "
	 "of the database that has the extension"},
	{"role \"", "\" does not exist",
	 "run SELECT frontdesk.setup_roles() in the database, as a superuser"},
	{"role \"", "\" is not permitted to log in",
	 "run SELECT frontdesk.setup_roles() in the database, as a superuser"},
	{"function frontdesk.open_request(", "does not exist",
	 "CREATE EXTENSION pg_frontdesk in the database, or after an upgrade ALTER "
	 "EXTENSION pg_frontdesk UPDATE"},
	{"permission denied for function open_request", "",
	 "run SELECT frontdesk.setup_roles() in the database, as a superuser"},
	{"this session carries no requests", "",
	 "log in as frontdesk_authenticator, or name the login in "
	 "frontdesk.authenticators"},
	{"permission denied to set role", "",
	 "run SELECT frontdesk.setup_roles() in the database, or GRANT the role "
	 "to the gateway's login"},
	{"Peer authentication failed", "",
	 "run the gateway as a Unix user of the role's name, or set host=localhost "
	 "in database and give the role a password"},
	{"Ident authentication failed", "",
	 "give the role a line with scram-sha-256 in pg_hba.conf, and a password"},
	{"no password supplied", "",
	 "set the role's password with \\password in psql, and password=... or "
	 "passfile=... in database"},
	{"password authentication failed", "",
	 "set the role's password with \\password in psql, and the same in "
	 "database; a role that does not exist is refused in these words too, "
	 "frontdesk.setup_roles() creates it"},
	{"no pg_hba.conf entry", "",
	 "add a line for this role, database and address to pg_hba.conf and "
	 "reload the server"},
	{"permission denied for database", "",
	 "GRANT CONNECT on the database to the role"},
	{"permission denied for schema", "",
	 "run SELECT frontdesk.setup_roles() in the database, as a superuser"},
	{"Connection refused", "",
	 "see that the server runs, and that host and port in database are its "
	 "own"},
	{"No such file or directory", "",
	 "see that the server runs; host in database may be the directory of its "
	 "socket, such as /var/run/postgresql"},
	{"could not translate host name", "",
	 "correct host in database: the name has no address"},
	{"too many c", "",
	 "lower pool_size, or raise max_connections of the server"},
	{"remaining connection slots", "",
	 "lower pool_size, or raise max_connections of the server"},
	{"server does not support SSL", "",
	 "turn ssl on at the server, or ask for less with sslmode in database"},
	{"certificate verify failed", "",
	 "set sslrootcert in database to the certificate of the server's "
	 "authority"},
	{"root certificate file", "",
	 "set sslrootcert in database to the certificate of the server's "
	 "authority"},
};

/* Returns what to do about a message, or NULL when it is not known. */
const char *
gateway_hint_find(const char *message)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
	{
		const char *first = strstr(message, hints[i].first);

		if (first != NULL &&
			strstr(first + strlen(hints[i].first), hints[i].second) != NULL)
			return hints[i].hint;
	}
	return NULL;
}
