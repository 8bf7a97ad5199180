/*
 * engine_place.c
 *	  What tells the place of a database from that of a copy.
 *
 * Wherever rows are copied the recorded place is copied with them, so what is
 * recorded must be something that no copy shares and that a restart keeps, by
 * itself and without a file that somebody would have to make:
 *
 * - the number of a file in the data directory which is written once, by initdb,
 *   and the time it was made: base backups, cp and restored archives make another
 *   file; restarts, crashes and changes of owner do not;
 * - the same of global/pg_control, for a backup restored over the directory leaves
 *   files alone that are equal, as PG_VERSION always is.  The server, pg_resetwal,
 *   pg_rewind and pg_checksums only ever write into the file that is there;
 * - the timeline, for all files may be written into.  The end of archive recovery and
 *   a promotion begin another one, a restart or a crash does not;
 * - the path of the directory, for a snapshot of a file system keeps all this, and is
 *   mounted elsewhere on the same machine;
 * - the id of the machine, for a snapshot may be mounted at the same path on
 *   another one.  A container has the id of its image, or none, and keeps its
 *   volume while it comes and goes, so there it does not count.
 *
 * The device number is of no use, it changes when a disk is mounted again; nor is
 * the name of the host, which is a new one for every container.
 *
 * The functions run in any session that asks, on a standby, too; confirming in the
 * coordinator.  engine_place.sql has the rules.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif
#include <unistd.h>

#include "access/htup_details.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/base_domain.h"
#include "base/base_spi.h"
#include "engine/engine_daemon.h"
#include "engine/engine_place.h"

SQL_FUNCTION(machine_mark);
SQL_FUNCTION(directory_marks);
SQL_FUNCTION(wal_timeline);

#define MACHINE_ID_FILE "/etc/machine-id"
#define MACHINE_ID_LENGTH 32
#define OVERLAY_FILE_SYSTEM 0x794c7630

/* ---- the machine ---- */

/* Whether the root is laid over an image, as that of a container is. */
static bool
is_container(void)
{
#ifdef __linux__
	struct statfs root;

	return statfs("/", &root) == 0 && root.f_type == OVERLAY_FILE_SYSTEM;
#else
	return false;
#endif
}

/* The digits of the machine's id; false when it has none. */
static bool
read_machine_id(char id[MACHINE_ID_LENGTH + 1])
{
	int			file = open(MACHINE_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t		length;

	if (file < 0)
		return false;
	length = read(file, id, MACHINE_ID_LENGTH);
	close(file);
	id[MACHINE_ID_LENGTH] = '\0';
	return length == MACHINE_ID_LENGTH && strspn(id, "0123456789abcdef") == MACHINE_ID_LENGTH;
}

/* machine_mark() */
PGDLLEXPORT Datum
frontdesk_machine_mark(PG_FUNCTION_ARGS)
{
	char		id[MACHINE_ID_LENGTH + 1];

	if (is_container() || !read_machine_id(id))
		PG_RETURN_NULL();
	/* the id itself is nobody else's business */
	PG_RETURN_DATUM(DirectFunctionCall2(
		binary_encode,
		DirectFunctionCall1(sha256_bytea,
							PointerGetDatum(cstring_to_text(psprintf("pg_frontdesk %s", id)))),
		CStringGetTextDatum("hex")));
}

/* ---- the data directory ---- */

typedef struct FileMarks
{
	uint64		number;
	TimestampTz born;			/* 0: not known */
} FileMarks;

#ifdef STATX_BTIME
static bool
read_marks(const char *path, FileMarks *marks)
{
	struct statx found;

	if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &found) != 0)
		return false;
	marks->number = found.stx_ino;
	marks->born = (found.stx_mask & STATX_BTIME) == 0 ? 0 :
		time_t_to_timestamptz((pg_time_t) found.stx_btime.tv_sec) + found.stx_btime.tv_nsec / 1000;
	return true;
}
#else
static bool
read_marks(const char *path, FileMarks *marks)
{
	struct stat found;

	if (stat(path, &found) != 0)
		return false;
	marks->number = found.st_ino;
	marks->born = 0;
	return true;
}
#endif

/* The files that are marked, in the order of the columns; a directory is one of a
 * cluster when it has the first. */
static const char *const marked_files[] = {"PG_VERSION", "global/pg_control"};

#define DIRECTORY_COLUMNS (1 + 2 * lengthof(marked_files))

/* Whether the last call failed because we may not look, not because nothing is
 * there. */
static bool
may_not_look(void)
{
	return errno != ENOENT && errno != ENOTDIR;
}

/* Puts the marks of the files behind the first column; false when the first file
 * cannot be seen. */
static bool
put_marks(const char *directory, Datum *values, bool *nulls)
{
	FileMarks	marks;

	for (int i = lengthof(marked_files) - 1; i >= 0; i--)
	{
		int			column = 1 + 2 * i;

		if (!read_marks(psprintf("%s/%s", directory, marked_files[i]), &marks))
		{
			if (i == 0)
				return false;
			continue;
		}
		values[column] = CStringGetTextDatum(psprintf(UINT64_FORMAT, marks.number));
		values[column + 1] = TimestampTzGetDatum(marks.born);
		nulls[column] = false;
		nulls[column + 1] = marks.born == 0;
	}
	return true;
}

/* directory_marks(directory) */
PGDLLEXPORT Datum
frontdesk_directory_marks(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[DIRECTORY_COLUMNS] = {0};
	bool		nulls[DIRECTORY_COLUMNS];
	char	   *path;
	bool		is_hidden = false;

	memset(nulls, true, sizeof(nulls));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "directory_marks() returns a row");
	path = PG_ARGISNULL(0) ? NULL : realpath(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL);
	if (path == NULL)
		is_hidden = !PG_ARGISNULL(0) && may_not_look();
	else
	{
		char	   *resolved = pstrdup(path);

		free(path);
		if (put_marks(resolved, values, nulls))
		{
			values[0] = CStringGetTextDatum(resolved);
			nulls[0] = false;
		}
		else
			is_hidden = may_not_look();
	}
	if (is_hidden)
	{
		values[0] = PG_GETARG_DATUM(0);
		nulls[0] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ---- the timeline ---- */

/* wal_timeline() */
PGDLLEXPORT Datum
frontdesk_wal_timeline(PG_FUNCTION_ARGS)
{
	if (RecoveryInProgress())
		PG_RETURN_NULL();
	/* what pg_control has lags behind until the first checkpoint */
	PG_RETURN_INT64(GetWALInsertionTimeLine());
}

/* ---- confirming ---- */

static BaseStatement confirm = {
	"SELECT frontdesk.confirm_place()", {InvalidOid}
};

void
engine_place_confirm(void)
{
	engine_daemon_begin();
	base_spi_execute(&confirm, NULL, NULL);
	if (base_spi_bool(0, 1, false))
		ereport(LOG, (errmsg("pg_frontdesk: the place of database \"%s\" is recorded anew", MyBgworkerEntry->bgw_extra)));
	engine_daemon_commit();
}
