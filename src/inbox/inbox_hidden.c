/*
 * inbox_hidden.c
 *	  Words that a mail's HTML hides from who reads it.
 *
 * Pure, and linear in the length of text and HTML: at most MAX_RUNS pieces are
 * looked for.  Runs wherever an event is made.  Who makes text of HTML keeps what
 * is not displayed, has no size or no opacity; nobody has read that, so it is not
 * what the customer says.  It is compared by letters and digits alone, for blanks
 * and signs change on the way.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "inbox/inbox_hidden.h"

#define MAX_RUNS 50

/* Fewer letters are found anywhere. */
#define MIN_RUN 4

/* As much of a tag is looked at. */
#define MAX_TAG 2000

/* No sign of HTML's that stands for a letter is longer. */
#define MAX_ENTITY 10

/* Stands for what goes: a sign that no text keeps. */
#define MARK '\x01'

/* Up to this size letters cannot be read. */
#define UNREADABLE_SIZE 2

typedef enum Hiding
{
	HIDING_NOT,
	HIDING_SMALL,				/* unless something in it is larger */
	HIDING_ALL
} Hiding;

typedef struct Tag
{
	char		name[16];
	char		style[MAX_TAG]; /* all of it, small, without blanks */
	bool		is_end;
	bool		is_alone;		/* has no end */
	bool		has_attribute;	/* "hidden" */
} Tag;

typedef struct Scan
{
	StringInfoData visible;		/* letters and digits */
	StringInfoData hidden;
	int			begins[MAX_RUNS];	/* of runs in hidden, each up to the next */
	int			runs;
	Hiding		hiding;
	char		name[16];		/* of the element that hides */
	int			depth;
} Scan;

static bool
is_letter(char c)
{
	return (unsigned char) c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* What stands between "<" and ">". */
static void
read_tag(const char *from, const char *until, Tag *tag)
{
	static const char *const alone[] = {
		"br", "img", "hr", "input", "meta", "link", "col", "area", "base", "source", "wbr", NULL,
	};
	int			used = 0;

	memset(tag, 0, offsetof(Tag, style));
	tag->is_end = from < until && *from == '/';
	from += tag->is_end;
	while (from < until && isalnum((unsigned char) *from) && used < (int) sizeof(tag->name) - 1)
		tag->name[used++] = pg_ascii_tolower(*from++);
	tag->name[used] = '\0';
	tag->is_alone = is_one_of(tag->name, alone) || (until > from && until[-1] == '/');
	tag->has_attribute = false;
	used = 0;
	for (const char *c = from; c < until && used < MAX_TAG - 1; c++)
	{
		if (isspace((unsigned char) *c))
		{
			if (until - c > 6 && pg_strncasecmp(c + 1, "hidden", 6) == 0 &&
				(until - c == 7 || strchr(" \t\r\n=/", c[7]) != NULL))
				tag->has_attribute = true;
		}
		else
			tag->style[used++] = pg_ascii_tolower(*c);
	}
	tag->style[used] = '\0';
}

/* The size that a tag gives its letters; -1: none. */
static double
size_of(const Tag *tag)
{
	const char *size = strstr(tag->style, "font-size:");
	char	   *unit;
	double		value;

	if (size == NULL)
		return -1;
	value = strtod(size + strlen("font-size:"), &unit);
	if (unit == size + strlen("font-size:"))
		return -1;
	if (strncmp(unit, "px", 2) == 0 || strncmp(unit, "pt", 2) == 0 || value == 0)
		return value;
	return 16;
}

static Hiding
judge(const Tag *tag)
{
	const char *opacity = strstr(tag->style, "opacity:");
	double		size = size_of(tag);

	if (tag->has_attribute || strstr(tag->style, "display:none") || strstr(tag->style, "visibility:hidden") ||
		strstr(tag->style, "mso-hide:all"))
		return HIDING_ALL;
	if (opacity && isdigit((unsigned char) opacity[strlen("opacity:")]) && atof(opacity + strlen("opacity:")) == 0)
		return HIDING_ALL;
	return size >= 0 && size <= UNREADABLE_SIZE ? HIDING_SMALL : HIDING_NOT;
}

/* An element that hides has ended, or has turned out to show something. */
static void
end_hiding(Scan *scan, bool is_shown)
{
	int			begin = scan->begins[scan->runs];

	if (is_shown)
	{
		appendBinaryStringInfo(&scan->visible, scan->hidden.data + begin, scan->hidden.len - begin);
		scan->hidden.len = begin;
	}
	else if (scan->hidden.len > begin)
		scan->runs++;
	scan->hiding = HIDING_NOT;
}

static void
take_tag(Scan *scan, const Tag *tag)
{
	if (scan->hiding == HIDING_NOT)
	{
		if (tag->is_end || tag->is_alone || scan->runs == MAX_RUNS || (scan->hiding = judge(tag)) == HIDING_NOT)
			return;
		strlcpy(scan->name, tag->name, sizeof(scan->name));
		scan->depth = 1;
		scan->begins[scan->runs] = scan->hidden.len;
		return;
	}
	if (strcmp(tag->name, scan->name) == 0 && !tag->is_alone)
		scan->depth += tag->is_end ? -1 : 1;
	if (scan->depth == 0)
		end_hiding(scan, false);
	else if (scan->hiding == HIDING_SMALL && size_of(tag) > UNREADABLE_SIZE)
		end_hiding(scan, true);
}

/* Where what stands at a "<" or "&" ends; NULL: nowhere. */
static const char *
skip_sign(Scan *scan, const char *at)
{
	static const char *const silent[] = {"style", "script", "title", NULL};
	const char *end;
	Tag			tag;

	if (*at == '&')
		return (end = memchr(at, ';', strnlen(at, MAX_ENTITY))) ? end + 1 : at + 1;
	if (strncmp(at, "<!--", 4) == 0)
		return (end = strstr(at, "-->")) ? end + 3 : NULL;
	if ((end = strchr(at, '>')) == NULL)
		return NULL;
	read_tag(at + 1, end, &tag);
	if (!tag.is_end && is_one_of(tag.name, silent))
		return strstr(end, "</");
	take_tag(scan, &tag);
	return end + 1;
}

/* Parts the letters that a page shows from those it does not. */
static void
scan_html(const char *html, Scan *scan)
{
	const char *at = html;

	memset(scan, 0, sizeof(*scan));
	initStringInfo(&scan->visible);
	initStringInfo(&scan->hidden);
	while (at && *at)
	{
		if (*at == '<' || *at == '&')
		{
			at = skip_sign(scan, at);
			continue;
		}
		if (is_letter(*at))
			appendStringInfoChar(scan->hiding == HIDING_NOT ? &scan->visible : &scan->hidden, *at);
		at++;
	}
	if (scan->hiding != HIDING_NOT)
		end_hiding(scan, false);
}

/* Marks in a text what the runs say, in their order; whether anything was. */
static bool
mark_runs(char *text, const Scan *scan)
{
	StringInfoData letters;
	int		   *places = palloc(sizeof(int) * (strlen(text) + 1));
	const char *from;
	bool		marked = false;

	initStringInfo(&letters);
	for (int i = 0; text[i]; i++)
		if (is_letter(text[i]))
		{
			places[letters.len] = i;
			appendStringInfoChar(&letters, text[i]);
		}
	from = letters.data;
	for (int r = 0; r < scan->runs; r++)
	{
		const char *run = scan->hidden.data + scan->begins[r];
		int			bytes = (r + 1 < scan->runs ? scan->begins[r + 1] : scan->hidden.len) - scan->begins[r];
		const char *found;

		if (bytes < MIN_RUN || memmem(scan->visible.data, scan->visible.len, run, bytes) ||
			(found = memmem(from, letters.data + letters.len - from, run, bytes)) == NULL)
			continue;
		from = found + bytes;
		memset(text + places[found - letters.data], MARK,
			   places[from - 1 - letters.data] + 1 - places[found - letters.data]);
		marked = true;
	}
	return marked;
}

/* Drops what is marked, and the signs and blanks behind it. */
static void
drop_marked(char *text)
{
	char	   *to = text;
	char		before = MARK;

	for (const char *from = text; *from; from++)
	{
		bool		goes_along = before == MARK && strchr(to == text ? " \t\r\n.,;:!?" : " \t.,;:!?", *from) != NULL;

		if (*from != MARK && !goes_along)
			*to++ = *from;
		before = goes_along ? MARK : *from;
	}
	*to = '\0';
}

char *
inbox_hidden_remove(const char *text, const char *html)
{
	Scan	   *scan = palloc(sizeof(Scan));
	char	   *shown = pstrdup(text);

	scan_html(html, scan);
	if (!mark_runs(shown, scan))
		return NULL;
	drop_marked(shown);
	return *shown ? shown : pstrdup(text);
}
