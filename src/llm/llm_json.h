/*
 * llm_json.h
 *	  JSON that strangers wrote, as a tree.
 */
#ifndef LLM_JSON_H
#define LLM_JSON_H

typedef enum LlmJsonKind
{
	LLM_JSON_NULL,
	LLM_JSON_BOOLEAN,
	LLM_JSON_NUMBER,
	LLM_JSON_STRING,
	LLM_JSON_ARRAY,
	LLM_JSON_OBJECT
} LlmJsonKind;

/* One value; members and elements hang off it as a list. */
typedef struct LlmJson
{
	LlmJsonKind kind;
	bool		truth;			/* of a boolean */
	const char *text;			/* of a string, decoded; of a number, as written */
	int			text_bytes;
	const char *key;			/* of a member of an object */
	int			key_bytes;
	struct LlmJson *first;		/* child */
	struct LlmJson *next;		/* sibling */
	int			count;			/* children */
} LlmJson;

/*
 * Reads one value that fills the text but for white space.  Returns NULL and
 * sets *problem when it is no JSON by RFC 8259, nests deeper than 64 or holds
 * over 200,000 values.  Never raises on what the text says.  Strings come out
 * in clean UTF-8: no NUL, no other control character but tab, line feed and
 * carriage return, U+FFFD for lone surrogates and for invalid bytes.
 */
extern const LlmJson *llm_json_parse(const char *text, size_t bytes, const char **problem);

/* Member of that name, the last one when there are several; NULL when there
 * is none or when `json` is NULL or no object. */
extern const LlmJson *llm_json_member(const LlmJson *json, const char *key);

/* The string's text, or NULL when `json` is NULL or no string. */
extern const char *llm_json_string(const LlmJson *json);

/* The text of a string or a number that is not empty, else NULL. */
extern const char *llm_json_scalar(const LlmJson *json);

/* A count: the number cut to 0 … INT_MAX, 0 for whatever else. */
extern int	llm_json_count(const LlmJson *json);

/* Whether there is something: neither absent, nor null, "", [] or {}. */
extern bool llm_json_is_present(const LlmJson *json);

#endif							/* LLM_JSON_H */
