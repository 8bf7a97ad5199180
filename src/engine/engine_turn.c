/*
 * engine_turn.c
 *	  Registries of what other domains bring to a turn, and what a turn offers
 *	  them while they run.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/base_domain.h"
#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_settings.h"
#include "engine/engine_arrays.h"
#include "engine/engine_internal.h"

SQL_FUNCTION(node_kinds);
SQL_FUNCTION(require_node_kind);

#define MAX_KINDS 32

#define SUBJECT_CONTEXT "frontdesk subject"

static const EngineThreadKind *thread_kinds[MAX_KINDS];
static const EngineNodeKind *node_kinds[MAX_KINDS];
static const EngineDeliveryKind *delivery_kinds[MAX_KINDS];

/* All three kinds of entry begin with their name. */
typedef struct NamedEntry
{
	const char *name;
} NamedEntry;

static void
add_entry(const void **table, const void *entry)
{
	for (int i = 0; i < MAX_KINDS; i++)
	{
		if (table[i] == NULL)
		{
			table[i] = entry;
			return;
		}
	}
	elog(ERROR, "too many kinds registered with the engine");
}

static const void *
find_entry(const void *const *table, const char *name)
{
	for (int i = 0; i < MAX_KINDS && table[i] != NULL; i++)
		if (strcmp(((const NamedEntry *) table[i])->name, name) == 0)
			return table[i];
	return NULL;
}

void
engine_turn_register_thread_kind(const EngineThreadKind *kind)
{
	add_entry((const void **) thread_kinds, kind);
}

void
engine_turn_register_node_kind(const EngineNodeKind *kind)
{
	add_entry((const void **) node_kinds, kind);
}

/* A kind that was forgotten to say is the one that would write to a customer
 * twice. */
static void
check_when_unknown(const EngineDeliveryKind *kind)
{
	bool		looks_up = kind->when_unknown == ENGINE_UNKNOWN_LOOK_UP;

	if (kind->when_unknown == ENGINE_UNKNOWN_UNSAID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delivery kind \"%s\" does not say what follows when nobody knows whether it took effect",
						kind->name),
				 errhint("Set when_unknown: repeat what has the effect of once when it is sent twice, look up what the far side can be asked for, else ask a person.")));
	if ((kind->encode_lookup != NULL) != looks_up || (kind->judge_lookup != NULL) != looks_up)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delivery kind \"%s\" is %s, but has %s", kind->name,
						looks_up ? "to be looked up" : "not to be looked up",
						looks_up ? "not both functions to do so" : "a function to do so"),
				 errhint("A kind whose when_unknown is to look up has encode_lookup and judge_lookup, every other kind has neither.")));
}

void
engine_turn_register_delivery_kind(const EngineDeliveryKind *kind)
{
	check_when_unknown(kind);
	add_entry((const void **) delivery_kinds, kind);
}

const EngineThreadKind *
engine_turn_find_thread_kind(const char *name)
{
	return find_entry((const void *const *) thread_kinds, name);
}

const EngineNodeKind *
engine_turn_find_node_kind(const char *name)
{
	return find_entry((const void *const *) node_kinds, name);
}

const EngineDeliveryKind *
engine_turn_find_delivery_kind(const char *name)
{
	return find_entry((const void *const *) delivery_kinds, name);
}

static void
take(EngineTurn *turn, Jsonb *state, Jsonb *patch)
{
	EngineProgress *now = &turn->inner->now;

	now->state = turn->state = state;
	now->unwritten = base_jsonb_merge(now->unwritten, patch);
}

/* Merging with nothing gives the other one itself, which may be a value of a
 * query and end with it, so the turn gets a patch of its own. */
void
engine_turn_merge(EngineTurn *turn, Jsonb *patch)
{
	MemoryContext caller = MemoryContextSwitchTo(turn->context);

	patch = (Jsonb *) PG_DETOAST_DATUM_COPY(JsonbPGetDatum(patch));
	take(turn, base_jsonb_merge(turn->inner->now.state, patch), patch);
	MemoryContextSwitchTo(caller);
}

/* How long the state may be with a patch: whoever hands over because it is too long
 * must be able to say so. */
static int
room_for(Jsonb *patch)
{
	return ENGINE_STATE_BYTES + (base_jsonb_bool(patch, "needs_human", false) ? ENGINE_CALL_BYTES : 0);
}

bool
engine_turn_take_patch(EngineTurn *turn, EngineStep *step, Jsonb *patch)
{
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	Jsonb	   *state;
	bool		fits;

	patch = (Jsonb *) PG_DETOAST_DATUM_COPY(JsonbPGetDatum(patch));
	state = base_jsonb_merge(turn->inner->now.state, patch);
	fits = VARSIZE(state) <= room_for(patch);
	if (fits)
		take(turn, state, patch);
	else
	{
		step->patch = NULL;
		step->failure = (EngineFailure) {
			.failure_class = HTTP_FAILURE_TOO_LARGE, .code = "", .retry_after_ms = -1,
			.text = psprintf("the state of the thread would have %d bytes, of at most %d",
							 (int) VARSIZE(state), ENGINE_STATE_BYTES)};
		pfree(state);
	}
	MemoryContextSwitchTo(caller);
	return fits;
}

void
engine_turn_keys(List *turns, Datum values[2])
{
	static const Oid types[] = {INT4OID, UUIDOID, InvalidOid};
	EngineArrays arrays;
	ListCell   *cell;

	engine_arrays_init(&arrays, types, list_length(turns));
	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		engine_arrays_add_row(&arrays);
		engine_arrays_set(&arrays, 0, Int32GetDatum(turn->account_id));
		engine_arrays_set(&arrays, 1, UUIDPGetDatum(&turn->thread_id));
	}
	engine_arrays_build(&arrays, values);
}

void
engine_turn_load(EngineTurn **turns, int count)
{
	const EngineThreadKind *kind = turns[0]->kind;

	if (kind == NULL || kind->load == NULL)
		return;
	for (int i = 0; i < count; i++)
		turns[i]->subject_context = AllocSetContextCreate(turns[i]->context, SUBJECT_CONTEXT,
														  ALLOCSET_SMALL_SIZES);
	kind->load(turns, count);
}

/* A turn that many messages join loads as often: that must not add up. */
void
engine_turn_forget_subjects(EngineTurn *turn)
{
	MemoryContext next;

	for (MemoryContext child = turn->context->firstchild; child != NULL; child = next)
	{
		next = child->nextchild;
		if (strcmp(child->name, SUBJECT_CONTEXT) == 0 && child != turn->subject_context)
			MemoryContextDelete(child);
	}
}

EngineDelivery *
engine_turn_deliver(EngineTurn *turn, const char *kind, Jsonb *payload)
{
	EngineProgress *now = &turn->inner->now;
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	EngineDelivery *delivery = palloc0(sizeof(EngineDelivery));
	EngineDeliveryWrite *write = palloc0(sizeof(EngineDeliveryWrite));

	delivery->seq = ++now->lane_seq;
	delivery->kind = engine_turn_find_delivery_kind(kind);
	if (delivery->kind == NULL)
		elog(ERROR, "unknown delivery kind \"%s\"", kind);
	delivery->payload = (Jsonb *) PG_DETOAST_DATUM_COPY(JsonbPGetDatum(payload));
	delivery->mail_seq = turn->last_mail;
	write->delivery = delivery;
	write->is_insert = true;
	write->status = turn->is_rehearsal ? "held" : "pending";
	/* lists are copied before they grow: a saved progress keeps the old one */
	if (turn->is_rehearsal)
		now->lane_head = now->lane_seq + 1;
	else
		now->lane = lappend(list_copy(now->lane), delivery);
	now->delivery_writes = lappend(list_copy(now->delivery_writes), write);
	MemoryContextSwitchTo(caller);
	return delivery;
}

static int
attempts_of(const EngineNode *node)
{
	return node->attempts > 0 ? node->attempts : setting_node_attempts;
}

bool
engine_turn_is_last_attempt(EngineTurn *turn)
{
	return turn->inner->now.attempt >= attempts_of(turn->node);
}

bool
engine_turn_is_beginning(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	return !now->concluded && now->node == turn->graph->entry && !turn->inner->is_resumed;
}

int64
engine_turn_step(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	return now->awaiting ? now->step_seq : now->step_seq + 1;
}

bool
engine_turn_has_message(EngineTurn *turn)
{
	return turn->inner->has_message;
}

bool
engine_turn_is_awaited(EngineTurn *turn)
{
	return turn->inner->now.awaiting;
}

int64
engine_turn_last_event(EngineTurn *turn)
{
	return turn->inner->now.event_seq;
}

int64
engine_turn_next_event(EngineTurn *turn)
{
	return ++turn->inner->now.event_seq;
}

/* The failure as rows keep it.  One that nobody has classed is a fault of its
 * kind, and no reason to lose what else the commit writes. */
Jsonb *
engine_turn_failure_jsonb(const EngineFailure *failure)
{
	HttpFailureClass failure_class = failure->failure_class;
	BaseObject	told;

	Assert(failure_class != HTTP_FAILURE_NONE);
	base_object_begin(&told);
	base_object_add_text(&told, "class",
						 http_failure_word(failure_class != HTTP_FAILURE_NONE ?
											   failure_class :
											   HTTP_FAILURE_INVALID));
	base_object_add_text(&told, "code", failure->code ? failure->code : "");
	base_object_add_text(&told, "text", failure->text ? failure->text : "");
	return base_object_end_jsonb(&told);
}

/* ---- SQL ---- */

/* node_kinds() */
PGDLLEXPORT Datum
frontdesk_node_kinds(PG_FUNCTION_ARGS)
{
	Datum		names[MAX_KINDS];
	int			count = 0;

	for (; count < MAX_KINDS && node_kinds[count] != NULL; count++)
		names[count] = CStringGetTextDatum(node_kinds[count]->name);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The registered kinds, for a hint. */
static char *
list_node_kinds(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < MAX_KINDS && node_kinds[i] != NULL; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", node_kinds[i]->name);
	return list.data;
}

/* Row trigger on frontdesk.graph_nodes: the kinds are what the domains register,
 * which no constraint can know. */
PGDLLEXPORT Datum
frontdesk_require_node_kind(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	HeapTuple	row;
	TupleDesc	columns;
	char	   *kind;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("require_node_kind() is a trigger function for rows")));
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	columns = RelationGetDescr(trigger->tg_relation);
	kind = SPI_getvalue(row, columns, SPI_fnumber(columns, "kind"));
	if (kind != NULL && engine_turn_find_node_kind(kind) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("node \"%s\" has the unknown kind \"%s\"",
						SPI_getvalue(row, columns, SPI_fnumber(columns, "name")), kind),
				 errhint("The kinds are %s.", list_node_kinds())));
	PG_RETURN_POINTER(row);
}
