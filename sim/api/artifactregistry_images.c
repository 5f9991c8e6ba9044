/* Images in the simulated Artifact Registry: references, pulling through remote repositories, pushing; and the public images
 * that the simulated world knows of. */
#include "config.h"
#include "sim/api/artifactregistry.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/identity.h"
#include "sim/api/mlflow_releases.h"
#include "sim/api/serving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Images of registries outside that behave like something that is simulated, with the tags that there are ("*": any). Any other
 * name that could be one is some image that listens on its port; the world says which do not exist. */
static const struct upstream {
	const char *registry, *name, *tags, *software;
} upstreams[] = {
    {"quay.io", "oauth2-proxy/oauth2-proxy",
     "v7.4.0 v7.5.0 v7.5.1 v7.6.0 v7.7.0 v7.7.1 v7.8.0 v7.8.1 v7.8.2 v7.9.0 v7.10.0 v7.11.0 v7.12.0 v7.13.0 v7.14.0 v7.15.0 "
     "v7.15.1 v7.15.2 v7.15.3 v7.15.4 v7.15.5 v7.15.6 latest",
     "oauth2-proxy"},
    {"ghcr.io", "mlflow/mlflow", "v3.16.1 v3.17.0 v3.17.1 v3.17.2 v3.16.1-full v3.17.0-full v3.17.1-full v3.17.2-full",
     "mlflow"},
    {"docker.io", "library/python", "*", "python"},
    {"docker.io", "library/nginx", "*", "nginx"},
    {"docker.io", "mendhak/http-https-echo", "*", "echo"}, /* answers with the request that it got */
    {"docker.io", "library/postgres", "*", "postgres"},
    {"docker.io", "library/busybox", "*", "busybox"},
    {"gcr.io", "cloudrun/hello", "latest", "hello"},
    {"gcr.io", "cloud-builders/docker", "*", "docker"},
    {"gcr.io", "cloud-sql-connectors/cloud-sql-proxy", "2.25.3 2.27.0", "cloud-sql-proxy"},
    {"us-docker.pkg.dev", "cloudrun/container/hello", "latest", "hello"},
    {"us-docker.pkg.dev", "cloudrun/container/job", "latest", "job"},
    {"us-docker.pkg.dev", "cloudrun/container/placeholder", "latest", "hello"},
};

static void copy(char *to, size_t room, const char *from, size_t len)
{
	snprintf(to, room, "%.*s", (int)len, from);
}

/* Projects of Google's and others that have public images behind gcr.io and in Artifact Registry. */
static const char *const publishers[] = {"cloudrun",
					 "cloud-builders",
					 "cloud-ops-agents-artifacts",
					 "cloud-sql-connectors",
					 "cloudsql-docker",
					 "cloud-marketplace",
					 "cloud-marketplace-containers",
					 "cloud-spanner-pg-adapter",
					 "deeplearning-platform-release",
					 "distroless",
					 "gke-release",
					 "google-appengine",
					 "google-containers",
					 "google-samples",
					 "google.com", /* of domains: gcr.io/google.com/cloudsdktool/google-cloud-cli */
					 "google_containers",
					 "kaniko-project",
					 "knative-releases",
					 "kubernetes-release",
					 "ml-pipeline",
					 "tfx-oss-public",
					 "vertex-ai",
					 "serverless-runtimes",
					 "buildpacks",
					 "k8s-minikube",
					 "gke-networking-recipes",
					 "gcr-mirror",
					 NULL};

static bool published(const struct image_ref *r)
{
	bool yes = false;
	for (const char *const *p = publishers; *p && !yes; p++)
		yes = !strcmp(*p, r->project);
	return yes;
}

/* The hosts of Container Registry are repositories of Artifact Registry of their name, each in a multi-region. */
static const char *const registries[][2] = {
    {"gcr.io", "us"}, {"us.gcr.io", "us"}, {"eu.gcr.io", "europe"}, {"asia.gcr.io", "asia"}};

static const char *registry_location(const char *host)
{
	const char *location = NULL;
	for (size_t i = 0; i < sizeof registries / sizeof *registries; i++)
		location = strcmp(registries[i][0], host) ? location : registries[i][1];
	return location;
}

static void split_host(const char *image, const char **rest, struct image_ref *r)
{
	const char *slash = strchr(image, '/');
	size_t first = slash ? (size_t)(slash - image) : 0;
	bool host = slash && (memchr(image, '.', first) || memchr(image, ':', first) || !strncmp(image, "localhost/", 10));
	copy(r->host, sizeof(r->host), host ? image : "docker.io", host ? first : 9);
	*rest = host ? slash + 1 : image;
}

bool image_parse(const char *image, struct image_ref *r)
{
	memset(r, 0, sizeof(*r));
	const char *rest;
	split_host(image, &rest, r);
	const char *at = strchr(rest, '@');
	size_t len = at ? (size_t)(at - rest) : strlen(rest);
	if (at)
		copy(r->digest, sizeof(r->digest), at + 1, strlen(at + 1));
	const char *colon = memchr(rest, ':', len);
	if (colon)
		copy(r->tag, sizeof(r->tag), colon + 1, len - (size_t)(colon + 1 - rest));
	else if (!at)
		copy(r->tag, sizeof(r->tag), "latest", 6);
	char *path = xstrndup(rest, colon ? (size_t)(colon - rest) : len);
	if (text_ends(r->host, "-docker.pkg.dev")) {
		copy(r->location, sizeof(r->location), r->host, strlen(r->host) - 15);
		char *repository = strchr(path, '/'), *name = repository ? strchr(repository + 1, '/') : NULL;
		if (!name) {
			free(path);
			return false;
		}
		copy(r->project, sizeof(r->project), path, (size_t)(repository - path));
		copy(r->repository, sizeof(r->repository), repository + 1, (size_t)(name - repository - 1));
		copy(r->name, sizeof(r->name), name + 1, strlen(name + 1));
	} else if (registry_location(r->host)) {
		size_t n = strcspn(path, "/");
		copy(r->location, sizeof(r->location), registry_location(r->host), strlen(registry_location(r->host)));
		copy(r->project, sizeof(r->project), path, n);
		copy(r->repository, sizeof(r->repository), r->host, strlen(r->host));
		copy(r->name, sizeof(r->name), path[n] ? path + n + 1 : "", path[n] ? strlen(path + n + 1) : 0);
	} else if (!strcmp(r->host, "docker.io") && !strchr(path, '/')) {
		snprintf(r->name, sizeof(r->name), "library/%s", path);
	} else {
		copy(r->name, sizeof(r->name), path, strlen(path));
	}
	free(path);
	return *r->name && (!*r->digest || (text_starts(r->digest, "sha256:") && strlen(r->digest) == 71));
}

/* The manifest of an image whose content is known by this seed; its digest is the hash of these very bytes. */
static char *manifest(const char *seed)
{
	const char *config = sim_sha256(seed, strlen(seed));
	const char *base = sim_sha256("debian bookworm", 15);
	const char *layer = sim_sha256(config, strlen(config));
	cJSON *m = json_make(
	    "{'schemaVersion':2,'mediaType':'application/vnd.docker.distribution.manifest.v2+json',"
	    "'config':{'mediaType':'application/vnd.docker.container.image.v1+json','size':6142,'digest':%s},"
	    "'layers':[{'mediaType':'application/vnd.docker.image.rootfs.diff.tar.gzip','size':28229285,'digest':%s},"
	    "{'mediaType':'application/vnd.docker.image.rootfs.diff.tar.gzip','size':241172480,'digest':%s}]}",
	    config, base, layer);
	char *text = json_text(m, 3);
	cJSON_Delete(m);
	return text;
}

/* Is this an image's name, as registries take it? */
static bool plausible(const char *name, const char *tag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789",
			  more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	size_t n = strlen(name), t = strlen(tag);
	return n && n < 200 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-/") == n && strchr(letters, *name) &&
	       strchr(letters, name[n - 1]) && !strstr(name, "//") && t < 129 &&
	       (!t ||
		(strchr(more, *tag) && strspn(tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == t));
}

static bool listed(const char *tags, const char *tag)
{
	size_t len = strlen(tag);
	if (!strcmp(tags, "*"))
		return true;
	for (const char *p = tags; len && (p = strstr(p, tag)); p += len)
		if ((p == tags || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

/* Does the world say that there is no such image: by name, or with a tag? */
static bool world_lacks(struct sim *s, const char *registry, const char *name, const char *tag)
{
	const char *whole = sim_tmp("%s/%s", registry, name), *tagged = sim_tmp("%s:%s", whole, tag);
	const cJSON *item;
	bool lacks = false;
	cJSON_ArrayForEach(item, sim_project_world(s, "", "missingImages"))
		lacks = lacks ||
			(cJSON_IsString(item) && (!strcmp(item->valuestring, whole) || !strcmp(item->valuestring, tagged)));
	return lacks;
}

static char *upstream_manifest(const char *registry, const char *name, const char *tag)
{
	return manifest(sim_tmp("%s/%s:%s", registry, name, tag));
}

static const struct upstream *upstream_find(const char *registry, const char *name)
{
	for (size_t i = 0; i < sizeof(upstreams) / sizeof(*upstreams); i++)
		if (!strcmp(upstreams[i].registry, registry) && !strcmp(upstreams[i].name, name))
			return &upstreams[i];
	return NULL;
}

/* The tag of an upstream image with this digest, or NULL. */
static const char *tag_of(const struct upstream *u, const char *digest)
{
	for (const char *p = u->tags; *p;) {
		size_t len = strcspn(p, " ");
		const char *tag = sim_tmp("%.*s", (int)len, p);
		char *m = upstream_manifest(u->registry, u->name, tag);
		bool same = !strcmp(sim_sha256(m, strlen(m)), digest);
		free(m);
		if (same)
			return tag;
		p += len + (p[len] == ' ');
	}
	return NULL;
}

/* MLflow's own image is there for each of its releases, in full since 3.16. */
static bool mlflow_tag(const char *tag)
{
	size_t n = *tag == 'v' ? strspn(tag + 1, "0123456789.") : 0;
	return n && (!tag[n + 1] || (!strcmp(tag + n + 1, "-full") && text_starts(tag, "v3."))) &&
	       mlflow_exists(sim_tmp("%.*s", (int)n, tag + 1));
}

/* The tag that an image outside has, "" for one of which the digest alone is known; NULL: there is no such image. */
static const char *outside(struct sim *s, const char *registry, const char *name, const struct image_ref *r)
{
	const struct upstream *u = upstream_find(registry, name);
	const char *tag = *r->digest && u && strcmp(u->tags, "*") ? tag_of(u, r->digest) : *r->digest ? "" : r->tag;
	bool there = tag && plausible(name, tag) && !world_lacks(s, registry, name, tag);
	if (there && u && !*r->digest)
		there = listed(u->tags, tag) || (!strcmp(u->software, "mlflow") && mlflow_tag(tag));
	return there ? tag : NULL;
}

static const char *repository_key(struct sim *s, const struct image_ref *r)
{
	const char *project = sim_project_id(s, r->project);
	return project ? sim_tmp("projects/%s/locations/%s/repositories/%s", project, r->location, r->repository) : "";
}

static const char *package_key(const char *repository, const char *name)
{
	struct buf b = {0};
	text_percent(&b, name, false);
	const char *key = sim_tmp("%s/packages/%s", repository, buf_text(&b));
	buf_free(&b);
	return key;
}

/* Keeps an image with all that the API lists of it: package, version, docker image. */
static struct sim_object *keep(struct sim *s, const char *repository, const struct image_ref *r, const char *digest,
			       const char *text, const cJSON *facts)
{
	const char *package = package_key(repository, r->name);
	const char *key = sim_tmp("%s/versions/%s", package, digest);
	struct sim_object *version = sim_get(s, "artifactregistry.versions", key);
	if (version)
		return version;
	char *now = sim_time(s, 6);
	if (!sim_get(s, "artifactregistry.packages", package))
		sim_put(s, "artifactregistry.packages", package,
			json_make("{'name':%s,'createTime':%s,'updateTime':%s}", package, now, now));
	version = sim_put(s, "artifactregistry.versions", key,
			  json_make("{'name':%s,'createTime':%s,'updateTime':%s}", key, now, now));
	json_put_str(version->hidden, "manifest", text);
	json_put(version->hidden, "facts", facts ? cJSON_Duplicate(facts, 1) : cJSON_CreateObject());
	const char *image = sim_tmp("%s/dockerImages/%s@%s", repository, r->name, digest);
	const char *project = sim_tmp("%.*s", (int)strcspn(repository + 9, "/"), repository + 9);
	cJSON *doc = json_make(
	    "{'name':%s,'uri':%s,'tags':[],'imageSizeBytes':'269407907','uploadTime':%s,'updateTime':%s,'buildTime':%s,"
	    "'mediaType':'application/vnd.docker.distribution.manifest.v2+json'}",
	    image, sim_tmp("%s-docker.pkg.dev/%s/%s/%s@%s", r->location, project, r->repository, r->name, digest), now, now,
	    now);
	cJSON *metadata = json_make("{'name':%s,'imageSizeBytes':'269407907','mediaType':%s,'buildTime':%s}", image,
				    "application/vnd.docker.distribution.manifest.v2+json", now);
	json_put(version->doc, "metadata", metadata);
	sim_put(s, "artifactregistry.dockerImages", image, doc);
	free(now);
	return version;
}

static void drop_text(cJSON *array, const char *text)
{
	for (int i = cJSON_GetArraySize(array) - 1; i >= 0; i--) {
		const cJSON *item = cJSON_GetArrayItem(array, i);
		if (cJSON_IsString(item) && !strcmp(item->valuestring, text))
			cJSON_DeleteItemFromArray(array, i);
	}
}

/* Points a tag at a version, and the docker images' lists with it. */
static void point(struct sim *s, const char *repository, const struct image_ref *r, const char *digest)
{
	const char *package = package_key(repository, r->name);
	const char *key = sim_tmp("%s/tags/%s", package, r->tag);
	const char *version = sim_tmp("%s/versions/%s", package, digest);
	struct sim_object *tag = sim_get(s, "artifactregistry.tags", key);
	if (tag) {
		const char *old = strstr(json_str(tag->doc, "version", ""), "/versions/");
		struct sim_object *image = sim_get(s, "artifactregistry.dockerImages",
						   sim_tmp("%s/dockerImages/%s@%s", repository, r->name, old ? old + 10 : ""));
		if (image)
			drop_text(json_at(image->doc, "tags"), r->tag);
		json_put_str(tag->doc, "version", version);
	} else {
		sim_put(s, "artifactregistry.tags", key, json_make("{'name':%s,'version':%s}", key, version));
	}
	struct sim_object *image = sim_get(s, "artifactregistry.dockerImages",
					   sim_tmp("%s/dockerImages/%s@%s", repository, r->name, digest));
	if (image)
		cJSON_AddItemToArray(json_at(image->doc, "tags"), cJSON_CreateString(r->tag));
}

static struct sim_object *stored(struct sim *s, const char *repository, const struct image_ref *r)
{
	const char *package = package_key(repository, r->name);
	if (*r->digest)
		return sim_get(s, "artifactregistry.versions", sim_tmp("%s/versions/%s", package, r->digest));
	struct sim_object *tag = sim_get(s, "artifactregistry.tags", sim_tmp("%s/tags/%s", package, r->tag));
	return tag ? sim_get(s, "artifactregistry.versions", json_str(tag->doc, "version", "")) : NULL;
}

/* The registry behind a remote repository: "quay.io"; NULL for a standard one. */
static const char *upstream_of(const struct sim_object *repository)
{
	const cJSON *config = json_at(repository->doc, "remoteRepositoryConfig");
	if (!config)
		return NULL;
	const char *uri = json_str(config, "commonRepository.uri", NULL);
	if (!uri)
		uri = json_str(config, "dockerRepository.customRepository.uri", NULL);
	if (!uri)
		return "docker.io";
	uri = strstr(uri, "://") ? strstr(uri, "://") + 3 : uri;
	const char *host = sim_tmp("%.*s", (int)strcspn(uri, "/"), uri);
	return !strcmp(host, "registry-1.docker.io") ? "docker.io" : host;
}

/* What an upstream image holds: MLflow's own has drivers and Google's client in its full variant only, others' have them. */
static cJSON *facts_of(const char *registry, const char *name, const char *tag)
{
	const struct upstream *u = upstream_find(registry, name);
	const char *version = *tag == 'v' ? tag + 1 : tag, *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	const char *number = sim_tmp("%.*s", (int)strspn(version, "0123456789."), version);
	bool theirs = !u && strstr(last, "mlflow") && mlflow_exists(number);
	const char *software = u ? u->software : theirs ? "mlflow" : "other";
	bool full = theirs || text_ends(version, "-full"), mlflow = !strcmp(software, "mlflow");
	cJSON *facts = json_make("{'software':%s,'version':%s}", software, theirs ? number : version);
	if (!strcmp(software, "postgres"))
		json_put(facts, "entrypoint", json_make("['docker-entrypoint.sh']"));
	if (!strcmp(software, "postgres"))
		json_put(facts, "cmd", json_make("['postgres']"));
	static const char *const extras[] = {"psycopg2", "pymysql", "storage", "auth"};
	for (size_t i = 0; mlflow && i < sizeof extras / sizeof *extras; i++)
		json_put_bool(facts, extras[i], full);
	return facts;
}

/* Fetches from upstream into a remote repository, as its first pull does. */
static struct sim_object *fetched(struct sim *s, const struct sim_object *repository, const struct image_ref *r)
{
	const char *registry = upstream_of(repository), *tag = registry ? outside(s, registry, r->name, r) : NULL;
	if (!tag)
		return NULL;
	char *text = upstream_manifest(registry, r->name, tag);
	const char *digest = *tag ? sim_sha256(text, strlen(text)) : r->digest;
	cJSON *facts = facts_of(registry, r->name, tag);
	struct sim_object *o = keep(s, repository->key, r, digest, text, facts);
	if (!*r->digest)
		point(s, repository->key, r, digest);
	cJSON_Delete(facts);
	free(text);
	return o;
}

static const char *public_image(struct sim *s, const struct image_ref *r, const char **digest, const cJSON **facts)
{
	bool old = registry_location(r->host) != NULL;
	const char *name = old           ? sim_tmp("%s/%s", r->project, r->name)
			   : *r->project ? sim_tmp("%s/%s/%s", r->project, r->repository, r->name)
					 : r->name;
	const char *tag = outside(s, r->host, name, r);
	if (!tag)
		return "missing";
	const char *key = sim_tmp("%s/%s:%s%s", r->host, name, tag, *tag ? "" : r->digest);
	struct sim_object *o = sim_get(s, "artifactregistry.public", key);
	if (!o) {
		char *text = upstream_manifest(r->host, name, tag);
		o = sim_put(s, "artifactregistry.public", key,
			    json_make("{'digest':%s}", *tag ? sim_sha256(text, strlen(text)) : r->digest));
		json_put(o->hidden, "facts", facts_of(r->host, name, tag));
		free(text);
	}
	*digest = json_str(o->doc, "digest", "");
	if (facts)
		*facts = json_at(o->hidden, "facts");
	return NULL;
}

const char *image_pull(struct sim *s, const char *principal, const char *image, const char **digest, const cJSON **facts)
{
	struct image_ref r;
	if (!image_parse(image, &r))
		return "missing";
	if (!*r.project || published(&r)) {
		bool pulled = !strcmp(r.host, "docker.io") || *r.project;
		return pulled ? public_image(s, &r, digest, facts) : "registry";
	}
	const char *key = repository_key(s, &r);
	struct sim_object *repository = sim_get(s, "artifactregistry.repositories", key);
	if (principal && !sim_allowed(s, principal, "artifactregistry.repositories.downloadArtifacts",
				      sim_project_id(s, r.project), sim_tmp("//artifactregistry.googleapis.com/%s", key)))
		return "permission";
	if (!repository || json_bool(repository->hidden, "creating", false))
		return "missing";
	struct sim_object *version = stored(s, key, &r);
	if (!version)
		version = fetched(s, repository, &r);
	if (!version)
		return "missing";
	*digest = strstr(version->key, "/versions/") + 10;
	if (facts)
		*facts = json_at(version->hidden, "facts");
	return NULL;
}

bool image_of_google(const char *image)
{
	struct image_ref r;
	return image_parse(image, &r) && (*r.project || text_ends(r.host, ".gcr.io"));
}

bool image_of_own(const char *image)
{
	struct image_ref r;
	return image_parse(image, &r) && *r.project && !published(&r);
}

const char *image_pull_anywhere(struct sim *s, const char *principal, const char *image, const char **digest,
				const cJSON **facts)
{
	struct image_ref r;
	if (!image_parse(image, &r))
		return "missing";
	return *r.project ? image_pull(s, principal, image, digest, facts) : public_image(s, &r, digest, facts);
}

const char *image_manifest(struct sim *s, const char *image, const char *digest)
{
	struct image_ref r;
	if (!image_parse(image, &r))
		return NULL;
	const struct sim_object *version = sim_get(
	    s, "artifactregistry.versions", sim_tmp("%s/versions/%s", package_key(repository_key(s, &r), r.name), digest));
	return version ? json_str(version->hidden, "manifest", NULL) : NULL;
}

const char *image_push(struct sim *s, const char *principal, const char *image, const cJSON *facts, const char **digest)
{
	struct image_ref r;
	if (!image_parse(image, &r) || !*r.project)
		return "missing";
	const char *key = repository_key(s, &r);
	if (!sim_allowed(s, principal, "artifactregistry.repositories.uploadArtifacts", sim_project_id(s, r.project),
			 sim_tmp("//artifactregistry.googleapis.com/%s", key)))
		return "permission";
	struct sim_object *repository = sim_get(s, "artifactregistry.repositories", key);
	if (!repository && registry_location(r.host)) {
		/* Such a repository is made by the first push, where that is permitted. */
		if (!sim_project_id(s, r.project) ||
		    !sim_allowed(s, principal, "artifactregistry.repositories.createOnPush", sim_project_id(s, r.project), ""))
			return "unmade";
		repository = artifact_make(s, key);
	}
	if (!repository || json_bool(repository->hidden, "creating", false) || upstream_of(repository))
		return "missing";
	if (json_bool(repository->doc, "dockerConfig.immutableTags", false) && stored(s, key, &r))
		return "immutable";
	char *text = json_text(facts, -1), *name = sim_hex(s, 32);
	char *m = manifest(sim_tmp("%s %s", name, text));
	const char *sum = sim_sha256(m, strlen(m));
	struct sim_object *version = keep(s, key, &r, sum, m, facts);
	point(s, key, &r, sum);
	*digest = strstr(version->key, "/versions/") + 10;
	free(text);
	free(name);
	free(m);
	return NULL;
}

const char *sim_image_digest(struct sim *s, const char *image)
{
	const char *digest = NULL;
	return image_pull(s, NULL, image, &digest, NULL) ? NULL : digest;
}
