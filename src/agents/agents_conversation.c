/*
 * agents_conversation.c
 *	  Thread kind `conversation`: how a turn of a conversation begins and ends.
 *
 * Runs in engine workers.  At the beginning, what the former turn said is
 * cleared and the words of a burst are gathered; at the end, the answer
 * becomes a delivery, or a draft where people want to see it first, unless a
 * person has taken over meanwhile.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "agents/agents_context.h"
#include "agents/agents_internal.h"
#include "agents/agents_payment.h"
#include "agents/agents_prompt.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "engine/engine_lane.h"
#include "inbox/inbox_draft.h"
#include "inbox/inbox_volley.h"
#include "inbox/inbox_retraction.h"
#include "inbox/inbox_subject.h"

/* What a turn decides anew each time. */
static const char *const per_turn[] = {
	"agent_response", "escalation_reason", "assigned_agent", "needs_human",
	"stock_alert_requested", "campaign_stage", "entities", "tags",
	"enclosed", "opaque", "wordless", "settled", "alerts_cancelled",
};

static bool
is_set(Jsonb *state, const char *key)
{
	JsonbValue	space;
	JsonbValue *value;

	if (!JB_ROOT_IS_OBJECT(state))
		return false;
	value = getKeyJsonValueFromContainer(&state->root, key, strlen(key), &space);
	return value != NULL && value->type != jbvNull;
}

/* A burst is one message to the agents; one that has no words is told by what
 * came instead of them. */
static void
add_burst(EngineTurn *turn, BaseObject *patch, bool is_many)
{
	InboxBurst	burst = inbox_subject_burst(turn);
	const char *content = burst.text[0] ? burst.text : burst.enclosed;

	if ((is_many || burst.count > 1) && content[0] != '\0')
		base_object_add_bytes(patch, "content", content,
							  pg_mbcliplen(content, strlen(content), INBOX_BURST_BYTES));
	if (burst.enclosed[0] != '\0')
		base_object_add_bytes(patch, "enclosed", burst.enclosed,
							  pg_mbcliplen(burst.enclosed, strlen(burst.enclosed), INBOX_BURST_BYTES));
	base_object_add_text(patch, "opaque", burst.opaque);
	if (burst.text[0] == '\0' && burst.enclosed[0] != '\0')
		base_object_add_bool(patch, "wordless", true);
}

/* Patches the state for a new turn: what only the former one needed goes, what
 * a burst says and a follow-up needs comes in. */
static void
begin_turn(EngineTurn *turn)
{
	MemoryContext caller = MemoryContextSwitchTo(turn->subject_context);
	BaseObject	patch;

	base_object_begin(&patch);
	for (int i = 0; i < lengthof(per_turn); i++)
		if (is_set(turn->state, per_turn[i]))
			base_object_add_null(&patch, per_turn[i]);
	add_burst(turn, &patch, turn->first_mail != turn->last_mail);
	agents_follow_up_begin(turn, &patch);
	if (!base_object_is_empty(&patch))
		engine_turn_merge(turn, base_object_end_jsonb(&patch));
	inbox_retraction_begin(turn);
	MemoryContextSwitchTo(caller);
}

/* What came while a person was asked is read with the answer, as one message. */
static void
go_on(EngineTurn *turn)
{
	MemoryContext caller = MemoryContextSwitchTo(turn->subject_context);
	BaseObject	patch;

	base_object_begin(&patch);
	add_burst(turn, &patch, true);
	if (!base_object_is_empty(&patch))
		engine_turn_merge(turn, base_object_end_jsonb(&patch));
	MemoryContextSwitchTo(caller);
}

static void
load(EngineTurn **turns, int count)
{
	int		   *lengths = palloc(sizeof(int) * count);

	for (int i = 0; i < count; i++)
		lengths[i] = agents_prompt_history(turns[i]);
	inbox_subject_load(turns, count, lengths);
	for (int i = 0; i < count; i++)
	{
		if (turns[i]->skip)
			continue;
		if (engine_turn_is_beginning(turns[i]))
			begin_turn(turns[i]);
		else if (engine_turn_is_awaited(turns[i]))
			go_on(turns[i]);
		agents_payment_mask_pieces(turns[i]);
	}
}

static void
deliver_text(EngineTurn *turn, const char *kind, const char *content)
{
	engine_turn_deliver(turn, kind, base_object_of_text("content", content));
}

static void
deliver_tags(EngineTurn *turn)
{
	Jsonb	   *tags = base_jsonb_member(turn->state, "tags");
	BaseObject	labels;

	if (tags == NULL || !JB_ROOT_IS_ARRAY(tags) || JB_ROOT_COUNT(tags) == 0)
		return;
	base_object_begin(&labels);
	base_object_add_jsonb(&labels, "add", tags);
	engine_turn_deliver(turn, "labels", base_object_end_jsonb(&labels));
}

/* Whether the silence is that of this turn, which has handed over. */
static bool
has_handed_over(EngineTurn *turn)
{
	char	   *agent = base_jsonb_text(turn->state, "assigned_agent");

	return agent != NULL && strcmp(agent, "human") == 0;
}

/* In a rehearsal nobody takes over: its own steps tell whether one would have. */
static bool
is_silenced(EngineTurn *turn)
{
	return turn->is_rehearsal ? has_handed_over(turn) : inbox_subject_is_silenced(turn);
}

/* Sends the answer, or lets people have a look at it first. */
static void
deliver_answer(EngineTurn *turn, const char *answer)
{
	InboxDraft	draft = {.agent = base_jsonb_text(turn->state, "assigned_agent"),
	.content = answer};

	/* what a rehearsal delivers is held anyway */
	draft.mode = turn->is_rehearsal ? INBOX_APPROVAL_AUTO :
		inbox_rules_approval(turn->account_id, draft.agent);
	if (draft.mode == INBOX_APPROVAL_AUTO)
		deliver_text(turn, "reply", answer);
	else
		inbox_draft_record(turn, &draft);
}

/*
 * Hands the conversation over where the graph itself has not: a person is
 * needed, or was promised.  Rehearsals show what was said.
 */
static bool
hand_over(EngineTurn *turn)
{
	static BaseStatement statement = {
		"SELECT frontdesk.escalate_to_human($1, $2, $3)", {INT4OID, UUIDOID, JSONBOID}
	};
	Jsonb	   *state = agents_promise_bind(turn, turn->state);
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	JsonbPGetDatum(state)};
	bool		isnull;

	if (turn->is_rehearsal || !base_jsonb_bool(state, "needs_human", false))
		return false;
	base_spi_execute(&statement, values, NULL);
	engine_lane_take_patch(turn, DatumGetJsonbPCopy(base_spi_value(0, 1, &isnull)));
	return true;
}

/* What the turn has decided leaves: nothing where a person has come meanwhile, the
 * hand-over where one is needed or where two machines talk to each other, else the
 * answer and what belongs to it. */
static void
conclude(EngineTurn *turn)
{
	char	   *answer = base_jsonb_text(turn->state, "agent_response");
	const InboxSubject *subject = turn->subject;
	InboxVolleyFault fault;

	if (is_silenced(turn))
	{
		if (has_handed_over(turn))
			deliver_tags(turn);
		return;
	}
	if (hand_over(turn))
	{
		deliver_tags(turn);
		return;
	}
	agents_context_conclude(turn);
	if (subject && subject->has_draft)
		inbox_draft_withdraw(turn->account_id, &turn->thread_id, "a newer turn has its own answer");
	if (answer != NULL && answer[0] != '\0')
	{
		if (inbox_volley_find_fault(turn, &fault))
		{
			inbox_volley_stop(turn, &fault);
			return;
		}
		deliver_answer(turn, answer);
	}
	deliver_tags(turn);
	agents_follow_up_plan(turn);
}

const EngineThreadKind agents_conversation_kind = {
	.name = "conversation",
	.load = load,
	.conclude = conclude,
};
