/*
 * agents_prompt.c
 *	  What an agent is told.
 *
 * Runs in engine workers.  Policy and the account's facts go into the system
 * text; whatever a customer wrote goes into user turns, each one a JSON object
 * built here, so that no customer can close the quotation and speak as us.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "agents/agents_account.h"
#include "agents/agents_internal.h"
#include "agents/agents_prompt.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "inbox/inbox_subject.h"
#include "security/security_redact.h"

/* What an agent writes on the day that was agreed. */
#define FOLLOW_UP_TASK \
	"\n\nThe customer has not written again. Today is the day on which the business " \
	"wanted to come back to them. Write that message: say in one sentence what it is " \
	"about, from what was said before, and ask whether they still need anything."

static BaseStatement read_campaign = {
	"SELECT name, product_name, product_url, product_description FROM frontdesk.campaigns "
	"WHERE account_id = $1 AND (id::text = $2 OR status = 'active') "
	"ORDER BY id::text = $2 DESC, id DESC LIMIT 1",
	{INT4OID, TEXTOID}
};

static void
append_member(StringInfo json, const char *key, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	base_json_append_key(json, key);
	base_json_append_string(json, value, strlen(value));
}

static void
append_campaign(EngineTurn *turn, StringInfo text)
{
	char	   *campaign_id = base_jsonb_text(turn->state, "campaign_id");
	Datum		values[] = {Int32GetDatum(turn->account_id),
	CStringGetTextDatum(campaign_id ? campaign_id : "")};
	static const char *const keys[] = {"campaign", "product", "url", "description"};

	if (base_spi_execute(&read_campaign, values, NULL) == 0)
		return;
	appendStringInfoString(text, "\n\nThe campaign: {");
	for (int i = 0; i < 4; i++)
		append_member(text, keys[i], base_spi_text(0, i + 1));
	appendStringInfoChar(text, '}');
}

static bool
wants(const LlmAgent *agent, const char *grounding)
{
	char	   *wanted = base_jsonb_text(agent->settings, "grounding");

	return wanted != NULL && strstr(wanted, grounding) != NULL;
}

static const char *
build_system(EngineTurn *turn, const LlmAgent *agent)
{
	const AgentsAccount *account = agents_account_get(turn->account_id);
	char	   *content = base_jsonb_text(turn->state, "content");
	StringInfoData text;

	if (agent->settings == NULL)
		return agent->prompt;
	initStringInfo(&text);
	appendStringInfoString(&text, agent->prompt);
	if (account->business_name[0] != '\0')
		appendStringInfo(&text, "\n\nThe business: %s", account->business_name);
	if (wants(agent, "knowledge") && account->knowledge_count > 0)
	{
		appendStringInfoString(&text, "\n\nWhat you may state as fact:");
		agents_account_append_knowledge(account, &text, content ? content : "");
	}
	if (wants(agent, "campaign"))
		append_campaign(turn, &text);
	if (agents_follow_up_is_due(turn))
		appendStringInfoString(&text, FOLLOW_UP_TASK);
	return text.data;
}

static const char *
customer_turn(EngineTurn *turn, const InboxSubject *subject, const char *content)
{
	StringInfoData json;

	if (agents_account_get(turn->account_id)->redact)
		content = security_redact(content);
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_member(&json, "source", subject->channel);
	append_member(&json, "subject", subject->subject);
	append_member(&json, "name", subject->lead_name);
	base_json_append_key(&json, "body");
	base_json_append_string(&json, content, strlen(content));
	appendStringInfoChar(&json, '}');
	return json.data;
}

/*
 * Whether the turn is there to answer this message: it comes last, even if it
 * was written before the former turn's reply arrived.  What nobody answered
 * while a person had the conversation is asked now, too.
 */
static bool
is_asked_now(EngineTurn *turn, const InboxUtterance *u, int64 last_spoken)
{
	return u->incoming && u->seq <= turn->last_mail &&
		(u->seq >= turn->first_mail || u->seq > last_spoken);
}

/* When somebody of ours last spoke. */
static int64
find_last_spoken(const InboxSubject *subject)
{
	int64		last = 0;

	for (int i = 0; i < subject->history_count; i++)
		if (!subject->history[i].incoming)
			last = Max(last, subject->history[i].seq);
	return last;
}

static void
append_message(EngineTurn *turn, LlmCall *call, const InboxUtterance *u)
{
	LlmMessage *message = unconstify(LlmMessage *, &call->messages[call->message_count]);

	if (u->content == NULL || u->content[0] == '\0')
		return;
	if (!u->incoming && call->message_count == 0)
		return;					/* begins with a customer's turn */
	message->role = u->incoming ? LLM_ROLE_USER : LLM_ROLE_ASSISTANT;
	message->text = u->incoming ? customer_turn(turn, turn->subject, u->content) : u->content;
	call->message_count++;
}

static LlmCall *
agents_prompt_build(EngineTurn *turn, const LlmAgent *agent)
{
	const InboxSubject *subject = turn->subject;
	int			from = Max(0, subject->history_count - Max(agent->history_limit, 1));
	int64		last_spoken = find_last_spoken(subject);
	LlmCall    *call = palloc0(sizeof(LlmCall));
	LlmMessage *messages = palloc0((subject->history_count + 1) * sizeof(LlmMessage));

	call->messages = messages;
	for (int i = from; i < subject->history_count; i++)
		if (!is_asked_now(turn, &subject->history[i], last_spoken))
			append_message(turn, call, &subject->history[i]);
	/* the limit is for what was said before; what is asked is read as a whole */
	for (int i = 0; i < subject->history_count; i++)
		if (is_asked_now(turn, &subject->history[i], last_spoken))
			append_message(turn, call, &subject->history[i]);
	if (call->message_count == 0)
	{
		char	   *content = base_jsonb_text(turn->state, "content");

		messages[0].role = LLM_ROLE_USER;
		messages[0].text = customer_turn(turn, subject, content ? content : "");
		call->message_count = 1;
	}
	call->agent = agent;
	call->system = build_system(turn, agent);
	return call;
}

/*
 * What a request is written from is long, and thousands of turns wait at the
 * same time: only the request itself is kept.
 */
void
agents_prompt_write_request(EngineTurn *turn, const LlmCall *call, HttpRequest *request)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "frontdesk prompt",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	LlmCall    *written = agents_prompt_build(turn, call->agent);

	written->correction = call->correction;
	MemoryContextSwitchTo(caller);
	memset(request, 0, sizeof(HttpRequest));
	llm_call_encode(written, request);
	request->timeout_ms = call->agent->timeout_ms;
	MemoryContextDelete(scratch);
}
