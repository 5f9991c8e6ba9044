#include "config.h"
#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno == ENOENT ? EXIT_NOINPUT : EXIT_CONFIG, path, "Check the path and its permissions.",
			       "cannot open the file (%s).", strerror(errno));
	size_t start = out->len;
	char block[16384];
	ssize_t n;
	while ((n = read(fd, block, sizeof block)) > 0)
		if (out->len - start + (size_t)n > max || !buf_add(out, block, (size_t)n)) {
			close(fd);
			return err_set(e, EXIT_CONFIG, path, "This is not the file that is meant.",
				       "the file is larger than %zu bytes.", max);
		}
	int failed = n < 0 ? errno : 0;
	close(fd);
	if (failed)
		return err_set(e, EXIT_CONFIG, path, NULL, "cannot read the file (%s).", strerror(failed));
	return true;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool sync_dir(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

bool file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	char *temp = xasprintf("%s.XXXXXX", path);
	bool ok = false;
	int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		goto out;
	ok = fchmod(fd, mode) == 0 && write_all(fd, data, len) && fsync(fd) == 0;
	if (close(fd) != 0)
		ok = false;
	ok = ok && rename(temp, path) == 0;
	if (!ok) {
		int saved = errno;
		unlink(temp);
		errno = saved;
	}
	ok = ok && sync_dir(path);
out:
	if (!ok)
		err_set(e, EXIT_CANTWRITE, path, "Check the directory, its permissions and the free space.",
			"cannot write the file (%s).", strerror(errno));
	free(temp);
	return ok;
}

bool file_make_dirs(const char *path, struct err *e)
{
	char *copy = xstrdup(path);
	bool ok = true;
	for (char *p = copy + 1; ok && *p; p++)
		if (*p == '/') {
			*p = '\0';
			ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
			*p = '/';
		}
	ok = ok && (mkdir(copy, 0700) == 0 || errno == EEXIST);
	free(copy);
	return ok || err_set(e, EXIT_CANTWRITE, path, "Check the permissions above it.", "cannot make the directory (%s).",
			     strerror(errno));
}

static char *home_dir(void)
{
	const char *home = getenv("HOME");
	if (home && *home == '/')
		return xstrdup(home);
	const struct passwd *pw = getpwuid(getuid());
	return xstrdup(pw ? pw->pw_dir : "/");
}

char *file_xdg_dir(const char *kind)
{
	static const struct {
		const char *kind, *variable, *fallback;
	} rows[] = {
		{"CONFIG", "XDG_CONFIG_HOME", ".config"},
		{"STATE", "XDG_STATE_HOME", ".local/state"},
		{"CACHE", "XDG_CACHE_HOME", ".cache"},
		{"RUNTIME", "XDG_RUNTIME_DIR", ".local/state"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(rows[i].kind, kind) != 0)
			continue;
		const char *set = getenv(rows[i].variable);
		if (set && *set == '/')
			return xasprintf("%s/mlflow-setup", set);
		char *home = home_dir();
		char *dir = xasprintf("%s/%s/mlflow-setup", home, rows[i].fallback);
		free(home);
		return dir;
	}
	abort();
}
