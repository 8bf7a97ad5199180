/*
 * llm_knowledge.c
 *	  What an account has written down: rows of frontdesk.knowledge as a process
 *	  knows them, and as SQL asks for them.
 *
 * Runs in any backend; engine workers ask once for each reply.  Rows and index
 * lie in a cache that lasts until the account's rows change, so a search reads
 * memory alone (llm_knowledge_search.c).  What one account may hold of it is
 * bounded: the oldest rows are read, and those behind left out.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/base_cache.h"
#include "base/base_domain.h"
#include "base/base_spi.h"
#include "llm/llm_classifier.h"
#include "llm/llm_knowledge_index.h"
#include "security/security_policy.h"

SQL_FUNCTION(find_knowledge);
SQL_FUNCTION(indexed_knowledge);
SQL_FUNCTION(local_knowledge);

static BaseStatement read_rows = {
	"SELECT id, language, question, answer, phrasings FROM frontdesk.knowledge"
	" WHERE account_id OPERATOR(pg_catalog.=) $1 ORDER BY id LIMIT " CppAsString2(LLM_KNOWLEDGE_PASSAGES),
	{INT4OID}
};

/* The phrasings of a row, and their bytes on top of a sum. */
static LlmPhrasings
read_phrasings(uint64 row, int64 *bytes)
{
	bool		isnull;
	Datum		array = base_spi_value(row, 5, &isnull);
	Datum	   *elements;
	bool	   *nulls;
	int			count = 0;
	const char **texts;

	if (isnull)
		return (LlmPhrasings) {0};
	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &count);
	texts = palloc(Max(count, 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
	{
		texts[i] = nulls[i] ? "" : TextDatumGetCString(elements[i]);
		*bytes += strlen(texts[i]);
	}
	return (LlmPhrasings) {texts, count};
}

/* A row, and the bytes of its texts on top of a sum. */
static LlmKnowledgeRow
read_row(int account_id, uint64 row, int64 *bytes)
{
	bool		isnull;
	LlmClassification decision;
	LlmKnowledgeRow read = {
		.id = *DatumGetUUIDP(base_spi_value(row, 1, &isnull)),
		.language = base_spi_text(row, 2),
		.question = base_spi_text(row, 3),
		.answer = base_spi_text(row, 4),
		.intent = "",
	};

	if (llm_classifier_classify(account_id, read.question, strlen(read.question), &decision))
		read.intent = pstrdup(decision.intent);
	*bytes += strlen(read.language) + strlen(read.question) + strlen(read.answer);
	return read;
}

/* What the caller's context is for stays; the phrasings are only counted in. */
static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id)};
	LlmKnowledge *knowledge = value;
	MemoryContext keeping = CurrentMemoryContext;
	MemoryContext passing = AllocSetContextCreate(keeping, "frontdesk phrasings",
												  ALLOCSET_DEFAULT_SIZES);
	uint64		count = base_spi_read(&read_rows, values, NULL);
	uint64		taken = 0;
	int64		bytes = 0;
	LlmPhrasings *phrasings = MemoryContextAllocHuge(passing, Max(count, 1) * sizeof(LlmPhrasings));

	knowledge->rows = MemoryContextAllocHuge(keeping, Max(count, 1) * sizeof(LlmKnowledgeRow));
	for (; taken < count && bytes < LLM_KNOWLEDGE_BYTES; taken++)
	{
		CHECK_FOR_INTERRUPTS();
		knowledge->rows[taken] = read_row(key->account_id, taken, &bytes);
		MemoryContextSwitchTo(passing);
		phrasings[taken] = read_phrasings(taken, &bytes);
		MemoryContextSwitchTo(keeping);
	}
	if (taken > 0)
	{
		knowledge->index = llm_knowledge_index_build(knowledge->rows, (int) taken, phrasings);
		knowledge->row_count = knowledge->index->row_count;
	}
	MemoryContextDelete(passing);
	return BASE_CACHE_LASTING;
}

const LlmKnowledge *
llm_knowledge_get(int account_id, MemoryContext user)
{
	static BaseCache cache = {
		.name = "knowledge", .value_bytes = sizeof(LlmKnowledge), .fill = fill, .is_by_account = true
	};

	return base_cache_get(&cache, &(BaseCacheKey) {
		.account_id = account_id
	}, user);
}

/* Whether an intent is about something of the customer's own, of which no row speaks
 * but one for the same intent. */
static bool
is_own(const char *intent)
{
	static const char *const own[] = {
		"order_status", "order_change", "cancellation", "invoice", "account_access"
	};

	for (int i = 0; i < lengthof(own); i++)
		if (strcmp(own[i], intent) == 0)
			return true;
	return false;
}

/* The rows that fit what a customer asks, with what the classifier says of it. */
static int
search(int account_id, const LlmKnowledge *knowledge, LlmAsked asked, LlmFinding *found)
{
	LlmClassification decision;

	if (knowledge->row_count > 0 &&
		llm_classifier_classify(account_id, asked.text, strlen(asked.text), &decision))
	{
		asked.intent = decision.intent;
		asked.is_own = is_own(decision.intent);
	}
	return llm_knowledge_search(knowledge, &asked, found, LLM_KNOWLEDGE_MOST);
}

static void
put_row(ReturnSetInfo *rsinfo, const LlmKnowledgeRow *row, double score, bool is_sure)
{
	Datum		values[6] = {UUIDPGetDatum(&row->id), CStringGetTextDatum(row->language),
		CStringGetTextDatum(row->question), CStringGetTextDatum(row->answer),
	Float4GetDatum((float4) score), BoolGetDatum(is_sure)};
	bool		nulls[6] = {false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* find_knowledge(account_id integer, content text, language text, most integer) */
PGDLLEXPORT Datum
frontdesk_find_knowledge(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			account_id = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0);
	char	   *content = PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *language = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	int			most = PG_ARGISNULL(3) ? LLM_KNOWLEDGE_MOST : PG_GETARG_INT32(3);
	LlmFinding	found[LLM_KNOWLEDGE_MOST];
	const LlmKnowledge *knowledge;
	const LlmKnowledgeRow *sure;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	security_policy_require_account(account_id);
	knowledge = llm_knowledge_get(account_id, CurrentMemoryContext);
	count = search(account_id, knowledge, (LlmAsked) {content, language}, found);
	sure = llm_knowledge_choose(knowledge, found, count);
	for (int i = 0; i < count && i < most; i++)
	{
		const LlmKnowledgeRow *row = &knowledge->rows[found[i].row];

		put_row(rsinfo, row, found[i].score, row == sure);
	}
	SPI_finish();
	return (Datum) 0;
}

/* indexed_knowledge(account_id integer) */
PGDLLEXPORT Datum
frontdesk_indexed_knowledge(PG_FUNCTION_ARGS)
{
	int			account_id = PG_GETARG_INT32(0);
	int			count;

	SPI_connect();
	count = llm_knowledge_get(account_id, CurrentMemoryContext)->row_count;
	SPI_finish();
	PG_RETURN_INT32(count);
}

/* local_knowledge(account_id integer, content text, language text) */
PGDLLEXPORT Datum
frontdesk_local_knowledge(PG_FUNCTION_ARGS)
{
	int			account_id = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0);
	char	   *content = PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *language = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	MemoryContext caller = CurrentMemoryContext;
	LlmFinding	found[LLM_KNOWLEDGE_MOST];
	const LlmKnowledge *knowledge;
	const LlmKnowledgeRow *sure;
	text	   *answer = NULL;
	int			count;

	SPI_connect();
	security_policy_require_account(account_id);
	knowledge = llm_knowledge_get(account_id, CurrentMemoryContext);
	count = search(account_id, knowledge, (LlmAsked) {content, language}, found);
	sure = llm_knowledge_choose(knowledge, found, count);
	if (sure)
	{
		MemoryContext before = MemoryContextSwitchTo(caller);

		answer = cstring_to_text(sure->answer);
		MemoryContextSwitchTo(before);
	}
	SPI_finish();
	if (answer == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(answer);
}
