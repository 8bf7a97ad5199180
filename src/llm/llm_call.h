/*
 * llm_call.h
 *	  One call type for all providers: what is asked, and what came back.
 *
 * The adapters (llm_<kind>.c) are pure: they turn an LlmCall
 * into an HttpRequest and a response into an LlmResult, and touch neither the
 * database nor the network.  Everything is allocated in the current context.
 */
#ifndef LLM_CALL_H
#define LLM_CALL_H

#include "utils/jsonb.h"

#include "http/http_client.h"
#include "http/http_failure.h"
#include "llm/llm_provider.h"

typedef enum LlmRole
{
	LLM_ROLE_USER,
	LLM_ROLE_ASSISTANT
} LlmRole;

typedef struct LlmMessage
{
	LlmRole		role;
	const char *text;			/* server encoding, never empty */
} LlmMessage;

/*
 * What every request of an agent has in common, in UTF-8 and encoded once:
 * llm_call_prepare() fills it in when the agent is read.
 */
typedef struct LlmWire
{
	const char *url;
	const char **headers;
	int			header_count;
	const char *head;			/* body up to the place of the system text */
	int			head_bytes;
	const char *prompt;			/* the agent's prompt, escaped */
	int			prompt_bytes;	/* in `prompt` */
	int			prompt_length;	/* of the prompt as LlmCall.system starts with it */
	const char *suffix;			/* schema told in the system text, escaped; "" */
} LlmWire;

/* Code of the fault that is none where local answers are wanted. */
#define LLM_FAULT_NO_KEY "no_key"

/* Why an agent cannot ask its provider, as its rows and its key stand. */
typedef struct LlmFault
{
	const char *code;			/* "no_key", "FD002", "FD003", "base_url",
								 * "clear_text", "setting", "schema", "no_type",
								 * "no_adapter", "no_provider", "no_agent"; NULL:
								 * it can ask */
	int			sqlstate;		/* for those who raise it */
	const char *text;			/* one line for a person */
	const char *detail;			/* NULL none */
	const char *hint;			/* NULL none */
} LlmFault;

/* A row of agents with its provider resolved; lives in the same cache. */
typedef struct LlmAgent
{
	const char *name;
	LlmFault	fault;			/* code set: never to be encoded */
	const LlmProvider *provider;
	const char *model;
	const char *prompt;
	const char *schema;			/* JSON Schema sent, UTF-8; NULL: text wanted */
	const struct LlmJson *shape;	/* JSON Schema answers are held against */
	int			max_tokens;
	const char *effort;			/* NULL: send none */
	int			history_limit;
	int			timeout_ms;		/* 0: setting */
	Jsonb	   *settings;
	const char **fallback;		/* who answers in its place, in order */
	int			fallback_count;
	double		price_input;	/* US dollars per million tokens */
	double		price_cached;
	double		price_cache_write;
	double		price_output;
	LlmWire		wire;
} LlmAgent;

typedef struct LlmCall
{
	const LlmAgent *agent;
	const char *system;			/* policy: prompt and grounding, never customer text */
	const LlmMessage *messages;
	int			message_count;
	const char *correction;		/* what was wrong with the last answer; NULL at first */
	int			room;			/* bytes for system text and messages; 0 as the setting
								 * says, less for a model that cannot read so much */
	const HttpRequest *sent;	/* to decode: what was answered; NULL in a preview */
} LlmCall;

typedef enum LlmVerdict
{
	LLM_ANSWERED,				/* text is set; object too when a schema was asked */
	LLM_REFUSED,				/* the model or its filter declined */
	LLM_TRUNCATED,				/* the limit cut it */
	LLM_INVALID,				/* not what was asked for; may be asked again */
	LLM_FAILED					/* error answer or no answer */
} LlmVerdict;

typedef struct LlmResult
{
	LlmVerdict	verdict;
	const char *text;			/* cleaned: no NUL, valid in the server encoding */
	Jsonb	   *object;			/* validated and normalised against the schema */
	int			tokens_in;		/* whole prompt */
	int			tokens_cached;
	int			tokens_cache_write;
	int			tokens_out;
	bool		is_estimated;	/* the server did not count them */
	double		cost;			/* by the agent's prices */
	HttpFailureClass failure_class; /* none when answered */
	const char *code;
	const char *problem;		/* one line for a person */
	bool		retryable;
	bool		breaks_provider;	/* key, billing, quota: no use asking again */
	bool		is_too_long;	/* the request is, for the model's context */
	unsigned	refused_members;	/* bits of LlmMember that the server does not know */
	int64		retry_after_ms; /* -1 none */
} LlmResult;

/*
 * Encodes what all calls of an agent share into agent->wire, in the current
 * context.  Once for each agent, before its first call; nothing to do for a
 * local one.
 */
extern void llm_call_prepare(LlmAgent *agent);

/* The agent, its requests without these members (llm_member.h): prepared, in the
 * current context, and good as long as both. */
extern const LlmAgent *llm_call_without(const LlmAgent *agent, unsigned members);

/* Whether the agent answers in this database and sends nothing. */
extern bool llm_call_is_local(const LlmAgent *agent);

/* Encodes for the agent's provider, which is not local. */
extern void llm_call_encode(const LlmCall *call, HttpRequest *request);

/* Judges a response; never raises on what the far side sent. */
extern void llm_call_decode(const LlmCall *call, const HttpResponse *response, LlmResult *result);

#endif							/* LLM_CALL_H */
