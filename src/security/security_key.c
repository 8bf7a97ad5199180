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

#include "miscadmin.h"
#include "storage/fd.h"

#include "base/base_errors.h"
#include "base/base_settings.h"
#include "security/security_key.h"

#define MAX_KEYS 64
#define MAX_FILE_BYTES 16384

static SecurityKey keys[MAX_KEYS];	/* what the file held */
static int	key_count = 0;
static struct stat keys_from;		/* the file they were read from */

static void find_file(struct stat *file);
static void read_file(void);
static void parse_lines(char *text);
static void parse_line(const char *line, int line_number);
static bool parse_digits(const char *digits, uint8 *bytes);

/* Raises with the one SQLSTATE of this file; the detail must not quote it. */
static void
refuse_file(const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FRONTDESK_NO_KEY),
			 errmsg("the key file for secrets cannot be used"),
			 errdetail("%s", detail),
			 errdetail_log("%s The file is \"%s\".", detail, setting_key_file),
			 errhint("%s", hint)));
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void
load_keys(void)
{
	struct stat file;

	find_file(&file);
	if (key_count > 0 && is_same_file(&file, &keys_from))
		return;
	explicit_bzero(keys, sizeof(keys));
	key_count = 0;
	read_file();
	keys_from = file;
}

const SecurityKey *
security_key_newest(void)
{
	const SecurityKey *newest = keys;

	load_keys();
	for (int i = 1; i < key_count; i++)
		if (keys[i].version > newest->version)
			newest = &keys[i];
	return newest;
}

const SecurityKey *
security_key_find(int version)
{
	load_keys();
	for (int i = 0; i < key_count; i++)
		if (keys[i].version == version)
			return &keys[i];
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

/* Looks at the file without opening it; raises when it must not be used. */
static void
find_file(struct stat *file)
{
	char		path[PATH_MAX];

	if (setting_key_file == NULL || setting_key_file[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_NO_KEY),
				 errmsg("no key file for secrets is set"),
				 errhint("Set frontdesk.key_file to a file outside the data directory, made for instance with: "
						 "umask 077; openssl rand -hex 32 > file")));
	if (realpath(setting_key_file, path) == NULL || stat(path, file) != 0)
		refuse_file("It does not exist, or the server may not look at it.",
					"Check the setting frontdesk.key_file.");
	if (is_in_data_directory(path))
		refuse_file("It lies in the data directory, where backups take it along with what it protects.",
					"Move the file elsewhere and correct the setting frontdesk.key_file.");
	if (!S_ISREG(file->st_mode))
		refuse_file("It is not a regular file.",
					"Check the setting frontdesk.key_file.");
	if (file->st_mode & (S_IRWXG | S_IRWXO))
		refuse_file("Its permissions let group or others in.",
					"Make it readable for the server's user only: chmod 600.");
}

static void
read_file(void)
{
	char		text[MAX_FILE_BYTES + 1];
	int			fd = OpenTransientFile(setting_key_file, O_RDONLY);
	ssize_t		length;

	if (fd < 0)
		refuse_file("The server may not read it.",
					"Make the server's user its owner.");
	length = read(fd, text, sizeof(text));
	CloseTransientFile(fd);
	if (length < 0 || length > MAX_FILE_BYTES)
	{
		explicit_bzero(text, sizeof(text));
		refuse_file("It could not be read, or is longer than a key file can be.",
					"Check the setting frontdesk.key_file.");
	}
	text[length] = '\0';

	PG_TRY();
	{
		parse_lines(text);
	}
	PG_CATCH();
	{
		explicit_bzero(text, sizeof(text));
		explicit_bzero(keys, sizeof(keys));
		key_count = 0;
		PG_RE_THROW();
	}
	PG_END_TRY();
	explicit_bzero(text, sizeof(text));
}

static void
parse_lines(char *text)
{
	char	   *rest = text;
	char	   *line;

	for (int number = 1; (line = strsep(&rest, "\n")) != NULL; number++)
	{
		size_t		length = strlen(line);

		if (length > 0 && line[length - 1] == '\r')
			line[length - 1] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			parse_line(line, number);
	}
	if (key_count == 0)
		refuse_file("It holds no key.",
					"Write a key of 64 hexadecimal digits into it: openssl rand -hex 32.");
}

static void
parse_line(const char *line, int line_number)
{
	SecurityKey *key = &keys[key_count];
	const char *colon = strchr(line, ':');
	char	   *end = unconstify(char *, colon);
	long		version = 1;

	if (key_count == MAX_KEYS)
		refuse_file("It holds more than 64 keys.",
					"Run frontdesk.rotate_secrets() and remove old keys.");
	if (colon)
		version = strtol(line, &end, 10);
	if (end != colon || version < 1 || version > INT_MAX ||
		!parse_digits(colon ? colon + 1 : line, key->bytes))
		refuse_file(psprintf("Line %d is not 64 hexadecimal digits, alone or after a version and a colon.",
							 line_number),
					"Make a key with: openssl rand -hex 32");
	for (int i = 0; i < key_count; i++)
		if (keys[i].version == version)
			refuse_file(psprintf("Line %d repeats version %ld.",
								 line_number, version),
						"Give every key its own version, as 2:<digits>.");
	key->version = (int) version;
	key_count++;
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
