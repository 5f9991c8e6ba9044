/* What a run writes into the answers: what was resolved, what may stand from now on, what is no more. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"

/* What is resolved ----------------------------------------------------------------------------------------------------------- */

void run_save(struct run *r)
{
	struct err e = {0};
	if (r->mode->changes && r->options.save && !r->options.save(r->options.arg, r->options.answers, &e))
		run_stop(r, &e);
	err_free(&e);
}

void run_resolve(struct run *r, const char *path, cJSON *value)
{
	cJSON *resolved = r->options.answers->resolved;
	const cJSON *old = json_at(resolved, path);
	if (old && json_equal(old, value)) {
		cJSON_Delete(value);
		return;
	}
	json_put(resolved, path, value);
	if (r->mode->builds && !r->begun)
		r->unsaved = true;
	else
		run_save(r);
}

void run_resolve_outputs(struct run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct resource *of = r->steps[i].resource;
		const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(r->outputs, of->id);
		const char *value = of->recorded_as && step_stands(&r->steps[i]) ? json_str(outputs, of->recorded_output, NULL)
										 : NULL;
		if (value)
			run_resolve(r, of->recorded_as, cJSON_CreateString(value));
	}
	if (r->plan->url && !r->stopping) /* of a refused change nothing is noted */
		run_resolve(r, "url", cJSON_CreateString(r->plan->url));
}

static bool spared_any(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].spared)
			return true;
	return false;
}

void run_forget_outputs(struct run *r)
{
	if (spared_any(r))
		return;
	static const char *const paths[] = {"choices",         "database_address", "database_password",
					    "secret_versions", "image_digest",     "oauth2_proxy_image",
					    "machine_zone",    "cluster_endpoint", "url",
					    "release",         "backup",           NULL};
	bool any = false;
	for (size_t i = 0; paths[i]; i++) {
		any |= json_at(r->options.answers->resolved, paths[i]) != NULL;
		json_drop(r->options.answers->resolved, paths[i]);
	}
	if (any)
		run_save(r);
}

/* What may stand ------------------------------------------------------------------------------------------------------------- */

/* What is built is what the file says: the next run would take it back otherwise. */
static void save_given(struct run *r)
{
	if (!r->options.given || !r->mode->builds)
		return;
	run_save(r);
	cJSON *e = run_event(r, "log");
	json_put_str(e, "id", "answers");
	event_text(r, e, "line", _("The answers that were given beside the file are saved in it."));
	run_send(r, e);
}

/* Before anything is made: from now on it may be there. What was resolved so far is written no sooner: of a change that is refused the file keeps what it knew,
 * which may be another stack's. */
bool run_note_choices(struct run *r)
{
	const cJSON *old = json_at(r->options.answers->resolved, "choices"), *one;
	cJSON *now = answers_choices(r->options.answers),
	      *list = cJSON_IsArray(old) ? cJSON_Duplicate(old, true) : cJSON_CreateArray();
	bool known = false;
	cJSON_ArrayForEach(one, list)
		known |= json_equal(one, now);
	if (known)
		cJSON_Delete(now);
	else
		cJSON_AddItemToArray(list, now);
	run_resolve(r, "choices", list);
	r->begun = true;
	if (r->unsaved)
		run_save(r);
	save_given(r);
	return !r->stopping;
}

void run_settle_choices(struct run *r)
{
	cJSON *list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, answers_choices(r->options.answers));
	run_resolve(r, "choices", list);
}

void run_note_release(struct run *r)
{
	if (!r->plan->release)
		return;
	bool upgraded = json_at(r->options.answers->resolved, "backup") != NULL;
	json_drop(r->options.answers->resolved, "backup");
	run_resolve(r, "release", cJSON_CreateString(r->plan->release));
	if (upgraded)
		run_save(r);
}
