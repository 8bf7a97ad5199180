/*
 * llm_classifier.h
 *	  The local decision: a linear classifier over hashed word and character
 *	  n-grams.
 */
#ifndef LLM_CLASSIFIER_H
#define LLM_CLASSIFIER_H

typedef struct LlmClassification
{
	char		intent[64];
	char		route[32];
	char		priority[8];	/* high, medium, low */
	char		language[16];
	double		sentiment;		/* -1 to 1 */
	double		confidence;		/* 0 to 1, of intent and route */
	double		danger;			/* 0 to 1: how likely it cannot wait for a person */
} LlmClassification;

/*
 * Classifies a text with the account's own classifier, else the house's.
 * Returns false when none was ever trained, or the caller may see none.  Needs
 * an active snapshot; the first call of a statement looks up the row's version
 * with the caller's rights (it connects to SPI by itself), the others only
 * read the mapped model.
 */
extern bool llm_classifier_classify(int account_id, const char *content, size_t content_bytes,
									LlmClassification *result);

#endif							/* LLM_CLASSIFIER_H */
