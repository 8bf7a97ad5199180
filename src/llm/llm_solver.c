/*
 * llm_solver.c
 *	  Weights of many linear decisions over the same vectors, learnt together.
 *
 * Runs in the backend that trains.  Every column is a support vector machine
 * of its own (one against the rest, squared hinge loss, L2-regularised) and is
 * solved by coordinate descent in the dual: per example and column one
 * variable, set to its optimum while all others stand still.  All columns of
 * an example are done at once, because the weights of a feature lie side by
 * side and the scores of all columns cost one sweep.
 *
 * With the error e = target - score, the optimum of a variable b moves it by
 * (e - b * d) / (|x|^2 + d), where d = 1 / (2 * cost); for a decision b may
 * not oppose its target, for a level it may, which is ridge regression.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "llm/llm_solver.h"

#define MAX_EPOCHS 40
#define TOLERANCE 0.1f

typedef struct Solver
{
	const LlmProblem *problem;
	float	   *weights;
	float	   *duals;			/* [examples * stride] */
	float	   *scores;			/* [stride], of the example at hand */
	float	   *targets;		/* [stride] */
	float	   *steps;			/* [stride] */
	int		   *moved;			/* columns whose step is not zero */
	uint64		random;
} Solver;

static uint32
draw(Solver *s, uint32 below)
{
	s->random = s->random * UINT64CONST(6364136223846793005) +
		UINT64CONST(1442695040888963407);
	return (uint32) (((s->random >> 32) * below) >> 32);
}

/* to += by * from, over a row. */
static inline void
add_row(float *to, const float *from, float by, int stride)
{
	for (int c = 0; c < stride; c += LLM_SOLVER_PAD)
		for (int i = 0; i < LLM_SOLVER_PAD; i++)
			to[c + i] += by * from[c + i];
}

static void
score(Solver *s, const LlmVector *x)
{
	int			stride = s->problem->stride;

	memset(s->scores, 0, stride * sizeof(float));
	for (int k = 0; k < x->count; k++)
		add_row(s->scores, s->weights + (size_t) x->rows[k] * stride,
				x->values[k], stride);
}

static void
set_targets(Solver *s, int example)
{
	const LlmProblem *p = s->problem;

	for (int c = 0; c < p->columns; c++)
		s->targets[c] = -1;
	for (int h = 0; h < p->heads; h++)
	{
		int			label = p->labels[example * p->heads + h];

		if (label >= 0)
			s->targets[label] = 1;
	}
	if (p->level_column >= 0)
		s->targets[p->level_column] = p->levels[example];
}

/* Finds the step of every column; returns the largest, in size. */
static float
find_steps(Solver *s, float *duals, float square, int *moved_count)
{
	const LlmProblem *p = s->problem;
	float		d = 0.5f / p->cost;
	float		by = 1 / (square + d);
	float		most = 0;
	int			moved = 0;

	for (int c = 0; c < p->columns; c++)
	{
		float		target = s->targets[c];
		float		next = duals[c] +
			(target - s->scores[c] - duals[c] * d) * by;
		float		step;

		if (c != p->level_column && next * target < 0)
			next = 0;
		step = next - duals[c];
		s->steps[c] = step;
		if (step == 0)
			continue;
		duals[c] = next;
		s->moved[moved++] = c;
		most = Max(most, Max(step, -step));
	}
	*moved_count = moved;
	return most / by;
}

static void
apply_steps(Solver *s, const LlmVector *x, int moved)
{
	int			stride = s->problem->stride;

	for (int k = 0; k < x->count; k++)
	{
		float	   *row = s->weights + (size_t) x->rows[k] * stride;

		if (moved * 8 > stride)
			add_row(row, s->steps, x->values[k], stride);
		else
			for (int i = 0; i < moved; i++)
				row[s->moved[i]] += x->values[k] * s->steps[s->moved[i]];
	}
}

static float
visit(Solver *s, int place)
{
	const LlmProblem *p = s->problem;
	int			example = p->order[place];
	const LlmVector *x = &p->vectors[example];
	float		square = 0;
	float		most;
	int			moved;

	for (int k = 0; k < x->count; k++)
		square += x->values[k] * x->values[k];
	score(s, x);
	set_targets(s, example);
	most = find_steps(s, s->duals + (size_t) place * p->stride, square, &moved);
	if (moved > 0)
		apply_steps(s, x, moved);
	return most;
}

static void
shuffle(Solver *s, int *places, int count)
{
	for (int i = count - 1; i > 0; i--)
	{
		int			j = draw(s, i + 1);
		int			swap = places[i];

		places[i] = places[j];
		places[j] = swap;
	}
}

/* Returns the number of sweeps over the examples that it took. */
int
llm_solver_learn(const LlmProblem *p, float *weights)
{
	Solver		s = {.problem = p,.weights = weights,.random = 20240601};
	int		   *places = palloc(Max(1, p->examples) * sizeof(int));
	int			epoch = 0;
	float		most;

	s.duals = palloc_extended(Max(1, p->examples) * (size_t) p->stride * sizeof(float),
							  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	s.scores = palloc0(p->stride * sizeof(float));
	s.targets = palloc0(p->stride * sizeof(float));
	s.steps = palloc0(p->stride * sizeof(float));
	s.moved = palloc0(p->stride * sizeof(int));
	for (int i = 0; i < p->examples; i++)
		places[i] = i;
	do
	{
		most = 0;
		shuffle(&s, places, p->examples);
		for (int i = 0; i < p->examples; i++)
		{
			float		step = visit(&s, places[i]);

			most = Max(most, step);
			if (i % 64 == 0)
				CHECK_FOR_INTERRUPTS();
		}
		elog(DEBUG1, "classifier training: sweep %d, largest violation %.4f",
			 epoch + 1, most);
	} while (++epoch < MAX_EPOCHS && most > TOLERANCE);
	pfree(s.duals);
	pfree(s.scores);
	pfree(s.targets);
	pfree(s.steps);
	pfree(s.moved);
	pfree(places);
	return epoch;
}
