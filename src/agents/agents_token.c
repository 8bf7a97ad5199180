/*
 * agents_token.c
 *	  A message as words, numbers and signs.
 *
 * Runs in any backend.  Letters are compared without case and accents, written
 * in one character or in two, by our own rules (llm_letter.c): a regular
 * expression's \w and [[:alpha:]] know no accent under a locale like C.  An
 * apostrophe is no token: what it joins is glued.
 *
 * Of a text at most TEXT_BYTES are read.  Results are palloc'd.
 */
#include "postgres.h"

#include "agents/agents_token.h"
#include "llm/llm_letter.h"

#define TEXT_BYTES 8192
#define SENTENCE 40				/* tokens to either side: a text without signs has no end */

typedef struct Reader
{
	const unsigned char *text;
	const unsigned char *at;
	const unsigned char *end;
	AgentsToken *token;			/* that is being read */
} Reader;

static inline bool
is_digit(uint32 letter)
{
	return letter >= '0' && letter <= '9';
}

static inline bool
is_apostrophe(uint32 letter)
{
	return letter == '\'' || letter == 0x2019;
}

/* Looks at the next character that is seen; 0 at the end. */
static uint32
peek(const Reader *reader, const unsigned char **after)
{
	const unsigned char *at = reader->at;
	uint32		letter = 0;

	while (at < reader->end)
	{
		letter = llm_letter_decode(&at, reader->end);
		if (!llm_letter_is_mark(letter) && !llm_letter_is_invisible(letter))
			break;
		letter = 0;
	}
	*after = at;
	return letter;
}

static void
add_letter(AgentsToken *token, uint32 letter, int *length)
{
	uint32		plain = llm_letter_bare(letter);

	if (*length < AGENTS_TOKEN_LETTERS)
		token->word[(*length)++] = plain < 0x80 ? (char) plain : '?';
	if (letter == 0xdf && *length > 0)
	{
		token->word[*length - 1] = 's';
		if (*length < AGENTS_TOKEN_LETTERS)
			token->word[(*length)++] = 's';
	}
}

/* Letters, with the accents that stand behind them. */
static void
read_word(Reader *reader)
{
	const unsigned char *after;
	int			length = 0;

	reader->token->kind = AGENTS_TOKEN_WORD;
	for (;;)
	{
		uint32		letter = peek(reader, &after);

		if (letter == 0 || is_digit(letter) || !llm_letter_is_word(llm_letter_fold(letter)))
			break;
		if (length == 0)
			reader->token->is_capital = llm_letter_fold(letter) != letter;
		add_letter(reader->token, llm_letter_fold(letter), &length);
		reader->at = after;
	}
	/* accents of the last letter belong to it */
	while (reader->at < reader->end && reader->at[0] == 0xcc)
		reader->at += Min(2, reader->end - reader->at);
}

/* Digits, with points and commas between them; a half may follow. */
static void
read_number(Reader *reader)
{
	double		scale = 0;

	reader->token->kind = AGENTS_TOKEN_NUMBER;
	while (reader->at < reader->end)
	{
		unsigned char c = *reader->at;

		if (is_digit(c))
		{
			reader->token->value = scale > 0 ? reader->token->value + (c - '0') * scale :
				reader->token->value * 10 + (c - '0');
			scale /= 10;
		}
		else if ((c == '.' || c == ',') && reader->at + 1 < reader->end && is_digit(reader->at[1]))
			scale = 0.1;
		else
			break;
		reader->at++;
	}
	if (reader->end - reader->at >= 2 && reader->at[0] == 0xc2 && reader->at[1] == 0xbd)
	{
		reader->token->value += 0.5;
		reader->at += 2;
	}
}

/* Signs of more than one byte that are told apart become these letters. */
static char
name_sign(uint32 letter)
{
	if (letter == 0x20ac)
		return 'E';				/* euro */
	if (letter == 0xa3)
		return 'P';				/* pound */
	if (letter == 0x2013 || letter == 0x2014)
		return '-';
	return letter < 0x80 ? (char) letter : '~';
}

AgentsTokens
agents_token_read(const char *text)
{
	int			bytes = strnlen(text, TEXT_BYTES);
	AgentsToken *list = palloc0((bytes + 8) * sizeof(AgentsToken));
	AgentsTokens tokens = {text, list + 1, 0};
	Reader		reader = {(const unsigned char *) text, (const unsigned char *) text,
	(const unsigned char *) text + bytes};
	bool		is_glued = false;

	while (reader.at < reader.end)
	{
		const unsigned char *after;
		uint32		letter = peek(&reader, &after);

		if (letter == 0 || letter == ' ' || letter == '\t' || letter == '\r' || letter == 0xa0 ||
			letter == 0x202f || is_apostrophe(letter))
		{
			is_glued = is_apostrophe(letter);
			reader.at = after;
			continue;
		}
		reader.token = &tokens.list[tokens.count++];
		reader.token->start = reader.at - reader.text;
		reader.token->is_glued = is_glued;
		if (is_digit(*reader.at))
			read_number(&reader);
		else if (llm_letter_is_word(llm_letter_fold(letter)) && !is_digit(letter))
			read_word(&reader);
		else
		{
			reader.token->kind = AGENTS_TOKEN_SIGN;
			reader.token->sign = name_sign(letter);
			reader.at = after;
		}
		reader.token->end = reader.at - reader.text;
		is_glued = true;
	}
	tokens.list[tokens.count].start = bytes;
	return tokens;
}

bool
agents_token_is(const AgentsToken *token, const char *list)
{
	int			length = strlen(token->word);

	if (token->kind != AGENTS_TOKEN_WORD)
		return false;
	while (*list != '\0')
	{
		int			listed = strcspn(list, " ");
		bool		is_beginning = listed > 0 && list[listed - 1] == '*';
		int			compared = listed - is_beginning;

		if ((is_beginning ? length >= compared : length == compared) &&
			strncmp(token->word, list, compared) == 0)
			return true;
		list += listed;
		list += *list == ' ';
	}
	return false;
}

int
agents_token_match(const AgentsTokens *tokens, int at, const char *phrase)
{
	int			from = at;

	while (*phrase != '\0')
	{
		int			length = strcspn(phrase, " ");

		/* "chamo-me" */
		if (at > from && tokens->list[at].sign == '-' && tokens->list[at].is_glued)
			at++;
		if (at >= tokens->count || tokens->list[at].kind != AGENTS_TOKEN_WORD ||
			strlen(tokens->list[at].word) != length ||
			strncmp(tokens->list[at].word, phrase, length) != 0)
			return 0;
		at++;
		phrase += length;
		phrase += *phrase == ' ';
	}
	return at - from;
}

int
agents_token_match_any(const AgentsTokens *tokens, int at, const char *const *phrases)
{
	int			longest = 0;

	for (; *phrases != NULL; phrases++)
		longest = Max(longest, agents_token_match(tokens, at, *phrases));
	return longest;
}

bool
agents_token_has(const AgentsTokens *tokens, int from, int to, const char *list)
{
	for (int i = Max(from, 0); i < to && i < tokens->count; i++)
		if (agents_token_is(&tokens->list[i], list))
			return true;
	return false;
}

static bool
ends_sentence(const AgentsToken *token)
{
	return token->kind == AGENTS_TOKEN_SIGN && strchr(".!?\n;", token->sign) != NULL;
}

int
agents_token_begin_sentence(const AgentsTokens *tokens, int at)
{
	int			first = Max(at - SENTENCE, 0);

	while (at > first && !ends_sentence(&tokens->list[at - 1]))
		at--;
	return at;
}

int
agents_token_end_sentence(const AgentsTokens *tokens, int at)
{
	int			last = Min(at + SENTENCE, tokens->count);

	while (at < last && !ends_sentence(&tokens->list[at]))
		at++;
	return at;
}

char *
agents_token_text(const AgentsTokens *tokens, int from, int to)
{
	return pnstrdup(tokens->text + tokens->list[from].start,
					tokens->list[to - 1].end - tokens->list[from].start);
}
