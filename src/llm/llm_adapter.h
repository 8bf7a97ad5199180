/*
 * llm_adapter.h
 *	  What an adapter is, and what the adapters share.
 */
#ifndef LLM_ADAPTER_H
#define LLM_ADAPTER_H

#include "lib/stringinfo.h"

#include "llm/llm_call.h"
#include "llm/llm_json.h"

/* What a header tells of a rate limit. */
typedef enum LlmAllowancePart
{
	LLM_ALLOWANCE_LIMIT,
	LLM_ALLOWANCE_REMAINING,
	LLM_ALLOWANCE_RESET
} LlmAllowancePart;

typedef struct LlmAllowanceHeader
{
	const char *name;			/* NULL ends a list */
	bool		is_tokens;		/* else it is of requests */
	LlmAllowancePart part;
} LlmAllowanceHeader;

/* Rules for what has this code or type: whatever its status is, or in an error
 * sent as 200, where the word says what the status should have. */
#define LLM_FAILURE_OF_CODE(code, failure_class) \
	{HTTP_FAILURE_ANY_STATUS, code, NULL, failure_class}
#define LLM_FAILURE_IN_200(type, failure_class) \
	{0, type, NULL, failure_class}

/* The types that several vendors, and proxies in front of them, have in common. */
#define LLM_FAILURES_IN_200 \
	LLM_FAILURE_IN_200("invalid_request_error", HTTP_FAILURE_BAD_REQUEST), \
	LLM_FAILURE_IN_200("authentication_error", HTTP_FAILURE_AUTH), \
	LLM_FAILURE_IN_200("permission_error", HTTP_FAILURE_FORBIDDEN), \
	LLM_FAILURE_IN_200("not_found_error", HTTP_FAILURE_NOT_FOUND), \
	LLM_FAILURE_IN_200("request_too_large", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_IN_200("rate_limit_error", HTTP_FAILURE_RATE_LIMIT), \
	LLM_FAILURE_IN_200("timeout_error", HTTP_FAILURE_TIMEOUT), \
	LLM_FAILURE_IN_200("overloaded_error", HTTP_FAILURE_OVERLOADED)

/* What has these words in its text: for those who give no code. */
#define LLM_FAILURE_OF_TEXT(text, failure_class) \
	{HTTP_FAILURE_ANY_STATUS, NULL, text, failure_class}

/* The key's money is at its end, whatever status says so. */
#define LLM_FAILURES_OF_MONEY \
	LLM_FAILURE_OF_TEXT("credit balance", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("insufficient balance", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("insufficient credit", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("insufficient funds", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("not enough credit", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("out of credit", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("available credits", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("spending limit", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("spend limit", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("API usage limits", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("budget has been exceeded", HTTP_FAILURE_QUOTA), \
	LLM_FAILURE_OF_TEXT("payment required", HTTP_FAILURE_QUOTA)

/* This text is declined; this one is longer than the model reads. */
#define LLM_FAILURES_OF_CONTENT \
	LLM_FAILURE_OF_TEXT("content management policy", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("content filter", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("content policy", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("ContentPolicyViolation", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("usage policy", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("safety system", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("input was flagged", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("prompt was flagged", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("flagged as potentially", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("requires moderation", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_TEXT("inappropriate content", HTTP_FAILURE_REFUSED), \
	LLM_FAILURE_OF_CODE("context_length_exceeded", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_CODE("exceed_context_size_error", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_CODE("string_above_max_length", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("context length", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("context window", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("context size", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("ContextWindowExceeded", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("prompt is too long", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("input is too long", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("prompt too long", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("request too large", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("maximum number of tokens", HTTP_FAILURE_TOO_LARGE), \
	LLM_FAILURE_OF_TEXT("reduce the length", HTTP_FAILURE_TOO_LARGE), \
	/* templates that were left no message of the user by a server that cuts */ \
	LLM_FAILURE_OF_TEXT("no user query", HTTP_FAILURE_TOO_LARGE)

/*
 * A kind of provider: how it is spoken to, and what is its own about answers.
 * The one of name "local" has a name and nothing else.
 */
typedef struct LlmAdapter
{
	const char *name;			/* as in frontdesk.providers.kind */

	/* fills in agent->wire but for what llm_call_prepare() knows */
	void		(*prepare) (LlmAgent *agent, StringInfo head);

	/* writes system text and messages behind the head, and the end */
	void		(*encode) (const LlmCall *call, StringInfo body);

	/*
	 * Books the usage of a 2xx answer, then judges it: sets verdict and the
	 * failure, or hands the text to llm_answer_judge().
	 */
	void		(*decode) (const LlmCall *call, const LlmJson *answer, LlmResult *result);

	/* headers that tell of its rate limits, and how a reset is written */
	const LlmAllowanceHeader *allowances;
	int64		(*read_reset) (const char *value);	/* ms from now; -1 makes no sense */

	/*
	 * Sets code and type of an error, whose object is `error`, where it does not
	 * have them in its members of these names.  The text is set already, and the
	 * status: 0 for an error in a 2xx, whose status stands nowhere.
	 */
	void		(*read_error) (const LlmJson *error, HttpFailureSigns *signs);

	/* what it means otherwise than its statuses say; whatever no rule is for is
	 * judged by its status */
	const HttpFailureRule *failure_rules;
	int			failure_rule_count;
} LlmAdapter;

/* The address below a base address that may or may not end in a version. */
extern const char *llm_adapter_url(const char *base_url, const char *path);

/* Puts the fixed headers and the provider's own into agent->wire; either may
 * be NULL. */
extern void llm_adapter_set_headers(LlmAgent *agent, const char *key_header,
									const char *version_header);

/* Whether the schema goes to the far side as a grammar, and must be told in
 * the system text. */
extern bool llm_adapter_sends_schema(const LlmAgent *agent);
extern bool llm_adapter_tells_schema(const LlmAgent *agent);

/* Appends the inside of the system text as a JSON string: prompt, what the
 * caller added to it, schema. */
extern void llm_adapter_append_system(StringInfo body, const LlmCall *call);

/* What the caller put behind the prompt; the whole text when it does not
 * start with the prompt (then *starts_with_prompt is false). */
extern const char *llm_adapter_grounding(const LlmCall *call, bool *starts_with_prompt);

/* Appends the inside of the user turn that tells what was wrong. */
extern void llm_adapter_append_correction(StringInfo body, const LlmCall *call);

/* A read_error: of vendors who put a narrower code into the error's details. */
extern void llm_adapter_read_details(const LlmJson *error, HttpFailureSigns *signs);

/*
 * Sets tokens and cost from the adapter's four counts.  What a server does not
 * count is estimated, rather too high, from the bytes that were sent and those of
 * what it said, so that budgets hold: `said` is the part of the answer that is
 * paid for, NULL none.
 */
extern void llm_adapter_book(const LlmCall *call, const LlmJson *said, LlmResult *result);

#endif							/* LLM_ADAPTER_H */
