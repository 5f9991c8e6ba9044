/* The registry's own API (Docker Registry v2) at REGION-docker.pkg.dev: a client resolves a tag to a digest by HEAD or GET of a manifest. */
#include "config.h"
#include "sim/api/artifactregistry.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

static void refuse(struct sim_call *c, int status, const char *code, const char *message)
{
	cJSON *body = json_make("{'errors':[{'code':%s,'message':%s}]}", code, message);
	char *text = json_text(body, -1);
	sim_header(c, "Docker-Distribution-Api-Version", "registry/2.0");
	sim_bytes(c, status, "application/json", text, strlen(text));
	free(text);
	cJSON_Delete(body);
}

static void unauthorized(struct sim_call *c, const char *scope)
{
	sim_header(c, "WWW-Authenticate",
		   sim_tmp("Bearer realm=\"https://%s/v2/token\",service=\"%s\"%s%s%s", c->host, c->host,
			   *scope ? ",scope=\"repository:" : "", scope, *scope ? ":pull\"" : ""));
	refuse(c, 401, "UNAUTHORIZED", "authentication failed");
}

/* Who asks: a bearer token, or Basic with the user oauth2accesstoken, as `docker login` sends it. */
static const char *caller(struct sim_call *c)
{
	const char *header = sim_request_header(c->request, "Authorization");
	if (c->principal || !header || !text_starts(header, "Basic "))
		return c->principal;
	size_t len = strlen(header + 6);
	char *pair = xcalloc(1, len + 1);
	size_t n = sim_unbase64(header + 6, pair, len);
	pair[n] = '\0';
	const char *colon = strchr(pair, ':'), *owner = colon ? sim_token_owner(c->sim, colon + 1) : NULL;
	free(pair);
	return owner;
}

static void base(struct sim_call *c)
{
	if (!caller(c)) {
		unauthorized(c, "");
		return;
	}
	sim_header(c, "Docker-Distribution-Api-Version", "registry/2.0");
	sim_bytes(c, 200, "application/json", "{}", 2);
}

/* The token endpoint hands on the access token that it was shown. */
static void docker_registry_token(struct sim_call *c)
{
	const char *who = caller(c);
	char *fresh = who ? sim_token_new(c->sim, who, 3600) : NULL;
	if (!fresh) {
		refuse(c, 403, "DENIED",
		       "Unauthenticated request. Unauthenticated requests do not have permission "
		       "\"artifactregistry.repositories.downloadArtifacts\"");
		return;
	}
	cJSON *body = json_make("{'token':%s,'access_token':%s,'expires_in':3600}", fresh, fresh);
	char *text = json_text(body, -1);
	sim_bytes(c, 200, "application/json", text, strlen(text));
	free(text);
	free(fresh);
	cJSON_Delete(body);
}

static void docker_registry_manifest(struct sim_call *c)
{
	const char *path = c->path + 4, *at = strstr(path, "/manifests/");
	if (!*path) {
		base(c);
		return;
	}
	if (!at) {
		refuse(c, 404, "NAME_UNKNOWN", "not found");
		return;
	}
	const char *name = sim_tmp("%.*s", (int)(at - path), path), *reference = at + 11, *digest = NULL;
	const char *image = sim_tmp("%s/%s%s%s", c->host, name, strchr(reference, ':') ? "@" : ":", reference),
		   *who = caller(c);
	if (!who && !text_starts(name, "cloudrun/")) {
		unauthorized(c, name);
		return;
	}
	struct image_ref r;
	const char *why = image_pull(c->sim, who, image, &digest, NULL),
		   *text = why ? NULL : image_manifest(c->sim, image, digest);
	if (text) {
		sim_header(c, "Docker-Distribution-Api-Version", "registry/2.0");
		sim_header(c, "Docker-Content-Digest", digest);
		sim_bytes(c, 200, "application/vnd.docker.distribution.manifest.v2+json", text, strlen(text));
	} else if (why && !strcmp(why, "permission") && image_parse(image, &r)) {
		refuse(c, 403, "DENIED",
		       sim_tmp("Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource "
			       "\"projects/%s/locations/%s/repositories/%s\" (or it may not exist)",
			       r.project, r.location, r.repository));
	} else {
		refuse(c, 404, "MANIFEST_UNKNOWN", sim_tmp("Failed to fetch \"%s\"", reference));
	}
}

static const struct sim_route routes[] = {
    {"GET *-docker.pkg.dev/v2/token", docker_registry_token, NULL, NULL},
    {"GET *-docker.pkg.dev/v2/*", docker_registry_manifest, NULL, NULL},
    {"HEAD *-docker.pkg.dev/v2/*", docker_registry_manifest, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_docker_registry = {
    .name = "docker_registry",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
};
