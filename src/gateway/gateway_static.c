/*
 * gateway_static.c
 *		Files of one directory, for browsers.
 *
 * Runs in the gateway.  A path is walked name by name with openat() and
 * without following links, so nothing outside the directory can be reached
 * whatever the path says; a name that begins with a dot is refused, which
 * takes care of "..", and of hidden files as well.
 */
#include "gateway_static.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct
{
	const char *ending;
	const char *content_type;
} content_types[] = {
	{".css", "text/css; charset=utf-8"},
	{".html", "text/html; charset=utf-8"},
	{".ico", "image/x-icon"},
	{".jpg", "image/jpeg"},
	{".js", "text/javascript; charset=utf-8"},
	{".json", "application/json; charset=utf-8"},
	{".map", "application/json; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"},
	{".png", "image/png"},
	{".svg", "image/svg+xml"},
	{".txt", "text/plain; charset=utf-8"},
	{".webmanifest", "application/manifest+json"},
	{".webp", "image/webp"},
	{".woff2", "font/woff2"},
};

static const char *
find_content_type(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0;
		 ending && i < sizeof(content_types) / sizeof(content_types[0]); i++)
	{
		if (strcasecmp(ending, content_types[i].ending) == 0)
			return content_types[i].content_type;
	}
	return "application/octet-stream";
}

/* Opens the next name below a directory and closes the directory. */
static int
step_into(int directory, const char *name, int flags)
{
	int fd = -1;

	if (name[0] != '.' && strlen(name) < 256)
		fd = openat(directory, name,
					O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags);
	close(directory);
	return fd;
}

/* Walks from the directory to the file that a path names; -1 when none. */
static int
walk(const char *directory, const char *path, char *name, size_t name_bytes)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0)
	{
		size_t length;
		bool is_last;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		is_last = path[length] == '\0';
		snprintf(name, name_bytes, "%.*s", (int) (length > 255 ? 255 : length),
				 path);
		if (length == 0)
			snprintf(name, name_bytes, "index.html");
		fd = step_into(fd, name, is_last ? 0 : O_DIRECTORY);
		if (is_last)
			break;
		path += length;
	}
	return fd;
}

/* Opens the regular file that a path names; "/" at its end is index.html. */
bool
gateway_static_open(const char *directory, const char *path, GatewayFile *file)
{
	char name[256];
	struct stat status;

	if (directory[0] == '\0')
		return false;
	file->fd = walk(directory, path, name, sizeof(name));
	if (file->fd < 0)
		return false;
	if (fstat(file->fd, &status) != 0 || !S_ISREG(status.st_mode))
	{
		close(file->fd);
		return false;
	}
	file->size = status.st_size;
	file->content_type = find_content_type(name);
	snprintf(file->tag, sizeof(file->tag), "\"%llx-%llx\"",
			 (unsigned long long) status.st_mtim.tv_sec * 1000000 +
				 (unsigned long long) status.st_mtim.tv_nsec / 1000,
			 (unsigned long long) status.st_size);
	return true;
}
