/* What the checks of the project found, and the line that an administrator runs to mend it. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/roles.h"

#include <stdlib.h>
#include <string.h>

const cJSON *checks_next(const struct wizard *w, size_t *at)
{
	static const enum survey_id tell[] = {SURVEY_PREFLIGHT, SURVEY_LIMITS};
	size_t n = *at;
	for (size_t i = 0; i < sizeof tell / sizeof *tell; i++) {
		const struct survey *s = &w->surveys[tell[i]];
		size_t count = s->state == SURVEY_KNOWN ? (size_t)cJSON_GetArraySize(s->result) : 0;
		if (n < count) {
			++*at;
			return cJSON_GetArrayItem(s->result, (int)n);
		}
		n -= count;
	}
	return NULL;
}

bool check_failed(const cJSON *check)
{
	return finding_state(check) == FINDING_FAIL;
}

bool check_elsewhere(const cJSON *check)
{
	return json_bool(check, "elsewhere", false);
}

const char *checks_hold_build(const struct wizard *w)
{
	const cJSON *check;
	for (size_t at = 0; (check = checks_next(w, &at));) {
		if (check_failed(check))
			return json_str(check, "message", "");
	}
	return NULL;
}

/* Adds the role that holds a permission, once. */
static void add_role(struct buf *roles, const char *permission)
{
	const char *role = role_holding(permission);
	if (role && !strstr(buf_text(roles), role))
		buf_printf(roles, "%s%s", roles->len ? " " : "", role);
}

/* The roles that hold all permissions which a text names, each once, separated by blanks. */
static void roles_for(struct buf *roles, const char *text)
{
	char *permission;
	while ((permission = permission_named(text))) {
		add_role(roles, permission);
		text = strstr(text, permission) + strlen(permission);
		free(permission);
	}
}

char *checks_command(const struct wizard *w)
{
	const cJSON *check;
	const char *project = answers_str(w->answers, "project.id"), *who = wizard_who(w);
	struct buf roles = {0};
	const char *other = NULL;
	for (size_t at = 0; (check = checks_next(w, &at));) {
		if (check_failed(check) && *json_str(check, "command", ""))
			other = other ? other : json_str(check, "command", "");
		else if (check_failed(check))
			roles_for(&roles, json_str(check, "message", ""));
	}
	if (!roles.len && w->surveys[SURVEY_PROJECT].state == SURVEY_FAILED)
		buf_puts(&roles, "roles/owner");
	const char *kind = strstr(who, ".gserviceaccount.com") ? "serviceAccount" : "user";
	char *line = NULL;
	if (roles.len && strchr(buf_text(&roles), ' '))
		line = xasprintf("for r in %s; do gcloud projects add-iam-policy-binding %s --member=%s:%s --role=$r; done",
				 buf_text(&roles), project, kind, *who ? who : "EMAIL");
	else if (roles.len)
		line = xasprintf("gcloud projects add-iam-policy-binding %s --member=%s:%s --role=%s", project, kind,
				 *who ? who : "EMAIL", buf_text(&roles));
	else if (other)
		line = xstrdup(other);
	buf_free(&roles);
	return line;
}

bool checks_hold(const struct wizard *w)
{
	const char *project = answers_str(w->answers, "project.id");
	const cJSON *check;
	if (!*project || !w->session)
		return false;
	enum exit_code why = w->surveys[SURVEY_PROJECT].err.exit;
	if (w->surveys[SURVEY_PROJECT].state == SURVEY_FAILED)
		return why != EXIT_UNAVAILABLE && why != EXIT_TRYAGAIN; /* a line that is down says nothing about the project */
	if (w->surveys[SURVEY_PROJECT].state == SURVEY_KNOWN && !json_bool(w->surveys[SURVEY_PROJECT].result, "billing", true))
		return true;
	for (size_t at = 0; (check = checks_next(w, &at));) {
		if (check_failed(check) && !check_elsewhere(check))
			return true;
	}
	return false;
}

void checks_copy(struct wizard *w)
{
	char *line = checks_command(w);
	bool copied = line && screen_copy(line);
	wizard_say(w, copied ? ROLE_GOOD : ROLE_WARN,
		   copied ? _("Copied. If your terminal does not allow that, mark the line instead.")
			  : _("There is nothing to copy."));
	free(line);
}
