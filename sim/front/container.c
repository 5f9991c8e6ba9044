/* Puts a container together from its template: image, secrets, variables, and the command behind the image's shell scripts. */
#include "config.h"
#include "sim/front/container.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/artifactregistry.h"
#include "sim/api/serving.h"
#include "sim/front/postgres.h"
#include "sim/front/script.h"

#include <stdlib.h>
#include <string.h>

/* Images. ------------------------------------------------------------------------------------------------------------------ */
/* Nodes and machines pull by themselves: from any registry that they reach, as the template's puller. */
static bool pull_by_node(struct sim *s, const cJSON *template, struct container *k, struct container_fault *fault)
{
	const char *image = json_str(k->spec, "image", ""), *digest = NULL, *broken = json_str(k->spec, "broken", NULL);
	const char *puller = json_bool(k->spec, "anonymous", false) ? "" : json_str(template, "puller", "");
	if (broken) {
		fault->reason = json_str(k->spec, "brokenReason", "CreateContainerError");
		fault->message = xstrdup(broken);
		return false;
	}
	if (json_bool(k->spec, "native", false)) { /* a program on the machine itself */
		k->facts = json_at(k->spec, "facts");
		k->software = json_str(k->facts, "software", "other");
		return true;
	}
	bool google = image_of_google(image),
	     reached = json_bool(template, google ? "reaches.google" : "reaches.internet", false);
	const char *why = reached ? image_pull_anywhere(s, puller, image, &digest, &k->facts) : "unreachable";
	if (!why) {
		k->software = json_str(k->facts, "software", "other");
		return true;
	}
	fault->reason = "ErrImagePull";
	fault->message = xstrdup(why);
	return false;
}

static bool take_image(struct sim *s, const char *project, const cJSON *template, struct container *k,
		       struct container_fault *fault)
{
	const char *image = json_str(k->spec, "image", ""), *digest = NULL;
	if (json_at(template, "puller"))
		return pull_by_node(s, template, k, fault);
	const char *agent = sim_tmp("service-%s@serverless-robot-prod.iam.gserviceaccount.com", sim_project_number(s, project));
	struct image_ref r;
	bool own = image_parse(image, &r) && *r.project && sim_project_id(s, r.project) &&
		   !strcmp(sim_project_id(s, r.project), project);
	const char *why = image_pull(s, own ? NULL : sim_tmp("serviceAccount:%s", agent), image, &digest, &k->facts);
	if (!why) {
		k->software = json_str(k->facts, "software", "other");
		return true;
	}
	bool denied = !strcmp(why, "permission");
	fault->reason = denied ? "CONTAINER_PERMISSION_DENIED" : "CONTAINER_MISSING";
	if (denied)
		fault->message = xasprintf(
		    "Google Cloud Run Service Agent %s must have permission to read the image, %s. Ensure that the provided "
		    "container image URL is correct and that the above account has permission to access the image.",
		    agent, image);
	else
		fault->message = xasprintf("Image '%s' not found.", image);
	return false;
}

/* Secrets. ----------------------------------------------------------------------------------------------------------------- */
static char *secret(struct sim *s, const char *project, const char *email, const char *name, const char *version, bool job,
		    struct container_fault *fault)
{
	const char *owner = project, *why = NULL;
	if (text_starts(name, "projects/")) {
		owner = sim_tmp("%.*s", (int)strcspn(name + 9, "/"), name + 9);
		owner = sim_project_id(s, owner) ? sim_project_id(s, owner) : owner;
		name = strrchr(name, '/') + 1;
	}
	version = *version ? version : "latest";
	size_t len;
	char *payload = sim_secret_read(s, sim_tmp("serviceAccount:%s", email), owner, name, version, &len, &why);
	if (payload)
		return payload;
	const char *number = sim_project_number(s, owner);
	const char *full = sim_tmp("projects/%s/secrets/%s/versions/%s", number ? number : owner, name, version);
	fault->reason = "SECRETS_ACCESS_CHECK_FAILED";
	if (why && !strcmp(why, "permission"))
		fault->message = xasprintf(
		    "Permission denied on secret: %s for %s service account %s. The service account used must be granted the "
		    "'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or "
		    "higher level.",
		    full, job ? "Job" : "Revision", email);
	else if (why && !strcmp(why, "disabled"))
		fault->message = xasprintf("Secret version %s is in DISABLED state.", full);
	else
		fault->message = xasprintf("Secret %s was not found", full);
	return NULL;
}

static void put(cJSON *object, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, value);
}

static bool take_env(struct sim *s, const char *project, const cJSON *template, bool job, struct container *k,
		     struct container_fault *fault)
{
	const cJSON *image = json_at(k->facts, "env"), *own = json_at(k->spec, "env");
	for (const cJSON *e = image ? image->child : NULL; e; e = e->next)
		put(k->env, e->string, e->valuestring);
	for (const cJSON *e = own ? own->child : NULL; e; e = e->next) {
		const cJSON *from = json_at(e, "valueSource.secretKeyRef");
		char *value = from ? secret(s, project, json_str(template, "serviceAccount", ""), json_str(from, "secret", ""),
					    json_str(from, "version", ""), job, fault)
				   : xstrdup(json_str(e, "value", ""));
		if (!value)
			return false;
		put(k->env, json_str(e, "name", ""), value);
		free(value);
	}
	if (k->ingress && !json_at(template, "puller")) /* Cloud Run's and App Engine's contract; nodes have none such */
		put(k->env, "PORT", sim_tmp("%d", (int)json_num(k->spec, "ports.0.containerPort", 8080)));
	return true;
}

static bool mount(struct sim *s, const char *project, const cJSON *template, const cJSON *m, bool job, struct container *k,
		  struct container_fault *fault)
{
	const cJSON *volumes = json_at(template, "volumes"), *v = volumes ? volumes->child : NULL;
	while (v && strcmp(json_str(v, "name", ""), json_str(m, "name", "")))
		v = v->next;
	const char *name = json_str(v, "secret.secret", NULL), *folder = json_str(m, "mountPath", "");
	const cJSON *known = json_at(v, "files");
	const char *claim = json_str(v, "claim", NULL);
	if (claim)
		put(k->kept, folder, *json_str(m, "subPath", "") ? sim_tmp("%s/%s", claim, json_str(m, "subPath", "")) : claim);
	for (const cJSON *f = known ? known->child : NULL; f; f = f->next) {
		const char *part = json_str(m, "subPath", NULL);
		if (!part || !strcmp(part, f->string))
			put(k->files, part ? folder : sim_tmp("%s/%s", folder, f->string), f->valuestring);
	}
	if (!name)
		return true;
	cJSON *one = NULL;
	const cJSON *items = json_at(v, "secret.items");
	if (!cJSON_GetArraySize(items)) /* without items the file is named as the secret */
		items = one = json_make("[{'path':%s,'version':'latest'}]", strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	bool all = true;
	for (const cJSON *i = items->child; i && all; i = i->next) {
		char *payload = secret(s, project, json_str(template, "serviceAccount", ""), name, json_str(i, "version", ""),
				       job, fault);
		if (payload)
			put(k->files, sim_tmp("%s/%s", folder, json_str(i, "path", "")), payload);
		all = payload != NULL;
		free(payload);
	}
	cJSON_Delete(one);
	return all;
}

static bool take_files(struct sim *s, const char *project, const cJSON *template, bool job, struct container *k,
		       struct container_fault *fault)
{
	const cJSON *mounts = json_at(k->spec, "volumeMounts"), *own = json_at(k->spec, "files");
	for (const cJSON *f = own ? own->child : NULL; f; f = f->next)
		put(k->files, f->string, f->valuestring);
	for (const cJSON *m = mounts ? mounts->child : NULL; m; m = m->next)
		if (!mount(s, project, template, m, job, k, fault))
			return false;
	return true;
}

/* What is on its volumes already, as far as scripts ask for it: PostgreSQL's directories, by the variable that names them. */
static void container_find(struct sim *s, struct container *k)
{
	const char *folder = container_env(k, "PGDATA", "/var/lib/postgresql/data"),
		   *version = postgres_version(s, container_kept(k, folder));
	if (version)
		put(k->files, sim_tmp("%s/PG_VERSION", folder), version);
}

/* One reference in berglas' spelling, "sm://PROJECT/SECRET#VERSION", perhaps with "?destination=FILE" before the number: the payload takes its place. */
static void dereference(struct sim *s, const char *account, struct container *k, const char *name, const char *text)
{
	const char *slash = strchr(text, '/'), *number = strchr(text, '#'), *query = strstr(text, "?destination=");
	if (!slash || !number)
		return;
	const char *project = sim_tmp("%.*s", (int)(slash - text), text), *last = query && query < number ? query : number;
	const char *file = last == query ? sim_tmp("%.*s", (int)(number - query - 13), query + 13) : NULL;
	struct container_fault fault = {0};
	char *payload = secret(s, project, account, sim_tmp("%.*s", (int)(last - slash - 1), slash + 1), number + 1, false,
			       &fault);
	if (!payload && !k->error)
		k->error = xasprintf("https://secretmanager.googleapis.com/v1/projects/%s: %s", text,
				     fault.message ? fault.message : "");
	if (payload && file)
		put(k->files, file, payload);
	if (payload)
		put(k->env, name, file ? file : payload);
	free(fault.message);
	free(payload);
}

/* `python3 SCRIPT COMMAND...` with a script that asks the metadata server for a token and Secret Manager for payloads: what it is there for is to put
 * secrets into the place of references, as `berglas exec` does. */
static bool is_dereferencer(const struct container *k)
{
	const char *program = json_str(k->argv, "0", ""), *file = json_str(k->argv, "1", "");
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file, *text;
	static const char *const asks[] = {
	    "metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token", "Metadata-Flavor",
	    "secretmanager.googleapis.com/v1/projects/", ":access"};
	const cJSON *script_text = cJSON_GetObjectItemCaseSensitive(json_at(k->facts, "scripts"), base);
	if (!text_starts(strrchr(program, '/') ? strrchr(program, '/') + 1 : program, "python3") ||
	    !cJSON_IsString(script_text))
		return false;
	text = script_text->valuestring;
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
		if (!strstr(text, asks[i]))
			return false;
	return true;
}

static void dereference_all(struct sim *s, const cJSON *template, struct container *k)
{
	cJSON *before = cJSON_Duplicate(k->env, 1);
	const cJSON *e;
	cJSON_ArrayForEach(e, before)
		if (text_starts(e->valuestring, "sm://"))
			dereference(s, json_str(template, "serviceAccount", ""), k, e->string, e->valuestring + 5);
	cJSON_Delete(before);
	cJSON_DeleteItemFromArray(k->argv, 0);
	cJSON_DeleteItemFromArray(k->argv, 0);
}

/* The program behind `sh FILE`, `sh -c TEXT` or a script in the image. */
static void look_through(struct container *k)
{
	const char *program = json_str(k->argv, "0", ""), *slash = strrchr(program, '/');
	program = slash ? slash + 1 : program;
	bool shell = !strcmp(program, "sh") || !strcmp(program, "bash");
	const char *first = json_str(k->argv, "1", "");
	cJSON *argv = NULL;
	if (shell && !strcmp(first, "-c")) {
		argv = script_run(k, "sh", json_str(k->argv, "2", ""));
	} else {
		const char *file = shell ? first : json_str(k->argv, "0", "");
		const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
		const cJSON *text = cJSON_GetObjectItemCaseSensitive(json_at(k->facts, "scripts"), base);
		if (cJSON_IsString(text))
			argv = script_run(k, file, text->valuestring);
	}
	if (argv) {
		cJSON_Delete(k->argv);
		k->argv = argv;
	}
}

static void append(cJSON *to, const cJSON *list)
{
	for (const cJSON *a = list ? list->child : NULL; a; a = a->next)
		if (cJSON_IsString(a))
			cJSON_AddItemToArray(to, cJSON_CreateString(a->valuestring));
}

static void take_command(struct sim *s, const cJSON *template, struct container *k)
{
	const cJSON *command = json_at(k->spec, "command"), *args = json_at(k->spec, "args");
	k->argv = cJSON_CreateArray();
	bool own = cJSON_GetArraySize(command) > 0;
	append(k->argv, own ? command : json_at(k->facts, "entrypoint"));
	if (cJSON_GetArraySize(args))
		append(k->argv, args);
	else if (!own)
		append(k->argv, json_at(k->facts, "cmd"));
	if (!own && !strcmp(k->software, "oauth2-proxy"))
		cJSON_InsertItemInArray(k->argv, 0, cJSON_CreateString("/bin/oauth2-proxy"));
	if (is_dereferencer(k))
		dereference_all(s, template, k);
	look_through(k);
}

bool container_make(struct sim *s, const char *project, const cJSON *template, const cJSON *spec, bool job, struct container *k,
		    struct container_fault *fault)
{
	*k = (struct container){.name = json_str(spec, "name", ""), .spec = spec, .software = "other"};
	k->env = cJSON_CreateObject();
	k->files = cJSON_CreateObject();
	k->kept = cJSON_CreateObject();
	k->ran = cJSON_CreateArray();
	k->instance = json_str(template, "pod", "");
	bool only = cJSON_GetArraySize(json_at(template, "containers")) == 1;
	k->ingress = !job && (only || cJSON_GetArraySize(json_at(spec, "ports")) > 0);
	if (!take_image(s, project, template, k, fault) || !take_env(s, project, template, job, k, fault) ||
	    !take_files(s, project, template, job, k, fault)) {
		container_free(k);
		return false;
	}
	container_find(s, k);
	take_command(s, template, k);
	return true;
}

/* The place of "--" in `python3 SCRIPT A... -- B...` with a script of the image that starts programs so; 0 when the command is another. */
static int second_program(const struct container *k)
{
	const char *program = json_str(k->argv, "0", ""), *file = json_str(k->argv, "1", "");
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	const cJSON *text = cJSON_GetObjectItemCaseSensitive(json_at(k->facts, "scripts"), base), *a;
	int at = 0;
	if (!text_starts(strrchr(program, '/') ? strrchr(program, '/') + 1 : program, "python3") || !cJSON_IsString(text) ||
	    !strstr(text->valuestring, "subprocess.Popen") || !strstr(text->valuestring, ".index(\"--\")"))
		return 0;
	cJSON_ArrayForEach(a, k->argv) {
		if (!strcmp(a->valuestring, "--"))
			return at;
		at++;
	}
	return 0;
}

bool container_split(struct container *k, struct container *other)
{
	int at = second_program(k);
	if (!at)
		return false;
	*other = *k;
	other->env = cJSON_Duplicate(k->env, true);
	other->files = cJSON_Duplicate(k->files, true);
	other->kept = cJSON_Duplicate(k->kept, true);
	other->ran = cJSON_Duplicate(k->ran, true);
	other->beside = NULL;
	other->error = k->error ? xstrdup(k->error) : NULL;
	other->argv = cJSON_CreateArray();
	while (cJSON_GetArraySize(k->argv) > at + 1)
		cJSON_AddItemToArray(other->argv, cJSON_DetachItemFromArray(k->argv, at + 1));
	cJSON_DeleteItemFromArray(k->argv, at);
	cJSON_DeleteItemFromArray(k->argv, 0);
	cJSON_DeleteItemFromArray(k->argv, 0);
	k->part = cJSON_Duplicate(k->spec, true);
	json_drop(k->part, "ports");
	json_drop(k->part, "startupProbe");
	k->spec = k->part;
	k->ingress = false;
	look_through(k);
	look_through(other);
	return true;
}

void container_free(struct container *k)
{
	cJSON_Delete(k->part);
	cJSON_Delete(k->argv);
	cJSON_Delete(k->beside);
	cJSON_Delete(k->env);
	cJSON_Delete(k->files);
	cJSON_Delete(k->kept);
	cJSON_Delete(k->ran);
	free(k->error);
	*k = (struct container){0};
}

const char *container_file(const struct container *k, const char *path)
{
	const cJSON *f = path ? cJSON_GetObjectItemCaseSensitive(k->files, path) : NULL;
	return cJSON_IsString(f) ? f->valuestring : NULL;
}

const char *container_env(const struct container *k, const char *name, const char *fallback)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(k->env, name);
	return cJSON_IsString(v) ? v->valuestring : fallback;
}

bool container_runs(const struct container *k, const char *program)
{
	const char *first = json_str(k->argv, "0", ""), *slash = strrchr(first, '/');
	return !strcmp(slash ? slash + 1 : first, program);
}

const char *container_flag(const struct container *k, const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;
	for (const cJSON *a = k->argv->child; a; a = a->next) {
		if (!strcmp(a->valuestring, name) && a->next)
			found = a->next->valuestring;
		else if (!strncmp(a->valuestring, name, len) && a->valuestring[len] == '=')
			found = a->valuestring + len + 1;
	}
	return found;
}

const char *container_sql_proxy(const struct container *k)
{
	for (const cJSON *a = strcmp(k->software, "cloud-sql-proxy") ? NULL : k->argv->child; a; a = a->next)
		if (*a->valuestring != '-' && strchr(a->valuestring, ':'))
			return sim_tmp("%.*s", (int)strcspn(a->valuestring, "?"), a->valuestring);
	return NULL;
}

const char *container_kept(const struct container *k, const char *path)
{
	const cJSON *f;
	cJSON_ArrayForEach(f, k->kept) {
		size_t len = strlen(f->string);
		if (!strncmp(path, f->string, len) && (!path[len] || path[len] == '/'))
			return sim_tmp("%s%s", f->valuestring, path + len);
	}
	return sim_tmp("%s/%s%s", k->instance, k->name, path);
}

bool container_has(const struct container *k, const char *argument)
{
	for (const cJSON *a = k->argv->child; a; a = a->next)
		if (!strcmp(a->valuestring, argument))
			return true;
	return false;
}
