/*
 * fuzz_agents_token.c
 *	  Candidates' messages as tokens, and the facts that patterns read out of them;
 *	  texts as the words that knowledge is found by.
 *
 * Tokens lie in the text, one behind the other.  A fact is a piece of the text,
 * a date one that there is.  Two words are as alike as the same two the other way
 * round, and each is most like itself.
 */
#include "postgres.h"

#include "agents/agents_duration.h"
#include "agents/agents_person.h"
#include "agents/agents_terms.h"
#include "fuzz_target.h"
#include "llm/llm_lexicon.h"
#include "llm/llm_word.h"
#include "server_stubs.h"

static void
check_tokens(const AgentsTokens *tokens, size_t length)
{
	int			end = 0;

	for (int i = 0; i < tokens->count; i++)
	{
		fuzz_require(tokens->list[i].start >= end && tokens->list[i].end > tokens->list[i].start);
		end = tokens->list[i].end;
	}
	fuzz_require(end <= length);
}

static void
check_piece(const char *text, const char *fact)
{
	fuzz_require(fact == NULL || (fact[0] != '\0' && strstr(text, fact) != NULL));
}

static void
check_facts(const char *text)
{
	AgentsTokens tokens = agents_token_read(text);
	const char *start = agents_terms_start(&tokens, "2026-11-20");

	check_tokens(&tokens, strlen(text));
	check_piece(text, agents_person_name(&tokens));
	check_piece(text, agents_person_phone(&tokens));
	check_piece(text, agents_person_email(&tokens));
	check_piece(text, agents_person_title(&tokens));
	check_piece(text, agents_terms_notice(&tokens));
	check_piece(text, agents_terms_pay(&tokens));
	fuzz_require(start == NULL || (strlen(start) == 10 && strcmp(start, "2026-11-20") >= 0));
	fuzz_require(agents_duration_experience(&tokens) <= 60 * 12);
}

static void
check_words(const char *text)
{
	LlmWordScan scan = {(const unsigned char *) text, (const unsigned char *) text + strlen(text)};
	LlmWord		before = {0};
	LlmWord		word;
	LlmWordEnd	after;

	while (llm_word_next(&scan, &word, &after))
	{
		double		likeness = llm_word_likeness(&before, &word);

		fuzz_require(word.length > 0 && word.length <= LLM_WORD_LONGEST);
		fuzz_require(likeness >= 0 && likeness <= 1 && likeness == llm_word_likeness(&word, &before));
		fuzz_require(llm_word_likeness(&word, &word) == 1);
		llm_lexicon_find(word.letters, word.length);
		before = word;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char	   *text = fuzz_string(bytes, length);

	check_facts(text);
	check_words(text);
	free(text);
	server_stubs_forget();
	return 0;
}
