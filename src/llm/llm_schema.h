/*
 * llm_schema.h
 *	  JSON Schema: of SQL types, on the wire, and as a measure for answers.
 */
#ifndef LLM_SCHEMA_H
#define LLM_SCHEMA_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "llm/llm_json.h"

/*
 * Reads a schema from text in the server's encoding into the current context.
 * Raises ERRCODE_INVALID_PARAMETER_VALUE when it is no schema of an object.
 */
extern const LlmJson *llm_schema_read(const char *text);

/* Why llm_schema_read() would raise, as a sentence; NULL when it would not. */
extern const char *llm_schema_problem(const char *text);

/*
 * Writes a schema as both vendors accept it, in UTF-8: every property required
 * (one that was not becomes a union with null) and in the order of `required`,
 * no further properties, no bounds.
 */
extern void llm_schema_append_wire(StringInfo out, const LlmJson *schema);

/*
 * The schema of a composite type as text of the server's encoding, properties
 * in the order of the attributes, with the bounds of its types.  Raises when
 * the type is not composite or holds a type JSON has no word for.
 */
extern char *llm_schema_of_type(Oid type);

/*
 * Holds a value against a schema.  Returns a normalised copy: enum members in
 * the schema's capitals, numbers and booleans out of strings, unknown members
 * dropped; or NULL with *problem set to one line of UTF-8 that tells the model
 * what was wrong.  Never raises on what the value says.
 */
extern const LlmJson *llm_schema_check(const LlmJson *schema, const LlmJson *value,
									   const char **problem);

/*
 * Holds a person's answer against a schema in the same way; NULL with *problem
 * in the server's encoding when it does not fit.  Raises when the schema is
 * none of an object.
 */
extern Jsonb *llm_schema_fit(Jsonb *schema, Jsonb *answer, const char **problem);

#endif							/* LLM_SCHEMA_H */
