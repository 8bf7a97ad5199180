/*
 * llm_solver.c
 *	  Weights of many linear decisions over the same vectors.
 *
 * Runs in the backend that trains.  Every column is a support vector machine
 * of its own (one against the rest, squared hinge loss, L2-regularised) and is
 * solved by coordinate descent in the dual: per example one variable, set to
 * its optimum while all others stand still.  Columns are solved one after the
 * other, because the weights of one stay in the processor's cache while those
 * of all would not.
 *
 * With the error e = target - score, the optimum of a variable b moves it by
 * (e - b * d) / (|x|^2 + d), where d = 1 / (2 * cost); for a decision b may
 * not oppose its target, for a level it may, which is ridge regression.
 *
 * Most examples soon stand still.  Those are set aside, so that sweeps go over
 * what still moves, and all are looked at again before the end.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "llm/llm_solver.h"

#define MAX_EPOCHS 60

typedef struct Entry
{
	uint32		row;
	float		value;
} Entry;

typedef struct Solver
{
	const LlmProblem *problem;
	Entry	   *entries;		/* of all vectors, by place */
	size_t	   *starts;			/* [examples + 1] */
	float	   *rates;			/* by place: 1 / (|x|^2 + d) */
	float	   *targets;		/* the same, of the column at hand; so the next two */
	float	   *duals;
	int		   *order;			/* by place: the example there */
	int		   *active;			/* places not set aside, first */
	int			active_count;
	float	   *weights;		/* by row */
	bool		is_level;
	uint64		random;
} Solver;

static uint32
draw(Solver *s, uint32 below)
{
	s->random = s->random * UINT64CONST(6364136223846793005) +
		UINT64CONST(1442695040888963407);
	return (uint32) (((s->random >> 32) * below) >> 32);
}

/* Examples of one kind must not come in a row. */
static void
shuffle(Solver *s)
{
	for (int i = 0; i < s->problem->examples; i++)
	{
		int			j = draw(s, i + 1);

		s->order[i] = s->order[j];
		s->order[j] = s->problem->order[i];
	}
}

/* Lays the vectors one behind the other, as they are visited. */
static void
pack(Solver *s)
{
	const LlmProblem *p = s->problem;
	size_t		count = 0;

	shuffle(s);
	for (int i = 0; i < p->examples; i++)
		count += p->vectors[s->order[i]].count;
	s->entries = palloc_extended(Max(1, count) * sizeof(Entry), MCXT_ALLOC_HUGE);
	count = 0;
	for (int i = 0; i < p->examples; i++)
	{
		const LlmVector *x = &p->vectors[s->order[i]];
		float		square = 0;

		s->starts[i] = count;
		for (int k = 0; k < x->count; k++)
		{
			s->entries[count++] = (Entry) {x->rows[k], x->values[k]};
			square += x->values[k] * x->values[k];
		}
		s->rates[i] = 1 / (square + 0.5f / p->cost);
	}
	s->starts[p->examples] = count;
}

/* What the column shall say of an example. */
static float
target_of(const LlmProblem *p, int example, int column)
{
	if (column == p->level_column)
		return p->levels[example];
	for (int h = 0; h < p->heads; h++)
		if (p->labels[example * p->heads + h] == column)
			return 1;
	return -1;
}

static void
set_all_active(Solver *s)
{
	s->active_count = s->problem->examples;
	for (int i = 0; i < s->active_count; i++)
		s->active[i] = i;
}

static void
begin_column(Solver *s, int column)
{
	const LlmProblem *p = s->problem;

	memset(s->weights, 0, p->rows * sizeof(float));
	memset(s->duals, 0, p->examples * sizeof(float));
	for (int i = 0; i < p->examples; i++)
		s->targets[i] = target_of(p, s->order[i], column);
	set_all_active(s);
	s->is_level = column == p->level_column;
}

/* Sets the variable of a place; returns how far it was off. */
static float
visit(Solver *s, int place)
{
	const Entry *from = s->entries + s->starts[place];
	const Entry *to = s->entries + s->starts[place + 1];
	float		target = s->targets[place];
	float		dual = s->duals[place];
	float		score = 0;
	float		error;
	float		step;

	for (const Entry *e = from; e < to; e++)
		score += e->value * s->weights[e->row];
	error = target - score - dual * 0.5f / s->problem->cost;
	step = error * s->rates[place];
	if (!s->is_level && (dual + step) * target < 0)
		step = -dual;
	if (step == 0)
		return 0;
	s->duals[place] = dual + step;
	for (const Entry *e = from; e < to; e++)
		s->weights[e->row] += e->value * step;
	return Max(step, -step) / s->rates[place];
}

/* Visits all that are not set aside; returns the largest fault. */
static float
sweep(Solver *s)
{
	float		most = 0;
	int			kept = 0;

	for (int i = 0; i < s->active_count; i++)
	{
		float		fault = visit(s, s->active[i]);

		if (fault > s->problem->tolerance)
			s->active[kept++] = s->active[i];
		most = Max(most, fault);
	}
	s->active_count = kept;
	return most;
}

static void
solve_column(Solver *s)
{
	for (int epoch = 0; epoch < MAX_EPOCHS; epoch++)
	{
		bool		is_whole = s->active_count == s->problem->examples;
		float		most = sweep(s);

		CHECK_FOR_INTERRUPTS();
		if (s->active_count > 0)
			continue;
		if (is_whole && most <= s->problem->tolerance)
			break;
		set_all_active(s);
	}
}

void
llm_solver_learn(const LlmProblem *p, float *weights)
{
	Solver		s = {.problem = p,.random = 20240601};
	int			examples = Max(1, p->examples);

	s.starts = palloc((examples + 1) * sizeof(size_t));
	s.rates = palloc(examples * sizeof(float));
	s.targets = palloc(examples * sizeof(float));
	s.duals = palloc(examples * sizeof(float));
	s.order = palloc(examples * sizeof(int));
	s.active = palloc(examples * sizeof(int));
	s.weights = palloc_extended(p->rows * sizeof(float), MCXT_ALLOC_HUGE);
	pack(&s);
	for (int c = 0; c < p->columns; c++)
	{
		begin_column(&s, c);
		solve_column(&s);
		for (uint32 row = 0; row < p->rows; row++)
			weights[(size_t) row * p->stride + c] = s.weights[row];
	}
	pfree(s.entries);
	pfree(s.starts);
	pfree(s.rates);
	pfree(s.targets);
	pfree(s.duals);
	pfree(s.order);
	pfree(s.active);
	pfree(s.weights);
}
