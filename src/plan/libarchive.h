/* libarchive's functions for writing, looked up at the first use (base/library.h says why). */
#ifndef MS_PLAN_LIBARCHIVE_H
#define MS_PLAN_LIBARCHIVE_H

#include "base/err.h"

#include <archive.h>
#include <archive_entry.h>

struct libarchive {
	struct archive *(*write_new)(void);
	int (*write_add_filter_gzip)(struct archive *a);
	int (*write_set_filter_option)(struct archive *a, const char *filter, const char *option, const char *value);
	int (*write_set_format_ustar)(struct archive *a);
	int (*write_set_bytes_in_last_block)(struct archive *a, int bytes);
	int (*write_open)(struct archive *a, void *arg, archive_open_callback *open, archive_write_callback *write,
			  archive_close_callback *close);
	int (*write_header)(struct archive *a, struct archive_entry *entry);
	la_ssize_t (*write_data)(struct archive *a, const void *data, size_t len);
	int (*write_close)(struct archive *a);
	int (*write_free)(struct archive *a);
	const char *(*error_string)(struct archive *a);
	struct archive_entry *(*entry_new)(void);
	void (*entry_free)(struct archive_entry *entry);
	void (*entry_set_pathname)(struct archive_entry *entry, const char *path);
	void (*entry_set_filetype)(struct archive_entry *entry, unsigned int type);
	void (*entry_set_perm)(struct archive_entry *entry, mode_t mode);
	void (*entry_set_size)(struct archive_entry *entry, la_int64_t size);
	void (*entry_set_mtime)(struct archive_entry *entry, time_t seconds, long nanoseconds);
};

/* The loaded library; NULL with EXIT_CONFIG when it is not on this machine. */
const struct libarchive *libarchive_load(struct err *e);

/* One archive is written in a run; what libarchive brings along (libxml2, ICU: 3 MB) need not stay. */
void libarchive_unload(void);

#endif
