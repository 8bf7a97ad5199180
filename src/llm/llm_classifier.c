/*
 * llm_classifier.c
 *	  The local decision, as SQL and as C.
 *
 * Runs in any backend.  Everything happens with the caller's rights: who may
 * classify can read frontdesk.classifiers, who may train can write it.
 * Training reads its examples through a cursor, so a query given by the
 * caller is planned and run as if the caller had sent it.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_errors.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "llm/llm_classifier.h"
#include "llm/llm_ngram.h"
#include "llm/llm_model_cache.h"
#include "llm/llm_training.h"
#include "security/security_policy.h"

SQL_FUNCTION(classify);
SQL_FUNCTION(classify_with);
SQL_FUNCTION(train_classifier);
SQL_FUNCTION(text_similarity);

#define SHIPPED "shipped"
#define MAX_CONTENT 16384		/* bytes of an example that are kept */
#define FETCH_ROWS 1000

/* Columns of a query for examples; what it lacks gets the default. */
typedef enum ExampleColumn
{
	EXAMPLE_CONTENT,
	EXAMPLE_INTENT,
	EXAMPLE_ROUTE,
	EXAMPLE_PRIORITY,
	EXAMPLE_SENTIMENT,
	EXAMPLE_LANGUAGE,
	EXAMPLE_COLUMNS
} ExampleColumn;

static const struct
{
	const char *name;
	const char *if_null;		/* NULL: must be there */
	int			max_bytes;		/* 0: no limit */
}			example_columns[EXAMPLE_COLUMNS] = {
	{"content", NULL, 0},
	{"intent", NULL, sizeof(((LlmIntent *) 0)->name) - 1},
	{"route", "automated", sizeof(((LlmIntent *) 0)->route) - 1},
	{"priority", "medium", 0},
	{"sentiment", "0", 0},
	{"language", "en", sizeof(LlmLanguage) - 1},
};

static BaseStatement store_model = {
	"INSERT INTO frontdesk.classifiers AS c (account_id, name, trained_at, report, model, builtin)"
	" VALUES ($1, $2, pg_catalog.clock_timestamp(), $3::pg_catalog.jsonb, $4, $5)"
	" ON CONFLICT (account_id, name) DO UPDATE SET trained_at = excluded.trained_at,"
	" report = excluded.report, model = excluded.model, builtin = excluded.builtin",
	{INT4OID, TEXTOID, TEXTOID, BYTEAOID, BOOLOID}
};

bool
llm_classifier_classify(int account_id, const char *content,
						size_t content_bytes, LlmClassification *result)
{
	LlmWanted	wanted = {account_id, "default", true};
	double		danger_from;
	const LlmModelView *view = llm_model_cache_take(&wanted, &danger_from);

	if (view == NULL)
		return false;
	llm_model_classify(view, &(LlmText) {content, content_bytes}, danger_from, result);
	return true;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint32		x = *(const uint32 *) a;
	uint32		y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

/* The features of a text: in order, each once. */
typedef struct Features
{
	LlmNgrams	sorted;
	int			counts[LLM_NGRAM_BLOCKS];
} Features;

/* Makes a sorted set of the text's n-grams, so that two texts are compared in
 * one pass. */
static Features *
make_features(const char *text, size_t bytes)
{
	Features   *features = palloc0(sizeof(Features));
	LlmNgrams  *sorted = &features->sorted;
	int			kept = 0;

	llm_ngram_split(text, bytes, sorted);
	qsort(sorted->hashes, sorted->count, sizeof(uint32), compare_hashes);
	for (int i = 0; i < sorted->count; i++)
	{
		uint32		hash = sorted->hashes[i];

		if (kept > 0 && sorted->hashes[kept - 1] == hash)
			continue;
		sorted->hashes[kept++] = hash;
		features->counts[LLM_NGRAM_BLOCK(hash)]++;
	}
	sorted->count = kept;
	/* room was made for more than most texts have */
	sorted->hashes = repalloc(sorted->hashes, Max(kept, 1) * sizeof(uint32));
	return features;
}

static void
free_features(Features *features)
{
	pfree(features->sorted.hashes);
	pfree(features);
}

/* Cosine of the features of two texts, 0 to 1: how alike they are. */
static double
compare_features(const Features *a, const Features *b)
{
	int			shared[LLM_NGRAM_BLOCKS] = {0};
	double		sum = 0;
	int			blocks = 0;

	for (int i = 0, j = 0; i < a->sorted.count && j < b->sorted.count;)
	{
		uint32		x = a->sorted.hashes[i];
		uint32		y = b->sorted.hashes[j];

		if (x == y)
			shared[LLM_NGRAM_BLOCK(x)]++;
		i += x <= y;
		j += y <= x;
	}
	for (int k = 0; k < LLM_NGRAM_BLOCKS; k++)
	{
		if (a->counts[k] == 0 && b->counts[k] == 0)
			continue;
		blocks++;
		if (shared[k] > 0)
			sum += shared[k] / sqrt((double) a->counts[k] * b->counts[k]);
	}
	return blocks > 0 ? sum / blocks : 0;
}

static Datum
text_or_null(const char *value, bool *isnull)
{
	*isnull = value[0] == '\0';
	return *isnull ? (Datum) 0 : CStringGetTextDatum(value);
}

/* The row that classify() and classify_with() return. */
static Datum
make_row(FunctionCallInfo fcinfo, const LlmClassification *result)
{
	TupleDesc	shape = fcinfo->flinfo->fn_extra;
	Datum		values[7];
	bool		nulls[7] = {false};

	if (shape == NULL)
	{
		MemoryContext before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "classify() is not declared to return a row");
		shape = BlessTupleDesc(CreateTupleDescCopy(shape));
		fcinfo->flinfo->fn_extra = shape;
		MemoryContextSwitchTo(before);
	}
	values[0] = text_or_null(result->intent, &nulls[0]);
	values[1] = text_or_null(result->priority, &nulls[1]);
	values[2] = Float4GetDatum((float4) result->sentiment);
	values[3] = text_or_null(result->route, &nulls[3]);
	values[4] = Float4GetDatum((float4) result->confidence);
	values[5] = text_or_null(result->language, &nulls[5]);
	values[6] = Float4GetDatum((float4) result->danger);
	return HeapTupleGetDatum(heap_form_tuple(shape, values, nulls));
}

static void
raise_missing(int account_id, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_FRONTDESK_NO_CLASSIFIER),
			 errmsg("account %d has no classifier \"%s\"", account_id, name),
			 errdetail("Neither the account nor the house (account 0) has trained it, or you may not read it."),
			 errhint("Train it: SELECT frontdesk.train_classifier(name => %s, account_id => %d);",
					 quote_literal_cstr(name), account_id)));
}

/* classify(content text, account_id integer) */
PGDLLEXPORT Datum
frontdesk_classify(PG_FUNCTION_ARGS)
{
	text	   *content = PG_GETARG_TEXT_PP(0);
	int			account_id = PG_GETARG_INT32(1);
	LlmClassification result;

	if (!llm_classifier_classify(account_id, VARDATA_ANY(content),
								 VARSIZE_ANY_EXHDR(content), &result))
		raise_missing(account_id, "default");
	PG_RETURN_DATUM(make_row(fcinfo, &result));
}

/* Names are short, so that they fit where they are kept. */
static char *
checked_name(text *given)
{
	char	   *name = text_to_cstring(given);

	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("name of a classifier must have 1 to %d bytes",
						NAMEDATALEN - 1)));
	return name;
}

/* classify_with(name text, content text, account_id integer) */
PGDLLEXPORT Datum
frontdesk_classify_with(PG_FUNCTION_ARGS)
{
	text	   *content = PG_GETARG_TEXT_PP(1);
	LlmWanted	wanted = {PG_GETARG_INT32(2), checked_name(PG_GETARG_TEXT_PP(0)), false};
	double		danger_from;
	const LlmModelView *view = llm_model_cache_take(&wanted, &danger_from);
	LlmClassification result;

	if (view == NULL)
		raise_missing(wanted.account_id, wanted.name);
	llm_model_classify(view, &(LlmText) {VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)},
					   danger_from, &result);
	PG_RETURN_DATUM(make_row(fcinfo, &result));
}

/* What text_similarity() was given as b the last time. */
typedef struct Compared
{
	Features   *features;
	int			bytes;
	char		text[FLEXIBLE_ARRAY_MEMBER];
} Compared;

/* The features of b, which a statement mostly compares many texts with. */
static const Features *
features_of(FmgrInfo *function, const text *b)
{
	Compared   *last = function->fn_extra;
	int			bytes = VARSIZE_ANY_EXHDR(b);
	MemoryContext caller;

	if (last && last->bytes == bytes && memcmp(last->text, VARDATA_ANY(b), bytes) == 0)
		return last->features;
	caller = MemoryContextSwitchTo(function->fn_mcxt);
	function->fn_extra = NULL;
	if (last)
	{
		free_features(last->features);
		pfree(last);
	}
	last = palloc(offsetof(Compared, text) + bytes);
	last->bytes = bytes;
	memcpy(last->text, VARDATA_ANY(b), bytes);
	last->features = make_features(last->text, bytes);
	function->fn_extra = last;
	MemoryContextSwitchTo(caller);
	return last->features;
}

/* text_similarity(a text, b text) */
PGDLLEXPORT Datum
frontdesk_text_similarity(PG_FUNCTION_ARGS)
{
	text	   *a = PG_GETARG_TEXT_PP(0);
	const Features *of_b = features_of(fcinfo->flinfo, PG_GETARG_TEXT_PP(1));
	Features   *of_a = make_features(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a));
	double		likeness = compare_features(of_a, of_b);

	free_features(of_a);
	PG_RETURN_FLOAT4((float4) likeness);
}

static void
find_columns(TupleDesc shape, int *columns)
{
	for (int c = 0; c < EXAMPLE_COLUMNS; c++)
	{
		columns[c] = SPI_fnumber(shape, example_columns[c].name);
		if (columns[c] <= 0 && example_columns[c].if_null == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("query for examples returns no column \"%s\"",
							example_columns[c].name),
					 errhint("It must return content and intent, and may return route, priority, sentiment and language.")));
	}
}

/* One field of an example as text; raises when it is missing or too long. */
static char *
read_field(HeapTuple row, TupleDesc shape, const int *columns, ExampleColumn c)
{
	char	   *value = columns[c] > 0 ? SPI_getvalue(row, shape, columns[c]) : NULL;

	if (value == NULL && example_columns[c].if_null == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("column \"%s\" of an example is null",
						example_columns[c].name)));
	if (value == NULL)
		return pstrdup(example_columns[c].if_null);
	if (example_columns[c].max_bytes > 0 &&
		strlen(value) > example_columns[c].max_bytes)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("column \"%s\" of an example is longer than %d bytes",
						example_columns[c].name, example_columns[c].max_bytes),
				 errdetail("It is \"%s\".", value)));
	return value;
}

static int
parse_priority(const char *name)
{
	for (int p = 0; p < LLM_PRIORITIES; p++)
		if (strcmp(llm_priority_names[p], name) == 0)
			return p;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("priority of an example is \"%s\"", name),
			 errdetail("It must be high, medium or low.")));
	return 0;
}

static float
parse_sentiment(char *value)
{
	float		sentiment = DatumGetFloat4(DirectFunctionCall1(float4in, CStringGetDatum(value)));

	if (!(sentiment >= -1 && sentiment <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sentiment of an example is %s", value),
				 errdetail("It must be between -1 and 1.")));
	return sentiment;
}

static LlmExample *
add_example(LlmExamples *examples)
{
	if (examples->count == examples->capacity)
	{
		Size		capacity = Max(1024, examples->capacity * 2);

		examples->items = examples->items ?
			repalloc_huge(examples->items, capacity * sizeof(LlmExample)) :
			palloc(capacity * sizeof(LlmExample));
		examples->capacity = capacity;
	}
	return &examples->items[examples->count++];
}

static void
read_example(LlmExamples *examples, HeapTuple row, TupleDesc shape,
			 const int *columns)
{
	char	   *fields[EXAMPLE_COLUMNS];
	LlmExample *e = add_example(examples);

	for (int c = 0; c < EXAMPLE_COLUMNS; c++)
		fields[c] = read_field(row, shape, columns, c);
	e->content_bytes = Min(strlen(fields[EXAMPLE_CONTENT]), MAX_CONTENT);
	e->content = pnstrdup(fields[EXAMPLE_CONTENT], e->content_bytes);
	e->intent = llm_names_place(&examples->intents, fields[EXAMPLE_INTENT]);
	e->route = llm_names_place(&examples->routes, fields[EXAMPLE_ROUTE]);
	e->priority = parse_priority(fields[EXAMPLE_PRIORITY]);
	e->sentiment = parse_sentiment(fields[EXAMPLE_SENTIMENT]);
	e->language = llm_names_place(&examples->languages, fields[EXAMPLE_LANGUAGE]);
	for (int c = 0; c < EXAMPLE_COLUMNS; c++)
		pfree(fields[c]);
}

static Portal
open_query(const char *query)
{
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);

	if (plan == NULL || !SPI_is_cursor_plan(plan))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query for examples is not one statement that returns rows"),
				 errhint("Write SELECT content, intent FROM …")));
	return SPI_cursor_open(NULL, plan, NULL, NULL, false);
}

/* Reads all rows of the query; SPI is connected. */
static void
read_examples(const char *query, LlmExamples *examples)
{
	Portal		portal = open_query(query);
	int			columns[EXAMPLE_COLUMNS];

	find_columns(portal->tupDesc, columns);
	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		for (uint64 i = 0; i < SPI_processed; i++)
			read_example(examples, SPI_tuptable->vals[i],
						 SPI_tuptable->tupdesc, columns);
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
}

static void
check_examples(const LlmExamples *examples)
{
	if (examples->intents.count > LLM_MODEL_MAX_NAMES ||
		examples->languages.count > LLM_MODEL_MAX_NAMES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many intents or languages to train a classifier"),
				 errdetail("There may be %d of each.", LLM_MODEL_MAX_NAMES)));
	if (examples->intents.count >= 2)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("not enough examples to train a classifier"),
			 errdetail("There are %d examples of %d intents.", examples->count,
					   examples->intents.count),
			 errhint("Put examples of two intents or more into frontdesk.classifier_examples, or name a query that returns them.")));
}

static char *
render_report(const LlmTrainingReport *report)
{
	BaseObject	told;

	base_object_begin(&told);
	base_object_add_int(&told, "examples", report->examples);
	base_object_add_int(&told, "intents", report->intents);
	base_object_add_int(&told, "features", report->features);
	base_object_add_int(&told, "folds", report->folds);
	if (report->folds > 0)
	{
		base_object_add_real(&told, "intent_accuracy", report->intent_accuracy, 4);
		base_object_add_real(&told, "route_accuracy", report->route_accuracy, 4);
	}
	base_object_add_real(&told, "seconds", report->seconds, 3);
	return base_object_end(&told);
}

/* Writes the row that the model lives in; SPI is connected. */
static void
store(int account_id, const char *name, const char *report, LlmModel *model)
{
	bytea	   *bytes;
	Datum		values[5];

	if (model->bytes > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the classifier is too large to be stored"),
				 errhint("Train it with fewer examples or fewer intents.")));
	bytes = palloc(model->bytes + VARHDRSZ);
	SET_VARSIZE(bytes, model->bytes + VARHDRSZ);
	memcpy(VARDATA(bytes), model, model->bytes);
	values[0] = Int32GetDatum(account_id);
	values[1] = CStringGetTextDatum(name);
	values[2] = CStringGetTextDatum(report);
	values[3] = PointerGetDatum(bytes);
	values[4] = BoolGetDatum(strcmp(name, SHIPPED) == 0);
	base_spi_execute(&store_model, values, NULL);
	llm_model_cache_forget();
}

/* What is trained from when no query is given: the account's rows and ours. */
static char *
own_query(int account_id)
{
	return psprintf("SELECT e.content, e.intent, e.route, e.priority, e.sentiment, e.language"
					" FROM frontdesk.classifier_examples e"
					" WHERE e.account_id OPERATOR(pg_catalog.=) ANY ('{0,%d}'::pg_catalog.int4[])"
					" ORDER BY e.account_id, e.id", account_id);
}

static char *
training_name(FunctionCallInfo fcinfo)
{
	char	   *name = PG_ARGISNULL(0) ? "default" : checked_name(PG_GETARG_TEXT_PP(0));

	if (strcmp(name, SHIPPED) == 0 && !creating_extension)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("name \"%s\" is reserved for the classifier that comes with pg_frontdesk",
						SHIPPED),
				 errhint("Train \"default\", which is preferred to it.")));
	return name;
}

/*
 * train_classifier(name text, account_id integer), with the rights of the owner;
 * train_classifier(name text, account_id integer, examples text), with the
 * caller's, who can run the query anyway.  They are two functions so that only
 * the first can be granted to people.
 */
PGDLLEXPORT Datum
frontdesk_train_classifier(PG_FUNCTION_ARGS)
{
	char	   *name = training_name(fcinfo);
	int			account_id = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	bool		has_query = PG_NARGS() > 2 && !PG_ARGISNULL(2);
	char	   *query = has_query ? text_to_cstring(PG_GETARG_TEXT_PP(2)) : own_query(account_id);
	LlmExamples examples = {0};
	LlmTrainingReport report = {0};
	LlmModel   *model;
	char	   *json;
	MemoryContext outer = CurrentMemoryContext;

	SPI_connect();
	security_policy_require_account(account_id);
	read_examples(query, &examples);
	check_examples(&examples);
	model = llm_training_run(&examples, &report);
	MemoryContextSwitchTo(outer);
	json = render_report(&report);
	store(account_id, name, json, model);
	SPI_finish();
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}
