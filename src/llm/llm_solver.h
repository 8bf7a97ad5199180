/*
 * llm_solver.h
 *	  Weights of many linear decisions over the same vectors, one row per feature.
 */
#ifndef LLM_SOLVER_H
#define LLM_SOLVER_H

#include "llm/llm_vector.h"

#define LLM_SOLVER_MAX_HEADS 4

/* Columns are padded to a multiple of this, so that loops run in wide steps. */
#define LLM_SOLVER_PAD 16

/*
 * A problem: column c of example e has the target -1, except that the columns
 * named by labels have +1, and the column `level_column` (-1: none) has
 * levels[e], to be met from both sides.
 */
typedef struct LlmProblem
{
	const LlmVector *vectors;	/* by example */
	const int	   *order;		/* the examples to learn from */
	int			examples;
	uint32		rows;
	int			columns;
	int			stride;			/* columns, padded */
	int			heads;
	const int	   *labels;		/* [example * heads]: a column, or -1 */
	const float *levels;
	int			level_column;
	float		cost;			/* how dear an error is against the weights */
	float		tolerance;		/* by what an example may be off at the end */
} LlmProblem;

/* Learns; weights is [rows * stride], zeroed by the caller. Interruptible. */
extern void llm_solver_learn(const LlmProblem *problem, float *weights);

#endif							/* LLM_SOLVER_H */
