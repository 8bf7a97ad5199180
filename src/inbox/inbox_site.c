/*
 * inbox_site.c
 *	  Where an account's conversations live, and the tokens that open it.
 *
 * Runs in backends that take webhooks in and in workers that call Chatwoot.
 * The cache lives in a context of its own and is emptied, tokens wiped, when
 * the configuration counter moved since it was filled; without the library
 * preloaded there is no counter and nothing is kept between calls.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/base_errors.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "inbox/inbox_site.h"
#include "inbox/inbox_transport.h"
#include "security/security_secret.h"

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static uint64 cache_count = 0;	/* configuration count it was filled under */

static void
wipe(char *token)
{
	if (token)
		explicit_bzero(token, strlen(token));
}

static void
empty_cache(void)
{
	HASHCTL		control = {0};

	if (cache)
	{
		HASH_SEQ_STATUS scan;
		InboxSite  *site;

		hash_seq_init(&scan, cache);
		while ((site = hash_seq_search(&scan)) != NULL)
		{
			wipe(site->bot_token);
			wipe(site->user_token);
		}
		cache = NULL;
	}
	if (cache_context)
		MemoryContextReset(cache_context);
	else
		cache_context = AllocSetContextCreate(TopMemoryContext,
											  "inbox sites",
											  ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(InboxOrigin);
	control.entrysize = sizeof(InboxSite);
	control.hcxt = cache_context;
	cache = hash_create("inbox sites", 16, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Reads the row into the cache; NULL when there is none. */
static InboxSite *
read_site(InboxOrigin origin)
{
	static BaseStatement statement = {
		"SELECT s.transport, s.url, s.chatwoot_account_id, s.max_concurrent "
		"FROM frontdesk.sites AS s WHERE s.account_id = $1 AND s.id = $2",
		{INT4OID, INT4OID}
	};
	Datum		values[] = {
		Int32GetDatum(origin.account_id), Int32GetDatum(origin.site_id),
	};
	InboxSite  *site = NULL;

	SPI_connect();
	if (base_spi_execute(&statement, values, NULL) == 1)
	{
		char	   *transport = base_spi_text(0, 1);
		char	   *url = base_spi_text(0, 2);

		site = hash_search(cache, &origin, HASH_ENTER, NULL);
		memset((char *) site + sizeof(InboxOrigin), 0,
			   sizeof(InboxSite) - sizeof(InboxOrigin));
		site->transport = inbox_transport_find(transport);
		site->url = MemoryContextStrdup(cache_context, url);
		site->chatwoot_account_id = base_spi_int64(0, 3, 0);
		site->max_concurrent = base_spi_int32(0, 4, 0);
	}
	SPI_finish();
	return site;
}

static InboxSite *
find_site(InboxOrigin origin)
{
	uint64		count = base_configuration_count();
	InboxSite  *site;

	if (cache == NULL || base_shared == NULL || count != cache_count)
	{
		empty_cache();
		cache_count = count;
	}
	site = hash_search(cache, &origin, HASH_FIND, NULL);
	return site ? site : read_site(origin);
}

static void
note_problem(InboxSite *site, const SecurityProblem *problem)
{
	site->token_code = problem->sqlstate == ERRCODE_FRONTDESK_NO_KEY ? "FD002" : "FD003";
	site->token_problem = MemoryContextStrdup(cache_context, problem->message);
}

/* Reads one secret into the cache. */
static char *
read_token(InboxSite *site, const char *holder)
{
	SecurityProblem problem;
	char	   *purpose = psprintf("chatwoot_%s_token:%d", holder,
								   site->origin.site_id);
	char	   *token = security_secret_look(site->origin.account_id, purpose, &problem);
	char	   *kept;

	if (problem.sqlstate != 0)
		note_problem(site, &problem);
	if (token == NULL)
		return NULL;
	kept = MemoryContextStrdup(cache_context, token);
	wipe(token);
	return kept;
}

const InboxSite *
inbox_site_get(InboxOrigin origin)
{
	return find_site(origin);
}

const InboxSite *
inbox_site_get_tokens(InboxOrigin origin)
{
	InboxSite  *site = find_site(origin);

	if (site && !site->tokens_read && site->transport && !site->transport->stays_here)
	{
		site->token_code = site->token_problem = NULL;
		SPI_connect();
		site->bot_token = read_token(site, "bot");
		site->user_token = read_token(site, "user");
		SPI_finish();
		site->fingerprint = hash_combine64(security_secret_fingerprint(site->bot_token),
										   security_secret_fingerprint(site->user_token));
		site->tokens_read = site->token_problem == NULL;
	}
	return site;
}

void
inbox_site_require_account(int account_id)
{
	static BaseStatement statement = {
		"SELECT frontdesk.require_account($1)", {INT4OID}
	};
	Datum		values[] = {Int32GetDatum(account_id)};

	base_spi_execute(&statement, values, NULL);
}
