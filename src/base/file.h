/* Files: read whole, written so that a crash leaves the old one or the new one. */
#ifndef MS_BASE_FILE_H
#define MS_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/* Reads a regular file of at most max bytes into out (appended); a pipe or a device is refused, never waited for. Failures: EXIT_NOINPUT when
 * it is not there, EXIT_CONFIG else. */
bool file_read(const char *path, size_t max, struct buf *out, struct err *e);
/* The same for a file that this program keeps for itself: one that is a symbolic link, belongs to another user or can be written by others is
 * refused (EXIT_CONFIG). */
bool file_read_ours(const char *path, size_t max, struct buf *out, struct err *e);
/* That judgement on an open file; path is for the words. */
bool file_is_ours(int fd, const char *path, struct err *e);

/* Writes a file with this mode: a temporary one in the same directory, fsync, rename, fsync of the directory. A symbolic link
 * is replaced, not followed. Failure: EXIT_CANTWRITE, and the old file is untouched. */
bool file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *e);

/* Writes what a file is to say from now on: through a symbolic link, with the mode and owner that it has; a new one gets mode 0600. What is no
 * regular file is refused. Failure: EXIT_CANTWRITE. Where the owner cannot be kept by a new file, the old one is written over. */
bool file_update(const char *path, const void *data, size_t len, struct err *e);

/* Makes a directory and its parents with mode 0700; those that exist are left as they are. */
bool file_make_dirs(const char *path, struct err *e);

/* Is the directory this user's own, with nobody else allowed to put files there? EXIT_CONFIG else. */
bool file_dir_is_ours(const char *path, struct err *e);

/* $XDG_STATE_HOME/mlflow-setup and its like: kind is "CONFIG", "STATE", "CACHE" or "RUNTIME"; a relative or unset value falls back
 * as the XDG base directory specification 0.8 says. The caller frees. */
char *file_xdg_dir(const char *kind);

#endif
