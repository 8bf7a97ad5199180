/*
 * llm_training.c
 *	  From labelled examples to a model.
 *
 * Runs in the backend that trains.  The examples are dealt into folds; a
 * fold is judged by a model that has not seen it, and the more examples there
 * are the fewer folds suffice.  These judgements give the
 * accuracy that is reported and teach the confidence to be what it says: of
 * the decisions with confidence 0.85 about 85 in 100 have the right route.  Then
 * the model is trained on everything.
 *
 * All memory is the caller's context; what one fit needs lies in a context of
 * its own and goes with it.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

#include "llm/llm_ngram.h"
#include "llm/llm_solver.h"
#include "llm/llm_sureness.h"
#include "llm/llm_training.h"

#define FOLDS 5
#define FEW_EXAMPLES 8000		/* up to so many every fold is judged */
#define MANY_EXAMPLES 12000		/* from so many on one is; between them two are */
#define MAX_WEIGHT_BYTES ((uint64) 512 * 1024 * 1024)
#define COST 1.0f
#define AGREEMENT 0.9			/* of an intent's examples on a priority */

/* A vocabulary in the making. */
typedef struct Lexicon
{
	LlmSlot    *slots;
	uint32		slot_count;
	int		   *documents;		/* by row: examples with this feature */
	uint32		rows;
	uint32		capacity;
} Lexicon;

/* One fit: the examples at the places of order[]. */
typedef struct Fit
{
	const LlmExamples *examples;
	const int  *order;
	int			count;
	LlmModel   *model;
	LlmModelView view;
} Fit;

/* The examples in the order in which they are dealt into folds. */
typedef struct Deal
{
	int		   *sorted;
	int			judged;			/* folds that are */
	LlmTrial   *trials;
	int			trial_count;
} Deal;

int
llm_names_place(LlmNames *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->names[i], name) == 0)
			return i;
	if (names->count == names->capacity)
	{
		names->capacity = Max(16, names->capacity * 2);
		names->names = names->names ?
			repalloc(names->names, names->capacity * sizeof(char *)) :
			palloc(names->capacity * sizeof(char *));
	}
	names->names[names->count] = pstrdup(name);
	return names->count++;
}

static LlmSlot *
create_slots(uint32 count)
{
	LlmSlot    *slots = palloc_extended(count * sizeof(LlmSlot), MCXT_ALLOC_HUGE);

	memset(slots, 0xff, count * sizeof(LlmSlot));
	return slots;
}

static void
grow(Lexicon *l)
{
	LlmSlot    *old = l->slots;
	uint32		old_count = l->slot_count;

	l->slot_count *= 2;
	l->slots = create_slots(l->slot_count);
	for (uint32 i = 0; i < old_count; i++)
		if (old[i].row != LLM_SLOT_FREE)
			l->slots[llm_slot_find(l->slots, l->slot_count, old[i].hash)] = old[i];
	pfree(old);
	l->capacity = l->slot_count / 2;
	l->documents = repalloc_huge(l->documents, l->capacity * sizeof(int));
}

/* Counts the features of one example, each once; last[] is by row. */
static void
count_example(Lexicon *l, const LlmExample *example, int place, int **last)
{
	LlmNgrams	ngrams;

	llm_ngram_split(example->content, example->content_bytes, &ngrams);
	for (int i = 0; i < ngrams.count; i++)
	{
		uint32		at = llm_slot_find(l->slots, l->slot_count, ngrams.hashes[i]);
		uint32		row = l->slots[at].row;

		if (row == LLM_SLOT_FREE)
		{
			row = l->rows++;
			l->slots[at].hash = ngrams.hashes[i];
			l->slots[at].row = row;
			l->documents[row] = 0;
			(*last)[row] = -1;
		}
		if ((*last)[row] != place)
		{
			(*last)[row] = place;
			l->documents[row]++;
		}
		if (l->rows == l->capacity)
		{
			grow(l);
			*last = repalloc_huge(*last, l->capacity * sizeof(int));
		}
	}
	pfree(ngrams.hashes);
}

static void
build_lexicon(const Fit *fit, Lexicon *l)
{
	int		   *last;

	l->slot_count = 8192;
	l->slots = create_slots(l->slot_count);
	l->capacity = l->slot_count / 2;
	l->documents = palloc(l->capacity * sizeof(int));
	l->rows = 0;
	last = palloc(l->capacity * sizeof(int));
	for (int i = 0; i < fit->count; i++)
	{
		count_example(l, &fit->examples->items[fit->order[i]], i, &last);
		CHECK_FOR_INTERRUPTS();
	}
	pfree(last);
}

/*
 * Features kept: all, of many examples those that came twice, and as many as the
 * bound on memory allows.  Returns how often a feature must have come.
 */
static int
find_least_documents(const Lexicon *l, int examples, uint32 stride, uint32 *kept)
{
	for (int least = examples > MANY_EXAMPLES ? 2 : 1;; least++)
	{
		*kept = 0;
		for (uint32 row = 0; row < l->rows; row++)
			if (l->documents[row] >= least)
				(*kept)++;
		if (*kept < LLM_MODEL_MAX_ROWS &&
			(uint64) (*kept + 1) * stride * sizeof(float) <= MAX_WEIGHT_BYTES)
			return least;
	}
}

/* Whether the examples differ in what a head would choose. */
static void
size_heads(const Fit *fit, LlmModel *sizes)
{
	const LlmExamples *all = fit->examples;
	const LlmExample *first = &all->items[fit->order[0]];
	int			priorities[LLM_PRIORITIES] = {0};
	double		sentiment = 0;

	for (int i = 0; i < fit->count; i++)
	{
		const LlmExample *e = &all->items[fit->order[i]];

		priorities[e->priority]++;
		sentiment += e->sentiment;
		if (e->priority != first->priority)
			sizes->has_priorities = 1;
		if (e->sentiment != first->sentiment)
			sizes->has_sentiment = 1;
	}
	sizes->has_danger = sizes->has_priorities && priorities[0] > 0;
	sizes->usual_sentiment = sentiment / fit->count;
	for (int p = 1; p < LLM_PRIORITIES; p++)
		if (priorities[p] > priorities[sizes->usual_priority])
			sizes->usual_priority = p;
	sizes->intents = all->intents.count;
	sizes->languages = all->languages.count;
}

/* Copies the lexicon into the model, the rare features left out. */
static void
fill_vocabulary(Fit *fit, const Lexicon *l, int least)
{
	LlmSlot    *slots = (LlmSlot *) fit->view.vocabulary.slots;
	float	   *idf = (float *) fit->view.vocabulary.idf;
	uint32		slot_count = fit->model->slot_count;
	uint32		next = 0;

	memset(slots, 0xff, slot_count * sizeof(LlmSlot));
	for (uint32 i = 0; i < l->slot_count; i++)
	{
		const LlmSlot *from = &l->slots[i];
		LlmSlot    *to;

		if (from->row == LLM_SLOT_FREE || l->documents[from->row] < least)
			continue;
		to = &slots[llm_slot_find(slots, slot_count, from->hash)];
		to->hash = from->hash;
		to->row = next;
		idf[next++] = 1 + logf((1.0f + fit->count) / (1 + l->documents[from->row]));
	}
	idf[next] = 1;
}

/* The route and, if its examples agree, the priority of an intent. */
static void
fill_intent(const Fit *fit, int intent, LlmIntent *to)
{
	const LlmExamples *all = fit->examples;
	int		   *routes = palloc0((all->routes.count + 1) * sizeof(int));
	int			priorities[LLM_PRIORITIES] = {0};
	int			count = 0;
	int			best = 0;

	for (int i = 0; i < all->count; i++)
	{
		if (all->items[i].intent != intent)
			continue;
		count++;
		routes[all->items[i].route]++;
		priorities[all->items[i].priority]++;
	}
	for (int r = 1; r < all->routes.count; r++)
		if (routes[r] > routes[best])
			best = r;
	strlcpy(to->name, all->intents.names[intent], sizeof(to->name));
	strlcpy(to->route, all->routes.names[best], sizeof(to->route));
	to->priority = -1;
	for (int p = 0; p < LLM_PRIORITIES; p++)
		if (priorities[p] >= AGREEMENT * count)
			to->priority = p;
	pfree(routes);
}

static void
fill_names(Fit *fit)
{
	const LlmExamples *all = fit->examples;

	for (int i = 0; i < all->intents.count; i++)
		fill_intent(fit, i, (LlmIntent *) &fit->view.intents[i]);
	for (int i = 0; i < all->languages.count; i++)
		strlcpy(((LlmLanguage *) fit->view.languages)[i].name,
				all->languages.names[i], sizeof(LlmLanguage));
}

static void
fill_labels(const Fit *fit, int *labels, float *levels)
{
	const LlmModel *m = fit->model;

	for (int i = 0; i < fit->count; i++)
	{
		int			at = fit->order[i];
		const LlmExample *e = &fit->examples->items[at];

		labels[at * 3] = e->intent;
		labels[at * 3 + 1] = m->has_priorities ?
			fit->view.priority_column + e->priority : -1;
		labels[at * 3 + 2] = m->languages > 1 ?
			fit->view.language_column + e->language : -1;
		levels[at] = e->sentiment;
	}
}

/* Rounds the weights of each feature to 8 bits. */
static void
fill_weights(Fit *fit, const float *weights)
{
	uint32		stride = fit->model->stride;
	float	   *scales = (float *) fit->view.scales;
	int8	   *to = (int8 *) fit->view.weights;

	for (uint32 row = 0; row < fit->model->rows; row++)
	{
		const float *from = weights + (size_t) row * stride;
		float		most = 0;

		for (uint32 c = 0; c < stride; c++)
			most = Max(most, fabsf(from[c]));
		scales[row] = most / 127;
		for (uint32 c = 0; c < stride; c++)
			to[(size_t) row * stride + c] = most > 0 ?
				(int8) lrintf(from[c] / most * 127) : 0;
	}
}

/* Learns the weights of the model laid out in fit. */
static void
learn(Fit *fit)
{
	const LlmExamples *all = fit->examples;
	const LlmModel *m = fit->model;
	LlmVector  *vectors = palloc0(all->count * sizeof(LlmVector));
	LlmProblem	problem = {
		.vectors = vectors,.order = fit->order,.examples = fit->count,
		.rows = m->rows,.columns = fit->view.columns,.stride = m->stride,
		.heads = 3,.cost = COST,
		/* of few examples chance decides more than the last digits */
		.tolerance = fit->count > MANY_EXAMPLES ? 0.1f : 0.3f,
		.level_column = m->has_sentiment ? fit->view.sentiment_column : -1,
	};
	int		   *labels = palloc(all->count * 3 * sizeof(int));
	float	   *levels = palloc(all->count * sizeof(float));
	float	   *weights = palloc_extended((size_t) m->rows * m->stride * sizeof(float),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	fill_labels(fit, labels, levels);
	problem.labels = labels;
	problem.levels = levels;
	for (int i = 0; i < fit->count; i++)
	{
		const LlmExample *e = &all->items[fit->order[i]];

		llm_vector_build(&fit->view.vocabulary, e->content, e->content_bytes,
						 &vectors[fit->order[i]]);
		CHECK_FOR_INTERRUPTS();
	}
	llm_solver_learn(&problem, weights);
	fill_weights(fit, weights);
}

/* Trains fit->model, palloc'd in `keep`. */
static void
run_fit(Fit *fit, MemoryContext keep)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "frontdesk classifier fit",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(scratch);
	LlmModel	sizes = {0};
	Lexicon		lexicon;
	uint32		kept;
	int			least;

	build_lexicon(fit, &lexicon);
	size_heads(fit, &sizes);
	sizes.rows = 1;
	llm_model_open(&sizes, &fit->view);
	sizes.stride = TYPEALIGN(LLM_SOLVER_PAD, fit->view.columns);
	least = find_least_documents(&lexicon, fit->count, sizes.stride, &kept);
	sizes.rows = kept + 1;
	sizes.slot_count = pg_nextpower2_32(sizes.rows * 2);
	MemoryContextSwitchTo(keep);
	fit->model = llm_model_create(&sizes);
	MemoryContextSwitchTo(scratch);
	llm_model_open(fit->model, &fit->view);
	fill_vocabulary(fit, &lexicon, least);
	fill_names(fit);
	learn(fit);
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
}

/*
 * Orders the examples by intent, and within it as they came, so that dealing
 * them out one by one gives every fold its part of each intent.
 */
static int *
sort_by_intent(const LlmExamples *all)
{
	int		   *sorted = palloc(all->count * sizeof(int));
	int			next = 0;

	for (int intent = 0; intent < all->intents.count; intent++)
		for (int i = 0; i < all->count; i++)
			if (all->items[i].intent == intent)
				sorted[next++] = i;
	return sorted;
}

/* Judges every FOLDS-th example from the fold's on; fit has not seen them. */
static void
judge_fold(const Fit *fit, Deal *deal, int fold)
{
	const LlmExamples *all = fit->examples;

	for (int i = fold; i < all->count; i += FOLDS)
	{
		const LlmExample *e = &all->items[deal->sorted[i]];
		LlmTrial   *trial = &deal->trials[deal->trial_count++];
		LlmVector	x;
		LlmVerdict	verdict;

		llm_vector_build(&fit->view.vocabulary, e->content, e->content_bytes, &x);
		llm_model_judge(&fit->view, &x, &verdict);
		llm_vector_free(&x);
		memcpy(trial->inputs, verdict.sureness, sizeof(trial->inputs));
		memcpy(trial->danger, verdict.danger, sizeof(trial->danger));
		trial->is_danger = e->priority == 0;
		trial->intent_right = verdict.intent == e->intent;
		trial->route_right = strcmp(fit->view.intents[verdict.intent].route,
									all->routes.names[e->route]) == 0;
		CHECK_FOR_INTERRUPTS();
	}
}

/* Trains once per judged fold on all the others and judges the examples left
 * out, which the model has not seen. */
static void
cross_validate(const LlmExamples *all, Deal *deal)
{
	int		   *order = palloc(all->count * sizeof(int));

	for (int fold = 0; fold < deal->judged; fold++)
	{
		Fit			fit = {.examples = all,.order = order};

		for (int i = 0; i < all->count; i++)
			if (i % FOLDS != fold)
				order[fit.count++] = deal->sorted[i];
		run_fit(&fit, CurrentMemoryContext);
		judge_fold(&fit, deal, fold);
		pfree(fit.model);
	}
	pfree(order);
}

/* Folds that are judged; none when there are too few examples to hold any out. */
static int
count_judged(const LlmExamples *all)
{
	if (all->count < 2 * FOLDS || all->intents.count < 2)
		return 0;
	if (all->count <= FEW_EXAMPLES)
		return FOLDS;
	return all->count <= MANY_EXAMPLES ? 2 : 1;
}

/* Measures how often decisions are right, and fits the estimates of confidence
 * and danger to it; with too few examples they are guessed. */
static void
validate(const LlmExamples *all, LlmTrainingReport *report, LlmModel *estimates)
{
	Deal		deal = {.judged = count_judged(all)};
	int			intents_right = 0;
	int			routes_right = 0;

	report->folds = deal.judged;
	if (deal.judged == 0)
	{
		llm_sureness_guess(estimates->sureness, estimates->danger);
		return;
	}
	deal.sorted = sort_by_intent(all);
	deal.trials = palloc0(all->count * sizeof(LlmTrial));
	cross_validate(all, &deal);
	for (int i = 0; i < deal.trial_count; i++)
	{
		intents_right += deal.trials[i].intent_right;
		routes_right += deal.trials[i].route_right;
	}
	report->intent_accuracy = (double) intents_right / deal.trial_count;
	report->route_accuracy = (double) routes_right / deal.trial_count;
	llm_sureness_fit(deal.trials, deal.trial_count, all->routes.count > 1, estimates->sureness);
	llm_sureness_fit_danger(deal.trials, deal.trial_count, estimates->danger);
	pfree(deal.trials);
	pfree(deal.sorted);
}

LlmModel *
llm_training_run(LlmExamples *all, LlmTrainingReport *report)
{
	instr_time	start;
	instr_time	spent;
	int		   *order = palloc(all->count * sizeof(int));
	Fit			fit = {.examples = all,.order = order,.count = all->count};
	LlmModel	estimates = {0};

	INSTR_TIME_SET_CURRENT(start);
	validate(all, report, &estimates);
	for (int i = 0; i < all->count; i++)
		order[i] = i;
	run_fit(&fit, CurrentMemoryContext);
	memcpy(fit.model->sureness, estimates.sureness, sizeof(estimates.sureness));
	memcpy(fit.model->danger, estimates.danger, sizeof(estimates.danger));
	llm_model_seal(fit.model);
	INSTR_TIME_SET_CURRENT(spent);
	INSTR_TIME_SUBTRACT(spent, start);
	report->examples = all->count;
	report->intents = all->intents.count;
	report->features = fit.model->rows - 1;
	report->seconds = INSTR_TIME_GET_DOUBLE(spent);
	return fit.model;
}
