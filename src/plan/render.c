/* Rendered files, one by one and as the source archive. */
#include "config.h"
#include "plan/archive.h"
#include "plan/libarchive.h"
#include "plan/plan.h"

#include "base/gettext.h"
#include "base/mustache.h"
#include "base/templates.h"

#include <sodium.h>
#include <string.h>

bool plan_render_file(const struct plan *p, const struct render_row *row, struct buf *out, struct err *e)
{
	const char *text = template_find(row->template, NULL);
	if (!text)
		return err_set(e, EXIT_BUG, row->template, NULL, _("there is no such template."));
	return mustache_render(row->template, text, p->render, (enum escape)row->escape, true, out, e);
}

/* Calls each with every file of the archive, in the table's order. */
static bool each_source(const struct plan *p, bool (*each)(void *arg, const struct render_row *row, const struct buf *text, struct err *e),
			void *arg, struct err *e)
{
	bool fine = true;
	for (const struct render_row *row = p->target->renders; fine && row->template; row++) {
		struct buf text = {0};
		if (row->source)
			fine = plan_render_file(p, row, &text, e) && each(arg, row, &text, e);
		buf_free(&text);
	}
	return fine;
}

static bool hash_file(void *arg, const struct render_row *row, const struct buf *text, struct err *e)
{
	crypto_hash_sha256_state *state = arg;
	struct buf head = {0};
	buf_printf(&head, "%s %o %zu\n", row->file, (unsigned)row->mode, text->len);
	crypto_hash_sha256_update(state, (const unsigned char *)buf_text(&head), head.len);
	crypto_hash_sha256_update(state, (const unsigned char *)buf_text(text), text->len);
	buf_free(&head);
	(void)e;
	return true;
}

bool archive_hash(const struct plan *p, char hash[ARCHIVE_HASH], struct err *e)
{
	crypto_hash_sha256_state state;
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_init(&state);
	if (!each_source(p, hash_file, &state, e))
		return false;
	crypto_hash_sha256_final(&state, digest);
	sodium_bin2hex(hash, ARCHIVE_HASH, digest, sizeof digest);
	return true;
}

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
	return fine || err_set(e, EXIT_BUG, row->file, NULL, _("the source archive cannot be made: %s."), lib->error_string(archive));
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
	bool fine = lib->write_open(archive, out, NULL, collect, NULL) == ARCHIVE_OK && each_source(p, add_file, archive, e);
	fine = lib->write_close(archive) == ARCHIVE_OK && fine;
	if (!fine)
		err_set(e, EXIT_BUG, NULL, NULL, _("the source archive cannot be made: %s."), lib->error_string(archive));
	lib->write_free(archive);
	libarchive_unload();
	return fine;
}
