/*
 * llm_knowledge_search.c
 *	  Which rows of an account's knowledge fit a text.
 *
 * Runs in any backend.  Two rounds.  In the first, each word of the text gives
 * every passage what the best word there is worth to it: the same word, one like
 * it, one of the same meaning; in an answer less than in a question.  In the
 * second, the best passages are asked the other way round, too: how much of their
 * question the text has.
 *
 * A text of several sentences is also judged by each of its questions alone, for
 * people tell a story first.
 *
 * Nothing is kept; what is palloc'd is freed with the current context.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "llm/llm_knowledge_index.h"

#define TEXT_BYTES 16384		/* of a text: the rest is not read */
#define TEXT_WORDS 64			/* each once */
#define PARTS 5					/* the whole, and its questions */
#define VOTES 12				/* languages */
#define CANDIDATES LLM_KNOWLEDGE_MOST	/* passages of the second round */

/* What matches are worth. */
#define ANSWER_SHARE 0.7		/* what stands in the answer only */
#define MEANING_SHARE 0.9		/* what means the same */
#define NUMBER_IN_ANSWER 0.5
#define BACKWARD_SHARE 0.5		/* how much the second round decides */
#define OTHER_NUMBER 0.6		/* a question about another number than was asked for */
#define OTHER_LANGUAGE 0.5
#define LATTER_LANGUAGE 0.3		/* the same, of a shop that has rows in the customer's */
#define SAME_INTENT 1.3			/* the question is one of the same kind */
#define OTHER_INTENT 0.7		/* is of none, to who asks about an order of theirs */
#define ONLY_FILLERS 0.5		/* a text that says nothing: "thank you so much" */
#define ONLY_VAGUE 0.3			/* or not of what: "how much is that?" */
#define LONGEST_VAGUE 9			/* letters */
#define WHOLE_QUESTION 0.9		/* unless the row's question says no more */

/* What words weigh that no row has, and numbers of an order or a house. */
#define UNKNOWN_WEIGHT 0.75
#define NUMBER_WEIGHT 1.5
#define SHORTEST_NUMBER 3		/* digits */

/*
 * So many pairs of words are compared in each round, ten times what a long question
 * needs in a knowledge of thousands of rows; of those behind only the same are alike.
 * Words can be made so that every one of the text looks like every one of the rows.
 */
#define COMPARISONS 400000

/* When a row is sure: how well it fits, and by how much better than the next. */
#define SURE_SCORE 0.33
#define SURE_MARGIN 0.15

typedef struct Term
{
	LlmWord		word;
	LlmMeaning	meaning;
	int			known;			/* number of the word in the rows; -1 none */
	uint32		parts;			/* bit 0 the whole text, others its questions */
} Term;

#define IS_SUBJECT(term) ((term)->meaning.filler_of == 0 && !(term)->word.is_number)

typedef struct Query
{
	const LlmKnowledgeIndex *index;
	Term		terms[TEXT_WORDS];
	int			term_count;
	int			part_count;
	int			comparisons;	/* left in this round */
	double		weights[PARTS]; /* of all terms of a part */
	uint64		meanings[PARTS];
	bool		has_subject[PARTS]; /* a word that is no filler, */
	bool		names_thing[PARTS]; /* and one that says of what */
	float	   *sums[PARTS];	/* by passage */
	bool		has_language;	/* there are rows in the one that is preferred */
} Query;

typedef struct Candidate
{
	int			passage;
	float		score;
} Candidate;

/* ---- reading the text ---- */

/* The term of a word; a fresh one is added while there is room, else NULL. */
static Term *
find_term(Query *q, const LlmWord *word)
{
	Term	   *term;

	for (int i = 0; i < q->term_count; i++)
		if (llm_word_equals(&q->terms[i].word, word))
			return &q->terms[i];
	if (q->term_count == TEXT_WORDS)
		return NULL;
	term = &q->terms[q->term_count++];
	term->word = *word;
	term->meaning = llm_lexicon_find(word->letters, word->length);
	term->parts = 1;
	term->known = -1;
	for (int i = 0; i < q->index->word_count && term->known < 0; i++)
		if (q->index->grams[i] == word->grams && llm_word_equals(&q->index->words[i], word))
			term->known = i;
	return term;
}

/* Gives the words since the last sentence's end a part of their own. */
static void
end_question(Query *q, Term **sentence, int words)
{
	if (q->part_count == PARTS)
		return;
	for (int i = 0; i < words; i++)
		sentence[i]->parts |= 1U << q->part_count;
	q->part_count++;
}

/* Makes terms of the words of a text, and parts of its questions. */
static void
read_text(Query *q, const char *text)
{
	int			bytes = strnlen(text, TEXT_BYTES);
	LlmWordScan scan = {(const unsigned char *) text, (const unsigned char *) text + bytes};
	Term	   *sentence[TEXT_WORDS];
	int			words = 0;
	LlmWord		word;
	LlmWordEnd	after;

	q->part_count = 1;
	while (llm_word_next(&scan, &word, &after))
	{
		Term	   *term = find_term(q, &word);

		if (term && words < TEXT_WORDS)
			sentence[words++] = term;
		if (after == LLM_WORD_ENDS_QUESTION)
			end_question(q, sentence, words);
		if (after != LLM_WORD_GOES_ON)
			words = 0;
	}
}

/* What a term weighs: as in the rows, when they have it. */
static double
weigh(const Query *q, const Term *term)
{
	if (term->word.is_number)
		return term->word.length >= SHORTEST_NUMBER ? NUMBER_WEIGHT : 0;
	if (term->known >= 0)
		return q->index->weights[term->known];
	return llm_knowledge_index_weigh(&term->word, term->meaning,
									 term->meaning.meanings ? 1 : UNKNOWN_WEIGHT);
}

typedef struct Vote
{
	const char *language;
	int			count;
} Vote;

static void
vote(Vote *votes, const char *language)
{
	int			i = 0;

	while (i < VOTES - 1 && votes[i].language && strcmp(votes[i].language, language) != 0)
		i++;
	if (votes[i].language == NULL)
		votes[i].language = language;
	votes[i].count += strcmp(votes[i].language, language) == 0;
}

/* The language of the rows that have a word, when it is one. */
static const char *
find_only_language(const LlmKnowledge *knowledge, const LlmPostings *postings)
{
	const LlmPassage *passages = knowledge->index->passages;
	const char *language = knowledge->rows[passages[postings->list[0] / 2].row].language;

	for (int i = 1; i < postings->count; i++)
		if (strcmp(knowledge->rows[passages[postings->list[i] / 2].row].language, language) != 0)
			return NULL;
	return language;
}

/*
 * The language that is preferred: the one that was told, unless the words of the
 * text are clearly those of another one: the small ones, and those that only its
 * rows have.  Short texts are easily taken for another language.
 */
static const char *
settle_language(const Query *q, const LlmKnowledge *knowledge, const char *told)
{
	Vote		votes[VOTES] = {{told ? told : ""}};
	int			best = 0;

	for (int t = 0; t < q->term_count; t++)
	{
		const Term *term = &q->terms[t];

		for (int i = 0; llm_lexicon_fillers[i].language != NULL; i++)
			if (term->meaning.filler_of >> i & 1)
				vote(votes, llm_lexicon_fillers[i].language);
		if (term->known >= 0 && term->meaning.filler_of == 0)
		{
			const char *only = find_only_language(knowledge, &q->index->postings[term->known]);

			if (only)
				vote(votes, only);
		}
	}
	for (int i = 1; i < VOTES; i++)
		if (votes[i].count > votes[best].count)
			best = i;
	return votes[best].count >= votes[0].count + (votes[0].count > 0 ? 2 : 1) ?
		votes[best].language : told;
}

/* ---- the first round ---- */

static void
raise_to(float *best, const LlmPostings *postings, double asking, double telling)
{
	for (int i = 0; i < postings->count; i++)
	{
		LlmPosting	posting = postings->list[i];
		float		worth = posting & 1 ? asking : telling;

		if (best[posting / 2] < worth)
			best[posting / 2] = worth;
	}
}

/* How alike two words are, as long as there are comparisons left. */
static double
compare(Query *q, const LlmWord *a, const LlmWord *b)
{
	if (q->comparisons == 0)
		return llm_word_equals(a, b) ? 1 : 0;
	q->comparisons--;
	return llm_word_likeness(a, b);
}

/* What words of the rows are worth to a term: fillers and numbers only the same. */
static void
match_words(Query *q, const Term *term, float *best)
{
	const LlmKnowledgeIndex *index = q->index;
	bool		only_same = term->meaning.filler_of != 0 || term->word.is_number;
	double		in_answer = term->word.is_number ? NUMBER_IN_ANSWER :
		term->meaning.filler_of ? 0 : ANSWER_SHARE;

	for (int i = 0; i < index->word_count; i++)
	{
		double		likeness;

		if ((only_same || index->meanings[i].filler_of) ?
			index->grams[i] != term->word.grams :
			!llm_word_may_be_like(index->grams[i], index->words[i].length, &term->word))
			continue;
		likeness = compare(q, &term->word, &index->words[i]);
		if (likeness == 1 || (likeness > 0 && !only_same && !index->meanings[i].filler_of))
			raise_to(best, &index->postings[i], likeness, in_answer * likeness);
	}
}

/* What their meanings are worth: a word of two meanings finds both or half. */
static void
match_meanings(const Query *q, const Term *term, float *best, float *shares)
{
	int			count = pg_popcount64(term->meaning.meanings);
	double		share = count ? MEANING_SHARE / count : 0;

	if (count == 0)
		return;
	memset(shares, 0, q->index->passage_count * sizeof(float));
	for (int m = 0; m < LLM_MEANINGS; m++)
	{
		const LlmPostings *postings = &q->index->of_meanings[m];

		for (int i = 0; (term->meaning.meanings >> m & 1) && i < postings->count; i++)
			shares[postings->list[i] / 2] += postings->list[i] & 1 ? share : ANSWER_SHARE * share;
	}
	for (int i = 0; i < q->index->passage_count; i++)
		best[i] = Max(best[i], shares[i]);
}

/* Whether a word says of what the text is; a compound does, though it has a vague part. */
static bool
names_thing(const Term *term)
{
	return IS_SUBJECT(term) && (term->meaning.meanings == 0 || term->word.length > LONGEST_VAGUE ||
								(term->meaning.meanings & ~LLM_LEXICON_VAGUE) != 0);
}

/* Sums up what each passage is worth to each part of the text. */
static void
add_up(Query *q)
{
	int			passages = q->index->passage_count;
	float	   *best = palloc(passages * sizeof(float));
	float	   *shares = palloc(passages * sizeof(float));

	for (int p = 0; p < q->part_count; p++)
		q->sums[p] = palloc0(passages * sizeof(float));
	for (int t = 0; t < q->term_count; t++)
	{
		const Term *term = &q->terms[t];
		double		weight = weigh(q, term);

		CHECK_FOR_INTERRUPTS();
		for (int p = 0; p < q->part_count; p++)
			if (term->parts >> p & 1)
			{
				q->weights[p] += weight;
				q->meanings[p] |= term->meaning.meanings;
				q->has_subject[p] |= IS_SUBJECT(term);
				q->names_thing[p] |= names_thing(term);
			}
		if (weight == 0)
			continue;
		memset(best, 0, passages * sizeof(float));
		match_words(q, term, best);
		match_meanings(q, term, best, shares);
		for (int p = 0; p < q->part_count; p++)
			for (int i = 0; (term->parts >> p & 1) && i < passages; i++)
				q->sums[p][i] += weight * best[i];
	}
}

/* ---- the second round ---- */

/* What a part of the text is worth to a word of a row's question. */
static double
match_backward(Query *q, int part, uint32 number)
{
	const LlmKnowledgeIndex *index = q->index;
	const LlmWord *word = &index->words[number];
	uint64		meanings = index->meanings[number].meanings;
	double		best = 0;

	if (meanings)
		best = MEANING_SHARE * pg_popcount64(meanings & q->meanings[part]) / pg_popcount64(meanings);
	for (int t = 0; t < q->term_count && best < 1; t++)
	{
		const Term *term = &q->terms[t];
		double		likeness;

		if (!(term->parts >> part & 1) || (word->grams & term->word.grams) == 0)
			continue;
		likeness = compare(q, word, &term->word);
		if (likeness == 1 || (!index->meanings[number].filler_of && !term->meaning.filler_of))
			best = Max(best, likeness);
	}
	return best;
}

static bool
names_number(const Query *q, int part, const LlmWord *number)
{
	for (int t = 0; t < q->term_count; t++)
		if ((q->terms[t].parts >> part & 1) && llm_word_equals(&q->terms[t].word, number))
			return true;
	return false;
}

/* How well a passage fits a part of the text, both ways. */
static double
judge_part(Query *q, int part, const LlmPassage *passage, double sum)
{
	const LlmKnowledgeIndex *index = q->index;
	const uint32 *numbers = index->words_of_passages + passage->first;
	double		all = 0;
	double		found = 0;
	bool		is_other = false;

	for (int i = 0; i < passage->asking; i++)
	{
		const LlmWord *word = &index->words[numbers[i]];

		if (word->is_number)
		{
			is_other |= !names_number(q, part, word);
			continue;
		}
		all += index->weights[numbers[i]];
		found += index->weights[numbers[i]] * match_backward(q, part, numbers[i]);
	}
	if (all == 0 || q->weights[part] == 0)
		return 0;
	return sum / q->weights[part] * (1 - BACKWARD_SHARE + BACKWARD_SHARE * found / all) *
		(is_other ? OTHER_NUMBER : 1) *
		(!q->has_subject[part] && (q->meanings[part] & ~LLM_LEXICON_VAGUE) ? ONLY_FILLERS :
		 q->names_thing[part] || found >= WHOLE_QUESTION * all ? 1 : ONLY_VAGUE);
}

static double
judge(Query *q, const LlmKnowledge *knowledge, int number, const LlmAsked *asked)
{
	const LlmPassage *passage = &q->index->passages[number];
	const LlmKnowledgeRow *row = &knowledge->rows[passage->row];
	double		best = 0;

	for (int p = 0; p < q->part_count; p++)
		if (q->sums[p][number] > 0)
			best = Max(best, judge_part(q, p, passage, q->sums[p][number]));
	if (asked->language && strcmp(row->language, asked->language) != 0)
		best *= q->has_language ? LATTER_LANGUAGE : OTHER_LANGUAGE;
	else if (asked->intent && strcmp(row->intent, asked->intent) == 0)
		best *= SAME_INTENT;
	else if (asked->is_own)
		best *= OTHER_INTENT;
	return Min(best, 1);
}

/* ---- the best ---- */

/* Puts one into a list that is ordered, best first; how many there are then. */
static int
insert(Candidate *list, int count, int room, Candidate candidate)
{
	int			at = count;

	if (count == room && list[count - 1].score >= candidate.score)
		return count;
	if (count == room)
		at--;
	else
		count++;
	for (; at > 0 && list[at - 1].score < candidate.score; at--)
		list[at] = list[at - 1];
	list[at] = candidate;
	return count;
}

/* The passages that the first round likes best, best first; how many. */
static int
choose_candidates(Query *q, const LlmKnowledge *knowledge, const char *language,
				  Candidate *chosen)
{
	int			count = 0;

	for (int i = 0; i < q->index->passage_count; i++)
	{
		const char *of_row = knowledge->rows[q->index->passages[i].row].language;
		float		best = 0;

		for (int p = 0; p < q->part_count; p++)
			if (q->weights[p] > 0)
				best = Max(best, q->sums[p][i] / q->weights[p]);
		if (language && strcmp(of_row, language) != 0)
			best *= OTHER_LANGUAGE;
		else
			q->has_language = true;
		if (best > 0)
			count = insert(chosen, count, CANDIDATES, (Candidate) {i, best});
	}
	return count;
}

int
llm_knowledge_search(const LlmKnowledge *knowledge, const LlmAsked *told, LlmFinding *found, int most)
{
	LlmAsked	asked = *told;
	Query	   *q = palloc0(sizeof(Query));
	Candidate	chosen[CANDIDATES];
	Candidate	ordered[CANDIDATES];
	int			count, kept = 0;

	if (knowledge->row_count == 0)
		return 0;
	q->index = knowledge->index;
	read_text(q, asked.text);
	asked.language = settle_language(q, knowledge, asked.language);
	q->comparisons = COMPARISONS;
	add_up(q);
	q->comparisons = COMPARISONS;
	count = choose_candidates(q, knowledge, asked.language, chosen);
	for (int i = 0, judged = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		chosen[i].score = judge(q, knowledge, chosen[i].passage, &asked);
		judged = insert(ordered, judged, CANDIDATES, chosen[i]);
	}
	for (int i = 0; i < count && kept < most; i++)
	{
		int			row = q->index->passages[ordered[i].passage].row;
		bool		is_there = false;

		for (int j = 0; j < kept && !is_there; j++)
			is_there = found[j].row == row;
		if (!is_there && ordered[i].score > 0)
			found[kept++] = (LlmFinding) {row, ordered[i].score};
	}
	return kept;
}

const LlmKnowledgeRow *
llm_knowledge_choose(const LlmKnowledge *knowledge, const LlmFinding *found, int count)
{
	const LlmKnowledgeRow *best;

	if (count == 0 || found[0].score < SURE_SCORE)
		return NULL;
	best = &knowledge->rows[found[0].row];
	for (int i = 1; i < count; i++)
	{
		const LlmKnowledgeRow *next = &knowledge->rows[found[i].row];

		if (strcmp(next->language, best->language) == 0 && strcmp(next->answer, best->answer) != 0)
			return found[0].score - found[i].score >= SURE_MARGIN * found[0].score ? best : NULL;
	}
	return best;
}
