/*
 * inbox_phrase.c
 *	  Phrases that mean something whoever writes them: opting out, promising.
 *
 * Runs in backends that take events in and in workers.  The rows of
 * frontdesk.phrases are compiled once and kept until those of the account or of
 * the house change.
 *
 * A phrase is a row of words, separated by blanks: "a|b" is one of both,
 * "word*" what begins so, "word?" may be missing, "..." stands for up to six
 * other words of the same sentence, of which none is a negation.  Letters are
 * folded and bare (llm_letter.h), in phrases as in texts, so neither capitals
 * nor accents count; an apostrophe closes a word up but behind one letter, as in
 * llm_ngram.c.
 *
 * All phrases of a kind are followed at once, a set of places each, so a text
 * costs its length times the number of phrases, whatever stands in it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_cache.h"
#include "base/base_domain.h"
#include "base/base_spi.h"
#include "inbox/inbox_phrase.h"
#include "llm/llm_letter.h"

SQL_FUNCTION(find_promise);
SQL_FUNCTION(judge_opting);

#define MAX_PLACES 31			/* of a phrase, with its end */
#define GAP_WORDS 6
#define LONGEST_WORD 32			/* letters that are looked at */
#define MOST_PHRASES 2000		/* of an account, for every process has them in memory */

/* A message of more words says more than that it opts out. */
#define MOST_OPTING_WORDS 24
#define MOST_OPTING_BYTES 1000

typedef struct Phrase
{
	InboxPhraseKind kind;
	const char *channel;		/* NULL: all */
	const char *language;
	int			place_count;
	uint32		gaps;			/* places that any word fills, as bits */
	uint32		may_miss;		/* places that may stay empty */
	uint32		begin;			/* places that the first word may fill */
} Phrase;

/* Where a word may stand: one of many in a phrase's place. */
typedef struct Use
{
	uint64		key;			/* of the word, see key_of() */
	int			phrase;
	int			place;
} Use;

/* What is known of an account. */
typedef struct Phrases
{
	int			count;
	Phrase	   *phrases;		/* by kind */
	int			use_count;
	int			use_room;
	Use		   *uses;			/* by key */
	uint64		prefix_lengths; /* of words that stand for what begins so */
} Phrases;

/* One word of a text, as the hashes of its beginnings. */
typedef struct Word
{
	int			letters;
	uint32		hashes[LONGEST_WORD + 1];
} Word;

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STOP,					/* ends a sentence */
	TOKEN_QUESTION				/* does so as a question */
} TokenKind;

typedef struct Reader
{
	const unsigned char *at;
	const unsigned char *end;
	Word		word;
} Reader;

/* ---- reading words ---- */

static uint32
peek(const Reader *reader)
{
	const unsigned char *at = reader->at;

	return at < reader->end ? llm_letter_fold(llm_letter_decode(&at, reader->end)) : 0;
}

static uint32
take(Reader *reader)
{
	return llm_letter_fold(llm_letter_decode(&reader->at, reader->end));
}

/* Letters, and digits, which folding makes one: "stop 5519" is no "stop". */
static inline bool
is_part(uint32 letter)
{
	return letter == '0' || llm_letter_is_word(letter);
}

static inline bool
is_unseen(uint32 letter)
{
	return llm_letter_is_mark(letter) || llm_letter_is_invisible(letter);
}

static inline bool
is_apostrophe(uint32 letter)
{
	return letter == '\'' || letter == 0x2019 || letter == 0x2bc;
}

static void
add_letter(Word *word, uint32 letter)
{
	uint32		before = word->hashes[Min(word->letters, LONGEST_WORD)];

	if (word->letters < LONGEST_WORD)
		word->hashes[word->letters + 1] = (before ^ llm_letter_bare(letter)) * 0x01000193U;
	word->letters++;
}

/* Reads on to the end of a word whose first letter was taken. */
static void
read_word(Reader *reader, uint32 first)
{
	Word	   *word = &reader->word;

	word->letters = 0;
	word->hashes[0] = 0x811c9dc5U;
	add_letter(word, first);
	while (reader->at < reader->end)
	{
		Reader		ahead = *reader;
		uint32		letter = take(&ahead);

		if (is_apostrophe(letter) && word->letters > 1 && is_part(peek(&ahead)))
			letter = take(&ahead);
		if (!is_part(letter) && !is_unseen(letter))
			return;
		reader->at = ahead.at;
		if (!is_unseen(letter))
			add_letter(word, letter);
	}
}

/* The next word of a text, in reader->word, or what ends a sentence. */
static TokenKind
next_token(Reader *reader)
{
	while (reader->at < reader->end)
	{
		uint32		letter = take(reader);

		if (is_part(letter) && !is_unseen(letter))
		{
			read_word(reader, letter);
			return TOKEN_WORD;
		}
		if (letter == '?')
			return TOKEN_QUESTION;
		/* a point within 12.30 or example.com ends nothing */
		if (letter == '!' || letter == ';' || letter == '\n' ||
			(letter == '.' && !is_part(peek(reader))))
			return TOKEN_STOP;
	}
	return TOKEN_END;
}

static Reader
reader_of(const char *text, size_t bytes)
{
	Reader		reader = {
		.at = (const unsigned char *) text,
		.end = (const unsigned char *) text + bytes,
	};

	return reader;
}

/* ---- compiling ---- */

/* A word, or what begins with its first letters, as one number. */
static inline uint64
key_of(const Word *word, int letters, bool is_prefix)
{
	int			hashed = Min(letters, LONGEST_WORD);

	return (uint64) word->hashes[hashed] << 32 | (uint64) letters << 1 | (is_prefix ? 1 : 0);
}

static void
add_use(Phrases *phrases, uint64 key, int phrase)
{
	if (phrases->use_count == phrases->use_room)
	{
		phrases->use_room = Max(1024, 2 * phrases->use_room);
		phrases->uses = phrases->uses ? repalloc(phrases->uses, phrases->use_room * sizeof(Use)) :
			palloc(phrases->use_room * sizeof(Use));
	}
	phrases->uses[phrases->use_count++] = (Use) {key, phrase, phrases->phrases[phrase].place_count};
}

/* One of the words of a place; nothing when it is none. */
static bool
add_choice(Phrases *phrases, int phrase, const char *text, size_t bytes)
{
	Reader		reader = reader_of(text, bytes);
	bool		is_prefix = text[bytes - 1] == '*';

	if (next_token(&reader) != TOKEN_WORD || reader.word.letters > LONGEST_WORD)
		return false;
	if (is_prefix)
		phrases->prefix_lengths |= UINT64CONST(1) << reader.word.letters;
	add_use(phrases, key_of(&reader.word, reader.word.letters, is_prefix), phrase);
	return true;
}

/* The next place of a phrase: "a|b*?" */
static void
add_place(Phrases *phrases, int n, const char *text, size_t bytes)
{
	Phrase	   *phrase = &phrases->phrases[n];
	const char *end = text + bytes;
	bool		may_miss = end[-1] == '?';
	bool		is_any = false;

	end -= may_miss ? 1 : 0;
	while (text < end)
	{
		const char *bar = memchr(text, '|', end - text);
		const char *stop = bar ? bar : end;

		if (stop > text)
			is_any |= add_choice(phrases, n, text, stop - text);
		text = stop + 1;
	}
	if (!is_any)
		return;
	if (may_miss)
		phrase->may_miss |= 1U << phrase->place_count;
	phrase->place_count++;
}

static void
add_gap(Phrase *phrase)
{
	for (int i = 0; i < GAP_WORDS && phrase->place_count < MAX_PLACES; i++)
	{
		phrase->gaps |= 1U << phrase->place_count;
		phrase->may_miss |= 1U << phrase->place_count;
		phrase->place_count++;
	}
}

/* The places that are reached with these: those that may miss are passed. */
static uint32
passed_on(const Phrase *phrase, uint32 places)
{
	uint32		before;

	do
	{
		before = places;
		places |= (places & phrase->may_miss) << 1;
	} while (places != before);
	return places;
}

static void
compile(Phrases *phrases, int n, const char *text)
{
	Phrase	   *phrase = &phrases->phrases[n];

	while (*text && phrase->place_count < MAX_PLACES)
	{
		size_t		bytes = strcspn(text, " ");

		if (bytes == 3 && strncmp(text, "...", 3) == 0)
			add_gap(phrase);
		else if (bytes > 0)
			add_place(phrases, n, text, bytes);
		text += bytes;
		text += strspn(text, " ");
	}
	phrase->begin = passed_on(phrase, 1);
}

static int
compare_uses(const void *a, const void *b)
{
	uint64		first = ((const Use *) a)->key;
	uint64		second = ((const Use *) b)->key;

	return first < second ? -1 : first > second;
}

static InboxPhraseKind
kind_of(const char *word)
{
	static const char *const words[] = {
		[INBOX_PHRASE_OPT_OUT] = "opt_out", [INBOX_PHRASE_OPT_IN] = "opt_in",
		[INBOX_PHRASE_FILLER] = "filler", [INBOX_PHRASE_PROMISE] = "promise",
		[INBOX_PHRASE_PERSON] = "person", [INBOX_PHRASE_EXCEPTION] = "exception",
		[INBOX_PHRASE_NEGATION] = "negation",
	};

	for (int i = 1; i < lengthof(words); i++)
		if (strcmp(words[i], word) == 0)
			return (InboxPhraseKind) i;
	return INBOX_PHRASE_NONE;
}

static BaseStatement read_statement = {
	"SELECT p.kind, p.phrase, p.language, p.channel FROM ("
	" SELECT DISTINCT ON (o.kind, o.phrase, o.language) o.* FROM ("
	"  (SELECT a.* FROM frontdesk.phrases AS a WHERE a.account_id = $1 "
	"   ORDER BY a.kind, a.phrase, a.language LIMIT " CppAsString2(MOST_PHRASES) ") "
	"  UNION ALL SELECT h.* FROM frontdesk.phrases AS h WHERE h.account_id = 0) AS o "
	" ORDER BY o.kind, o.phrase, o.language, o.account_id DESC) AS p "
	"WHERE p.active ORDER BY p.kind, p.phrase, p.language",
	{INT4OID}
};

/* Reads and compiles the rows; the account's hide the house's of the same words. */
static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		account = Int32GetDatum(key->account_id);
	Phrases    *phrases = value;

	phrases->count = (int) base_spi_read(&read_statement, &account, NULL);
	phrases->phrases = palloc0(Max(phrases->count, 1) * sizeof(Phrase));
	for (int i = 0; i < phrases->count; i++)
	{
		Phrase	   *phrase = &phrases->phrases[i];

		phrase->kind = kind_of(base_spi_text(i, 1));
		phrase->language = base_spi_text(i, 3);
		phrase->channel = base_spi_text(i, 4);
		compile(phrases, i, base_spi_text(i, 2));
	}
	if (phrases->use_count > 0)
		qsort(phrases->uses, phrases->use_count, sizeof(Use), compare_uses);
	return BASE_CACHE_LASTING;
}

static const Phrases *
phrases_of(int account_id)
{
	static BaseCache cache = {
		.name = "phrases", .value_bytes = sizeof(Phrases), .fill = fill, .is_by_account = true
	};

	return base_cache_get(&cache, &(BaseCacheKey) {
		.account_id = account_id
	}, CurrentMemoryContext);
}

/* ---- matching ---- */

/* Where all phrases stand in a text. */
typedef struct Match
{
	const Phrases *phrases;
	uint32	   *places;			/* per phrase: that the next word may fill */
	uint32	   *hits;			/* per phrase: that this word fills */
	int		   *active;			/* phrases with either, once each */
	int			active_count;
	bool		is_filler;
	bool		is_negation;
} Match;

static Match
match_begin(const Phrases *phrases)
{
	int			count = Max(phrases->count, 1);
	Match		match = {
		.phrases = phrases,
		.places = palloc0(count * sizeof(uint32)),
		.hits = palloc0(count * sizeof(uint32)),
		.active = palloc(count * sizeof(int)),
	};

	return match;
}

static void
match_end(Match *match)
{
	pfree(match->places);
	pfree(match->hits);
	pfree(match->active);
}

static void
activate(Match *match, int phrase)
{
	if (match->places[phrase] == 0 && match->hits[phrase] == 0)
		match->active[match->active_count++] = phrase;
}

static void
match_reset(Match *match)
{
	for (int i = 0; i < match->active_count; i++)
		match->places[match->active[i]] = 0;
	match->active_count = 0;
}

/* Notes where a word, or a beginning of it, stands in phrases. */
static void
hit_key(Match *match, uint64 key)
{
	const Phrases *phrases = match->phrases;
	int			low = 0;
	int			high = phrases->use_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (phrases->uses[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < phrases->use_count && phrases->uses[low].key == key; low++)
	{
		const Use  *use = &phrases->uses[low];

		match->is_filler |= phrases->phrases[use->phrase].kind == INBOX_PHRASE_FILLER;
		match->is_negation |= phrases->phrases[use->phrase].kind == INBOX_PHRASE_NEGATION;
		activate(match, use->phrase);
		match->hits[use->phrase] |= 1U << use->place;
	}
}

static void
hit_word(Match *match, const Word *word)
{
	match->is_filler = match->is_negation = false;
	hit_key(match, key_of(word, word->letters, false));
	for (int letters = 1; letters <= Min(word->letters, LONGEST_WORD); letters++)
		if (match->phrases->prefix_lengths & (UINT64CONST(1) << letters))
			hit_key(match, key_of(word, letters, true));
}

/* Where a phrase stands behind the word that was hit. */
static uint32
follow(const Match *match, int n, uint32 places)
{
	const Phrase *phrase = &match->phrases->phrases[n];
	uint32		filled = places & (match->hits[n] | (match->is_negation ? 0 : phrase->gaps));

	return filled ? passed_on(phrase, filled << 1) : 0;
}

static inline bool
is_through(const Match *match, int n)
{
	return (match->places[n] & (1U << match->phrases->phrases[n].place_count)) != 0;
}

/* The hits of a word are used up: phrases that stand nowhere are left. */
static void
match_next(Match *match)
{
	int			kept = 0;

	for (int i = 0; i < match->active_count; i++)
	{
		int			n = match->active[i];

		match->hits[n] = 0;
		if (match->places[n] != 0)
			match->active[kept++] = n;
	}
	match->active_count = kept;
}

/* ---- opting ---- */

static bool
is_opting(const Phrase *phrase, const char *channel)
{
	return (phrase->kind == INBOX_PHRASE_OPT_OUT || phrase->kind == INBOX_PHRASE_OPT_IN) &&
		(phrase->channel == NULL || strcmp(phrase->channel, channel) == 0);
}

/* Lets the phrases of opting begin here, all or those of a kind. */
static void
begin_opting(Match *match, const char *channel, InboxPhraseKind kind)
{
	for (int n = 0; n < match->phrases->count; n++)
	{
		const Phrase *phrase = &match->phrases->phrases[n];

		if (!is_opting(phrase, channel) || (kind != INBOX_PHRASE_NONE && phrase->kind != kind))
			continue;
		activate(match, n);
		match->places[n] |= phrase->begin;
	}
}

/*
 * Follows all phrases by one word; one of those that end with it, or NULL.
 * Behind one the next may begin: "Stop! Unsubscribe me."
 */
static const Phrase *
hear_opting(Match *match, const char *channel, const Word *word)
{
	const Phrase *through = NULL;

	hit_word(match, word);
	for (int i = 0; i < match->active_count; i++)
	{
		int			n = match->active[i];

		match->places[n] = follow(match, n, match->places[n]) | (match->is_filler ? match->places[n] : 0);
		if (through == NULL && match->places[n] != 0 && is_through(match, n))
			through = &match->phrases->phrases[n];
	}
	match_next(match);
	if (through != NULL)
		begin_opting(match, channel, through->kind);
	return through;
}

/* What opts out is short, and nothing but fillers stands beside it. */
InboxPhraseKind
inbox_phrase_judge(int account_id, const char *channel, const char *text, const char **language)
{
	Reader		reader = reader_of(text, strlen(text));
	const Phrase *through = NULL;
	TokenKind	token;
	Match		match;
	int			words = 0;

	if (strlen(text) > MOST_OPTING_BYTES)
		return INBOX_PHRASE_NONE;
	match = match_begin(phrases_of(account_id));
	begin_opting(&match, channel, INBOX_PHRASE_NONE);
	while ((token = next_token(&reader)) != TOKEN_END && match.active_count > 0)
	{
		if (token != TOKEN_WORD)
			continue;
		if (++words > MOST_OPTING_WORDS)
			return INBOX_PHRASE_NONE;
		through = hear_opting(&match, channel, &reader.word);
	}
	if (through == NULL || token != TOKEN_END)
		return INBOX_PHRASE_NONE;
	*language = through->language;
	return through->kind;
}

/* ---- promising ---- */

/* What one sentence says so far. */
typedef struct Sentence
{
	InboxPhraseKind promise;
	bool		is_excepted;
} Sentence;

static bool
is_about_promises(const Phrase *phrase)
{
	return phrase->kind == INBOX_PHRASE_PROMISE || phrase->kind == INBOX_PHRASE_PERSON ||
		phrase->kind == INBOX_PHRASE_EXCEPTION;
}

/* Follows all phrases by one word, and notes those that end with it. */
static void
hear_promise(Match *match, const Word *word, Sentence *sentence)
{
	hit_word(match, word);
	for (int i = 0; i < match->active_count; i++)
	{
		int			n = match->active[i];
		const Phrase *phrase = &match->phrases->phrases[n];

		if (!is_about_promises(phrase))
			continue;
		match->places[n] = follow(match, n, match->places[n] | phrase->begin);
		if (match->places[n] == 0 || !is_through(match, n))
			continue;
		if (phrase->kind == INBOX_PHRASE_EXCEPTION)
			sentence->is_excepted = true;
		else
			sentence->promise = Max(sentence->promise, phrase->kind);
	}
	match_next(match);
}

/* Every sentence is judged by itself; a question promises nothing. */
InboxPhraseKind
inbox_phrase_find_promise(int account_id, const char *text)
{
	Match		match = match_begin(phrases_of(account_id));
	Reader		reader = reader_of(text, strlen(text));
	InboxPhraseKind found = INBOX_PHRASE_NONE;
	Sentence	sentence = {INBOX_PHRASE_NONE};
	TokenKind	token;

	do
	{
		token = next_token(&reader);
		if (token == TOKEN_WORD)
		{
			hear_promise(&match, &reader.word, &sentence);
			continue;
		}
		if (token != TOKEN_QUESTION && !sentence.is_excepted)
			found = Max(found, sentence.promise);
		sentence = (Sentence) {INBOX_PHRASE_NONE};
		match_reset(&match);
	} while (token != TOKEN_END);
	match_end(&match);
	return found;
}

/* ---- SQL ---- */

/* find_promise(account_id, content) */
PGDLLEXPORT Datum
frontdesk_find_promise(PG_FUNCTION_ARGS)
{
	InboxPhraseKind found;

	SPI_connect();
	found = inbox_phrase_find_promise(PG_GETARG_INT32(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	SPI_finish();
	if (found == INBOX_PHRASE_NONE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(found == INBOX_PHRASE_PERSON ? "person" : "promise"));
}

/* judge_opting(account_id, channel, content) */
PGDLLEXPORT Datum
frontdesk_judge_opting(PG_FUNCTION_ARGS)
{
	InboxPhraseKind found;
	const char *language;

	SPI_connect();
	found = inbox_phrase_judge(PG_GETARG_INT32(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
							   text_to_cstring(PG_GETARG_TEXT_PP(2)), &language);
	SPI_finish();
	if (found == INBOX_PHRASE_NONE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(found == INBOX_PHRASE_OPT_OUT ? "out" : "in"));
}
