/*
 * load_plan.c
 *		Which webhook is sent next, and when the run is over.
 *
 * Conversations are numbered from 0 here; their display ids start at
 * first_conversation.  A message is in flight from its sending to its
 * acknowledgement, and open from its sending to its reply.
 */
#include "load_plan.h"
#include "fake_loop.h"
#include "load_payload.h"
#include "load_report.h"

#include <stdlib.h>

typedef struct Conversation
{
	int64_t since_us;			/* when its open message was sent or due */
	int kind;
	bool is_open;
} Conversation;

static LoadPlanOptions options;
static Conversation *conversations;
static FakeTimer clock_timer;
static FakeTimer pace_timer;

/* A ring of conversations whose next message may go out. */
static int64_t *ready;
static int64_t ready_from;
static int64_t ready_count;

static int64_t started;			/* messages the plan gave out */
static int64_t in_flight;
static int64_t open_count;
static int64_t next_fresh;
static int64_t ends_us;			/* no message is given out after it */

static void
push_ready(int64_t conversation)
{
	ready[(ready_from + ready_count++) % options.conversations] = conversation;
}

/* Nothing more will be sent. */
static bool
is_exhausted(void)
{
	if (options.total > 0 && started >= options.total)
		return true;
	return ends_us > 0 && options.mode != LOAD_PLAN_PACED &&
		fake_loop_now_us() >= ends_us;
}

static void
stop_when_over(void)
{
	if (is_exhausted() && in_flight == 0 &&
		(!options.awaits_replies || open_count == 0))
		fake_loop_stop();
}

static void
close_conversation(int64_t index)
{
	/* a conversation that went to a person is over: another one opens */
	bool is_over = options.is_fresh ||
		(options.notes_close && conversations[index].kind == LOAD_PAYLOAD_URGENT);

	conversations[index].is_open = false;
	open_count--;
	if (options.mode == LOAD_PLAN_CONVERSATIONS && !is_exhausted())
	{
		if (is_over && next_fresh < options.conversations)
			push_ready(next_fresh++);
		else if (!is_over)
			push_ready(index);
		load_client_pump();
	}
}

/* Gives up replies that are overdue, and the whole run when it is. */
static void
clock_fired(void *owner)
{
	int64_t now_us = fake_loop_now_us();
	int64_t oldest_us = now_us - (int64_t) (options.reply_timeout * 1e6);

	(void) owner;
	for (int64_t i = 0; open_count > 0 && i < options.conversations; i++)
		if (conversations[i].is_open && conversations[i].since_us < oldest_us)
		{
			load_report.missing++;
			close_conversation(i);
		}
	load_client_pump();
	stop_when_over();
	fake_loop_set_timer(&clock_timer, now_us + 100000);
}

static void
pace_fired(void *owner)
{
	(void) owner;
	load_client_pump();
}

/* Makes the plan ready; the run starts now. */
void
load_plan_open(const LoadPlanOptions *chosen)
{
	options = *chosen;
	conversations = calloc((size_t) options.conversations,
						   sizeof(Conversation));
	ready = calloc((size_t) options.conversations, sizeof(int64_t));
	if (conversations == NULL || ready == NULL)
		abort();
	load_report.started_us = fake_loop_now_us();
	if (options.seconds > 0)
		ends_us = load_report.started_us + (int64_t) (options.seconds * 1e6);
	clock_timer = (FakeTimer) { 0, clock_fired, NULL, 0 };
	pace_timer = (FakeTimer) { 0, pace_fired, NULL, 0 };
	fake_loop_set_timer(&clock_timer, load_report.started_us + 100000);
}

/* Lets that many conversations of a closed loop begin. */
void
load_plan_begin(int64_t count)
{
	for (next_fresh = 0; next_fresh < count; next_fresh++)
		push_ready(next_fresh);
}

static int64_t
due_us(int64_t number)
{
	return load_report.started_us +
		(int64_t) (options.seconds * 1e6 * (double) number /
				   (double) options.total);
}

/* The display id to send for now; false when nothing is to be sent now. */
bool
load_plan_next(int64_t *conversation)
{
	int64_t index;

	if (is_exhausted())
		return false;
	if (options.mode == LOAD_PLAN_PACED && due_us(started) > fake_loop_now_us())
	{
		fake_loop_set_timer(&pace_timer, due_us(started));
		return false;
	}
	if (options.mode == LOAD_PLAN_CONVERSATIONS)
	{
		if (ready_count == 0)
			return false;
		index = ready[ready_from];
		ready_from = (ready_from + 1) % options.conversations;
		ready_count--;
	}
	else
		index = started % options.conversations;
	started++;
	*conversation = options.first_conversation + index;
	return true;
}

/* The message went out: a paced one counts from when it was due. */
void
load_plan_sent(int64_t display_id, int kind)
{
	Conversation *conversation =
		&conversations[display_id - options.first_conversation];

	in_flight++;
	load_report.sent++;
	if (!conversation->is_open)
		open_count++;
	conversation->is_open = true;
	conversation->kind = kind;
	conversation->since_us = options.mode == LOAD_PLAN_PACED ?
		due_us(started - 1) : fake_loop_now_us();
}

/* The message was answered; one that was refused waits for no reply. */
void
load_plan_settled(int64_t display_id, bool is_accepted)
{
	int64_t index = display_id - options.first_conversation;

	in_flight--;
	if (!is_accepted && conversations[index].is_open)
		close_conversation(index);
	stop_when_over();
}

/* Chatwoot was told something to be shown in a conversation. */
void
load_plan_replied(int64_t display_id, bool is_private)
{
	int64_t index = display_id - options.first_conversation;
	int64_t now_us = fake_loop_now_us();
	bool is_known = index >= 0 && index < options.conversations &&
		conversations[index].is_open;
	bool by_note = is_known && options.notes_close &&
		conversations[index].kind == LOAD_PAYLOAD_URGENT;

	if (is_private)
		load_report.private_notes++;
	if (is_private != by_note)
		return;
	if (!is_known)
	{
		load_report.unexpected++;
		return;
	}
	load_report.replies++;
	load_report.last_reply_us = now_us;
	load_report_sample(&load_report.reply,
					   now_us - conversations[index].since_us);
	close_conversation(index);
	stop_when_over();
}
