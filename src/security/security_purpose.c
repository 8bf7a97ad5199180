/*
 * security_purpose.c
 *	  What a secret may be for: a purpose nobody reads is a slip of the pen.
 *
 * Runs in backends, within set_secret(), with the rights of the owner.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "base/base_spi.h"
#include "security/security_purpose.h"

/* varstr_levenshtein() takes no more. */
#define MAX_COMPARED 255

/* How many letters two purposes are apart. */
static int
distance(const char *a, const char *b)
{
	int			a_bytes = strlen(a);
	int			b_bytes = strlen(b);

	if (a_bytes > MAX_COMPARED || b_bytes > MAX_COMPARED)
		return INT_MAX;
	return varstr_levenshtein(a, a_bytes, b, b_bytes, 1, 1, 1, true);
}

/*
 * The refusal.  A secret given in the place of its purpose must not be told to
 * the log: what is not like any purpose we know is not repeated.
 */
static void
refuse(int account_id, const char *purpose, const char *nearest)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 nearest ? errmsg("account %d has no use for a secret \"%s\"", account_id, purpose) :
			 errmsg("account %d has no use for a secret of this purpose", account_id),
			 errdetail("No provider, site or active registration that it could use goes by that name."),
			 nearest ? errhint("Did you mean \"%s\"? Table frontdesk.secret_kinds lists the kinds there are.", nearest) :
			 errhint("Table frontdesk.secret_kinds lists the kinds there are.")));
}

void
security_purpose_require(int account_id, const char *purpose)
{
	static BaseStatement known = {
		"SELECT frontdesk.known_purposes($1)", {INT4OID}
	};
	Datum		value = Int32GetDatum(account_id);
	uint64		count = base_spi_execute(&known, &value, NULL);
	const char *nearest = NULL;
	int			least = strlen(purpose) / 2;	/* further off is no slip */

	for (uint64 i = 0; i < count; i++)
	{
		const char *candidate = base_spi_text(i, 1);
		int			apart;

		if (strcmp(purpose, candidate) == 0)
			return;
		apart = distance(purpose, candidate);
		if (apart <= least)
		{
			nearest = candidate;
			least = apart;
		}
	}
	refuse(account_id, purpose, nearest);
}
