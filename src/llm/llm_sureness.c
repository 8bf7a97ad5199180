/*
 * llm_sureness.c
 *	  How scores become a confidence that means what it says.
 *
 * Runs in the backend that trains.  The confidence of a decision is a logistic
 * function of the best score, its lead and the share of the text that is
 * known; so is the danger, of what speaks for priority high.  The weights are
 * learnt from decisions about examples that the deciding model had not seen.
 */
#include "postgres.h"

#include "llm/llm_sureness.h"

#define DANGER_SHARE 0.15		/* of messages, at most */

/* Solves a small symmetric system in place; a is made the identity. */
static void
solve(double a[LLM_SURENESS_COUNT][LLM_SURENESS_COUNT], double *b)
{
	int			n = LLM_SURENESS_COUNT;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
		{
			double		by = a[j][i] / a[i][i];

			if (j == i)
				continue;
			for (int k = 0; k < n; k++)
				a[j][k] -= by * a[i][k];
			b[j] -= by * b[i];
		}
	for (int i = 0; i < n; i++)
		b[i] /= a[i][i];
}

/* A row of a regression. */
typedef struct Case
{
	const double *inputs;
	bool		outcome;
	double		weight;
} Case;

/*
 * Logistic regression by Newton's method, drawn a little towards zero so that
 * it also settles when every trial was right.
 */
static void
regress(const Case *cases, int count, float *weights)
{
	for (int round = 0; round < 25; round++)
	{
		double		a[LLM_SURENESS_COUNT][LLM_SURENESS_COUNT] = {0};
		double		b[LLM_SURENESS_COUNT] = {0};

		for (int t = 0; t < count; t++)
		{
			const double *x = cases[t].inputs;
			double		p = llm_model_confidence(weights, x);

			for (int i = 0; i < LLM_SURENESS_COUNT; i++)
			{
				b[i] += cases[t].weight * (cases[t].outcome - p) * x[i];
				for (int j = 0; j < LLM_SURENESS_COUNT; j++)
					a[i][j] += cases[t].weight * p * (1 - p) * x[i] * x[j];
			}
		}
		for (int i = 0; i < LLM_SURENESS_COUNT; i++)
		{
			b[i] -= 0.1 * weights[i];
			a[i][i] += 0.1;
		}
		solve(a, b);
		for (int i = 0; i < LLM_SURENESS_COUNT; i++)
			weights[i] += Max(-2, Min(2, b[i]));
	}
}

void
llm_sureness_fit(const LlmTrial *trials, int count, bool of_route, float *sureness)
{
	Case	   *cases = palloc(count * sizeof(Case));

	for (int t = 0; t < count; t++)
		cases[t] = (Case) {trials[t].inputs, of_route ? trials[t].route_right : trials[t].intent_right, 1};
	regress(cases, count, sureness);
	pfree(cases);
}

/*
 * Examples tell of dangers far more often than customers do, for they are many
 * and each is said in many ways: they count as much less as there are too many.
 */
void
llm_sureness_fit_danger(const LlmTrial *trials, int count, float *danger)
{
	Case	   *cases = palloc(count * sizeof(Case));
	int			dangers = 0;
	double		usual;

	for (int t = 0; t < count; t++)
		dangers += trials[t].is_danger;
	usual = DANGER_SHARE / (1 - DANGER_SHARE) * (count - dangers);
	for (int t = 0; t < count; t++)
		cases[t] = (Case) {trials[t].danger, trials[t].is_danger,
			trials[t].is_danger && dangers > usual ? usual / dangers : 1};
	regress(cases, count, danger);
	pfree(cases);
}

/* Too few examples to hold any out: a guess that errs on the careful side. */
void
llm_sureness_guess(float *sureness, float *danger)
{
	sureness[LLM_SURENESS_BEST] = 2;
	sureness[LLM_SURENESS_LEAD] = 1;
	sureness[LLM_SURENESS_COVERAGE] = 1;
	sureness[LLM_SURENESS_CONSTANT] = -2;
	danger[LLM_DANGER_PRIORITY] = 2;
	danger[LLM_DANGER_LEAD] = 2;
	danger[LLM_DANGER_COVERAGE] = 0;
	danger[LLM_DANGER_CONSTANT] = 0;
}
