/* Why steps failed: told from the words of the failure, grouped, and said with the line that mends it. */
#include "config.h"
#include "ui/causes.h"

#include "base/err.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "gcp/roles.h"
#include "ui/command.h"

#include <stdlib.h>
#include <string.h>

/* The first row of which a word stands in the failure's text tells its kind. */
static const struct {
	const char *word;
	enum cause_kind kind;
} signs[] = {
    {"application-default login", CAUSE_SIGN_IN},
    {"gcloud services enable", CAUSE_API_OFF},
    {"constraints/", CAUSE_POLICY},
    {"organization policy", CAUSE_POLICY},
    {"quota", CAUSE_QUOTA},
    {"no connection", CAUSE_UNREACHABLE},
    {"no whole reply", CAUSE_UNREACHABLE},
    {"not safe", CAUSE_UNREACHABLE},
    {"backend error", CAUSE_UNREACHABLE},
};

static bool says(const struct step *s, const char *word)
{
	return strcasestr(s->message, word) || strcasestr(s->fix, word);
}

static enum cause_kind kind_of(const struct step *s, bool permission)
{
	if (s->proof)
		return CAUSE_PROOF;
	if (permission)
		return CAUSE_PERMISSION;
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		if (says(s, signs[i].word))
			return signs[i].kind;
	}
	/* These are told in the operator's language: what they stand for tells them apart. */
	if (s->exit == EXIT_UNAVAILABLE || s->exit == EXIT_TRYAGAIN)
		return s->exit == EXIT_TRYAGAIN ? CAUSE_QUOTA : CAUSE_UNREACHABLE;
	return s->refused ? CAUSE_IN_THE_WAY : CAUSE_OTHER;
}

/* The message without the names that tell one step from another: what is left is the cause. */
static char *without_names(const struct step *s)
{
	struct buf b = {0};
	for (const char *p = s->message; *p;) {
		size_t name = strlen(s->name),
		       id = strchr(s->id, '/') ? strlen(s->id) : 0; /* "repository" may be a word of the message */
		if (name && !strncmp(p, s->name, name)) {
			p += name;
		} else if (id && !strncmp(p, s->id, id)) {
			p += id;
		} else if (*p == '\'' || *p == '"') { /* what is quoted is a name as well */
			const char *end = strchr(p + 1, *p);
			p = end ? end + 1 : p + 1;
		} else {
			buf_putc(&b, *p++);
		}
	}
	return buf_take(&b);
}

static char *missing_permission(const struct step *s)
{
	bool refused = strcasestr(s->message, "permission") || strcasestr(s->fix, "permission") ||
		       strcasestr(s->message, "denied");
	char *named = refused ? permission_named(s->message) : NULL;
	return named || !refused ? named : permission_named(s->fix);
}

void causes_clear(struct progress *p)
{
	for (size_t i = 0; i < p->cause_count; i++) {
		free(p->causes[i].key);
		free(p->causes[i].permission);
	}
	p->cause_count = 0;
}

void causes_sort(struct progress *p)
{
	causes_clear(p);
	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = &p->steps[i];
		if (s->phase != PHASE_FAILED)
			continue;
		char *permission = missing_permission(s), *key = permission ? xstrdup(permission) : without_names(s);
		enum cause_kind kind = kind_of(s, permission);
		size_t at = 0;
		while (at < p->cause_count && (p->causes[at].kind != kind || strcmp(p->causes[at].key, key) != 0))
			at++;
		if (at < p->cause_count) {
			p->causes[at].count++;
			free(key);
			free(permission);
			continue;
		}
		p->causes = xgrow(p->causes, p->cause_count, &p->cause_room, sizeof *p->causes);
		p->causes[p->cause_count++] = (struct cause){kind, key, permission, (int)i, 1};
	}
}

const struct cause *progress_cause(const struct progress *p, int step)
{
	const struct step *s = step >= 0 ? &p->steps[step] : NULL;
	if (!s || s->phase != PHASE_FAILED)
		return NULL;
	char *permission = missing_permission(s), *key = permission ? xstrdup(permission) : without_names(s);
	const struct cause *found = NULL;
	for (size_t i = 0; i < p->cause_count && !found; i++) {
		if (p->causes[i].kind == kind_of(s, permission) && !strcmp(p->causes[i].key, key))
			found = &p->causes[i];
	}
	free(permission);
	free(key);
	return found;
}

/* Words ------------------------------------------------------------------------------------------------------------------------------ */

char *cause_short(const struct progress *p, const struct cause *c)
{
	static const char *const words[] = {
	    [CAUSE_SIGN_IN] = N_("nobody is signed in any more"),
	    [CAUSE_QUOTA] = N_("a quota is used up"),
	    [CAUSE_POLICY] = N_("an organisation policy forbids it"),
	    [CAUSE_API_OFF] = N_("an API is off"),
	    [CAUSE_UNREACHABLE] = N_("Google could not be reached"),
	    [CAUSE_IN_THE_WAY] = N_("something is in the way"),
	    [CAUSE_PROOF] = N_("not proven"),
	    [CAUSE_OTHER] = NULL,
	};
	if (c->kind == CAUSE_PERMISSION)
		/* TRANSLATORS: %s is a permission, "secretmanager.secrets.create" */
		return xasprintf(_("not allowed: %s"), c->permission);
	return xstrdup(words[c->kind] ? _(words[c->kind]) : p->steps[c->step].message);
}

char *cause_words(const struct progress *p, const struct cause *c, const char *who, const char *project)
{
	const struct step *s = &p->steps[c->step];
	if (c->kind == CAUSE_PERMISSION && *who)
		/* TRANSLATORS: an e-mail address, a permission, a project's id */
		return xasprintf(_("%s lacks the permission %s on project %s."), who, c->permission, project);
	if (c->kind == CAUSE_PERMISSION)
		return xasprintf(_("You lack the permission %s on project %s."), c->permission, project);
	char *what = step_what(s),
	     *text = *s->fix ? xasprintf("%s: %s %s", what, s->message, s->fix) : xasprintf("%s: %s", what, s->message);
	free(what);
	return text;
}

const char *cause_link(const struct progress *p, const struct cause *c)
{
	bool made = c->kind == CAUSE_IN_THE_WAY || c->kind == CAUSE_PROOF || c->kind == CAUSE_OTHER;
	return made ? step_link(&p->steps[c->step]) : "";
}

char *cause_command(const struct progress *p, const struct cause *c, const char *who, const char *project)
{
	struct buf roles = {0};
	if (c->kind == CAUSE_PERMISSION) { /* the others that are missing too are named beside it */
		roles_add(&roles, c->permission);
		roles_add_named(&roles, p->steps[c->step].message);
	}
	char *line = roles.len ? roles_command(buf_text(&roles), project, who) : command_told(p->steps[c->step].fix, project);
	buf_free(&roles);
	return line;
}
