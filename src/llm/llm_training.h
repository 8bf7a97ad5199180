/*
 * llm_training.h
 *	  From labelled examples to a model.
 */
#ifndef LLM_TRAINING_H
#define LLM_TRAINING_H

#include "llm/llm_model.h"

typedef struct LlmExample
{
	char	   *content;
	size_t		content_bytes;
	int			intent;			/* index into LlmExamples.intents */
	int			route;
	int			priority;
	int			language;
	float		sentiment;
} LlmExample;

/* A growing list of different names. */
typedef struct LlmNames
{
	char	  **names;
	int			count;
	int			capacity;
} LlmNames;

typedef struct LlmExamples
{
	LlmExample *items;
	int			count;
	int			capacity;
	LlmNames	intents;
	LlmNames	routes;
	LlmNames	languages;
} LlmExamples;

/* What is told about a training. */
typedef struct LlmTrainingReport
{
	int			examples;
	int			intents;
	int			features;
	int			folds;			/* 0 when there were too few examples */
	double		intent_accuracy;	/* of examples held out */
	double		route_accuracy;
	double		seconds;
} LlmTrainingReport;

/* The index of a name, which is added when it is new. */
extern int	llm_names_place(LlmNames *names, const char *name);

/* The model, palloc'd in the current context.  Interruptible. */
extern LlmModel *llm_training_run(LlmExamples *examples, LlmTrainingReport *report);

#endif							/* LLM_TRAINING_H */
