/* What stands between a form's fields and its help: what is known of who is signed in and of the project, what a person has to do elsewhere. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { ERRAND_LEAST = 3 };

/* Facts end where their rectangle does, wherever they begin: the help stands below. */
static int facts_end(struct rect r)
{
	return r.y + r.h;
}

static int put_most(int y, struct rect r, int indent, int most, enum role role, const char *text)
{
	int room = facts_end(r) - y;
	return put_lines(y, r.x + indent, most < room ? most : room, r.w - indent, role, text);
}

static int draw_finding(int y, struct rect r, bool good, const char *text)
{
	if (y < facts_end(r))
		put_glyph(y, r.x + 2, good ? ROLE_GOOD : ROLE_BAD, good ? GLYPH_CHECK : GLYPH_CROSS);
	return y + put_most(y, r, 4, 3, good ? ROLE_TEXT : ROLE_BAD, text);
}

static int draw_project_known(const cJSON *p, int y, struct rect r)
{
	const char *number = json_str(p, "number", "?"), *organization = json_str(p, "organization", "");
	char *text = *organization                ? xasprintf(_("Project number %s, in organisation %s"), number, organization)
		     : json_at(p, "organization") ? xasprintf(_("Project number %s, in no organisation"), number)
						  : xasprintf(_("Project number %s"), number);
	y = draw_finding(y, r, true, text);
	free(text);
	if (!cJSON_IsBool(json_at(p, "billing")))
		return y; /* it could not be asked: the checks say why */
	if (json_bool(p, "billing", true))
		return draw_finding(y, r, true, _("Billing is on"));
	return draw_finding(
	    y, r, false, _("Billing is off: link a billing account at https://console.cloud.google.com/billing/linkedaccount"));
}

static int draw_failed(const struct survey *s, int y, struct rect r)
{
	char *text = wizard_sentence(&s->err);
	y = draw_finding(y, r, false, text);
	free(text);
	return y;
}

static int draw_preflight(const struct wizard *w, int y, struct rect r)
{
	const cJSON *check;
	for (size_t at = 0; (check = checks_next(w, &at));) {
		const char *id = json_str(check, "id", "");
		bool told = !strcmp(id, "billing") && cJSON_IsBool(json_at(w->surveys[SURVEY_PROJECT].result, "billing"));
		if (finding_state(check) == FINDING_OK || told || !strcmp(id, "project"))
			continue;
		char *text = check_words(check);
		bool bad = check_failed(check) && !check_elsewhere(check);
		if (y < facts_end(r))
			put_glyph(y, r.x + 2, bad ? ROLE_BAD : ROLE_WARN, bad ? GLYPH_CROSS : GLYPH_WARN);
		y += put_most(y, r, 4, 2, bad ? ROLE_BAD : ROLE_TEXT, text);
		y += put_most(y, r, 4, 2, ROLE_TEXT, json_str(check, "fix", ""));
		free(text);
	}
	return y;
}

/* What is known of the project that is named. */
static int draw_project(struct wizard *w, int y, struct rect r)
{
	const struct survey *s = &w->surveys[SURVEY_PROJECT];
	const char *project = answers_str(w->answers, "project.id");
	if (w->sign_in.exit) {
		struct survey unsigned_in = {.err = w->sign_in};
		return draw_failed(&unsigned_in, y, r) + 1;
	}
	if (!*project || form_draft(w, "project.id"))
		return y;
	if (!w->session || s->state == SURVEY_UNKNOWN || s->state == SURVEY_CHECKING || !s->project ||
	    strcmp(s->project, project) != 0) {
		if (y < facts_end(r))
			putf(y, r.x + 4, r.w - 4, ROLE_BUSY, _("checking %s..."), project);
		return y + 2;
	}
	if (s->state == SURVEY_FAILED)
		return draw_failed(s, y, r) + 1;
	return draw_preflight(w, draw_project_known(s->result, y, r), r) + 1;
}

/* An address stands alone on its line, so that it can be marked and opened; the sentences, where they are wanted, have the room that it leaves. */
static int draw_steps(const char *steps, bool sentences, int y, struct rect r)
{
	char *copy = xstrdup(steps), *rest;
	for (char *one = strtok_r(copy, "\n", &rest); one && y < facts_end(r) - 2; one = strtok_r(NULL, "\n", &rest)) {
		if (text_starts(one, "https://"))
			put_link(y++, r.x, screen_columns() - r.x, ROLE_TITLE, one);
		else if (sentences && (y < facts_end(r) - 3 || !strstr(rest, "https://")))
			y += put_most(y, r, 2, facts_end(r) - y > 16 ? 8 : facts_end(r) - y > 4 ? 3 : 1, ROLE_DIM, one);
	}
	free(copy);
	return y;
}

/* What a human has to do elsewhere, with the text to paste there: each address on a line of its own. */
static int draw_errand(const struct wizard *w, int y, struct rect r)
{
	const struct resource *e = draft_errand(w);
	if (!e)
		return y;
	const struct question *q = form_focused(w);
	if (q && q->type == TYPE_CHOICE && facts_end(r) - y - ERRAND_LEAST < choice_count(w, q) + 1)
		return y; /* first it is chosen, then done */
	const char *steps = draft_errand_text(e, "steps");
	bool short_of_room = q && q->type != TYPE_CHOICE && strstr(steps, "https://") && facts_end(r) - y <= ERRAND_LEAST;
	if (!client_refused(w) && !short_of_room) /* why it was refused needs the room, and so does where to go */
		y += put_most(y, r, 2, 1, ROLE_TITLE, draft_errand_text(e, "title"));
	bool whole = draft_errand_open(e) || r.h > 16;
	if (whole || (q && q->type != TYPE_CHOICE)) /* choices need the room */
		y = draw_steps(steps, whole, y, r);
	enum role role;
	const char *tried = client_words(w, &role);
	if (facts_end(r) - y > (tried ? 4 : 1))
		y += put_most(y, r, 2, 1, ROLE_TEXT, _("To be pasted there (Ctrl-Y copies it):"));
	char *copy = xstrdup(draft_errand_text(e, "paste")), *rest;
	for (char *one = strtok_r(copy, "\n", &rest); one && y < facts_end(r); one = strtok_r(NULL, "\n", &rest))
		put_link(y++, r.x, screen_columns() - r.x, ROLE_TITLE, one);
	free(copy);
	if (tried)
		y += put_most(y, r, 2, 3, role, tried);
	return y + 1;
}

static int draw_who(const struct wizard *w, int y, struct rect r)
{
	const struct survey *s = &w->surveys[SURVEY_WHO];
	char *text = NULL;
	if (w->sign_in.exit || y >= facts_end(r))
		return y;
	if (s->state == SURVEY_FAILED)
		text = wizard_sentence(&s->err);
	else if (s->state != SURVEY_KNOWN)
		text = xstrdup(_("Looking up who is signed in..."));
	else
		text = xasprintf(_("Signed in as %s"), json_str(s->result, "email", "?"));
	y = s->state == SURVEY_CHECKING || s->state == SURVEY_UNKNOWN ? y + put_most(y, r, 4, 1, ROLE_BUSY, text)
								      : draw_finding(y, r, s->state == SURVEY_KNOWN, text);
	free(text);
	return y;
}

static int draw_mending(const struct wizard *w, int y, struct rect r)
{
	char *line = checks_hold(w) ? checks_command(w) : NULL;
	if (line) {
		y += put_most(y, r, 4, 1, ROLE_TEXT, _("Somebody who may runs this (Ctrl-Y copies it):"));
		y += put_most(y, r, 0, r.h / 4 > 3 ? r.h / 4 : 3, ROLE_TITLE, line);
	}
	free(line);
	return y;
}

int form_draw_facts(struct wizard *w, int y, struct rect r)
{
	const struct wizard_page *page = &wizard_pages[w->page];
	if (page_holds(page, "project"))
		return draw_mending(w, draw_project(w, draw_who(w, y, r), r), r);
	return page_holds(page, "auth") ? draw_errand(w, y, r) : y;
}
