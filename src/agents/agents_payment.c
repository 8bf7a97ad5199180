/*
 * agents_payment.c
 *	  What happens where a customer sends the number of a card or an account.
 *
 * Runs in engine workers.  Such a number is looked for before any classifier or
 * model is asked: people are told, and the customer hears the sentence of a
 * hand-over that asks not to send such numbers (template
 * "handover_payment_data").  Whatever goes to a model is masked message by
 * message (agents_excerpt.c); here it is the pieces that no message shows by
 * itself, of a number typed in several messages.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "agents/agents_internal.h"
#include "agents/agents_payment.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "inbox/inbox_subject.h"
#include "security/security_letter.h"
#include "security/security_redact.h"

/* Messages of the customer, one after the other, that one number is looked for in. */
#define MOST_PIECES 4

/* What is longer than this is no piece of a number, but a message. */
#define PIECE_BYTES 120

/* Fewest digits of a piece; a card is shown in groups of four. */
#define PIECE_DIGITS 3

static int
count_digits(const char *text)
{
	int			digits = 0;

	for (; *text; text++)
		digits += security_letter_is_digit(*text);
	return digits;
}

static bool
is_piece(const InboxUtterance *utterance)
{
	return utterance->incoming && utterance->content && strlen(utterance->content) <= PIECE_BYTES &&
		count_digits(utterance->content) >= PIECE_DIGITS;
}

static void
append_digits(StringInfo number, const char *text)
{
	for (; *text; text++)
		if (security_letter_is_digit(*text))
			appendStringInfoChar(number, *text);
}

/*
 * How many of the customer's messages from one on are, with all their digits
 * and no other, the number of a card; 0: none.  Our own messages between them
 * are passed over; their places are left in `pieces`.
 */
static int
find_pieces(const InboxSubject *subject, int first, int pieces[MOST_PIECES])
{
	StringInfoData number;
	int			count = 0;

	initStringInfo(&number);
	for (int i = first; i < subject->history_count && count < MOST_PIECES; i++)
	{
		if (!subject->history[i].incoming)
			continue;
		if (!is_piece(&subject->history[i]))
			return 0;
		pieces[count++] = i;
		append_digits(&number, subject->history[i].content);
		if (count > 1 && security_redact_find_payment(number.data) == SECURITY_FOUND_CARD &&
			strcmp(security_redact(number.data), "[card]") == 0)
			return count;
	}
	return 0;
}

/* A message with each of its numbers masked. */
static char *
mask_digits(const char *text)
{
	StringInfoData masked;

	initStringInfo(&masked);
	while (*text)
	{
		if (!security_letter_is_digit(*text))
		{
			appendStringInfoChar(&masked, *text++);
			continue;
		}
		appendStringInfoString(&masked, "[card]");
		while (security_letter_is_digit(*text))
			text++;
	}
	return masked.data;
}

void
agents_payment_mask_pieces(EngineTurn *turn)
{
	InboxSubject *subject = turn->subject;
	MemoryContext caller;
	int			pieces[MOST_PIECES];

	if (subject == NULL)
		return;
	caller = MemoryContextSwitchTo(turn->subject_context);
	for (int first = 0; first < subject->history_count; first++)
	{
		int			count = is_piece(&subject->history[first]) ? find_pieces(subject, first, pieces) : 0;

		for (int i = 0; i < count; i++)
		{
			InboxUtterance *piece = &subject->history[pieces[i]];

			piece->content = mask_digits(piece->content);
			subject->has_payment |= piece->seq >= turn->first_mail;
		}
	}
	MemoryContextSwitchTo(caller);
}

Jsonb *
agents_payment_route(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");
	const InboxSubject *subject = turn->subject;
	SecurityFindKind found = content ? security_redact_find_payment(content) : SECURITY_FOUND_NOTHING;
	BaseObject	patch;

	if (found == SECURITY_FOUND_NOTHING && subject && subject->has_payment)
		found = SECURITY_FOUND_CARD;
	if (found == SECURITY_FOUND_NOTHING)
		return NULL;
	base_object_begin(&patch);
	base_object_add_text(&patch, "intent", "payment_data");
	base_object_add_text(&patch, "route", "high_priority");
	base_object_add_text(&patch, "priority", "high");
	base_object_add_real(&patch, "sentiment", 0, 0);
	base_object_add_real(&patch, "confidence_score", 1, 0);
	base_object_add_bool(&patch, "needs_human", true);
	base_object_add_text(&patch, "escalation_reason", found == SECURITY_FOUND_IBAN ?
						 "the number of a bank account in the message" : "payment card data in the message");
	return base_object_end_jsonb(&patch);
}
