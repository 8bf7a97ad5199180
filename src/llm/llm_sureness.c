/*
 * llm_sureness.c
 *	  How scores become a confidence that means what it says.
 *
 * Runs in the backend that trains.  The confidence of a decision is a logistic
 * function of the best score, its lead and the share of the text that is
 * known; its weights are learnt from decisions about examples that the deciding
 * model had not seen.
 */
#include "postgres.h"

#include "llm/llm_sureness.h"

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

/*
 * Fits the estimate of confidence to the trials: logistic regression by
 * Newton's method, drawn a little towards zero so that it also settles when
 * every trial was right.
 */
void
llm_sureness_fit(const LlmTrial *trials, int count, float *sureness)
{
	for (int round = 0; round < 25; round++)
	{
		double		a[LLM_SURENESS_COUNT][LLM_SURENESS_COUNT] = {0};
		double		b[LLM_SURENESS_COUNT] = {0};

		for (int t = 0; t < count; t++)
		{
			const double *x = trials[t].inputs;
			double		p = llm_model_confidence(sureness, x);

			for (int i = 0; i < LLM_SURENESS_COUNT; i++)
			{
				b[i] += (trials[t].intent_right - p) * x[i];
				for (int j = 0; j < LLM_SURENESS_COUNT; j++)
					a[i][j] += p * (1 - p) * x[i] * x[j];
			}
		}
		for (int i = 0; i < LLM_SURENESS_COUNT; i++)
		{
			b[i] -= 0.1 * sureness[i];
			a[i][i] += 0.1;
		}
		solve(a, b);
		for (int i = 0; i < LLM_SURENESS_COUNT; i++)
			sureness[i] += Max(-2, Min(2, b[i]));
	}
}

/* Too few examples to hold any out: a guess that errs on the careful side. */
void
llm_sureness_guess(float *sureness)
{
	sureness[LLM_SURENESS_BEST] = 2;
	sureness[LLM_SURENESS_LEAD] = 1;
	sureness[LLM_SURENESS_COVERAGE] = 1;
	sureness[LLM_SURENESS_CONSTANT] = -2;
}
