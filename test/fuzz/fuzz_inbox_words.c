/*
 * fuzz_inbox_words.c
 *	  What strangers' words are read for: the newest of a letter, what its HTML
 *	  hides, the signs of an automaton, what a model thought aloud; and what is plain
 *	  of a text.
 *
 * The first byte chooses the reader.  What is taken out of a text makes it no longer.
 */
#include "postgres.h"

#include "fuzz_target.h"
#include "base/base_text.h"
#include "inbox/inbox_automaton.h"
#include "inbox/inbox_hidden.h"
#include "inbox/inbox_letter.h"
#include "llm/llm_thought.h"
#include "server_stubs.h"

/* A text and its HTML, the first and the second half. */
static void
hide(const char *text, size_t length)
{
	char	   *first = fuzz_string(text, length / 2);

	inbox_hidden_remove(first, text + length / 2);
	free(first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t		which = fuzz_take(&bytes, &length);
	char	   *text = fuzz_string(bytes, length);
	const char *answer;

	switch (which % 7)
	{
		case 0:
			if (llm_thought_remove(text, &answer))
				fuzz_require(strlen(answer) <= strlen(text));
			break;
		case 1:
			fuzz_require(strlen(inbox_letter_newest(text)) <= strlen(text));
			break;
		case 2:
			inbox_automaton_of_text(text, true);
			inbox_automaton_of_text(text, false);
			break;
		case 3:
			inbox_automaton_of_address(text);
			inbox_automaton_of_subject(text);
			inbox_automaton_is_crowd(text);
			break;
		case 4:
			inbox_automaton_of_header(text, text);
			break;
		case 5:
			answer = base_text_plain(text);
			fuzz_require(strlen(answer) <= strlen(text));
			break;
		case 6:
			hide(text, strlen(text));
			break;
	}
	server_stubs_forget();
	free(text);
	return 0;
}
