/* A build as it is asked for: the rules that Cloud Build holds its steps and substitutions to, and the substituting. */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <string.h>

enum { STEPS_MAX = 300, ARGS_MAX = 100, ARG_MAX_LENGTH = 10000, ENVS_MAX = 100, TIMEOUT_MAX = 24 * 3600 };

/* What a step may have substituted; scripts are left alone. */
static const char *const expanded[] = {"name", "args", "env", "dir", "entrypoint"};

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "invalid build: %s", why);
	return false;
}

static bool refuse_step(struct sim_call *c, const char *why)
{
	return refuse(c, sim_tmp("invalid .steps field: %s", why));
}

/* Steps. ------------------------------------------------------------------------------------------------------------------- */
static bool short_enough(struct sim_call *c, const cJSON *step, int i, const char *list, const char *word, int most)
{
	const cJSON *all = json_at(step, list), *one;
	int n = 0;
	if (cJSON_GetArraySize(all) > most)
		return refuse_step(c, sim_tmp("build step %d too many %ss (max: %d)", i, word, most));
	cJSON_ArrayForEach(one, all) {
		if (cJSON_IsString(one) && strlen(one->valuestring) > ARG_MAX_LENGTH)
			return refuse_step(c, sim_tmp("build step %d %s %d too long (max: %d)", i, word, n, ARG_MAX_LENGTH));
		n++;
	}
	return true;
}

static const cJSON *step_named(const cJSON *steps, const cJSON *before, const char *id)
{
	for (const cJSON *s = steps->child; s != before; s = s->next)
		if (*id && !strcmp(json_str(s, "id", ""), id))
			return s;
	return NULL;
}

/* A step waits for steps above it, and its id is its own. */
static bool in_order(struct sim_call *c, const cJSON *steps, const cJSON *step, int i)
{
	const char *id = json_str(step, "id", "");
	const cJSON *w, *e;
	cJSON_ArrayForEach(w, json_at(step, "waitFor")) {
		const char *on = cJSON_IsString(w) ? w->valuestring : "";
		if (strcmp(on, "-") && !step_named(steps, step, on))
			return refuse_step(
			    c, *id ? sim_tmp("build step #%d - \"%s\" depends on \"%s\", which has not been defined", i, id, on)
				   : sim_tmp("build step #%d depends on \"%s\", which has not been defined", i, on));
	}
	if (step_named(steps, step, id))
		return refuse_step(c, sim_tmp("build step #%d - \"%s\": the ID is not unique", i, id));
	cJSON_ArrayForEach(e, json_at(step, "env"))
		if (cJSON_IsString(e) && !strchr(e->valuestring, '='))
			return refuse_step(
			    c, sim_tmp("build step #%d - \"%s\": the Env entry \"%s\" must be of the form \"KEY=VALUE\"", i, id,
				       e->valuestring));
	return true;
}

static bool step_ok(struct sim_call *c, const cJSON *steps, const cJSON *step, int i)
{
	const char *dir = json_str(step, "dir", "");
	if (!*json_str(step, "name", ""))
		return refuse_step(c, sim_tmp("build step %d must specify name", i));
	if (*json_str(step, "script", "") && *json_str(step, "entrypoint", ""))
		return refuse_step(c, sim_tmp("build step %d both script and entrypoint provided", i));
	if (*dir == '/')
		return refuse_step(c, "dir must be a relative path");
	if (!strcmp(dir, "..") || text_starts(dir, "../"))
		return refuse_step(c, "dir cannot refer to the parent directory");
	return short_enough(c, step, i, "args", "arg", ARGS_MAX) && short_enough(c, step, i, "env", "env", ENVS_MAX) &&
	       in_order(c, steps, step, i);
}

/* Substitutions. ----------------------------------------------------------------------------------------------------------- */
static size_t key_length(const char *p)
{
	return *p == '_' || (*p >= 'A' && *p <= 'Z') ? strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
}

/* Is a key named at p ("$KEY", "${KEY}")? Its place and length; the whole's length. 0: none. */
static size_t parameter(const char *p, const char **key, size_t *len)
{
	bool braced = p[1] == '{';
	*key = p + 1 + braced;
	*len = *p == '$' ? key_length(*key) : 0;
	if (!*len || (braced && (*key)[*len] != '}'))
		return 0;
	return 1 + *len + 2 * (size_t)braced;
}

static bool is_built_in(const char *key, size_t len)
{
	static const char *const known[] = {"PROJECT_ID",      "PROJECT_NUMBER",
					    "BUILD_ID",        "LOCATION",
					    "SERVICE_ACCOUNT", "SERVICE_ACCOUNT_EMAIL",
					    "TRIGGER_NAME",    "REPO_NAME",
					    "REPO_FULL_NAME",  "BRANCH_NAME",
					    "TAG_NAME",        "REF_NAME",
					    "REVISION_ID",     "COMMIT_SHA",
					    "SHORT_SHA",       "TRIGGER_BUILD_CONFIG_PATH"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == len && !memcmp(known[i], key, len))
			return true;
	return false;
}

/* Calls fn for every text that is expanded, until it says false. */
static bool each_text(cJSON *build, bool (*fn)(void *arg, cJSON *text), void *arg)
{
	cJSON *step, *t, *lists[] = {json_at(build, "images"), json_at(build, "tags")};
	bool good = true;
	cJSON_ArrayForEach(step, json_at(build, "steps"))
		for (size_t i = 0; i < sizeof expanded / sizeof *expanded; i++) {
			cJSON *at = json_at(step, expanded[i]);
			if (cJSON_IsString(at))
				good = good && fn(arg, at);
			else
				cJSON_ArrayForEach(t, at)
					good = good && (!cJSON_IsString(t) || fn(arg, t));
		}
	for (int i = 0; i < 2; i++)
		cJSON_ArrayForEach(t, lists[i])
			good = good && (!cJSON_IsString(t) || fn(arg, t));
	return good;
}

struct keys {
	struct sim_call *c;
	const cJSON *given;
	cJSON *seen;
	struct buf strangers; /* what is named and not given */
};

static bool note_keys(void *arg, cJSON *text)
{
	struct keys *k = arg;
	const char *key;
	size_t len, n;
	for (const char *p = text->valuestring; *p; p += n ? n : 1) {
		n = p[0] == '$' && p[1] == '$' ? 2 : parameter(p, &key, &len);
		if (n < 2 || p[1] == '$')
			continue;
		const char *name = sim_tmp("%.*s", (int)len, key);
		if (!cJSON_GetObjectItemCaseSensitive(k->seen, name))
			cJSON_AddTrueToObject(k->seen, name);
		if ((k->given && cJSON_GetObjectItemCaseSensitive(k->given, name)) || is_built_in(key, len))
			continue;
		if (*key != '_') {
			sim_fail(k->c, "INVALID_ARGUMENT", NULL,
				 "invalid value for 'build.substitutions': key in the template \"%s\" is not a valid built-in "
				 "substitution",
				 name);
			return false;
		}
		buf_printf(&k->strangers, "%skey in the template \"%s\" is not matched in the substitution data",
			   k->strangers.len ? ";" : "", name);
	}
	return true;
}

static bool substitutions_ok(struct sim_call *c)
{
	struct keys k = {.c = c, .given = json_at(c->body, "substitutions"), .seen = cJSON_CreateObject()};
	const cJSON *g;
	bool loose = !strcmp(json_str(c->body, "options.substitutionOption", ""), "ALLOW_LOOSE"), good = true;
	cJSON_ArrayForEach(g, k.given)
		if (good && (g->string[0] != '_' || key_length(g->string) != strlen(g->string)) &&
		    !is_built_in(g->string, strlen(g->string)))
			good = refuse(c,
				      sim_tmp("invalid .substitutions field: substitution key \"%s\" does not respect format "
					      "\"^_[A-Z0-9_]+$\" and is not an overridable built-in substitutions",
					      g->string));
	good = good && each_text(c->body, note_keys, &k);
	cJSON_ArrayForEach(g, k.given)
		if (!cJSON_GetObjectItemCaseSensitive(k.seen, g->string))
			buf_printf(&k.strangers, "%skey \"%s\" in the substitution data is not matched in the template",
				   k.strangers.len ? ";" : "", g->string);
	if (good && !loose && k.strangers.len)
		good = refuse(c, buf_text(&k.strangers));
	cJSON_Delete(k.seen);
	buf_free(&k.strangers);
	return good;
}

static bool timeout_ok(struct sim_call *c)
{
	double seconds = sim_seconds(json_str(c->body, "timeout", ""), 3600);
	if (seconds >= 0 && seconds <= TIMEOUT_MAX)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "invalid build: invalid timeout: must be at most 24h0m0s");
	return false;
}

bool build_request_ok(struct sim_call *c)
{
	const cJSON *steps = json_at(c->body, "steps"), *step;
	int i = 0, count = cJSON_GetArraySize(steps);
	if (!count)
		return refuse_step(c, "no build steps are specified");
	if (count > STEPS_MAX)
		return refuse_step(c, sim_tmp("cannot specify more than %d build steps", STEPS_MAX));
	cJSON_ArrayForEach(step, steps)
		if (!step_ok(c, steps, step, i++))
			return false;
	return timeout_ok(c) && substitutions_ok(c);
}

static bool expand(void *arg, cJSON *text)
{
	const cJSON *values = arg;
	struct buf b = {0};
	const char *key;
	size_t len, n;
	for (const char *p = text->valuestring; *p; p += n ? n : 1) {
		bool escaped = p[0] == '$' && p[1] == '$';
		n = escaped ? 2 : parameter(p, &key, &len);
		const char *value = n && !escaped ? json_str(values, sim_tmp("%.*s", (int)len, key), "") : escaped ? "$" : NULL;
		if (value)
			buf_puts(&b, value);
		else
			buf_putc(&b, *p);
	}
	cJSON_SetValuestring(text, buf_text(&b));
	buf_free(&b);
	return true;
}

void build_substitute(cJSON *build, const cJSON *built_in)
{
	cJSON *values = cJSON_Duplicate(built_in, true), *own;
	cJSON_ArrayForEach(own, json_at(build, "substitutions"))
		if (cJSON_IsString(own))
			json_put_str(values, own->string, own->valuestring);
	each_text(build, expand, values);
	cJSON_Delete(values);
}
