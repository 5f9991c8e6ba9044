#include "config.h"
#include "net/unpacked.h"

#include "base/err.h"
#include "base/library.h"
#include "base/mem.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* libarchive's functions for reading, looked up at the first use (base/library.h says why). */
static struct {
	struct archive *(*read_new)(void);
	int (*read_support_filter_gzip)(struct archive *a);
	int (*read_support_format_tar)(struct archive *a);
	int (*read_support_format_raw)(struct archive *a);
	int (*read_open_memory)(struct archive *a, const void *data, size_t len);
	int (*read_next_header)(struct archive *a, struct archive_entry **entry);
	la_ssize_t (*read_data)(struct archive *a, void *data, size_t len);
	int (*read_free)(struct archive *a);
	const char *(*entry_pathname)(struct archive_entry *entry);
	mode_t (*entry_filetype)(struct archive_entry *entry);
	la_int64_t (*entry_size)(struct archive_entry *entry);
} lib;

static void *load(void)
{
	static const struct library_row rows[] = {
#define ROW(name) {"archive_" #name, (void **)&lib.name}
	    ROW(read_new),
	    ROW(read_support_filter_gzip),
	    ROW(read_support_format_tar),
	    ROW(read_support_format_raw),
	    ROW(read_open_memory),
	    ROW(read_next_header),
	    ROW(read_data),
	    ROW(read_free),
	    ROW(entry_pathname),
	    ROW(entry_filetype),
	    ROW(entry_size),
#undef ROW
	};
	struct err e = {0};
	void *handle = library_load("libarchive.so.13", "libarchive13", rows, sizeof rows / sizeof *rows, &e);
	err_free(&e);
	return handle;
}

/* Adds a file; false when it is no text of at most *left bytes, which then are fewer. */
static bool add_file(cJSON *files, struct archive *a, struct archive_entry *entry, size_t *left)
{
	la_int64_t size = lib.entry_size(entry);
	if (size < 0 || (size_t)size > *left)
		return false;
	char *text = xcalloc(1, (size_t)size + 1);
	size_t got = 0;
	la_ssize_t n;
	while (got < (size_t)size && (n = lib.read_data(a, text + got, (size_t)size - got)) > 0)
		got += (size_t)n;
	bool well = got == (size_t)size && text_is_utf8(text, got);
	if (well)
		cJSON_AddStringToObject(files, lib.entry_pathname(entry), text);
	*left -= got;
	free(text);
	return well;
}

static bool read_files(struct archive *a, const char *data, size_t len, size_t max, cJSON *files)
{
	struct archive_entry *entry;
	lib.read_support_filter_gzip(a);
	lib.read_support_format_tar(a);
	int rc = lib.read_open_memory(a, data, len);
	while (rc == ARCHIVE_OK && (rc = lib.read_next_header(a, &entry)) == ARCHIVE_OK)
		if (lib.entry_filetype(entry) == S_IFREG && !add_file(files, a, entry, &max))
			return false;
	return rc == ARCHIVE_EOF && files->child;
}

cJSON *unpacked(const char *data, size_t len, size_t max)
{
	void *handle = len > 2 && !memcmp(data, "\x1f\x8b", 2) ? load() : NULL;
	if (!handle)
		return NULL;
	struct archive *a = lib.read_new();
	cJSON *files = cJSON_CreateObject();
	bool well = read_files(a, data, len, max, files);
	lib.read_free(a);
	library_unload(handle);
	if (well)
		return files;
	cJSON_Delete(files);
	return NULL;
}

/* What there is of it up to max bytes; more than that is none. */
static char *read_one(struct archive *a, const char *data, size_t len, size_t max)
{
	struct archive_entry *entry;
	lib.read_support_filter_gzip(a);
	lib.read_support_format_raw(a);
	if (lib.read_open_memory(a, data, len) != ARCHIVE_OK || lib.read_next_header(a, &entry) != ARCHIVE_OK)
		return NULL;
	char *text = xmalloc(max + 1);
	size_t got = 0;
	la_ssize_t n = 0;
	while (got < max && (n = lib.read_data(a, text + got, max - got)) > 0)
		got += (size_t)n;
	text[got] = '\0';
	if (n == 0 && got < max && !memchr(text, '\0', got) && text_is_utf8(text, got))
		return text;
	free(text);
	return NULL;
}

char *unpacked_text(const char *data, size_t len, size_t max)
{
	void *handle = len > 2 && !memcmp(data, "\x1f\x8b", 2) ? load() : NULL;
	if (!handle)
		return NULL;
	struct archive *a = lib.read_new();
	char *text = read_one(a, data, len, max);
	lib.read_free(a);
	library_unload(handle);
	return text;
}
