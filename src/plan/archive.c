/* The source archive. */
#include "config.h"
#include "plan/archive.h"
#include "plan/libarchive.h"

#include "base/gettext.h"

#include <stddef.h>

/* Nothing in an entry tells when, where or by whom it was made. */
static bool add_file(void *arg, const struct render_row *row, const struct buf *text, struct err *e)
{
	const struct libarchive *lib = libarchive_load(e);
	struct archive *archive = arg;
	struct archive_entry *entry = lib->entry_new();
	lib->entry_set_pathname(entry, row->file);
	lib->entry_set_filetype(entry, AE_IFREG);
	lib->entry_set_perm(entry, (mode_t)row->mode);
	lib->entry_set_size(entry, (la_int64_t)text->len);
	lib->entry_set_mtime(entry, 0, 0);
	bool fine = lib->write_header(archive, entry) == ARCHIVE_OK &&
		    lib->write_data(archive, buf_text(text), text->len) == (la_ssize_t)text->len;
	lib->entry_free(entry);
	return fine ||
	       err_set(e, EXIT_BUG, row->file, NULL, _("the source archive cannot be made: %s."), lib->error_string(archive));
}

static la_ssize_t collect(struct archive *archive, void *arg, const void *data, size_t len)
{
	(void)archive;
	return buf_add(arg, data, len) ? (la_ssize_t)len : -1;
}

bool plan_render_source(const struct plan *p, struct buf *out, struct err *e)
{
	const struct libarchive *lib = libarchive_load(e);
	if (!lib)
		return false;
	struct archive *archive = lib->write_new();
	lib->write_add_filter_gzip(archive);
	lib->write_set_filter_option(archive, "gzip", "timestamp", NULL);
	lib->write_set_format_ustar(archive);
	lib->write_set_bytes_in_last_block(archive, 1);
	bool fine = lib->write_open(archive, out, NULL, collect, NULL) == ARCHIVE_OK && archive_each(p, add_file, archive, e);
	fine = lib->write_close(archive) == ARCHIVE_OK && fine;
	if (!fine)
		err_set(e, EXIT_BUG, NULL, NULL, _("the source archive cannot be made: %s."), lib->error_string(archive));
	lib->write_free(archive);
	libarchive_unload();
	return fine;
}
