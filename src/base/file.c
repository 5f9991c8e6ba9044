#include "config.h"
#include "base/file.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Neither a FIFO nor a device is waited for: what is no regular file is told by is_regular. */
static int open_to_read(const char *path, int flags, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	if (fd < 0)
		err_set(e, errno == ENOENT ? EXIT_NOINPUT : EXIT_CONFIG, path, _("Check the path and its permissions."),
			_("cannot open the file (%s)."), strerror(errno));
	return fd;
}

static bool is_regular(int fd, const char *path, struct stat *st, struct err *e)
{
	if (fstat(fd, st) != 0)
		return err_set(e, EXIT_CONFIG, path, NULL, _("cannot read the file (%s)."), strerror(errno));
	if (!S_ISREG(st->st_mode))
		return err_set(e, EXIT_CONFIG, path, _("Name a regular file."),
			       _("this is a directory, a pipe or a device, not a file."));
	return true;
}

static bool read_all(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
	size_t start = out->len;
	char block[16384];
	ssize_t n;
	while ((n = read(fd, block, sizeof block)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, EXIT_CONFIG, path, NULL, _("cannot read the file (%s)."), strerror(errno));
		if (out->len - start + (size_t)n > max || !buf_add(out, block, (size_t)n))
			return err_set(e, EXIT_CONFIG, path, _("This is not the file that is meant."),
				       _("the file is larger than %zu bytes."), max);
	}
	return true;
}

bool file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	struct stat st;
	int fd = open_to_read(path, 0, e);
	if (fd < 0)
		return false;
	bool ok = is_regular(fd, path, &st, e) && read_all(fd, path, max, out, e);
	close(fd);
	return ok;
}

bool file_is_ours(int fd, const char *path, struct err *e)
{
	struct stat st;
	if (!is_regular(fd, path, &st, e))
		return false;
	if (st.st_uid != geteuid())
		return err_set(e, EXIT_CONFIG, path, _("Find out who put it there, then remove it."),
			       _("it belongs to another user."));
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EXIT_CONFIG, path, _("Find out who wrote it, then remove it or run chmod 600 on it."),
			       _("others can write it."));
	return true;
}

bool file_read_ours(const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = open_to_read(path, O_NOFOLLOW, e);
	if (fd < 0)
		return false;
	bool ok = file_is_ours(fd, path, e) && read_all(fd, path, max, out, e);
	close(fd);
	return ok;
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

static bool cannot_write(const char *path, struct err *e)
{
	return err_set(e, EXIT_CANTWRITE, path, _("Check the directory, its permissions and the free space."),
		       _("cannot write the file (%s)."), strerror(errno));
}

/* owner: whose the file is to be; NULL leaves it ours. */
static bool write_anew(const char *path, const void *data, size_t len, mode_t mode, const struct stat *owner)
{
	char *temp = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	bool ok = fd >= 0 && (!owner || fchown(fd, owner->st_uid, owner->st_gid) == 0) && fchmod(fd, mode) == 0 &&
		  write_all(fd, data, len) && fsync(fd) == 0;
	int saved = errno;
	if (fd >= 0 && close(fd) != 0 && ok) {
		ok = false;
		saved = errno;
	}
	if (ok && rename(temp, path) != 0) {
		ok = false;
		saved = errno;
	}
	if (!ok && fd >= 0)
		unlink(temp);
	errno = saved;
	free(temp);
	return ok && sync_dir(path);
}

bool file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	return write_anew(path, data, len, mode, NULL) || cannot_write(path, e);
}

/* What is written is shorter or longer than what was there: cut last, so that no moment leaves less than one of the two. */
static bool write_over(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok = fd >= 0 && write_all(fd, data, len) && ftruncate(fd, (off_t)len) == 0 && fsync(fd) == 0;
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return ok;
}

bool file_update(const char *path, const void *data, size_t len, struct err *e)
{
	struct stat st;
	if (lstat(path, &st) != 0 && errno == ENOENT)
		return file_write(path, data, len, 0600, e);
	char *real = realpath(path, NULL);
	if (!real || stat(real, &st) != 0) {
		free(real);
		return cannot_write(path, e);
	}
	bool regular = S_ISREG(st.st_mode), ours = st.st_uid == geteuid() && st.st_gid == getegid();
	if (!regular)
		err_set(e, EXIT_CANTWRITE, path, _("Name a regular file."),
			_("this is a directory, a pipe or a device, not a file."));
	bool ok = regular && write_anew(real, data, len, st.st_mode & 07777, ours ? NULL : &st);
	if (regular && !ok && errno == EPERM && !ours)
		ok = write_over(real, data, len);
	free(real);
	return ok || !regular ? ok : cannot_write(path, e);
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
	return ok || err_set(e, EXIT_CANTWRITE, path, _("Check the permissions above it."),
			     _("cannot make the directory (%s)."), strerror(errno));
}

bool file_dir_is_ours(const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(e, EXIT_CONFIG, path, NULL, _("this is no directory."));
	if (st.st_uid != geteuid())
		return err_set(e, EXIT_CONFIG, path, _("Set XDG_STATE_HOME to a directory of your own."),
			       _("it belongs to another user."));
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EXIT_CONFIG, path, _("Look at what is in it, then run chmod 700 on it."),
			       _("others can write in it."));
	return true;
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
