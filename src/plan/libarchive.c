#include "config.h"
#include "plan/libarchive.h"

#include "base/library.h"

static struct libarchive lib;
static void *handle;

static const struct library_row rows[] = {
#define ROW(name)                                                                                                              \
	{                                                                                                                      \
		"archive_" #name, (void **)&lib.name                                                                           \
	}
    ROW(write_new),
    ROW(write_add_filter_gzip),
    ROW(write_set_filter_option),
    ROW(write_set_format_ustar),
    ROW(write_open),
    ROW(write_header),
    ROW(write_data),
    ROW(write_set_bytes_in_last_block),
    ROW(write_close),
    ROW(write_free),
    ROW(error_string),
    ROW(entry_new),
    ROW(entry_free),
    ROW(entry_set_pathname),
    ROW(entry_set_filetype),
    ROW(entry_set_perm),
    ROW(entry_set_size),
    ROW(entry_set_mtime),
#undef ROW
};

const struct libarchive *libarchive_load(struct err *e)
{
	if (!handle)
		handle = library_load("libarchive.so.13", "libarchive13", rows, sizeof rows / sizeof *rows, e);
	return handle ? &lib : NULL;
}

void libarchive_unload(void)
{
	if (handle)
		library_unload(handle);
	handle = NULL;
}
