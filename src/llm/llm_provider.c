/*
 * llm_provider.c
 *	  The table of adapters: which kinds of providers there are.
 *
 * A kind is a row of this table and a file of its own, llm_<kind>.c; everybody
 * else asks the adapter.  Whatever names kinds asks this table: the check of
 * frontdesk.providers.kind by provider_kinds().
 *
 * Runs in any session and in workers; reads nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "llm/llm_adapter.h"
#include "llm/llm_provider.h"

SQL_FUNCTION(provider_kinds);

extern const LlmAdapter llm_anthropic_adapter;
extern const LlmAdapter llm_openai_adapter;

static const LlmAdapter local_adapter = {
	.name = "local",
};

const LlmProvider llm_provider_local = {
	.name = "local",
	.adapter = &local_adapter,
	.base_url = "",
	.limit_field = "",
	.system_role = "",
	.structured = "",
};

static const LlmAdapter *const adapters[] = {
	&llm_anthropic_adapter,
	&local_adapter,
	&llm_openai_adapter,
};

const LlmAdapter *
llm_provider_find_adapter(const char *kind)
{
	for (int i = 0; i < lengthof(adapters); i++)
		if (strcmp(adapters[i]->name, kind) == 0)
			return adapters[i];
	return NULL;
}

const char *
llm_provider_list_kinds(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < lengthof(adapters); i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", adapters[i]->name);
	return list.data;
}

/* provider_kinds(): the names of the adapters. */
PGDLLEXPORT Datum
frontdesk_provider_kinds(PG_FUNCTION_ARGS)
{
	Datum		names[lengthof(adapters)];

	for (int i = 0; i < lengthof(adapters); i++)
		names[i] = CStringGetTextDatum(adapters[i]->name);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(names, lengthof(adapters), TEXTOID, -1, false, TYPALIGN_INT));
}
