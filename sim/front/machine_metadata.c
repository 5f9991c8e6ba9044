/* What a machine asks of Google while it comes up: its metadata server, guest attributes, Secret Manager by gcloud and by curl. */
#include "config.h"
#include "sim/front/machine_inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *machine_metadata(const struct sim_object *vm, const char *key)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(vm->doc, "metadata.items"))
		if (!strcmp(json_str(item, "key", ""), key))
			return json_str(item, "value", "");
	return NULL;
}

static char *secret(struct machine *m, const char *project, const char *name, const char *version)
{
	const char *owner = sim_project_id(m->sim, project), *why = NULL;
	size_t len;
	char *payload = m->all_scopes && owner
			    ? sim_secret_read(m->sim, m->principal, owner, name, *version ? version : "latest", &len, &why)
			    : NULL;
	const char *full = sim_tmp("projects/%s/secrets/%s/versions/%s", project, name, *version ? version : "latest");
	if (payload)
		return payload;
	if (!m->all_scopes)
		machine_say(
		    m, "ERROR: (gcloud.secrets.versions.access) PERMISSION_DENIED: Request had insufficient authentication "
		       "scopes.");
	else if (why && !strcmp(why, "permission"))
		machine_say(
		    m,
		    "ERROR: (gcloud.secrets.versions.access) PERMISSION_DENIED: Permission 'secretmanager.versions.access' "
		    "denied for resource '%s' (or it "
		    "may not exist).",
		    full);
	else if (why && !strcmp(why, "disabled"))
		machine_say(
		    m, "ERROR: (gcloud.secrets.versions.access) FAILED_PRECONDITION: Secret Version [%s] is in DISABLED state.",
		    full);
	else
		machine_say(m, "ERROR: (gcloud.secrets.versions.access) NOT_FOUND: Secret [%s] not found or has no versions.",
			    full);
	return NULL;
}

/* "gcloud secrets versions access VERSION --secret NAME", wherever gcloud comes from. */
char *machine_gcloud_secret(struct machine *m, const cJSON *words)
{
	const cJSON *w = words->child;
	while (w && strcmp(w->valuestring, "access"))
		w = w->next;
	const char *name = machine_option(words, "--secret"), *project = machine_option(words, "--project");
	return w && w->next && name ? secret(m, project ? project : m->project, machine_program(name), w->next->valuestring)
				    : NULL;
}

const char *machine_metadata(const struct sim_object *vm, const char *key);

/* curl of the metadata server, which answers who says that it means it. */
static char *curl_attribute(struct machine *m, const cJSON *words)
{
	static const char path[] = "/computeMetadata/v1/instance/attributes/";
	const char *value = NULL;
	bool meant = false;
	for (const cJSON *w = words->child; w; w = w->next) {
		const char *at = strstr(w->valuestring, path);
		meant = meant || !strcmp(w->valuestring, "Metadata-Flavor: Google") ||
			!strcmp(w->valuestring, "Metadata-Flavor:Google");
		value = at ? machine_metadata(m->vm, at + strlen(path)) : value;
	}
	return meant && value ? xstrdup(value) : NULL;
}

/* Guest attributes are written only where metadata say so. */
static bool attributes_on(const struct machine *m)
{
	const char *on = machine_metadata(m->vm, "enable-guest-attributes");
	return on && !strcasecmp(on, "true");
}

/* The text of curl's option, or of the file that it names. */
static const char *curl_body(const struct machine *m, const cJSON *words)
{
	static const char *const names[] = {"--data", "-d", "--data-binary", "--data-raw"};
	const char *file = machine_option(words, "--upload-file") ? machine_option(words, "--upload-file")
								  : machine_option(words, "-T"),
		   *text = NULL;
	for (size_t i = 0; !file && !text && i < sizeof names / sizeof *names; i++)
		text = machine_option(words, names[i]);
	if (text && *text == '@')
		file = text + 1;
	return file ? machine_file(m, file) : text;
}

/* curl that puts a guest attribute: is it one? */
static bool curl_guest(struct machine *m, const cJSON *words)
{
	static const char path[] = "/computeMetadata/v1/instance/guest-attributes/";
	const char *at = NULL, *body = curl_body(m, words);
	for (const cJSON *w = words->child; w && !at; w = w->next)
		at = strstr(w->valuestring, path);
	if (!at)
		return false;
	at += strlen(path);
	if (!attributes_on(m))
		machine_say(m, "curl: (22) The requested URL returned error: 403");
	else if (m->told && body && strchr(at, '/')) {
		if (!json_at(m->told->hidden, "guest"))
			json_put(m->told->hidden, "guest", cJSON_CreateObject());
		machine_put(json_at(m->told->hidden, "guest"), at, body);
	}
	return true;
}

/* curl of Secret Manager's own API; the payload stands in the reply in base64, and what the pipe does to it is to decode it. */
static char *curl_secret(struct machine *m, const cJSON *words)
{
	for (const cJSON *w = words->child; w; w = w->next) {
		const char *at = strstr(w->valuestring, "secretmanager.googleapis.com/v1/projects/");
		if (!at)
			continue;
		at += strlen("secretmanager.googleapis.com/v1/projects/");
		const char *project = sim_tmp("%.*s", (int)strcspn(at, "/"), at), *name = strstr(at, "/secrets/"),
			   *version = strstr(at, "/versions/");
		if (!name || !version)
			return NULL;
		name += 9, version += 10;
		return secret(m, project, sim_tmp("%.*s", (int)strcspn(name, "/"), name),
			      sim_tmp("%.*s", (int)strcspn(version, ":"), version));
	}
	return NULL;
}

char *machine_fetch(struct machine *m, const cJSON *words)
{
	if (!strcmp(machine_program(words->child->valuestring), "curl") && curl_guest(m, words))
		return NULL;
	char *attribute = curl_attribute(m, words);
	return attribute ? attribute : curl_secret(m, words);
}
