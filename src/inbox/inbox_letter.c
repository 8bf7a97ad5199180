/*
 * inbox_letter.c
 *	  An e-mail's own words.
 *
 * Pure, and linear in the length of the text: a line looks ahead over at most
 * MAX_HEADER_LINES others.  Runs wherever an event is made.  Headers are known
 * in the languages of the house's templates; a line is compared with the capitals of
 * ASCII made small, and by no table of the server's locale.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "inbox/inbox_letter.h"

/* Lines over which a header may go on, and bytes of one. */
#define MAX_HEADER_LINES 5
#define MAX_HEADER_BYTES 400

/* What a line is, as far as it is told by itself and the lines behind it. */
typedef enum LineKind
{
	LINE_NEW,
	LINE_QUOTED,
	LINE_HEADER,				/* says who wrote what is quoted below */
	LINE_DROPPED,				/* what a program signs with */
	LINE_END					/* nothing new comes behind it */
} LineKind;

/* A line without its break and the blanks around it. */
typedef struct Line
{
	const char *start;
	int			bytes;
	const char *next;			/* the line behind it; NULL none */
} Line;

/* How a line of attribution begins and what it has in it. */
static const char *const openers[] = {
	"on ", "am ", "op ", "le ", "el ", "em ", "il ", "il giorno ", NULL,
};
static const char *const verbs[] = {
	"wrote", "schrieb", "schreef", "geschreven", "a \xc3\xa9""crit", "escribi\xc3\xb3", "escreveu",
	"ha scritto", "scrisse", NULL,
};

/* What stands between dashes over an older mail. */
static const char *const titles[] = {
	"original message", "original appointment", "urspr\xc3\xbcngliche nachricht",
	"originalnachricht", "oorspronkelijk bericht", "message d'origine",
	"message d\xe2\x80\x99origine", "message original", "mensaje original", "mensagem original",
	"messaggio originale", NULL,
};

/* Fields of the block over an older mail: who, and what stands below it. */
static const char *const from_labels[] = {
	"from", "von", "van", "de", "da", "desde", "exp\xc3\xa9""diteur", "remitente", "mittente", NULL,
};
static const char *const below_labels[] = {
	"sent", "date", "gesendet", "datum", "verzonden", "envoy\xc3\xa9", "envoy\xc3\xa9 le", "enviado",
	"enviada", "enviado el", "enviado em", "fecha", "data", "inviato", "to", "an", "aan",
	"\xc3\xa0", "para", "a", "subject", "betreff", "onderwerp", "objet", "asunto", "assunto",
	"oggetto", "cc", NULL,
};

/* How a phone or a program signs. */
static const char *const signatures[] = {
	"sent from my ", "sent from outlook", "sent from mail ", "sent from yahoo", "sent via ",
	"get outlook for ", "von meinem ", "gesendet von ", "gesendet mit ", "verzonden vanaf ",
	"verstuurd vanaf ", "verzonden met ", "enviado desde ", "enviado do meu ", "enviado a partir ",
	"enviado de ", "envoy\xc3\xa9 de ", "envoy\xc3\xa9 depuis ", "inviato da ", "obtener outlook ",
	"scarica outlook ", NULL,
};

static bool
is_blank(const char *p, const char *end)
{
	return *p == ' ' || *p == '\t' || *p == '\r' ||
		(*p == '\xc2' && p + 1 < end && p[1] == '\xa0');
}

/* The line that begins at a place. */
static Line
read_line(const char *at)
{
	Line		line = {at};
	const char *end = strchrnul(at, '\n');

	line.next = *end ? end + 1 : NULL;
	while (line.start < end && is_blank(line.start, end))
		line.start += *line.start == '\xc2' ? 2 : 1;
	while (end > line.start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	line.bytes = end - line.start;
	return line;
}

/* The line's beginning in small letters, so that it can be compared. */
static void
copy_small(const Line *line, char *out)
{
	int			bytes = Min(line->bytes, MAX_HEADER_BYTES);

	for (int i = 0; i < bytes; i++)
		out[i] = pg_ascii_tolower((unsigned char) line->start[i]);
	out[bytes] = '\0';
}

static bool
begins_with(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strncmp(text, *words, strlen(*words)) == 0)
			return true;
	return false;
}

/* A time of the day, a year, or an address: no header is without one. */
static bool
is_dated(const char *text)
{
	if (strchr(text, '@'))
		return true;
	for (; *text; text++)
		if (isdigit((unsigned char) *text) && (text[1] == ':' || text[1] == '.' || text[1] == 'h') &&
			isdigit((unsigned char) text[2]))
			return true;
		else if (strncmp(text, " 20", 3) == 0 && isdigit((unsigned char) text[3]))
			return true;
	return false;
}

static bool
is_attribution(const char *text)
{
	int			bytes = strlen(text);

	if (bytes == 0 || text[bytes - 1] != ':' || !is_dated(text))
		return false;
	for (const char *const *verb = verbs; *verb; verb++)
		if (strstr(text, *verb))
			return true;
	/* Google's of old: the time, the name, the address */
	return bytes > 2 && text[bytes - 2] == '>' && isdigit((unsigned char) text[0]);
}

/*
 * Whether a line, or it and the two behind it (programs break long lines), says
 * who wrote what follows.  *last is the last line of it.
 */
static bool
find_attribution(const Line *line, Line *last)
{
	char		text[3 * (MAX_HEADER_BYTES + 2)];
	char	   *end = text;
	bool		may_go_on;

	*last = *line;
	copy_small(line, text);
	may_go_on = begins_with(text, openers);
	for (int lines = 1;; lines++)
	{
		if (is_attribution(text))
			return true;
		if (!may_go_on || lines == 3 || last->next == NULL || last->bytes == 0)
			return false;
		end += strlen(end);
		*end++ = ' ';
		*last = read_line(last->next);
		copy_small(last, end);
	}
}

/* Whether what follows a header is marked as quoted, line by line. */
static bool
is_followed_by_quote(const Line *line)
{
	Line		next = *line;

	do
	{
		if (next.next == NULL)
			return false;
		next = read_line(next.next);
	} while (next.bytes == 0);
	return next.start[0] == '>';
}

/* The field that a line is, as in "From: …" or "*Von:* …". */
static bool
is_field(const Line *line, const char *const *labels)
{
	char		text[MAX_HEADER_BYTES + 1];
	char	   *label = text;
	int			bytes;

	copy_small(line, text);
	label += strspn(label, "* ");
	bytes = strcspn(label, ":");
	if (label[bytes] != ':')
		return false;
	while (bytes > 0 && (label[bytes - 1] == ' ' || label[bytes - 1] == '*'))
		bytes--;
	for (; *labels; labels++)
		if (strlen(*labels) == bytes && strncmp(label, *labels, bytes) == 0)
			return true;
	return false;
}

/* A block of fields: who, and at least two others right below. */
static bool
is_block(const Line *line)
{
	Line		next = *line;
	int			found = 0;

	if (!is_field(line, from_labels))
		return false;
	for (int lines = 0; lines < MAX_HEADER_LINES && next.next; lines++)
	{
		next = read_line(next.next);
		if (next.bytes > 0 && is_field(&next, below_labels))
			found++;
	}
	return found >= 2;
}

/* A title between dashes, or a rule over a block. */
static bool
is_divider(const Line *line)
{
	char		text[MAX_HEADER_BYTES + 1];
	char	   *title = text;
	Line		next;

	copy_small(line, text);
	if (text[0] == '_' && strspn(text, "_") == line->bytes && line->bytes >= 5 && line->next)
	{
		next = read_line(line->next);
		return is_block(&next);
	}
	if (text[0] != '-')
		return false;
	title += strspn(title, "- ");
	return begins_with(title, titles);
}

/* Judges a line; *last is the last one that it was judged with. */
static LineKind
judge(const Line *line, Line *last)
{
	char		text[MAX_HEADER_BYTES + 1];

	*last = *line;
	if (line->bytes == 0)
		return LINE_NEW;
	if (line->start[0] == '>')
		return LINE_QUOTED;
	if (line->bytes == 2 && strncmp(line->start, "--", 2) == 0)
		return LINE_END;
	if (is_divider(line) || is_block(line))
		return LINE_END;
	copy_small(line, text);
	if (line->bytes <= 100 && begins_with(text, signatures))
		return LINE_DROPPED;
	if (!find_attribution(line, last))
	{
		*last = *line;
		return LINE_NEW;
	}
	return is_followed_by_quote(last) ? LINE_HEADER : LINE_END;
}

char *
inbox_letter_newest(const char *text)
{
	StringInfoData newest;
	const char *at = text;

	initStringInfo(&newest);
	while (at)
	{
		Line		line = read_line(at);
		Line		last;
		LineKind	kind = judge(&line, &last);

		if (kind == LINE_END)
			break;
		if (kind == LINE_NEW)
			appendBinaryStringInfo(&newest, at, strchrnul(at, '\n') - at + (line.next != NULL));
		at = last.next;
	}
	while (newest.len > 0 && strchr(" \t\r\n", newest.data[newest.len - 1]))
		newest.data[--newest.len] = '\0';
	if (newest.data[strspn(newest.data, " \t\r\n")] == '\0')
		return pstrdup(text);
	return newest.data;
}
