/*
 * llm_model.c
 *	  A trained classifier as one block of bytes.
 *
 * Runs in any backend.  A block holds no pointers, so it can be mapped
 * anywhere; it is never changed once sealed.  llm_model_check() is the border:
 * bytes that passed it can be read without a further look at any index.
 * Weights are kept as 8-bit numbers with one scale per feature.
 */
#include "postgres.h"

#include <math.h>

#include "port/pg_crc32c.h"

#include "llm/llm_model.h"
#include "llm/llm_solver.h"

const char *const llm_priority_names[LLM_PRIORITIES] = {"high", "medium", "low"};

/* Offsets of the parts behind the head. */
typedef struct Layout
{
	uint64		intents;
	uint64		languages;
	uint64		idf;
	uint64		scales;
	uint64		slots;
	uint64		weights;
	uint64		end;
} Layout;

static uint64
lay(uint64 *end, uint64 bytes)
{
	uint64		start = *end;

	*end += TYPEALIGN64(16, bytes);
	return start;
}

static Layout
lay_out(const LlmModel *m)
{
	Layout		at;
	uint64		end = TYPEALIGN64(16, sizeof(LlmModel));

	at.intents = lay(&end, m->intents * sizeof(LlmIntent));
	at.languages = lay(&end, m->languages * sizeof(LlmLanguage));
	at.idf = lay(&end, m->rows * sizeof(float));
	at.scales = lay(&end, m->rows * sizeof(float));
	at.slots = lay(&end, m->slot_count * sizeof(LlmSlot));
	at.weights = lay(&end, (uint64) m->rows * m->stride);
	at.end = end;
	return at;
}

/* Bytes of a block with these sizes. */
static uint64
size_of(const LlmModel *sizes)
{
	return lay_out(sizes).end;
}

LlmModel *
llm_model_create(const LlmModel *sizes)
{
	uint64		size = size_of(sizes);
	LlmModel   *model = palloc_extended(size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	*model = *sizes;
	model->magic = LLM_MODEL_MAGIC;
	model->version = LLM_MODEL_VERSION;
	model->bytes = size;
	return model;
}

static uint32
checksum(const LlmModel *model)
{
	size_t		skip = offsetof(LlmModel, checksum) + sizeof(uint32);
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, (const char *) model + skip, model->bytes - skip);
	FIN_CRC32C(crc);
	return crc;
}

/* Makes the block final. */
void
llm_model_seal(LlmModel *model)
{
	model->checksum = checksum(model);
}

static int
column_count(const LlmModel *m)
{
	return m->intents + (m->has_priorities ? LLM_PRIORITIES : 0) +
		(m->languages > 1 ? m->languages : 0) + (m->has_sentiment ? 1 : 0);
}

static bool
has_sound_sizes(const LlmModel *m)
{
	return m->intents >= 1 && m->intents <= LLM_MODEL_MAX_NAMES &&
		m->languages >= 1 && m->languages <= LLM_MODEL_MAX_NAMES &&
		m->rows >= 1 && m->rows <= LLM_MODEL_MAX_ROWS &&
		m->slot_count > m->rows && m->slot_count <= 4 * (uint32) LLM_MODEL_MAX_ROWS &&
		(m->slot_count & (m->slot_count - 1)) == 0 &&
		m->stride >= column_count(m) && m->stride <= 3 * LLM_MODEL_MAX_NAMES &&
		m->stride % LLM_SOLVER_PAD == 0 &&
		m->usual_priority >= 0 && m->usual_priority < LLM_PRIORITIES;
}

/* Tells whether names end, and slots point at rows: what follows trusts them
 * without another look. */
static bool
has_sound_parts(const LlmModelView *v)
{
	uint32		taken = 0;

	for (uint32 i = 0; i < v->model->intents; i++)
		if (memchr(v->intents[i].name, 0, sizeof(v->intents[i].name)) == NULL ||
			memchr(v->intents[i].route, 0, sizeof(v->intents[i].route)) == NULL ||
			v->intents[i].priority < -1 ||
			v->intents[i].priority >= LLM_PRIORITIES)
			return false;
	for (uint32 i = 0; i < v->model->languages; i++)
		if (memchr(v->languages[i].name, 0, sizeof(v->languages[i].name)) == NULL)
			return false;
	for (uint32 i = 0; i < v->model->slot_count; i++)
	{
		if (v->vocabulary.slots[i].row == LLM_SLOT_FREE)
			continue;
		if (v->vocabulary.slots[i].row >= v->model->rows)
			return false;
		taken++;
	}
	return taken < v->model->slot_count;
}

const char *
llm_model_check(const void *bytes, uint64 size)
{
	const LlmModel *m = bytes;
	LlmModelView view;

	if (size < sizeof(LlmModel) || m->magic != LLM_MODEL_MAGIC)
		return "It is not a classifier of this kind of machine.";
	if (m->version != LLM_MODEL_VERSION)
		return "It was trained by another version of pg_frontdesk.";
	if (m->bytes != size || !has_sound_sizes(m) || size_of(m) != size)
		return "Its sizes do not fit together.";
	if (m->checksum != checksum(m))
		return "Its checksum is wrong.";
	llm_model_open(m, &view);
	if (!has_sound_parts(&view))
		return "Its parts do not fit together.";
	return NULL;
}

/* Finds the parts of a block; they are used where they lie, for it may be
 * mapped by many sessions. */
void
llm_model_open(const LlmModel *m, LlmModelView *view)
{
	Layout		at = lay_out(m);
	const char *base = (const char *) m;

	view->model = m;
	view->intents = (const LlmIntent *) (base + at.intents);
	view->languages = (const LlmLanguage *) (base + at.languages);
	view->scales = (const float *) (base + at.scales);
	view->weights = (const int8 *) (base + at.weights);
	view->vocabulary.slots = (const LlmSlot *) (base + at.slots);
	view->vocabulary.slot_count = m->slot_count;
	view->vocabulary.idf = (const float *) (base + at.idf);
	view->vocabulary.rows = m->rows;
	view->priority_column = m->intents;
	view->language_column = view->priority_column +
		(m->has_priorities ? LLM_PRIORITIES : 0);
	view->sentiment_column = view->language_column +
		(m->languages > 1 ? m->languages : 0);
	view->columns = column_count(m);
}

/* The scores of all columns.  The inner loop has a fixed length so that the
 * compiler can make vectors of it. */
static void
score(const LlmModelView *v, const LlmVector *x, float *restrict scores)
{
	int			stride = v->model->stride;

	memset(scores, 0, stride * sizeof(float));
	for (int k = 0; k < x->count; k++)
	{
		const int8 *restrict row = v->weights + (size_t) x->rows[k] * stride;
		float		by = x->values[k] * v->scales[x->rows[k]];

		for (int c = 0; c < stride; c += LLM_SOLVER_PAD)
			for (int i = 0; i < LLM_SOLVER_PAD; i++)
				scores[c + i] += by * row[c + i];
	}
}

static int
best_of(const float *scores, int count)
{
	int			best = 0;

	for (int i = 1; i < count; i++)
		if (scores[i] > scores[best])
			best = i;
	return best;
}

/* Finds the best intent, and how far it is ahead of the others. */
static void
judge_intent(const LlmModelView *v, const float *scores, LlmVerdict *verdict)
{
	int			best = best_of(scores, v->model->intents);
	float		second = -1;
	float		elsewhere = -2;

	for (int i = 0; i < v->model->intents; i++)
	{
		if (i == best)
			continue;
		second = Max(second, scores[i]);
		if (strcmp(v->intents[i].route, v->intents[best].route) != 0)
			elsewhere = Max(elsewhere, scores[i]);
	}
	verdict->intent = best;
	verdict->sureness[LLM_SURENESS_BEST] = scores[best];
	verdict->sureness[LLM_SURENESS_LEAD] = scores[best] - second;
	verdict->sureness[LLM_SURENESS_ROUTE_LEAD] = scores[best] - (elsewhere > -2 ? elsewhere : second);
	verdict->sureness[LLM_SURENESS_CONSTANT] = 1;
}

static bool
is_urgent(const LlmModelView *v, int intent)
{
	return v->intents[intent].priority == 0;
}

/* What speaks for a message that cannot wait.  Two views of it: the decision
 * between priorities, and how near an intent that is urgent comes. */
static void
judge_danger(const LlmModelView *v, const float *scores, LlmVerdict *verdict)
{
	bool		urgent = is_urgent(v, verdict->intent);
	int			other = -1;
	double		lead = 0;

	for (int i = 0; i < v->model->intents; i++)
		if (is_urgent(v, i) != urgent && (other < 0 || scores[i] > scores[other]))
			other = i;
	if (other >= 0)
		lead = scores[verdict->intent] - scores[other];
	verdict->alternative = other;
	verdict->shortfall = lead;
	verdict->danger[LLM_DANGER_PRIORITY] = v->model->has_priorities ? scores[v->priority_column] : 0;
	verdict->danger[LLM_DANGER_LEAD] = urgent ? lead : -lead;
	verdict->danger[LLM_DANGER_CONSTANT] = 1;
}

/* Scores a vector and reads the scores. */
void
llm_model_judge(const LlmModelView *v, const LlmVector *x, LlmVerdict *verdict)
{
	const LlmModel *m = v->model;
	float	   *scores = palloc(m->stride * sizeof(float));

	score(v, x, scores);
	judge_intent(v, scores, verdict);
	judge_danger(v, scores, verdict);
	verdict->sureness[LLM_SURENESS_COVERAGE] = x->coverage;
	verdict->danger[LLM_DANGER_COVERAGE] = x->coverage;
	verdict->priority = v->intents[verdict->intent].priority;
	if (verdict->priority < 0)
		verdict->priority = m->has_priorities ?
			best_of(scores + v->priority_column, LLM_PRIORITIES) : m->usual_priority;
	verdict->language = m->languages > 1 ?
		best_of(scores + v->language_column, m->languages) : 0;
	verdict->sentiment = m->usual_sentiment;
	if (m->has_sentiment)
		verdict->sentiment = Max(-1, Min(1, scores[v->sentiment_column]));
	pfree(scores);
}

double
llm_model_confidence(const float *weights, const double *inputs)
{
	double		sum = 0;

	for (int i = 0; i < LLM_SURENESS_COUNT; i++)
		sum += weights[i] * inputs[i];
	return 1 / (1 + exp(-sum));
}

/*
 * Decides by the danger whether the intent is an urgent one: what errors cost,
 * not which score is higher by a hair.  An intent that is not the best one lags
 * behind it, and the confidence is the lower for it.
 */
static void
decide_urgency(const LlmModelView *v, LlmVerdict *verdict, bool is_danger)
{
	if (verdict->alternative < 0 || is_urgent(v, verdict->intent) == is_danger)
		return;
	verdict->intent = verdict->alternative;
	verdict->sureness[LLM_SURENESS_BEST] -= verdict->shortfall;
	verdict->sureness[LLM_SURENESS_LEAD] = -verdict->shortfall;
	verdict->sureness[LLM_SURENESS_ROUTE_LEAD] = -verdict->shortfall;
	if (v->intents[verdict->intent].priority >= 0)
		verdict->priority = v->intents[verdict->intent].priority;
}

void
llm_model_classify(const LlmModelView *v, const LlmText *text, double danger_from,
				   LlmClassification *result)
{
	LlmVector	x;
	LlmVerdict	verdict;
	const LlmIntent *intent;

	llm_vector_build(&v->vocabulary, text->content, text->bytes, &x);
	llm_model_judge(v, &x, &verdict);
	llm_vector_free(&x);
	result->danger = 0;
	if (v->model->has_danger)
	{
		result->danger = llm_model_confidence(v->model->danger, verdict.danger);
		decide_urgency(v, &verdict, result->danger >= danger_from);
	}
	intent = &v->intents[verdict.intent];
	strlcpy(result->intent, intent->name, sizeof(result->intent));
	strlcpy(result->route, intent->route, sizeof(result->route));
	strlcpy(result->priority, llm_priority_names[verdict.priority],
			sizeof(result->priority));
	strlcpy(result->language, v->languages[verdict.language].name,
			sizeof(result->language));
	result->sentiment = verdict.sentiment;
	result->confidence = llm_model_confidence(v->model->sureness,
											  verdict.sureness);
}
