/*
 * engine_interrupt.h
 *	  Questions to people: what the engine cannot judge by itself.
 */
#ifndef ENGINE_INTERRUPT_H
#define ENGINE_INTERRUPT_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "engine/engine_turn.h"

/* Asks a person and goes on with the answer. */
extern const EngineNodeKind engine_interrupt_kind;

/*
 * Holds an answer against a JSON Schema.  Returns the answer put in order (in
 * the current context), or NULL with *problem set to one line for a person.
 * Raises when the schema is none.
 */
typedef Jsonb *(*EngineAnswerCheck) (Jsonb *schema, Jsonb *answer, const char **problem);

/* A domain to the right knows JSON Schema; without one, every answer fits. */
extern void engine_interrupt_register_check(EngineAnswerCheck check);

/* Takes back what a thread asks, whose row is locked: nobody wants to know any
 * more, for the reason `by` stands for. */
extern void engine_interrupt_withdraw(int account_id, const pg_uuid_t *thread_id, const char *by);

#endif							/* ENGINE_INTERRUPT_H */
