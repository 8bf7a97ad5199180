/*
 * inbox_markup.c
 *	  The signs in a text that are not to be read: what a channel shows of them.
 *
 * Models write Markdown, or what they take for the channel's own, whatever they
 * are told.  Pure and linear: a sign looks for its partner no further than
 * PARTNER_REACH, and only in its own line; what finds none is a letter like
 * others.  Memory: all in the current context.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "inbox/inbox_markup.h"

/* Bytes within which a sign's partner stands. */
#define PARTNER_REACH 1000

/* Signs within signs. */
#define MAX_DEPTH 4

static void write_span(StringInfo out, const char *p, const char *end, InboxMarkup markup, int depth);

InboxMarkup
inbox_markup_of(const char *word)
{
	static const char *const words[] = {
		[INBOX_MARKUP_NONE] = "none",
		[INBOX_MARKUP_STARS] = "stars",
		[INBOX_MARKUP_INLINE] = "inline",
		[INBOX_MARKUP_BLOCKS] = "blocks",
	};

	for (int i = 0; i < lengthof(words); i++)
		if (strcmp(words[i], word) == 0)
			return (InboxMarkup) i;
	return INBOX_MARKUP_NONE;
}

/* A letter or a digit; all of what is not ASCII counts as one. */
static bool
is_of_word(const char *text, const char *p)
{
	unsigned char c;

	if (p < text || *p == '\0')
		return false;
	c = (unsigned char) *p;
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\0';
}

/* The place of a sign within reach; NULL none. */
static const char *
find_sign(const char *p, const char *end, const char *sign)
{
	int			length = strlen(sign);

	end = Min(end, p + PARTNER_REACH);
	for (; p + length <= end; p++)
		if (memcmp(p, sign, length) == 0)
			return p;
	return NULL;
}

/* ----- tags of HTML ----- */

static const struct
{
	const char *name;
	const char *opening;
	const char *closing;
}			tags[] = {
	{"br", "\n", "\n"}, {"p", "", "\n\n"}, {"div", "", "\n"},
	{"b", "**", "**"}, {"strong", "**", "**"}, {"i", "_", "_"}, {"em", "_", "_"},
	{"s", "~~", "~~"}, {"del", "~~", "~~"}, {"u", "", ""}, {"span", "", ""},
	{"ul", "\n", "\n"}, {"ol", "\n", "\n"}, {"li", "- ", "\n"},
	{"h1", "# ", "\n\n"}, {"h2", "# ", "\n\n"}, {"h3", "# ", "\n\n"}, {"h4", "# ", "\n\n"},
};

/* The end of a tag that we know, at its '<', with what stands for it; NULL none. */
static const char *
read_tag(const char *p, const char **meaning)
{
	bool		closes = p[1] == '/';
	const char *name = p + 1 + closes;
	int			length = 0;

	while ((name[length] >= '0' && name[length] <= '9') || ((name[length] | 0x20) >= 'a' && (name[length] | 0x20) <= 'z'))
		length++;
	for (int i = 0; i < lengthof(tags); i++)
	{
		const char *end = name + length;

		if (strlen(tags[i].name) != length || pg_strncasecmp(name, tags[i].name, length) != 0)
			continue;
		while (*end && *end != '>' && *end != '<' && *end != '\n' && end - p < PARTNER_REACH)
			end++;
		if (*end != '>')
			return NULL;
		*meaning = closes ? tags[i].closing : tags[i].opening;
		return end + 1;
	}
	return NULL;
}

/* <a href="address">words</a> as [words](address); its end, or NULL. */
static const char *
read_anchor(const char *p, StringInfo out)
{
	const char *address;
	const char *address_end;
	const char *words;
	const char *words_end;

	if (pg_strncasecmp(p, "<a ", 3) != 0)
		return NULL;
	words = memchr(p, '>', strnlen(p, PARTNER_REACH));
	address = words ? find_sign(p, words, "href=\"") : NULL;
	if (address == NULL)
		return NULL;
	address += strlen("href=\"");
	address_end = memchr(address, '"', words - address);
	words++;
	words_end = memchr(words, '<', strnlen(words, PARTNER_REACH));
	if (address_end == NULL || words_end == NULL || pg_strncasecmp(words_end, "</a>", 4) != 0)
		return NULL;
	appendStringInfo(out, "[%.*s](%.*s)", (int) (words_end - words), words,
					 (int) (address_end - address), address);
	return words_end + strlen("</a>");
}

/* Signs that HTML cannot write itself. */
static const char *
read_entity(const char *p, StringInfo out)
{
	static const char *const entities[][2] = {
		{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "},
	};

	for (int i = 0; i < lengthof(entities); i++)
	{
		if (strncmp(p, entities[i][0], strlen(entities[i][0])) != 0)
			continue;
		appendStringInfoString(out, entities[i][1]);
		return p + strlen(entities[i][0]);
	}
	return NULL;
}

/* The text without tags that we know: one that has none stays as it is. */
static char *
without_tags(const char *text)
{
	StringInfoData out;
	bool		has_tag = false;

	initStringInfo(&out);
	while (*text)
	{
		const char *meaning = "";
		const char *next = NULL;

		if (*text == '<')
		{
			next = read_anchor(text, &out);
			if (next == NULL)
				next = read_tag(text, &meaning);
			has_tag |= next != NULL;
		}
		else if (*text == '&' && has_tag)
			next = read_entity(text, &out);
		appendStringInfoString(&out, meaning);
		if (next == NULL && *text != '\r')
			appendStringInfoChar(&out, *text);
		text = next ? next : text + 1;
	}
	return out.data;
}

/* ----- within a line ----- */

static const char *const signs[] = {"***", "**", "__", "~~", "*", "_"};

/*
 * Where an emphasis that begins at p ends: a sign with a letter on its inner side,
 * and, of single ones, none on its outer.  NULL when p begins none.
 */
static const char *
find_partner(const char *text, const char *p, const char *end, const char *sign)
{
	int			length = strlen(sign);
	bool		is_single = length == 1 || sign[0] == '_';
	const char *reach = Min(end, p + length + PARTNER_REACH);
	const char *partner = p + length;

	if (partner >= end || is_blank(*partner) || *partner == sign[0] || (is_single && is_of_word(text, p - 1)))
		return NULL;
	while ((partner = find_sign(partner, reach, sign)) != NULL)
	{
		bool		ends = !is_blank(partner[-1]) && partner > p + length;

		if (ends && length == 1 && (partner[1] == sign[0] || partner[-1] == sign[0]))
			ends = false;
		if (ends && is_single && partner + length < end && is_of_word(text, partner + length))
			ends = false;
		if (ends)
			return partner;
		partner++;
	}
	return NULL;
}

/* How an emphasis is written. */
static const char *
written_sign(const char *sign, InboxMarkup markup)
{
	if (markup == INBOX_MARKUP_NONE)
		return "";
	if (markup == INBOX_MARKUP_STARS && (sign[0] == '*' || strcmp(sign, "__") == 0))
		return "**";
	return sign;
}

/* An emphasis at p; its end, or NULL when there is none. */
static const char *
write_emphasis(StringInfo out, const char *text, const char *p, const char *end,
			   InboxMarkup markup, int depth)
{
	if (depth >= MAX_DEPTH)
		return NULL;
	for (int i = 0; i < lengthof(signs); i++)
	{
		int			length = strlen(signs[i]);
		const char *partner;

		if (p + length > end || memcmp(p, signs[i], length) != 0)
			continue;
		partner = find_partner(text, p, end, signs[i]);
		if (partner == NULL)
			continue;
		appendStringInfoString(out, written_sign(signs[i], markup));
		write_span(out, p + length, partner, markup, depth + 1);
		appendStringInfoString(out, written_sign(signs[i], markup));
		return partner + length;
	}
	return NULL;
}

/* [words](address) or ![words](address) at p; its end, or NULL. */
static const char *
write_link(StringInfo out, const char *p, const char *end, InboxMarkup markup, int depth)
{
	bool		is_image = *p == '!';
	const char *words = p + 1 + is_image;
	const char *words_end;
	const char *address;
	const char *address_end;
	const char *cut;

	if ((is_image && p[1] != '[') || (words_end = find_sign(words, end, "](")) == NULL)
		return NULL;
	address = words_end + 2;
	address_end = find_sign(address, end, ")");
	if (address_end == NULL || address_end == address)
		return NULL;
	if (markup >= INBOX_MARKUP_INLINE && !is_image)
	{
		appendBinaryStringInfo(out, p, address_end + 1 - p);
		return address_end + 1;
	}
	/* a title behind the address is for nobody */
	cut = find_sign(address, address_end, " ");
	if (strncmp(address, "mailto:", 7) == 0)
		address += 7;
	else if (strncmp(address, "tel:", 4) == 0)
		address += 4;
	cut = cut ? cut : address_end;
	if (words_end > words && !(words_end - words == cut - address && memcmp(words, address, cut - address) == 0))
	{
		write_span(out, words, words_end, markup, depth + 1);
		appendStringInfoString(out, ": ");
	}
	appendBinaryStringInfo(out, address, cut - address);
	return address_end + 1;
}

/* Code in a line, an address in angles, a sign that is meant as a letter. */
static const char *
write_literal(StringInfo out, const char *p, const char *end, InboxMarkup markup)
{
	const char *partner;

	if (*p == '`' && (partner = find_sign(p + 1, end, "`")) != NULL)
	{
		bool		shown = markup == INBOX_MARKUP_INLINE;

		appendBinaryStringInfo(out, p + !shown, partner - p - !shown + shown);
		return partner + 1;
	}
	if (*p == '<' && (strncmp(p, "<http", 5) == 0 || strncmp(p, "<mailto:", 8) == 0) &&
		(partner = find_sign(p + 1, end, ">")) != NULL)
	{
		p += p[1] == 'm' ? strlen("<mailto:") : 1;
		appendBinaryStringInfo(out, p, partner - p);
		return partner + 1;
	}
	if (*p == '\\' && p + 1 < end && strchr("*_`[]#~>-", p[1]) != NULL && markup == INBOX_MARKUP_NONE)
	{
		appendStringInfoChar(out, p[1]);
		return p + 2;
	}
	/* an address is no place for emphasis */
	if ((strncmp(p, "http://", 7) == 0 || strncmp(p, "https://", 8) == 0))
	{
		for (partner = p; partner < end && !is_blank(*partner) && *partner != ')' && *partner != '*'; partner++)
			;
		appendBinaryStringInfo(out, p, partner - p);
		return partner;
	}
	return NULL;
}

/* Words of a line, with what is in them; nothing of it is read twice. */
static void
write_span(StringInfo out, const char *p, const char *end, InboxMarkup markup, int depth)
{
	const char *text = p;

	while (p < end)
	{
		const char *next = NULL;

		if (strchr("`<\\h", *p) != NULL)
			next = write_literal(out, p, end, markup);
		else if (*p == '[' || *p == '!')
			next = write_link(out, p, end, markup, depth);
		else if (*p == '*' || *p == '_' || *p == '~')
			next = write_emphasis(out, text, p, end, markup, depth);
		if (next == NULL)
			appendStringInfoChar(out, *p);
		p = next ? next : p + 1;
	}
}

/* ----- lines ----- */

/* Whether a line is nothing but a rule, or the one under a table's head. */
static bool
is_rule(const char *p, const char *end)
{
	int			strokes = 0;
	char		stroke = 0;

	for (; p < end; p++)
	{
		if (*p == '-' || *p == '*' || *p == '_')
		{
			if (stroke != 0 && stroke != *p)
				return false;
			stroke = *p;
			strokes++;
		}
		else if (*p != ' ' && *p != '\t' && *p != '|' && *p != ':' && *p != '\r')
			return false;
	}
	return strokes >= 3;
}

/* The words of a heading at p; NULL when the line is none. */
static const char *
heading_words(const char *p, const char *end)
{
	int			level = 0;

	while (p + level < end && p[level] == '#')
		level++;
	if (level == 0 || level > 6 || p + level >= end || p[level] != ' ')
		return NULL;
	for (p += level; p < end && *p == ' '; p++)
		;
	return p;
}

static void
write_heading(StringInfo out, const char *p, const char *end, InboxMarkup markup)
{
	bool		is_bold = markup != INBOX_MARKUP_NONE && p < end && *p != '*';

	while (end > p && (end[-1] == '#' || end[-1] == ' '))
		end--;
	appendStringInfoString(out, is_bold ? "**" : "");
	write_span(out, p, end, markup, 0);
	appendStringInfoString(out, is_bold ? "**" : "");
}

/* A row of a table: its cells, one behind the other. */
static void
write_row(StringInfo out, const char *p, const char *end, InboxMarkup markup)
{
	bool		is_first = true;

	for (p++; p < end; p++)
	{
		const char *bar = memchr(p, '|', end - p);
		const char *cell_end = bar ? bar : end;
		const char *last = cell_end;

		while (p < last && is_blank(*p))
			p++;
		while (last > p && is_blank(last[-1]))
			last--;
		if (last > p)
		{
			appendStringInfoString(out, is_first ? "" : " – ");
			write_span(out, p, last, markup, 0);
			is_first = false;
		}
		p = cell_end;
	}
}

/* A line as what it is: a heading, a row, an item, a quotation, or words. */
static void
write_line(StringInfo out, const char *p, const char *end, InboxMarkup markup)
{
	const char *begin = p;
	const char *words;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	words = heading_words(p, end);
	if (words != NULL)
		write_heading(out, words, end, markup);
	else if (p < end && *p == '|' && end[-1] == '|')
		write_row(out, p, end, markup);
	else if (p + 1 < end && strchr("*+-", *p) != NULL && p[1] == ' ')
	{
		appendBinaryStringInfo(out, begin, p - begin);
		appendStringInfoString(out, "- ");
		write_span(out, p + 2, end, markup, 0);
	}
	else if (p + 1 < end && *p == '>' && p[1] == ' ')
		write_span(out, p + 2, end, markup, 0);
	else
		write_span(out, begin, end, markup, 0);
}

/* Ends the text behind its last letter. */
static char *
trimmed(StringInfo out)
{
	char	   *begin = out->data;

	while (out->len > 0 && is_blank(out->data[out->len - 1]))
		out->data[--out->len] = '\0';
	while (*begin == '\n')
		begin++;
	return begin;
}

char *
inbox_markup_write(const char *text, InboxMarkup markup)
{
	char	   *plain = without_tags(text);
	bool		is_code = false;
	int			empty = 0;
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = plain; *p;)
	{
		const char *end = strchrnul(p, '\n');
		int			before = out.len;
		bool		is_fence = strncmp(p, "```", 3) == 0;

		if (markup == INBOX_MARKUP_BLOCKS)
			appendBinaryStringInfo(&out, p, end - p);
		else if (is_fence)
			is_code = !is_code;
		else if (is_code)
			appendBinaryStringInfo(&out, p, end - p);
		else if (!is_rule(p, end))
			write_line(&out, p, end, markup);
		/* two breaks in a row are enough, and what left nothing leaves no line */
		empty = out.len > before ? 0 : empty + 1;
		if (empty <= 1 && (out.len > before || end == p || markup == INBOX_MARKUP_BLOCKS))
			appendStringInfoChar(&out, '\n');
		p = *end ? end + 1 : end;
	}
	return trimmed(&out);
}
