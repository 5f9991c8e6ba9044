/* Getting and holding secrets. */
#include "config.h"
#include "engine/vault.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sealed.h"
#include "base/text.h"
#include "engine/oauth_client.h"
#include "net/api.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MANAGER "https://secretmanager.googleapis.com/v1/"

struct entry {
	const struct plan_secret *secret;
	struct secret *value;
	char *kept_as;      /* the version that keeps it, once that stands */
	unsigned long call; /* being read */
	struct vault *vault;
};

struct waiter {
	cJSON *names; /* array */
	vault_done *done;
	void *arg;
};

struct vault {
	struct api *api;
	const struct answers *answers;
	bool (*prompt)(void *arg, const char *question, struct secret **out, struct err *e);
	void *prompt_arg;
	struct entry *entries;
	size_t count;
	struct waiter *waiters;
	size_t waiter_count, waiter_room;
};

struct vault *vault_new(const struct plan *plan, const struct answers *answers, struct api *api,
			bool (*prompt)(void *arg, const char *question, struct secret **out, struct err *e), void *arg)
{
	struct vault *v = xcalloc(1, sizeof *v);
	*v = (struct vault){.api = api, .answers = answers, .prompt = prompt, .prompt_arg = arg, .count = plan->secret_count};
	v->entries = xcalloc(v->count + 1, sizeof *v->entries);
	for (size_t i = 0; i < v->count; i++)
		v->entries[i] = (struct entry){.secret = &plan->secrets[i], .vault = v};
	return v;
}

void vault_free(struct vault *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++) {
		api_cancel(v->api, v->entries[i].call);
		secret_free(v->entries[i].value);
		free(v->entries[i].kept_as);
	}
	for (size_t i = 0; i < v->waiter_count; i++)
		cJSON_Delete(v->waiters[i].names);
	free(v->waiters);
	free(v->entries);
	free(v);
}

static struct entry *entry_of(struct vault *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->entries[i].secret->name, name))
			return &v->entries[i];
	return NULL;
}

struct secret *vault_lookup(void *vault, const char *name)
{
	struct entry *n = entry_of(vault, name);
	return n ? n->value : NULL;
}

void vault_kept(struct vault *v, const char *keeper, const char *version_name, bool ours)
{
	for (size_t i = 0; i < v->count; i++) {
		struct entry *n = &v->entries[i];
		if (!n->secret->keeper || strcmp(n->secret->keeper, keeper) || !version_name)
			continue;
		free(n->kept_as);
		n->kept_as = xstrdup(version_name);
		if (ours || !n->value)
			continue;
		secret_free(n->value);
		n->value = NULL;
	}
}

/* Waiting -------------------------------------------------------------------------------------------------------------------- */

static bool all_there(struct vault *v, const cJSON *names)
{
	const cJSON *name;
	cJSON_ArrayForEach(name, names)
		if (!vault_lookup(v, name->valuestring))
			return false;
	return true;
}

static void answer(struct vault *v, size_t at, struct err *e)
{
	struct waiter w = v->waiters[at];
	v->waiters[at] = v->waiters[--v->waiter_count];
	cJSON_Delete(w.names);
	w.done(w.arg, e);
}

/* Tells those whose secrets are all there; with a failure, those that want this one. */
static void tell(struct vault *v, const char *failed, struct err *e)
{
	for (size_t i = 0; i < v->waiter_count;) {
		const struct waiter *w = &v->waiters[i];
		bool wants = false;
		const cJSON *name;
		cJSON_ArrayForEach(name, w->names)
			wants |= failed && !strcmp(name->valuestring, failed);
		struct err copy = {0};
		if (wants)
			err_set(&copy, e->exit, e->place, e->fix, "%s", e->what);
		if (wants || all_there(v, w->names)) {
			answer(v, i, &copy);
			i = 0;
		} else {
			i++;
		}
		err_free(&copy);
	}
}

void vault_forget(struct vault *v, void *arg)
{
	for (size_t i = 0; i < v->waiter_count; i++) {
		if (v->waiters[i].arg != arg)
			continue;
		cJSON_Delete(v->waiters[i].names);
		v->waiters[i--] = v->waiters[--v->waiter_count];
	}
}

/* Getting -------------------------------------------------------------------------------------------------------------------- */

static struct secret *decode_payload(const cJSON *reply)
{
	const cJSON *node = json_at(reply, "payload.data");
	const char *data = cJSON_IsString(node) ? node->valuestring : NULL;
	size_t len = 0, room = data ? strlen(data) : 0;
	if (!room)
		return NULL;
	unsigned char *bytes = sodium_malloc(room);
	if (!bytes)
		return NULL;
	bool ok = sodium_base642bin(bytes, room, data, room, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
	struct secret *s = ok ? secret_copy(bytes, len) : NULL;
	sodium_free(bytes);
	sodium_memzero(node->valuestring, room);
	return s;
}

/* What came of a reference, in the form in which it is stored; false when it cannot be what is asked for. */
static bool settle(struct entry *n, struct err *e)
{
	const struct question *q = n->secret->question ? question_find(n->secret->question) : NULL;
	const char *reference = n->secret->reference;
	if (n->value && oauth_client_settle(q, n->vault->answers, reference && !strcmp(reference, "prompt"), &n->value, e))
		return true;
	secret_free(n->value);
	n->value = NULL;
	return false;
}

static void on_access(void *arg, const struct api_result *r)
{
	struct entry *n = arg;
	struct vault *v = n->vault;
	struct err e = {0};
	bool foreign = !n->kept_as;
	n->call = 0;
	if (r->http == 200)
		n->value = decode_payload(r->reply);
	if (!n->value && r->err.exit)
		err_set(&e, r->err.exit, n->secret->name, r->err.fix, "%s", r->err.what);
	else if (!n->value)
		err_set(&e, EXIT_UNAVAILABLE, n->secret->name, NULL, _("its secret version holds nothing that can be read."));
	else if (foreign)
		settle(n, &e);
	tell(v, n->value ? NULL : n->secret->name, &e);
	err_free(&e);
}

static void access_version(struct entry *n, const char *version_name)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "GET", NULL, MANAGER "%-s:access", version_name);
	n->call = api_call(n->vault->api, &c, &(struct api_policy){.just_enabled = true}, on_access, n);
	call_free(&c);
}

#define PULL "pull:"

/* A token of an account, as a registry's client keeps it: {"auths":{HOST:{"auth":base64 of "oauth2accesstoken:TOKEN"}}}. */
static struct secret *docker_config(const char *host, const char *token)
{
	char *both = xasprintf("oauth2accesstoken:%s", token), *coded = encode_base64(both, strlen(both)),
	     *text = xasprintf("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}", host, coded);
	struct secret *s = secret_copy(text, strlen(text));
	sodium_memzero(both, strlen(both));
	sodium_memzero(coded, strlen(coded));
	sodium_memzero(text, strlen(text));
	free(both);
	free(coded);
	free(text);
	return s;
}

static void on_pull_token(void *arg, const struct api_result *r)
{
	struct entry *n = arg;
	struct err e = {0};
	const cJSON *token = json_at(r->reply, "accessToken");
	const char *host = n->secret->reference + strlen(PULL);
	char *name = xstrndup(host, strcspn(host, "/"));
	n->call = 0;
	if (r->http == 200 && cJSON_IsString(token)) {
		n->value = docker_config(name, token->valuestring);
		sodium_memzero(token->valuestring, strlen(token->valuestring));
	} else if (r->err.exit) {
		err_set(&e, r->err.exit, n->secret->name, r->err.fix, "%s", r->err.what);
	} else {
		err_set(&e, EXIT_UNAVAILABLE, n->secret->name, NULL, _("no token came."));
	}
	tell(n->vault, n->value ? NULL : n->secret->name, &e);
	err_free(&e);
	free(name);
}

/* "pull:HOST/EMAIL": what lets a cluster's machines pull from that registry for an hour, as that account. */
static void pull_token(struct entry *n)
{
	struct call c = {0};
	const char *slash = strchr(n->secret->reference, '/');
	call_set(&c, DIALECT_NONE, "POST",
		 json_make("{'scope':['https://www.googleapis.com/auth/cloud-platform'],'lifetime':'3600s'}"),
		 "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/%s:generateAccessToken",
		 slash ? slash + 1 : "");
	n->call = api_call(n->vault->api, &c, &(struct api_policy){.budget = 60, .just_enabled = true}, on_pull_token, n);
	call_free(&c);
}

/* Starts getting one; false, with e set, when it cannot be had. */
static bool get(struct entry *n, struct err *e)
{
	const char *reference = n->secret->reference;
	if (n->value || n->call)
		return true;
	if (n->kept_as) {
		access_version(n, n->kept_as);
		return true;
	}
	if (!reference) {
		n->value = secret_draw((enum secret_recipe)n->secret->recipe);
		return true;
	}
	if (text_starts(reference, PULL)) {
		pull_token(n);
		return true;
	}
	if (text_starts(reference, "secret:")) {
		access_version(n, reference + strlen("secret:"));
		return true;
	}
	if (!strcmp(reference, "prompt") || sealed_is(reference)) {
		if (n->vault->prompt)
			return n->vault->prompt(n->vault->prompt_arg, n->secret->question, &n->value, e) && settle(n, e);
		return err_set(e, EXIT_CONFIG, n->secret->name, _("Refer to it by env:NAME or file:PATH."),
			       _("nobody can be asked for it."));
	}
	n->value = secret_from_reference(reference, e);
	return n->value && settle(n, e);
}

const char *vault_try(struct vault *v, bool (*fresh)(void *arg, const char *keeper), void *arg, struct err *e)
{
	for (size_t i = 0; i < v->count; i++) {
		struct entry *n = &v->entries[i];
		const char *reference = n->secret->reference, *keeper = n->secret->keeper;
		bool here = reference && keeper && !text_starts(reference, "secret:");
		if (here && fresh(arg, keeper) && !get(n, e))
			return keeper;
	}
	return NULL;
}

static void collect_names(const cJSON *node, cJSON *names)
{
	const char *name = cJSON_IsObject(node) ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "$secret"))
						: NULL;
	const cJSON *child;
	if (name)
		cJSON_AddItemToArray(names, cJSON_CreateString(name));
	cJSON_ArrayForEach(child, node)
		collect_names(child, names);
}

void vault_need(struct vault *v, const cJSON *body, vault_done *done, void *arg)
{
	struct err e = {0};
	cJSON *names = cJSON_CreateArray();
	const cJSON *name;
	collect_names(body, names);
	cJSON_ArrayForEach(name, names) {
		struct entry *n = entry_of(v, name->valuestring);
		if (!n)
			err_set(&e, EXIT_BUG, NULL, NULL, "the plan has no secret %s", name->valuestring);
		else if (!e.exit)
			get(n, &e);
	}
	if (e.exit || all_there(v, names)) {
		done(arg, &e);
		err_free(&e);
		cJSON_Delete(names);
		return;
	}
	v->waiters = xgrow(v->waiters, v->waiter_count, &v->waiter_room, sizeof *v->waiters);
	v->waiters[v->waiter_count++] = (struct waiter){names, done, arg};
}
