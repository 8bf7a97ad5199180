/*
 * gateway_hint_test.c
 *		What libpq and the server say when the gateway cannot get in.
 */
#include "gateway_hint.h"

#include "gateway_tap.h"

#define SOCKET \
	"connection to server on socket \"/run/postgresql/.s.PGSQL.5432\" failed: "

static void
points_at(const char *message, const char *wanted)
{
	const char *hint = gateway_hint_find(message);

	if (!ok(hint != NULL && strstr(hint, wanted) != NULL, message))
		printf("# got %s, wanted %s\n", hint ? hint : "(null)", wanted);
}

int
main(void)
{
	points_at(SOCKET "FATAL:  database \"frontdesk_authenticator\" does not "
					 "exist\n", "dbname=");
	points_at(SOCKET "FATAL:  role \"frontdesk_authenticator\" does not exist\n",
			  "setup_roles");
	points_at("role \"frontdesk_webhook\" does not exist", "setup_roles");
	points_at("permission denied to set role \"frontdesk_anon\"", "setup_roles");
	points_at("ERROR:  function frontdesk.open_request(unknown, unknown) does "
			  "not exist", "CREATE EXTENSION");
	points_at("ERROR:  this session carries no requests\nDETAIL:  It belongs to",
			  "frontdesk.authenticators");
	points_at(SOCKET "FATAL:  Peer authentication failed for user \"x\"\n",
			  "Unix user");
	points_at(SOCKET "fe_sendauth: no password supplied\n", "\\password");
	points_at("FATAL:  password authentication failed for user \"x\"\n",
			  "\\password");
	points_at("FATAL:  no pg_hba.conf entry for host \"::1\", user \"x\"",
			  "pg_hba.conf");
	points_at("connection to server at \"localhost\" (127.0.0.1), port 1 failed: "
			  "Connection refused\n\tIs the server running",
			  "host and port");
	points_at(SOCKET "No such file or directory\n", "/var/run/postgresql");
	points_at("FATAL:  sorry, too many clients already\n", "pool_size");
	ok(gateway_hint_find("FATAL:  the database system is starting up\n") == NULL,
	   "what passes by itself needs none");
	ok(gateway_hint_find("") == NULL, "nor does nothing");
	return done();
}
