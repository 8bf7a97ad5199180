/*
 * server_stubs.c
 *	  The server as far as its parsers need it, so that they run by themselves.
 *
 * Memory is malloc'ed piece by piece, which AddressSanitizer can watch as it
 * cannot watch the server's contexts; a target forgets it all after each input.
 * The database is UTF-8.  What may not happen on a stranger's bytes ends the
 * run (see server_absent.c), and so does raising but where a target waits for it.
 * StringInfo, formats and the UTF-8 functions are the server's own, from
 * libpgcommon and libpgport.
 */
#include "postgres.h"

#include <openssl/sha.h>

#include "common/sha2.h"
#include "common/unicode_norm.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "base/base_clock.h"
#include "server_stubs.h"

#undef printf
#undef fprintf

/* ---- memory ---- */

typedef struct Piece
{
	struct Piece *next;
	struct Piece *previous;
	size_t		bytes;
	size_t		padding;		/* what follows is aligned as malloc aligns */
} Piece;

static Piece pieces = {&pieces, &pieces, 0, 0};

MemoryContext CurrentMemoryContext = NULL;
volatile sig_atomic_t InterruptPending = false;

static void
end_run(const char *what)
{
	fprintf(stderr, "a parser must not get here: %s\n", what);
	abort();
}

void *
palloc(Size bytes)
{
	Piece	   *piece;

	/* as the server, which would raise */
	if (!AllocHugeSizeIsValid(bytes) || (piece = malloc(sizeof(Piece) + bytes)) == NULL)
	{
		end_run("out of memory");
		return NULL;
	}
	piece->bytes = bytes;
	piece->next = pieces.next;
	piece->previous = &pieces;
	piece->next->previous = piece;
	pieces.next = piece;
	memset(piece + 1, 0x7f, bytes);
	return piece + 1;
}

void
pfree(void *memory)
{
	Piece	   *piece = (Piece *) memory - 1;

	piece->next->previous = piece->previous;
	piece->previous->next = piece->next;
	free(piece);
}

void
server_stubs_forget(void)
{
	server_jsonb_forget();
	while (pieces.next != &pieces)
		pfree(pieces.next + 1);
}

void *
palloc0(Size bytes)
{
	return memset(palloc(bytes), 0, bytes);
}

void *
palloc_extended(Size bytes, int flags)
{
	return flags & MCXT_ALLOC_ZERO ? palloc0(bytes) : palloc(bytes);
}

void *
repalloc(void *memory, Size bytes)
{
	void	   *grown = palloc(bytes);

	memcpy(grown, memory, Min(bytes, ((Piece *) memory - 1)->bytes));
	pfree(memory);
	return grown;
}

char *
pnstrdup(const char *text, Size length)
{
	char	   *copy;

	length = strnlen(text, length);
	copy = memcpy(palloc(length + 1), text, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

/* ---- text ---- */

int
GetDatabaseEncoding(void)
{
	return PG_UTF8;
}

bool
server_stubs_is_text(const char *text, size_t bytes)
{
	const unsigned char *p = (const unsigned char *) text;
	const unsigned char *end = p + bytes;

	while (p < end)
	{
		int			length = pg_utf_mblen(p);

		if (*p == '\0' || length > end - p || !pg_utf8_islegal(p, length))
			return false;
		p += length;
	}
	return true;
}

bool
pg_verifymbstr(const char *text, int bytes, bool no_error)
{
	return server_stubs_is_text(text, bytes);
}

/* Whole characters within a limit of bytes and one of characters. */
static int
clip(const char *text, int bytes, int most_bytes, int most_characters)
{
	int			kept = 0;

	while (kept < bytes && text[kept] != '\0' && most_characters-- > 0)
	{
		int			length = pg_utf_mblen((const unsigned char *) text + kept);

		if (kept + length > Min(bytes, most_bytes))
			break;
		kept += length;
	}
	return kept;
}

int
pg_mbcliplen(const char *text, int bytes, int limit)
{
	return clip(text, bytes, limit, bytes);
}

int
pg_mbcharcliplen(const char *text, int bytes, int limit)
{
	return clip(text, bytes, bytes, limit);
}

/* libpgcommon's own is a client's, which mallocs: letters stay as they are. */
pg_wchar *
unicode_normalize(UnicodeNormalizationForm form, const pg_wchar *input)
{
	size_t		count = 0;

	while (input[count] != 0)
		count++;
	return memcpy(palloc((count + 1) * sizeof(pg_wchar)), input, (count + 1) * sizeof(pg_wchar));
}

text *
cstring_to_text(const char *string)
{
	size_t		bytes = strlen(string);
	text	   *value = palloc(VARHDRSZ + bytes);

	SET_VARSIZE(value, VARHDRSZ + bytes);
	memcpy(VARDATA(value), string, bytes);
	return value;
}

struct varlena *
pg_detoast_datum(struct varlena *value)
{
	return value;
}

struct varlena *
pg_detoast_datum_packed(struct varlena *value)
{
	return value;
}

/* ---- functions of SQL that are called from C ---- */

static Datum
digest_of(text *value)
{
	bytea	   *digest = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(digest, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	SHA256((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), (unsigned char *) VARDATA(digest));
	return PointerGetDatum(digest);
}

Datum
DirectFunctionCall1Coll(PGFunction function, Oid collation, Datum argument)
{
	if (function == sha256_bytea)
		return digest_of(DatumGetTextPP(argument));
	if (function == jsonb_in)
		return server_jsonb_read(DatumGetCString(argument));
	if (function != numeric_float8_no_overflow)
		end_run("a function of SQL");
	return Float8GetDatum(*(double *) DatumGetPointer(argument));
}

/* Numbers as numeric reads them, of which nothing is kept. */
Datum
DirectFunctionCall3Coll(PGFunction function, Oid collation, Datum argument, Datum type, Datum modifier)
{
	char	   *end;

	strtod(DatumGetCString(argument), &end);
	if (function != numeric_in || *end != '\0')
		end_run("no number for numeric");
	return PointerGetDatum(palloc(VARHDRSZ));
}

Numeric
int64_to_numeric(int64 value)
{
	return palloc(VARHDRSZ);
}

uint64
hex_encode(const char *from, size_t bytes, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes; i++)
	{
		*to++ = digits[(unsigned char) from[i] >> 4];
		*to++ = digits[from[i] & 15];
	}
	return bytes * 2;
}

/* ---- time ---- */

/* Days by the proleptic Gregorian calendar; the server counts from 4714 BC. */
int
date2j(int year, int month, int day)
{
	int			years = year - (month <= 2);
	int			era_days = years * 365 + years / 4 - years / 100 + years / 400;

	month += month <= 2 ? 9 : -3;
	return era_days + (month * 153 + 2) / 5 + day + 1721119;
}

TimestampTz
base_clock_now(void)
{
	return 0;
}

/* ---- errors ---- */

sigjmp_buf *server_stubs_raised = NULL;

bool
errstart(int level, const char *domain)
{
	if (server_stubs_raised == NULL)
		end_run("an error is raised");
	return true;
}

bool
errstart_cold(int level, const char *domain)
{
	return errstart(level, domain);
}

void
errfinish(const char *file, int line, const char *function)
{
	siglongjmp(*server_stubs_raised, 1);
}

int
errcode(int sqlstate)
{
	return 0;
}

int
errmsg(const char *format,...)
{
	return 0;
}

int
errmsg_internal(const char *format,...)
{
	return 0;
}

int
errdetail(const char *format,...)
{
	return 0;
}

int
errhint(const char *format,...)
{
	return 0;
}

#if PG_VERSION_NUM >= 160000
void
ExceptionalCondition(const char *condition, const char *file, int line)
#else
void
ExceptionalCondition(const char *condition, const char *type, const char *file, int line)
#endif
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
	abort();
}
