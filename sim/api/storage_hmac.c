/* storage.googleapis.com: HMAC keys of service accounts, for programs that speak S3. The secret is shown once; a key is deleted only when it is inactive,
 * and is listed for a while after that by whoever asks for deleted ones. */
#include "config.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define KEYS "storage.hmacKeys"
enum { MOST = 10 };

static bool is_state(const struct sim_object *o, const char *state)
{
	return !strcmp(json_str(o->doc, "state", ""), state);
}

static void touch(struct sim_call *c, struct sim_object *o, const char *state)
{
	json_put_str(o->doc, "state", state);
	json_put_str(o->doc, "updated", sim_stamp(c->sim, 3));
	json_put_str(o->doc, "etag", sim_base64(json_str(o->doc, "updated", ""), 24, false));
}

/* How many the account has that are not deleted. */
static int keys_of(struct sim_call *c, const char *email)
{
	const char *below = sim_tmp("projects/%s/hmacKeys/", c->project);
	int n = 0;
	for (struct sim_object *o = sim_first(c->sim, KEYS, below); o; o = sim_following(c->sim, o, below))
		n += !strcmp(json_str(o->doc, "serviceAccountEmail", ""), email) && !is_state(o, "DELETED");
	return n;
}

static const char *access_id(struct sim *s)
{
	static const char letters[] = UPPER_LETTERS "234567";
	char id[62] = "GOOG1E";
	for (int i = 6; i < 61; i++)
		id[i] = letters[sim_random(s) % 32];
	return sim_tmp("%s", id);
}

static void hmac_create(struct sim_call *c)
{
	const char *email = sim_param(c, "serviceAccountEmail");
	if (!sim_account_exists(c->sim, email, true)) {
		sim_fail(c, "NOT_FOUND", "notFound", "Service Account '%s' not found.", email);
		return;
	}
	if (keys_of(c, email) >= MOST) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Service account '%s' has reached its limit of %d HMAC keys.", email,
			 MOST);
		return;
	}
	const char *id = access_id(c->sim);
	char *raw = sim_hex(c->sim, 30);
	cJSON *doc = json_make("{'kind':'storage#hmacKeyMetadata','id':%s,'selfLink':%s,'accessId':%s,'projectId':%s,"
			       "'serviceAccountEmail':%s,'timeCreated':%s}",
			       sim_tmp("%s/%s", c->project, id),
			       sim_tmp("https://www.googleapis.com/storage/v1/projects/%s/hmacKeys/%s", c->project, id), id,
			       c->project, email, sim_stamp(c->sim, 3));
	struct sim_object *o = sim_put(c->sim, KEYS, sim_tmp("projects/%s/hmacKeys/%s", c->project, id), doc);
	touch(c, o, "ACTIVE");
	sim_ok(c, json_make("{'kind':'storage#hmacKey','secret':%s,'metadata':%j}", sim_base64(raw, 30, false),
			    cJSON_Duplicate(o->doc, true)));
	free(raw);
}

static bool hmac_shown(const struct sim_call *c, const struct sim_object *o)
{
	const char *email = sim_param(c, "serviceAccountEmail");
	return (!*email || !strcmp(email, json_str(o->doc, "serviceAccountEmail", ""))) &&
	       (!is_state(o, "DELETED") || sim_param_bool(c, "showDeletedKeys"));
}

static void hmac_update(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	const char *state = json_str(c->body, "state", ""), *etag = json_str(c->body, "etag", "");
	if (!o)
		return;
	if (*etag && strcmp(etag, json_str(o->doc, "etag", "")) != 0)
		storage_unmet(c);
	else if (strcmp(state, "ACTIVE") && strcmp(state, "INACTIVE"))
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid argument: state must be ACTIVE or INACTIVE.");
	else if (is_state(o, "DELETED"))
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Cannot update keys in 'DELETED' state.");
	else {
		touch(c, o, state);
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	}
}

static void hmac_delete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (!is_state(o, "INACTIVE")) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Cannot delete keys in '%s' state.", json_str(o->doc, "state", ""));
		return;
	}
	touch(c, o, "DELETED");
	sim_no_content(c);
}

#define K "storage.projects.hmacKeys"
static const struct sim_resource resources[] = {
    {.methods = K,
     .collection = KEYS,
     .key = "projects/{project}/hmacKeys/{hmacKeys}",
     .field = "items",
     .list = "storage#hmacKeysMetadata",
     .missing = "Access ID not found in project {project}.",
     .shown = hmac_shown},
    {0},
};

static const struct sim_route routes[] = {
    RESOURCE_READS(K, "storage.hmacKeys"),
    {K ".create", hmac_create, "storage.hmacKeys.create", NULL},
    {K ".update", hmac_update, "storage.hmacKeys.update", NULL},
    {K ".delete", hmac_delete, "storage.hmacKeys.delete", NULL},
    {0},
};

const struct sim_api sim_api_storage_hmac = {.name = "storage",
					     .service = "storage.googleapis.com",
					     .errors = SIM_ERRORS_LEGACY,
					     .routes = routes,
					     .resources = resources};
