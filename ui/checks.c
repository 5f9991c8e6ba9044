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

char *check_words(const cJSON *check)
{
	return xasprintf("%s: %s", _(json_str(check, "title", json_str(check, "id", ""))), json_str(check, "message", ""));
}

const cJSON *checks_hold_build(const struct wizard *w)
{
	const cJSON *check;
	for (size_t at = 0; (check = checks_next(w, &at));) {
		if (check_failed(check))
			return check;
	}
	return NULL;
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
			roles_add_named(&roles, json_str(check, "message", ""));
	}
	if (!roles.len && w->surveys[SURVEY_PROJECT].state == SURVEY_FAILED)
		buf_puts(&roles, "roles/owner");
	char *line = NULL;
	if (roles.len)
		line = roles_command(buf_text(&roles), project, who);
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
