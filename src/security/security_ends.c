/*
 * security_ends.c
 *	  The two ends of a long text, kept so that they can still be masked.
 *
 * Runs in backends and workers.  Beside either end stays what masking looks at
 * (security_redact_between), so that what is masked of the whole text is masked
 * of its ends.  Results are palloc'd in the current context.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "security/security_ends.h"
#include "security/security_redact.h"

int
security_ends_boundary(const char *text, int bytes, int at)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		return pg_mbcliplen(text, bytes, at);
	while (at > 0 && (text[at] & 0xC0) == 0x80)
		at--;
	return at;
}

char *
security_ends_keep(char *text, int end_bytes, int *left_out)
{
	int			bytes = strlen(text);
	int			kept = end_bytes + SECURITY_REDACT_REACH + MAX_MULTIBYTE_CHAR_LEN;
	int			head;
	int			tail;
	char	   *ends;

	*left_out = 0;
	if (bytes / 2 <= kept)
		return text;
	head = security_ends_boundary(text, bytes, kept);
	tail = security_ends_boundary(text, bytes, bytes - kept);
	ends = palloc(head + bytes - tail + 1);
	memcpy(ends, text, head);
	memcpy(ends + head, text + tail, bytes - tail + 1);
	*left_out = tail - head;
	pfree(text);
	return ends;
}
