/* A secret that is typed, or the passphrase that opens one, over a page. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"

#include <stdlib.h>
#include <string.h>

struct asked {
	const struct question *of; /* whose answer is typed */
	bool builds;               /* the build is what follows */
};

static struct asked *asked_own(const struct wizard *w)
{
	return overlay_own(w, &overlay_secret);
}

/* Before building; in the question's own field the secret itself is typed, whatever was referred to. */
static bool opens_sealed(const struct wizard *w)
{
	return asked_own(w)->builds && client_sealed(w, asked_own(w)->of);
}

static void secret_draw_box(struct wizard *w)
{
	const char *words = opens_sealed(w)
				? _("Type the passphrase under which it was sealed. What it opens goes to Secret Manager "
				    "and nowhere else.")
				: _(asked_own(w)->of->typed);
	struct rect r = put_box(middle(8, 66), _(asked_own(w)->of->title));
	put_wrapped(r.y, r.x, 4, r.w, w->message ? w->message_role : ROLE_TEXT, w->message ? w->message : words);
	edit_draw(&w->over_edit, r.y + 5, r.x, r.w, ROLE_FIELD, true);
}

void secret_open_field(struct wizard *w, const struct question *q, bool then_build)
{
	*asked_own(w) = (struct asked){q, then_build};
	edit_set(&w->over_edit, "");
	w->over = &overlay_secret;
}

/* From the editor into guarded memory; what held it in between is wiped. False when it is no such secret: it was said why. */
static bool keep_secret(struct wizard *w)
{
	struct err ignored = {0};
	char *text = edit_text(&w->over_edit), *why;
	struct secret *typed = secret_copy(text, strlen(text));
	why = opens_sealed(w) ? client_unseal(w, asked_own(w)->of, typed) : client_take(w, asked_own(w)->of, typed);
	explicit_bzero(text, strlen(text));
	explicit_bzero(&w->over_edit, sizeof w->over_edit);
	free(text);
	if (why)
		wizard_say(w, ROLE_BAD, why);
	else if (!asked_own(w)->builds) /* what is typed is meant, whatever was referred to before */
		answers_set_text(w->answers, asked_own(w)->of->id, "prompt", &ignored);
	err_free(&ignored);
	bool kept = !why;
	free(why);
	return kept;
}

static bool secret_key(struct wizard *w, const struct key *k, enum action *action)
{
	if (key_is(k, 27)) {
		explicit_bzero(&w->over_edit, sizeof w->over_edit);
		return false;
	}
	if (key_is(k, L'\r') && !w->over_edit.len) {
		wizard_say(w, ROLE_BAD, _("Nothing was typed."));
		return true;
	}
	if (key_is(k, L'\r')) {
		bool stale = review_stale(w), kept = keep_secret(w); /* before it: a client's download tells its ID too */
		if (kept && asked_own(w)->builds && !review_waits(w, stale))
			*action = ACTION_NEXT;
		return !kept;
	}
	edit_key(&w->over_edit, k);
	return true;
}

static void secret_hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), asked_own(w)->builds ? _("build") : _("take it"));
	hint(h, _("Ctrl-U"), _("empty the line"));
	hint(h, _("Esc"), _("not yet"));
}

const struct overlay overlay_secret = {
    .size = sizeof(struct asked), .draw = secret_draw_box, .key = secret_key, .hints = secret_hints};
