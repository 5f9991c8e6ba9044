/* Parts of a plan that are the same whatever is chosen. */
#include "config.h"
#include "plan/parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/archive.h"
#include "plan/naming.h"
#include "plan/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void part_apis(struct plan *p, const char *const *services)
{
	cJSON *list = cJSON_CreateArray();
	for (; *services; services++) {
		char *full = xasprintf("%s.googleapis.com", *services);
		cJSON_AddItemToArray(list, cJSON_CreateString(full));
		free(full);
	}
	plan_add(p, "apis", "serviceusage.services", "APIs", json_make("{'services':%j}", list));
}

void part_api(struct plan *p, const char *service)
{
	char *full = xasprintf("%s.googleapis.com", service);
	cJSON_AddItemToArray(json_at(plan_find(p, "apis")->spec, "services"), cJSON_CreateString(full));
	free(full);
}

char *part_account(struct plan *p, const char *what, const char *title)
{
	char *id = xasprintf("sa/%s", what), *name = name_of(p->stack, what);
	plan_needs(plan_add(p, id, "iam.serviceAccount", name, json_make("{'displayName':%s}", title)), "apis");
	free(name);
	free(id);
	return name_email(p->stack, what, p->project);
}

/* Whose permissions they are, in words; freed by the caller. */
static char *grants_name(const char *holder, const char *path)
{
	static const struct {
		const char *holder, *words;
	} names[] = {
	    {"project", N_("on the project %.*s")},       {"serviceAccount", N_("on the service account %.*s")},
	    {"secret", N_("on the secret %.*s")},         {"repository", N_("on the image repository %.*s")},
	    {"service", N_("on the service %.*s")},       {"job", N_("on the job %.*s")},
	    {"bucket", N_("on the bucket %.*s")},         {"instance", N_("on the machine %.*s")},
	    {"iap", N_("at Identity-Aware Proxy, %.*s")}, {"tunnel", N_("on tunnels to %.*s")},
	};
	const char *last = strrchr(path, '/') + 1;
	int length = (int)strcspn(last, "@");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i].holder, holder))
			return xasprintf(_(names[i].words), length, last);
#pragma GCC diagnostic pop
	return xasprintf("%s %.*s", holder, length, last);
}

struct resource *part_grants(struct plan *p, const char *id, const char *holder, const char *path, const char *role,
			     cJSON *members, const char *after)
{
	char *full = xasprintf("iam/%s", id), *of = grants_name(holder, path);
	struct resource *r = plan_add(
	    p, full, "iam.policy", of,
	    json_make("{'holder':%s,'resource':%s,'bindings':[{'role':%s,'members':%j}]}", holder, path, role, members));
	/* A new bucket lets the project's viewers and editors in, past the gate. Its owners stay: they may let themselves in anyhow, and the installer
	 * works as one. */
	if (!strcmp(holder, "bucket"))
		json_put(r->spec, "without", json_make("[{'member':'projectViewer:'},{'member':'projectEditor:'}]"));
	plan_needs(r, after ? after : "apis");
	free(of);
	free(full);
	return r;
}

struct resource *part_grant(struct plan *p, const char *id, const char *holder, const char *path, const char *role,
			    const char *member, const char *after)
{
	return part_grants(p, id, holder, path, role, json_make("[%s]", member), after);
}

/* serviceAccount:EMAIL, to be freed. */
static char *member_of(const char *email)
{
	return xasprintf("serviceAccount:%s", email);
}

/* int64 is text in Google's JSON. */
static cJSON *int64_text(int value)
{
	char text[16];
	snprintf(text, sizeof text, "%d", value);
	return cJSON_CreateString(text);
}

/* A bucket's object in Google's words. days of soft deletion; 0 switches it off. */
static cJSON *bucket_body(const char *location, const char *class, int days, cJSON *lifecycle)
{
	char *upper = xstrdup(location);
	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	cJSON *body = json_make("{'location':%s,'storageClass':%s,'versioning':{'enabled':true},"
				"'softDeletePolicy':{'retentionDurationSeconds':%j},'lifecycle':{'rule':%j}}",
				upper, class, int64_text(days * 86400), lifecycle);
	free(upper);
	return body;
}

char *part_artifacts(const struct answers *a, struct plan *p)
{
	char *name = name_bucket(p->project, p->stack, "artifacts", json_str(a->resolved, "suffix", ""));
	plan_needs(plan_add(p, "bucket/artifacts", "storage.bucket", name,
			    json_make("{'body':%j}",
				      bucket_body(answers_str(a, "artifacts.location"), settings_storage_class(a),
						  answers_int(a, "artifacts.soft_delete_days"), settings_lifecycle(a)))),
		   "apis");
	return name;
}

static char *repository_path(const struct plan *p, const char *name)
{
	return xasprintf("projects/%s/locations/%s/repositories/%s", p->project, p->region, name);
}

/* A repository that fetches from another registry what is asked of it: for whoever has no way there. */
static void add_mirror(struct plan *p, const char *what, const char *of, cJSON *upstream)
{
	char *name = name_of(p->stack, what), *id = xasprintf("repository/%s", what);
	cJSON *remote = json_make("{'description':%s,'dockerRepository':%j}", of, upstream);
	plan_needs(
	    plan_add(
		p, id, "artifactregistry.repository", name,
		json_make("{'region':%s,'body':{'format':'DOCKER','mode':'REMOTE_REPOSITORY','remoteRepositoryConfig':%j}}",
			  p->region, remote)),
	    "apis");
	free(id);
	free(name);
}

void part_quay(struct plan *p)
{
	add_mirror(p, "quay", "quay.io", json_make("{'customRepository':{'uri':'https://quay.io'}}"));
}

void part_docker_hub(struct plan *p)
{
	add_mirror(p, "docker-hub", "Docker Hub", json_make("{'publicRepository':'DOCKER_HUB'}"));
}

void part_repository(struct plan *p)
{
	cJSON *body = json_make(
	    "{'format':'DOCKER','mode':'STANDARD_REPOSITORY','cleanupPolicies':{"
	    "'keep':{'id':'keep','action':'KEEP','mostRecentVersions':{'keepCount':10}},"
	    "'untagged':{'id':'untagged','action':'DELETE','condition':{'tagState':'UNTAGGED','olderThan':'2592000s'}}}}");
	plan_needs(plan_add(p, "repository", "artifactregistry.repository", p->stack,
			    json_make("{'region':%s,'body':%j}", p->region, body)),
		   "apis");
}

/* The bucket of sources and logs, and the repository, both open to the build's account only. */
static void build_places(struct plan *p, const char *bucket, const char *builder)
{
	char *member = member_of(builder), *path = xasprintf("b/%s", bucket), *repository = repository_path(p, p->stack);
	cJSON *rules = json_make("[{'action':{'type':'Delete'},'condition':{'age':90,'matchesPrefix':['logs/']}}]");
	plan_needs(plan_add(p, "bucket/build", "storage.bucket", bucket,
			    json_make("{'data':false,'body':%j}", bucket_body(p->region, "STANDARD", 7, rules))),
		   "apis");
	plan_needs(part_grant(p, "build-bucket", "bucket", path, "roles/storage.objectUser", member, "bucket/build"),
		   "sa/build");
	part_repository(p);
	plan_needs(part_grant(p, "repository", "repository", repository, "roles/artifactregistry.writer", member, "repository"),
		   "sa/build");
	free(repository);
	free(path);
	free(member);
}

bool part_image(const struct answers *a, struct plan *p, struct err *e)
{
	char hash[ARCHIVE_HASH];
	if (!archive_hash(p, hash, e))
		return false;
	char *builder = part_account(p, "build", "MLflow image builder");
	char *bucket = name_bucket(p->project, p->stack, "build", json_str(a->resolved, "suffix", ""));
	char *object = xasprintf("source/%.24s.tar.gz", hash), *tag = xasprintf("source-%.24s", hash),
	     *logs = xasprintf("%s/logs", bucket);
	char *image = xasprintf("%s-docker.pkg.dev/%s/%s/server:%.24s", p->region, p->project, p->stack, hash);
	char *name = xasprintf("server:%.12s", hash);
	build_places(p, bucket, builder);
	plan_needs(plan_add(p, "source", "storage.object", object, json_make("{'bucket':%s,'upload':'source.tar.gz'}", bucket)),
		   "bucket/build");
	struct resource *r = plan_add(p, "image", "cloudbuild.image", name,
				      json_make("{'region':%s,'bucket':%s,'object':%s,'generation':%j,'image':%s,"
						"'serviceAccount':%s,'logs':%s,'tag':%s,'after':%j}",
						p->region, bucket, object, plan_ref("source", "generation"), image, builder,
						logs, tag, plan_ref("repository", "made")));
	plan_records(r, "digest", "image_digest");
	plan_needs(r, "iam/build-bucket");
	plan_needs(r, "iam/repository");
	plan_needs(r, "sa/build");
	free(name);
	free(image);
	free(logs);
	free(tag);
	free(object);
	free(bucket);
	free(builder);
	return true;
}

/* The spec of a version: drawn and typed values by name, rendered files by text; the number in use when it is recorded. */
static cJSON *version_spec(const struct answers *a, const struct part_secret *s, const char *secret)
{
	if (s->text)
		return json_make("{'secret':%s,'text':%s}", secret, s->text);
	cJSON *spec = json_make("{'secret':%s,'payload':{'$secret':%s}}", secret, s->name);
	cJSON *recorded = cJSON_GetObjectItemCaseSensitive(json_at(a->resolved, "secret_versions"), s->name);
	char *text = recorded ? cJSON_IsString(recorded) ? xstrdup(recorded->valuestring) : json_text(recorded, -1) : NULL;
	if (text)
		json_put_str(spec, "version", text);
	free(text);
	return spec;
}

/* "given/secret": what the answer refers to in Secret Manager, as long as it has still to be read. NULL: it refers to nothing there. */
static const char *look_for_given(const struct answers *a, struct plan *p, const struct part_secret *s)
{
	static const char there[] = "secret:";
	const char *reference = s->question ? answers_str(a, s->question) : "";
	if (!text_starts(reference, there) || cJSON_HasObjectItem(json_at(a->resolved, "secret_versions"), s->name))
		return NULL;
	plan_needs(plan_add(p, "given/secret", "secretmanager.givenVersion", reference + strlen(there), cJSON_CreateObject()),
		   "apis");
	return "given/secret";
}

cJSON *part_version(const char *secret, const char *output)
{
	char *id = xasprintf("version/%s", secret);
	cJSON *ref = plan_ref(id, output);
	free(id);
	return ref;
}

void part_secret(const struct answers *a, struct plan *p, const struct part_secret *s)
{
	char *name = name_of(p->stack, s->name), *secret = xasprintf("secret/%s", s->name),
	     *version = xasprintf("version/%s", s->name);
	/* In the stack's region alone: what it reads is there, and an organisation that forbids other places forbids "automatic". */
	struct resource *shell = plan_add(p, secret, "secretmanager.secret", name, json_make("{'locations':[%s]}", p->region));
	plan_needs(shell, "apis");
	if (s->opens)
		plan_opens(shell, s->opens);
	const char *given = look_for_given(a, p, s);
	struct resource *kept = plan_add(p, version, "secretmanager.version", name, version_spec(a, s, name));
	char *record = xasprintf("secret_versions.%s", s->name);
	plan_needs(kept, secret);
	kept->lasting = s->lasting;
	if (given)
		plan_needs(kept, given);
	if (!s->text)
		plan_records(kept, "version", record);
	free(record);
	if (!s->text)
		plan_secret(p, s->name, s->recipe, s->question, s->question ? answers_str(a, s->question) : NULL, version);
	free(version);
	free(secret);
	free(name);
}
