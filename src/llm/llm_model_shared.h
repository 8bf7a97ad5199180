/*
 * llm_model_shared.h
 *	  Trained classifiers mapped by every session: found by the version of the
 *	  row they were read from.
 */
#ifndef LLM_MODEL_SHARED_H
#define LLM_MODEL_SHARED_H

#include "datatype/timestamp.h"
#include "storage/dsm.h"
#include "storage/itemptr.h"

#include "llm/llm_model.h"

/*
 * One version of one row of frontdesk.classifiers.  xmin and ctid name a row
 * version for as long as it can be seen, so a version that was rolled back or
 * replaced is never mistaken for the current one.  All bytes are set, so that
 * two can be compared as memory.
 */
typedef struct LlmRowVersion
{
	Oid			database;
	Oid			relation;
	TransactionId xmin;
	uint32		block;
	uint32		offset;
	int32		account_id;
	char		name[64];
	TimestampTz trained_at;
} LlmRowVersion;

/* Shared memory of the domain; see llm_domain.c. */
extern Size llm_model_shared_size(void);
extern void llm_model_shared_init(void *area, bool found);

/*
 * Maps the model of this row version if any session has shared it; NULL
 * otherwise.  The mapping lasts until dsm_detach().
 */
extern dsm_segment *llm_model_shared_attach(const LlmRowVersion *version);

/*
 * Shares a model that `segment`, freshly made and filled by the caller, holds.
 * Returns the segment to use, which is another one if some session was faster.
 */
extern dsm_segment *llm_model_shared_publish(const LlmRowVersion *version, dsm_segment *segment);

/* False when the library was not preloaded: there is nothing to share in. */
extern bool llm_model_shared_is_ready(void);

#endif							/* LLM_MODEL_SHARED_H */
