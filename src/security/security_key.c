/*
 * security_key.c
 *	  Reads the key file.
 *
 * The file holds one key per line: 64 hexadecimal digits, or "version:" and 64
 * hexadecimal digits once keys were rotated; a line without a version is
 * version 1.  Empty lines and lines that begin with # are skipped.
 *
 * The keys are kept per process.  Every use looks at the file again: when it
 * is another file (device, inode, size, time of change) it is read afresh, and
 * a file that others could read or that lies in the data directory, where base
 * backups would take it along, is refused even if its keys are in memory.
 *
 * A relative path is taken from the data directory, as for ssl_key_file.
 *
 * No message names the file or quotes it: messages reach people who may not
 * see frontdesk.key_file.  The log does name it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_errors.h"
#include "base/base_settings.h"
#include "security/security_key.h"

#define MAX_KEYS 64
#define MAX_FILE_BYTES 16384

static SecurityKey keys[MAX_KEYS];	/* what the file held */
static int	key_count = 0;
static struct stat keys_from;		/* the file they were read from */

static bool find_file(struct stat *file, SecurityProblem *problem);
static bool read_file(SecurityProblem *problem);
static bool parse_lines(char *text, SecurityProblem *problem);
static bool parse_line(const char *line, int line_number, SecurityProblem *problem);
static bool parse_digits(const char *digits, uint8 *bytes);

SQL_FUNCTION(key_problem);

void
security_problem_raise(const SecurityProblem *problem)
{
	ereport(ERROR,
			(errcode(problem->sqlstate),
			 errmsg("%s", problem->message),
			 problem->detail ? errdetail("%s", problem->detail) : 0,
			 problem->detail_log ? errdetail_log("%s", problem->detail_log) : 0,
			 errhint("%s", problem->hint)));
}

/* Says what is wrong with the file; only the log may name it.  Returns false. */
static bool
refuse_file(SecurityProblem *problem, const char *detail, const char *hint)
{
	*problem = (SecurityProblem) {
		.sqlstate = ERRCODE_FRONTDESK_NO_KEY,
		.message = "the key file for secrets cannot be used",
		.detail = detail,
		.detail_log = psprintf("%s The file is \"%s\".", detail, setting_key_file),
		.hint = hint,
	};
	return false;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the key file when it is another one than before; a file that cannot be
 * used leaves no key in memory. */
static bool
load_keys(SecurityProblem *problem)
{
	struct stat file;

	if (!find_file(&file, problem))
		return false;
	if (key_count > 0 && is_same_file(&file, &keys_from))
		return true;
	explicit_bzero(keys, sizeof(keys));
	key_count = 0;
	if (!read_file(problem))
	{
		explicit_bzero(keys, sizeof(keys));
		key_count = 0;
		return false;
	}
	keys_from = file;
	return true;
}

void
security_key_warn(void)
{
	SecurityProblem problem;

	if (setting_key_file == NULL || setting_key_file[0] == '\0' || load_keys(&problem))
		return;
	ereport(WARNING,
			(errcode(problem.sqlstate),
			 errmsg("%s", problem.message),
			 errdetail("%s", problem.detail_log ? problem.detail_log : problem.detail),
			 errhint("%s", problem.hint)));
}

const SecurityKey *
security_key_newest(void)
{
	const SecurityKey *newest = keys;
	SecurityProblem problem;

	if (!load_keys(&problem))
		security_problem_raise(&problem);
	for (int i = 1; i < key_count; i++)
		if (keys[i].version > newest->version)
			newest = &keys[i];
	return newest;
}

const SecurityKey *
security_key_find(int version, SecurityProblem *problem)
{
	if (!load_keys(problem))
		return NULL;
	for (int i = 0; i < key_count; i++)
		if (keys[i].version == version)
			return &keys[i];
	*problem = (SecurityProblem) {
		.sqlstate = ERRCODE_FRONTDESK_NO_KEY,
		.message = psprintf("the key file has no key of version %d", version),
		.hint = psprintf("Put the old key back into the file of frontdesk.key_file as %d:<digits>, or set the secret again.",
						 version),
	};
	return NULL;
}

/* Whether a resolved path is the data directory or below it. */
static bool
is_in_data_directory(const char *path)
{
	char		directory[PATH_MAX];
	size_t		length;

	if (realpath(DataDir, directory) == NULL)
		return true;
	length = strlen(directory);
	return strncmp(path, directory, length) == 0 &&
		(path[length] == '/' || path[length] == '\0');
}

/* Looks at the file without opening it: whether it may be used. */
static bool
find_file(struct stat *file, SecurityProblem *problem)
{
	char		path[PATH_MAX];

	if (setting_key_file == NULL || setting_key_file[0] == '\0')
	{
		*problem = (SecurityProblem) {
			.sqlstate = ERRCODE_FRONTDESK_NO_KEY,
			.message = "no key file for secrets is set",
			.hint = "Set frontdesk.key_file to a file outside the data directory, made for instance with: "
				"umask 077; openssl rand -hex 32 > file",
		};
		return false;
	}
	if (realpath(setting_key_file, path) == NULL || stat(path, file) != 0)
		return refuse_file(problem, "It does not exist, or the server may not look at it.",
						   "Check the setting frontdesk.key_file.");
	if (is_in_data_directory(path))
		return refuse_file(problem, "It lies in the data directory, where backups take it along with what it protects.",
						   "Move the file elsewhere and correct the setting frontdesk.key_file.");
	if (!S_ISREG(file->st_mode))
		return refuse_file(problem, "It is not a regular file.",
						   "Check the setting frontdesk.key_file.");
	if (file->st_mode & (S_IRWXG | S_IRWXO))
		return refuse_file(problem, "Its permissions let group or others in.",
						   "Make it readable for the server's user only: chmod 600.");
	return true;
}

/* Reads the file into the stack, and wipes it there. */
static bool
read_file(SecurityProblem *problem)
{
	char		text[MAX_FILE_BYTES + 1];
	int			fd = OpenTransientFile(setting_key_file, O_RDONLY);
	ssize_t		length;
	bool		good;

	if (fd < 0)
		return refuse_file(problem, "The server may not read it.",
						   "Make the server's user its owner.");
	length = read(fd, text, sizeof(text));
	CloseTransientFile(fd);
	if (length < 0 || length > MAX_FILE_BYTES)
	{
		explicit_bzero(text, sizeof(text));
		return refuse_file(problem, "It could not be read, or is longer than a key file can be.",
						   "Check the setting frontdesk.key_file.");
	}
	text[length] = '\0';
	good = parse_lines(text, problem);
	explicit_bzero(text, sizeof(text));
	return good;
}

/* Reads the keys line by line; empty lines and comments are skipped, anything
 * else is a fault. */
static bool
parse_lines(char *text, SecurityProblem *problem)
{
	char	   *rest = text;
	char	   *line;

	for (int number = 1; (line = strsep(&rest, "\n")) != NULL; number++)
	{
		size_t		length = strlen(line);

		if (length > 0 && line[length - 1] == '\r')
			line[length - 1] = '\0';
		if (line[0] != '\0' && line[0] != '#' && !parse_line(line, number, problem))
			return false;
	}
	if (key_count == 0)
		return refuse_file(problem, "It holds no key.",
						   "Write a key of 64 hexadecimal digits into it: openssl rand -hex 32.");
	return true;
}

/* Reads one key, with its version before a colon or as version 1. */
static bool
parse_line(const char *line, int line_number, SecurityProblem *problem)
{
	SecurityKey *key = &keys[key_count];
	const char *colon = strchr(line, ':');
	char	   *end = unconstify(char *, colon);
	long		version = 1;

	if (key_count == MAX_KEYS)
		return refuse_file(problem, "It holds more than 64 keys.",
						   "Run frontdesk.rotate_secrets() and remove old keys.");
	if (colon)
		version = strtol(line, &end, 10);
	if (end != colon || version < 1 || version > INT_MAX ||
		!parse_digits(colon ? colon + 1 : line, key->bytes))
		return refuse_file(problem, psprintf("Line %d is not 64 hexadecimal digits, alone or after a version and a colon.",
											 line_number),
						   "Make a key with: openssl rand -hex 32");
	for (int i = 0; i < key_count; i++)
		if (keys[i].version == version)
			return refuse_file(problem, psprintf("Line %d repeats version %ld.",
												 line_number, version),
							   "Give every key its own version, as 2:<digits>.");
	key->version = (int) version;
	key_count++;
	return true;
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads 64 hexadecimal digits and nothing after them. */
static bool
parse_digits(const char *digits, uint8 *bytes)
{
	if (strlen(digits) != 2 * SECURITY_KEY_BYTES)
		return false;
	for (int i = 0; i < SECURITY_KEY_BYTES; i++)
	{
		int			high = digit_value(digits[2 * i]);
		int			low = digit_value(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8) (high << 4 | low);
	}
	return true;
}

/* key_problem(): message, detail and hint; all null when the file can be used. */
PGDLLEXPORT Datum
frontdesk_key_problem(PG_FUNCTION_ARGS)
{
	SecurityProblem problem = {0};
	const char *parts[3] = {NULL};
	Datum		values[3];
	bool		nulls[3];
	TupleDesc	columns;

	if (!load_keys(&problem))
	{
		parts[0] = problem.message;
		parts[1] = problem.detail;
		parts[2] = problem.hint;
	}
	for (int i = 0; i < 3; i++)
	{
		nulls[i] = parts[i] == NULL;
		values[i] = parts[i] ? CStringGetTextDatum(parts[i]) : (Datum) 0;
	}
	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "key_problem() must return a row");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls)));
}
