/* Rendered files, one by one and as the source archive. */
#include "config.h"
#include "plan/archive.h"
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

bool archive_each(const struct plan *p, archive_file *each, void *arg, struct err *e)
{
	bool fine = true;
	for (const struct render_row *row = p->files; fine && row->template; row++) {
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
	if (!archive_each(p, hash_file, &state, e))
		return false;
	crypto_hash_sha256_final(&state, digest);
	sodium_bin2hex(hash, ARCHIVE_HASH, digest, sizeof digest);
	return true;
}
