/*
 * llm_model.h
 *	  A trained classifier as one block of bytes: in a row of
 *	  frontdesk.classifiers, in shared memory and in a session alike.
 */
#ifndef LLM_MODEL_H
#define LLM_MODEL_H

#include "llm/llm_classifier.h"
#include "llm/llm_vector.h"

#define LLM_MODEL_MAGIC		0x4c434446U /* also tells the byte order */
#define LLM_MODEL_VERSION	2

#define LLM_PRIORITIES		3	/* high, medium, low */

#define LLM_MODEL_MAX_ROWS	4000000
#define LLM_MODEL_MAX_NAMES	10000	/* intents; languages likewise */

/* What an intent brings with it. */
typedef struct LlmIntent
{
	char		name[64];
	char		route[32];		/* that of most of its examples */
	int32		priority;		/* if all but few examples agree, else -1 */
} LlmIntent;

typedef struct LlmLanguage
{
	char		name[16];
} LlmLanguage;

/* Inputs of the estimate of confidence, in the order of its weights. */
enum
{
	LLM_SURENESS_BEST,			/* score of the best intent */
	LLM_SURENESS_LEAD,			/* its lead over the second */
	LLM_SURENESS_ROUTE_LEAD,	/* over the best one of another route, if there is any */
	LLM_SURENESS_COVERAGE,		/* share of the text's features that are known */
	LLM_SURENESS_CONSTANT,
	LLM_SURENESS_COUNT
};

/* Of the estimate of danger. */
enum
{
	LLM_DANGER_PRIORITY,		/* score of priority high */
	LLM_DANGER_LEAD,			/* best intent of priority high before the best other one */
	LLM_DANGER_COVERAGE,
	LLM_DANGER_CONSTANT			/* as many as of the other estimate, or fewer */
};

/*
 * The head of the block.  Behind it, each aligned to 16 bytes: intents,
 * languages, idf (float by row), scales (float by row), slots, weights (int8
 * by row and column).  Columns are intents, then priorities, languages and
 * sentiment; a head with nothing to choose has no columns.
 */
typedef struct LlmModel
{
	uint32		magic;
	uint32		version;
	uint32		checksum;		/* CRC-32C of all that follows */
	uint32		intents;
	uint64		bytes;			/* of the whole block */
	uint32		languages;
	uint32		rows;			/* features and, last, the bias */
	uint32		slot_count;		/* power of two, more than rows */
	uint32		stride;			/* columns, padded */
	uint32		has_priorities; /* 0 or 1: columns for them */
	uint32		has_sentiment;
	int32		usual_priority;
	float		usual_sentiment;
	uint32		has_danger;		/* 0 or 1: some examples are of priority high, some not */
	float		sureness[LLM_SURENESS_COUNT];
	float		danger[LLM_SURENESS_COUNT];
} LlmModel;

typedef struct LlmText
{
	const char *content;		/* not terminated */
	size_t		bytes;
} LlmText;

/* Where the parts of a model lie, worked out once. */
typedef struct LlmModelView
{
	const LlmModel *model;
	const LlmIntent *intents;
	const LlmLanguage *languages;
	const float *scales;
	const int8 *weights;
	LlmVocabulary vocabulary;
	int			priority_column;
	int			language_column;
	int			sentiment_column;
	int			columns;
} LlmModelView;

/* What the scores of one text come to before they are given names. */
typedef struct LlmVerdict
{
	int			intent;
	int			alternative;	/* the best of the intents that are urgent, if this one is
								 * not, or the other way round; -1 none */
	double		shortfall;		/* by what its score is lower */
	int			priority;
	int			language;
	double		sentiment;
	double		sureness[LLM_SURENESS_COUNT];
	double		danger[LLM_SURENESS_COUNT];
} LlmVerdict;

extern const char *const llm_priority_names[LLM_PRIORITIES];

/* Lays out a block for the sizes set in `sizes`; zeroed, palloc'd. */
extern LlmModel *llm_model_create(const LlmModel *sizes);

extern void llm_model_seal(LlmModel *model);

/* NULL when the bytes are a sound model, else what is wrong with them. */
extern const char *llm_model_check(const void *bytes, uint64 size);

extern void llm_model_open(const LlmModel *model, LlmModelView *view);
extern void llm_model_judge(const LlmModelView *view, const LlmVector *x, LlmVerdict *verdict);
extern double llm_model_confidence(const float *weights, const double *inputs);

/* Judges a text and spells the verdict out.  Whether it is one of the urgent
 * intents is decided by the danger, which is taken as such from `danger_from` on. */
extern void llm_model_classify(const LlmModelView *view, const LlmText *text,
							   double danger_from, LlmClassification *result);

#endif							/* LLM_MODEL_H */
