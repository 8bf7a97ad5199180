/*
 * agents_token.h
 *	  A message as words, numbers and signs, for patterns that read it.
 */
#ifndef AGENTS_TOKEN_H
#define AGENTS_TOKEN_H

#define AGENTS_TOKEN_LETTERS 28

typedef enum AgentsTokenKind
{
	AGENTS_TOKEN_END,			/* behind the last one, and before the first */
	AGENTS_TOKEN_WORD,
	AGENTS_TOKEN_NUMBER,
	AGENTS_TOKEN_SIGN
} AgentsTokenKind;

typedef struct AgentsToken
{
	AgentsTokenKind kind;
	int			start;			/* bytes in the text */
	int			end;
	bool		is_glued;		/* nothing but an apostrophe stands before it */
	bool		is_capital;		/* of a word: its first letter */
	char		sign;
	double		value;			/* of a number: 2.5 and 2,5 alike */
	char		word[AGENTS_TOKEN_LETTERS + 1]; /* small, without accents; cut */
} AgentsToken;

typedef struct AgentsTokens
{
	const char *text;
	AgentsToken *list;			/* list[-1] and list[count] are ends */
	int			count;
} AgentsTokens;

/* Reads the beginning of a text; nothing here depends on a locale. */
extern AgentsTokens agents_token_read(const char *text);

/* Whether a word is in a list, as "a b* c": small letters without accents; b* is
 * every word that begins so. */
extern bool agents_token_is(const AgentsToken *token, const char *list);

/* How many tokens from here on are the words of a phrase; 0 when they are not. */
extern int	agents_token_match(const AgentsTokens *tokens, int at, const char *phrase);

/* The same of the longest of several phrases, ended by NULL. */
extern int	agents_token_match_any(const AgentsTokens *tokens, int at, const char *const *phrases);

/* Whether a word between two tokens is in a list; the second is not looked at. */
extern bool agents_token_has(const AgentsTokens *tokens, int from, int to, const char *list);

/* The first token of the sentence around a token, and the one behind its last; of
 * a very long one, a part. */
extern int	agents_token_begin_sentence(const AgentsTokens *tokens, int at);
extern int	agents_token_end_sentence(const AgentsTokens *tokens, int at);

/* What stands from one token to before another one. */
extern char *agents_token_text(const AgentsTokens *tokens, int from, int to);

#endif							/* AGENTS_TOKEN_H */
