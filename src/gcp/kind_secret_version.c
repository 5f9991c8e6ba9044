/* A version of a secret, used by its number and never as "latest".
 * spec: {"secret":NAME,"payload":{"$secret":NAME}} for one that was drawn or typed: the version in use ("version" when it is recorded, else the
 * newest enabled one) is kept whatever it holds; or {"secret":NAME,"text":TEXT} for a rendered file: a version is added when its text
 * differs. Outputs: version ("3"), name ("projects/P/secrets/S/versions/3"), made (when). It goes with its secret. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://secretmanager.googleapis.com/v1/projects/%s/secrets/%s"

static const char *secret(const struct view *v)
{
	return json_str(v->spec, "secret", "");
}

static const char *text(const struct view *v)
{
	return json_str(v->spec, "text", NULL);
}

/* A rendered file is read back, since its text alone tells whether it is current; a real secret never is. Versions of every state are listed: what was
 * destroyed had a number too. A page holds as many as Google allows: the one in use may be an old one. */
static void secret_version_observe(const struct view *v, struct call *out)
{
	if (text(v))
		call_set(out, DIALECT_NONE, "GET", NULL, BASE "/versions/latest:access", v->project, secret(v));
	else
		call_set(out, DIALECT_NONE, "GET", NULL, BASE "/versions?pageSize=25000", v->project, secret(v));
}

static const char *number_of(const cJSON *version)
{
	const char *slash = strrchr(json_str(version, "name", ""), '/');
	return slash ? slash + 1 : "";
}

/* A list of versions, newest first; "{}" when there is none. */
static const cJSON *chosen(const struct view *v, const cJSON *list)
{
	const char *recorded = json_str(v->spec, "version", "");
	const cJSON *item, *newest = NULL;
	cJSON_ArrayForEach(item, list) {
		if (strcmp(json_str(item, "state", "ENABLED"), "ENABLED") != 0)
			continue;
		if (!strcmp(number_of(item), recorded))
			return item;
		if (!newest || atoi(number_of(item)) > atoi(number_of(newest)))
			newest = item;
	}
	return newest;
}

/* The newest was disabled or destroyed: whoever reads the file gets none until there is another. */
static bool is_shut(const struct view *v, int http, const cJSON *reply)
{
	return text(v) && http == 400 && !strcmp(json_str(reply, "error.status", ""), "FAILED_PRECONDITION");
}

/* Reads three replies: a list, an access, and the version that a create answers with. */
static void secret_version_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (is_shut(v, http, reply)) {
		out->presence = PRESENT_NO;
		return;
	}
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	const cJSON *version = json_at(out->found, "name") ? out->found : chosen(v, json_at(out->found, "versions"));
	if (!version) {
		out->presence = PRESENT_NO;
		return;
	}
	char *name = xasprintf("projects/%s/secrets/%s/versions/%s", v->project, secret(v), number_of(version));
	json_put_str(out->outputs, "version", number_of(version));
	json_put_str(out->outputs, "name", name);
	json_put_str(out->outputs, "made", json_str(version, "createTime", ""));
	free(name);
}

/* Neither text is shown: a list of e-mail addresses is nobody else's business. */
static void secret_version_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const char *data = json_str(seen->found, "payload.data", NULL);
	char *wanted = text(v) && data ? encode_base64(text(v), strlen(text(v))) : NULL;
	out->verdict = VERDICT_KEEP;
	if (wanted && strcmp(wanted, data) != 0) {
		cJSON *found = json_make("{'version':%s}", number_of(seen->found)), *next = json_make("{'version':'new'}");
		change_add(out, "payload", found, next);
		cJSON_Delete(found);
		cJSON_Delete(next);
		out->verdict = VERDICT_UPDATE;
	}
	free(wanted);
}

static cJSON *payload(const struct view *v)
{
	if (!text(v)) {
		const char *name = json_str(v->spec, "payload.$secret", "");
		return json_make("{'data':{'$secret':%s,'as':'base64'},'dataCrc32c':{'$secret':%s,'as':'crc32c'}}", name, name);
	}
	char *data = encode_base64(text(v), strlen(text(v))), *crc = xasprintf("%u", encode_crc32c(text(v), strlen(text(v))));
	cJSON *p = json_make("{'data':%s,'dataCrc32c':%s}", data, crc);
	free(data);
	free(crc);
	return p;
}

static void secret_version_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", json_make("{'payload':%j}", payload(v)), BASE ":addVersion", v->project, secret(v));
}

static void secret_version_update(const struct view *v, const struct observation *seen, const struct change *change,
				  struct call *out)
{
	(void)change;
	secret_version_create(v, seen, out);
}

static int highest(const cJSON *list)
{
	const cJSON *item;
	int most = 0;
	cJSON_ArrayForEach(item, list)
		most = atoi(number_of(item)) > most ? atoi(number_of(item)) : most;
	return most;
}

/* Numbers have no gaps: one that was passed over is somebody else's version, whether a list tells of it yet or not. Who adds the same text adds no harm. */
static bool secret_version_overtaken(const struct view *v, const struct observation *before, const struct observation *made)
{
	return !text(v) && atoi(number_of(made->found)) > highest(json_at(before->found, "versions")) + 1;
}

/* It would be taken for the newest by a run that has none noted. */
static void secret_version_withdraw(const struct view *v, const struct observation *made, struct call *out)
{
	call_set(out, DIALECT_NONE, "POST", cJSON_CreateObject(), BASE "/versions/%s:destroy", v->project, secret(v),
		 number_of(made->found));
}

/* A text is compared by what was stored. A value that was drawn is read when what needs it is made later: at an update of the stack. */
static char *secret_version_permits(const cJSON *spec, enum deed deed)
{
	static const char *const drawn[DEEDS] = {
	    [DEED_READ] = "secretmanager.versions.list",
	    [DEED_CREATE] = "secretmanager.versions.add secretmanager.versions.destroy",
	    [DEED_UPDATE] = "secretmanager.versions.add secretmanager.versions.access",
	};
	static const char *const kept[DEEDS] = {
	    [DEED_READ] = "secretmanager.versions.access",
	    [DEED_CREATE] = "secretmanager.versions.add",
	    [DEED_UPDATE] = "secretmanager.versions.add",
	};
	const char *needed = json_at(spec, "text") ? kept[deed] : drawn[deed];
	return needed ? xstrdup(needed) : NULL;
}

/* A rendered file is used by its newest version, whose number nobody keeps. */
static cJSON *secret_version_terraform(const struct view *v)
{
	return json_make("{'secret':%s,'version':%s,'fetchSecretData':false}", secret(v), json_str(v->spec, "version", NULL));
}

const struct kind kind_secret_version = {
    .id = "secretmanager.version",
    .opens = "text",
    .title = N_("Secret version"),
    .api = "secretmanager.googleapis.com",
    .part = PART_SECRETS,
    .console_page = "security/secret-manager/secret/{secret}/versions",
    .permits = secret_version_permits,
    .usual = 0.4,
    .slow = 0.8,
    .deadline = 600,
    .observe = secret_version_observe,
    .decode = secret_version_decode,
    .compare = secret_version_compare,
    .create = secret_version_create,
    .update = secret_version_update,
    .reply_tells = true,
    .overtaken = secret_version_overtaken,
    .withdraw = secret_version_withdraw,
    .renews = true,
    .terraform = {.type = "google_secret_manager_secret_version",
		  .data = true,
		  .name = "",
		  .body = secret_version_terraform,
		  .comment = "Its number only: as a resource, an import would read the value into the state.",
		  .outputs = (const char *const[]){"version", "@.version", "name", "@.name", "made", "@.create_time", NULL}},
};
