/*
 * gateway_catalog.c
 *		Keeps the picture of the schema up to date.
 *
 * Runs in the gateway.  The picture is loaded at start, on SIGHUP, and when a
 * request meets something that the picture does not explain: an unknown
 * function, or an error that a stale plan can cause.  At most one load runs
 * at a time and requests cause at most one a second, so that strangers who
 * ask for nonsense cost one small query per second and no more.
 *
 * A picture that equals the one before is thrown away: connections keep
 * their prepared plans.
 */
#include "gateway_catalog.h"

#include <stdlib.h>
#include <string.h>

#include "gateway_log.h"

#define MIN_AGE_MS 1000
#define LOAD_DEADLINE_MS 5000

struct GatewayCatalog
{
	GatewayLoop *loop;
	GatewayPool *pool;
	char *name;
	GatewaySchema *schema; /* NULL until the first load */
	uint64_t version;
	bool is_loading;
	int64_t loaded_at_ms; /* end of the last attempt; 0: none */
	GatewayJob job;
	GatewayCatalogWait *waits;
};

static void start_load(GatewayCatalog *catalog);
static void load_done(GatewayJob *job, const GatewayOutcome *outcome,
					  PGresult *rows);

/* Creates the catalog and starts its first load. */
GatewayCatalog *
gateway_catalog_create(GatewayLoop *loop, GatewayPool *pool, const char *schema)
{
	GatewayCatalog *catalog = gateway_text_allocate(sizeof(*catalog));

	catalog->loop = loop;
	catalog->pool = pool;
	catalog->name = gateway_text_duplicate(schema, strlen(schema));
	catalog->job.owner = catalog;
	catalog->job.done_cb = load_done;
	start_load(catalog);
	return catalog;
}

/* Returns the current picture, NULL when there is none yet. */
GatewaySchema *
gateway_catalog_schema(const GatewayCatalog *catalog)
{
	return catalog->schema;
}

static void
start_load(GatewayCatalog *catalog)
{
	if (catalog->is_loading)
		return;
	catalog->is_loading = true;
	catalog->job.deadline_ms =
		gateway_loop_now_ms(catalog->loop) + LOAD_DEADLINE_MS;
	gateway_pool_submit(catalog->pool, &catalog->job, INT64_MAX);
}

/*
 * Waits for the next picture.  Returns false, and calls nobody, when the one
 * at hand is too fresh for another load to be worth it.
 */
bool
gateway_catalog_wait(GatewayCatalog *catalog, GatewayCatalogWait *wait)
{
	int64_t now = gateway_loop_now_ms(catalog->loop);

	if (!catalog->is_loading && catalog->loaded_at_ms != 0 &&
		now - catalog->loaded_at_ms < MIN_AGE_MS)
		return false;
	wait->next = catalog->waits;
	catalog->waits = wait;
	start_load(catalog);
	return true;
}

/*
 * Loads the first picture as soon as there is a connection to load it by, and
 * looks again while it is empty: the functions may be about to be created.
 */
void
gateway_catalog_tick(GatewayCatalog *catalog)
{
	int64_t age = gateway_loop_now_ms(catalog->loop) - catalog->loaded_at_ms;

	if (!gateway_pool_is_ready(catalog->pool))
		return;
	if (catalog->schema == NULL ||
		(catalog->schema->function_count == 0 && age >= MIN_AGE_MS))
		start_load(catalog);
}

/* Loads anew whatever the age. */
void
gateway_catalog_refresh(GatewayCatalog *catalog)
{
	start_load(catalog);
}

/* Tells whether the picture at hand can go on being used. */
static bool
is_unchanged(const GatewayCatalog *catalog, const GatewaySchema *fresh)
{
	const GatewaySchema *current = catalog->schema;

	return current != NULL && current->fingerprint == fresh->fingerprint &&
		   current->plan_count < GATEWAY_SQL_MAX_PLANS;
}

static void
take_schema(GatewayCatalog *catalog, GatewaySchema *fresh)
{
	if (is_unchanged(catalog, fresh))
	{
		gateway_schema_release(fresh);
		return;
	}
	if (fresh->function_count == 0)
		gateway_log(GATEWAY_LOG_WARNING,
					"schema \"%s\" of database \"%s\" has no functions, or "
					"does not exist; hint: CREATE EXTENSION pg_frontdesk "
					"there, or set database",
					catalog->name, gateway_pool_database(catalog->pool));
	fresh->version = ++catalog->version;
	gateway_schema_release(catalog->schema);
	catalog->schema = fresh;
}

/* Takes the new schema, or keeps the old one when there was none to be had;
 * whoever waits goes on with what there is. */
static void
load_done(GatewayJob *job, const GatewayOutcome *outcome, PGresult *rows)
{
	GatewayCatalog *catalog = job->owner;
	GatewayCatalogWait *wait = catalog->waits;
	GatewaySchema *fresh = NULL;

	if (outcome->kind == GATEWAY_OUTCOME_DONE && rows != NULL)
		fresh = gateway_schema_create(catalog->name, rows);
	if (fresh != NULL)
		take_schema(catalog, fresh);
	else
	{
		PQclear(rows);
		if (outcome->kind == GATEWAY_OUTCOME_ERROR)
			gateway_log(GATEWAY_LOG_ERROR, "could not read schema \"%s\": %s",
						catalog->name, outcome->error.message);
	}
	catalog->is_loading = false;
	catalog->loaded_at_ms = gateway_loop_now_ms(catalog->loop);
	catalog->waits = NULL;
	while (wait != NULL)
	{
		GatewayCatalogWait *next = wait->next;

		wait->ready_cb(wait);
		wait = next;
	}
}

/* Gives the memory back; nobody may be waiting. */
void
gateway_catalog_free(GatewayCatalog *catalog)
{
	gateway_schema_release(catalog->schema);
	free(catalog->name);
	free(catalog);
}
