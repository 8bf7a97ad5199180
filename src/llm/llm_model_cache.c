/*
 * llm_model_cache.c
 *	  The classifiers that this session has at hand.
 *
 * Runs in any backend.  Once per statement and classifier the row's version is
 * looked up under the caller's snapshot and with the caller's rights; within
 * the statement the answer is remembered, so bulk classification costs no
 * look-up per row.  The model itself is mapped from shared memory; where it
 * cannot be shared (library not preloaded, or a row this very transaction has
 * written and may still roll back) the session keeps a copy of its own.
 *
 * No base_cache: a model goes by the version of its row, not by the count of
 * changes, for training counts none, and a transaction uses what it has just
 * trained itself.
 *
 * Memory: models that are not shared lie in TopMemoryContext until another
 * takes their place.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "llm/llm_model_shared.h"
#include "llm/llm_model_cache.h"

#if PG_VERSION_NUM >= 170000
#define LOCAL_TRANSACTION (MyProc->vxid.lxid)
#else
#define LOCAL_TRANSACTION (MyProc->lxid)
#endif

#define MAX_MODELS 16
#define MAX_ANSWERS 32
#define DANGER_FROM 0.5			/* when nobody says what errors cost */

/* A model at hand. */
typedef struct CachedModel
{
	bool		taken;
	LlmRowVersion version;
	LlmModelView view;
	dsm_segment *segment;		/* NULL: the copy below is our own */
	LlmModel   *copy;
	uint64		used;
} CachedModel;

/* Under what circumstances a look-up was made. */
typedef struct Circumstances
{
	LocalTransactionId transaction;
	Oid			user;
	TimestampTz statement;
	uint64		configuration;
	uint64		changes;
} Circumstances;

/* What a look-up came to. */
typedef struct CachedAnswer
{
	CachedModel *model;			/* NULL: this place is free */
	int			account_id;
	bool		or_shipped;
	char		name[64];
	double		danger_from;
	Circumstances at;
} CachedAnswer;

static CachedModel models[MAX_MODELS];
static CachedAnswer answers[MAX_ANSWERS];
static int	next_answer = 0;
static uint64 turns = 0;		/* orders the uses of models */
static uint64 changes = 0;		/* of the table by this session, undone ones too */

static BaseStatement find_version = {
	"SELECT c.account_id, c.name, c.tableoid, c.xmin, c.ctid, c.trained_at,"
	" (SELECT e.false_alarm OPERATOR(pg_catalog./) (e.false_alarm OPERATOR(pg_catalog.+) e.missed_danger)"
	"  FROM frontdesk.error_costs e WHERE e.account_id OPERATOR(pg_catalog.=) ANY (ARRAY[$1, 0])"
	"  ORDER BY e.account_id DESC LIMIT 1)"
	" FROM frontdesk.classifiers c"
	" WHERE (c.account_id OPERATOR(pg_catalog.=) $1 AND c.name OPERATOR(pg_catalog.=) $2)"
	" OR (c.account_id OPERATOR(pg_catalog.=) 0 AND c.name OPERATOR(pg_catalog.=) $2)"
	" OR ($3 AND c.account_id OPERATOR(pg_catalog.=) 0 AND c.name OPERATOR(pg_catalog.=) 'shipped')"
	" ORDER BY c.account_id OPERATOR(pg_catalog.<>) $1,"
	" c.name OPERATOR(pg_catalog.<>) $2 LIMIT 1",
	{INT4OID, TEXTOID, BOOLOID}
};

static BaseStatement read_model = {
	"SELECT c.model FROM frontdesk.classifiers c"
	" WHERE c.account_id OPERATOR(pg_catalog.=) $1 AND c.name OPERATOR(pg_catalog.=) $2",
	{INT4OID, TEXTOID}
};

void
llm_model_cache_forget(void)
{
	changes++;
}

static void
forget_undone_cb(SubXactEvent event, SubTransactionId mine,
				 SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		changes++;
}

static void
note_circumstances(Circumstances *at)
{
	memset(at, 0, sizeof(*at));
	at->transaction = LOCAL_TRANSACTION;
	at->user = GetUserId();
	at->statement = GetCurrentStatementStartTimestamp();
	at->configuration = base_configuration_count();
	at->changes = changes;
}

/* Reads the version of the wanted row, and what errors cost; false when there is none. */
static bool
look_up(const LlmWanted *wanted, LlmRowVersion *version, double *danger_from)
{
	Datum		values[3] = {
		Int32GetDatum(wanted->account_id), CStringGetTextDatum(wanted->name),
		BoolGetDatum(wanted->or_shipped)
	};
	bool		isnull;
	ItemPointer tid;
	Datum		costs;

	if (base_spi_read(&find_version, values, NULL) == 0)
		return false;
	memset(version, 0, sizeof(*version));
	version->database = MyDatabaseId;
	version->account_id = base_spi_int32(0, 1, 0);
	strlcpy(version->name, base_spi_text(0, 2), sizeof(version->name));
	version->relation = DatumGetObjectId(base_spi_value(0, 3, &isnull));
	version->xmin = DatumGetTransactionId(base_spi_value(0, 4, &isnull));
	tid = (ItemPointer) DatumGetPointer(base_spi_value(0, 5, &isnull));
	version->block = ItemPointerGetBlockNumberNoCheck(tid);
	version->offset = ItemPointerGetOffsetNumberNoCheck(tid);
	version->trained_at = DatumGetTimestampTz(base_spi_value(0, 6, &isnull));
	costs = base_spi_value(0, 7, &isnull);
	*danger_from = isnull ? DANGER_FROM : DatumGetFloat8(costs);
	return true;
}

static void
clear_model(CachedModel *model)
{
	for (int i = 0; i < MAX_ANSWERS; i++)
		if (answers[i].model == model)
			answers[i].model = NULL;
	if (model->segment)
		dsm_detach(model->segment);
	else if (model->copy)
		pfree(model->copy);
	memset(model, 0, sizeof(*model));
}

/* The place for another model: a free one, an outdated one, or the oldest. */
static CachedModel *
clear_place(const LlmRowVersion *version)
{
	CachedModel *best = &models[0];

	for (int i = 0; i < MAX_MODELS; i++)
	{
		CachedModel *m = &models[i];

		if (m->taken && m->version.account_id == version->account_id &&
			strcmp(m->version.name, version->name) == 0)
		{
			best = m;
			break;
		}
		if (m->used < best->used)
			best = m;
	}
	clear_model(best);
	return best;
}

/*
 * Reads the model from its row into a fresh shared segment, or, without
 * sharing, into a copy of our own.
 */
static void
read_into(CachedModel *model, const LlmRowVersion *version, bool sharing)
{
	Datum		values[2] = {
		Int32GetDatum(version->account_id), CStringGetTextDatum(version->name)
	};
	bool		isnull;
	bytea	   *bytes;
	Size		size;
	void	   *to;
	const char *fault;

	if (base_spi_read(&read_model, values, NULL) == 0)
		elog(ERROR, "classifier \"%s\" disappeared", version->name);
	bytes = DatumGetByteaPP(base_spi_value(0, 1, &isnull));
	size = VARSIZE_ANY_EXHDR(bytes);
	if (sharing)
	{
		model->segment = dsm_create(Max(size, 1), 0);
		to = dsm_segment_address(model->segment);
	}
	else
		to = model->copy = MemoryContextAllocHuge(TopMemoryContext, Max(size, 1));
	memcpy(to, VARDATA_ANY(bytes), size);
	fault = llm_model_check(to, size);
	if (fault == NULL)
		return;
	clear_model(model);
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("classifier \"%s\" of account %d cannot be used",
					version->name, version->account_id),
			 errdetail_internal("%s", fault),
			 errhint("Train it again with frontdesk.train_classifier().")));
}

/* Brings the model of a row version into the cache. */
static CachedModel *
fetch(const LlmRowVersion *version)
{
	bool		sharing = llm_model_shared_is_ready() &&
		!TransactionIdIsCurrentTransactionId(version->xmin);
	CachedModel *place = clear_place(version);
	CachedModel	fresh = {.version = *version};

	if (sharing)
		fresh.segment = llm_model_shared_attach(version);
	if (fresh.segment == NULL)
	{
		read_into(&fresh, version, sharing);
		if (sharing)
			fresh.segment = llm_model_shared_publish(version, fresh.segment);
	}
	fresh.taken = true;
	llm_model_open(fresh.segment ? dsm_segment_address(fresh.segment) : fresh.copy,
				   &fresh.view);
	*place = fresh;
	return place;
}

static CachedModel *
find_model(const LlmRowVersion *version)
{
	for (int i = 0; i < MAX_MODELS; i++)
		if (models[i].taken &&
			memcmp(&models[i].version, version, sizeof(*version)) == 0)
			return &models[i];
	return NULL;
}

static CachedAnswer *
find_answer(const LlmWanted *wanted)
{
	for (int i = 0; i < MAX_ANSWERS; i++)
	{
		CachedAnswer *a = &answers[i];

		if (a->model && a->account_id == wanted->account_id &&
			a->or_shipped == wanted->or_shipped &&
			strcmp(a->name, wanted->name) == 0)
			return a;
	}
	return NULL;
}

static CachedAnswer *
remember(const LlmWanted *wanted, CachedModel *model, const Circumstances *at)
{
	CachedAnswer *a = find_answer(wanted);

	if (a == NULL)
	{
		a = &answers[next_answer];
		next_answer = (next_answer + 1) % MAX_ANSWERS;
	}
	a->account_id = wanted->account_id;
	a->or_shipped = wanted->or_shipped;
	strlcpy(a->name, wanted->name, sizeof(a->name));
	a->at = *at;
	a->model = model;
	return a;
}

static CachedModel *
search(const LlmWanted *wanted, double *danger_from)
{
	LlmRowVersion version;
	CachedModel *model = NULL;

	SPI_connect();
	if (look_up(wanted, &version, danger_from))
	{
		model = find_model(&version);
		if (model == NULL)
			model = fetch(&version);
	}
	SPI_finish();
	return model;
}

const LlmModelView *
llm_model_cache_take(const LlmWanted *wanted, double *danger_from)
{
	static bool registered = false;
	Circumstances at;
	CachedAnswer *known = find_answer(wanted);
	CachedModel *model;

	if (!registered)
	{
		RegisterSubXactCallback(forget_undone_cb, NULL);
		registered = true;
	}
	note_circumstances(&at);
	if (known && memcmp(&known->at, &at, sizeof(at)) == 0)
	{
		*danger_from = known->danger_from;
		return &known->model->view;
	}
	model = search(wanted, danger_from);
	if (model == NULL)
		return NULL;
	model->used = ++turns;
	remember(wanted, model, &at)->danger_from = *danger_from;
	return &model->view;
}
