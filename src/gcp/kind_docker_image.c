/* An image of another registry as a remote repository of Artifact Registry hands it on, which fetches and keeps it when it is first asked for. Its digest is
 * that of the very bytes of its manifest, so nobody's word is taken for it. It goes with its repository. spec: {"region","repository","image"
 * ("oauth2-proxy/oauth2-proxy"),"tag","digest"}; with a digest, which may be absent, that one is asked for and no other is taken. Outputs: digest,
 * image ("R-docker.pkg.dev/P/REPOSITORY/IMAGE@DIGEST"), pinned ("TAG@DIGEST"). */
#include "config.h"
#include "gcp/docker_manifests.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *docker_image_text(const struct view *v, const char *key)
{
	return json_str(v->spec, key, "");
}

#define SHA256 "sha256:"

static void docker_image_fetch(const struct view *v, struct call *out)
{
	const char *digest = docker_image_text(v, "digest");
	call_set(out, DIALECT_NONE, "GET", NULL, "https://%s-docker.pkg.dev/v2/%s/%s/%-s/manifests/",
		 docker_image_text(v, "region"), v->project, docker_image_text(v, "repository"), docker_image_text(v, "image"));
	if (text_starts(digest, SHA256)) /* a colon that a registry reads as it stands */
		call_add(out, SHA256 "%s", digest + strlen(SHA256));
	else
		call_add(out, "%s", docker_image_text(v, "tag"));
	if (!out->fault)
		out->accept = xstrdup(DOCKER_MANIFESTS);
}

static void docker_image_tell(const struct view *v, const char *digest, struct observation *out)
{
	char *image = xasprintf("%s-docker.pkg.dev/%s/%s/%s@%s", docker_image_text(v, "region"), v->project,
				docker_image_text(v, "repository"), docker_image_text(v, "image"), digest);
	char *pinned = xasprintf("%s@%s", docker_image_text(v, "tag"), digest);
	out->presence = PRESENT_YES;
	out->found = json_make("{'digest':%s}", digest);
	out->outputs = json_make("{'digest':%s,'image':%s,'pinned':%s}", digest, image, pinned);
	free(image);
	free(pinned);
}

/* Before its repository is there the registry answers 403 or 404, by what the caller may see: what it answers afterwards is told when it is made. */
static void docker_image_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	cJSON *manifest = cJSON_Parse(json_str(reply, "text", ""));
	bool sound = json_num(manifest, "schemaVersion", 0) == 2 &&
		     (json_at(manifest, "manifests") || json_at(manifest, "layers"));
	char *digest = xasprintf(SHA256 "%s", json_str(reply, "sha256", ""));
	const char *wanted = docker_image_text(v, "digest");
	if (http == 403 || http == 404)
		out->presence = PRESENT_NO;
	else if (http / 100 != 2)
		kind_say(out, PRESENT_UNKNOWN, _("the registry answered %d"), http);
	else if (!sound)
		kind_say(out, PRESENT_UNKNOWN, _("what the registry answered is no image's manifest"));
	else if (*wanted && strcmp(wanted, digest))
		kind_say(out, PRESENT_FAILED, _("the registry has other content under this digest: %s"), digest);
	else
		docker_image_tell(v, digest, out);
	cJSON_Delete(manifest);
	free(digest);
}

static void docker_image_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v;
	out->verdict = seen->presence == PRESENT_FAILED ? VERDICT_REFUSE : VERDICT_KEEP;
	if (seen->error)
		out->reason = xstrdup(seen->error);
}

static void docker_image_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	docker_image_fetch(v, out);
}

static const char *docker_image_cure(const char *message)
{
	return strstr(message, "Failed to fetch")
		   ? N_("Check that this release is there, and that the registry which it comes from answers.")
		   : NULL;
}

static char *docker_image_terraform(const struct view *v, const char *recorded)
{
	const char *at = recorded ? strchr(recorded, '@') : NULL;
	if (!at)
		return NULL;
	return xasprintf("%s-docker.pkg.dev/%s/%s/%s%s", docker_image_text(v, "region"), v->project,
			 docker_image_text(v, "repository"), docker_image_text(v, "image"), at);
}

const struct kind kind_docker_image = {
    .id = "artifactregistry.dockerImage",
    .title = N_("Image from elsewhere"),
    .api = "artifactregistry.googleapis.com",
    .part = PART_IMAGE,
    .console_page = "artifacts/docker/{project}/{region}/{repository}",
    .permissions = {.read = "artifactregistry.repositories.downloadArtifacts",
		    .create = "artifactregistry.repositories.downloadArtifacts"},
    .usual = 2,
    .slow = 10,
    .deadline = 60,
    .page = true,
    .observe = docker_image_fetch,
    .decode = docker_image_decode,
    .compare = docker_image_compare,
    .create = docker_image_create,
    .cure = docker_image_cure,
    .terraform = {.none = "The remote repository fetches it; Terraform gets its digest as a variable.",
		  .value = docker_image_terraform,
		  .outputs = (const char *const[]){"image", "@", "digest", "split(\"@\", @)[1]", NULL}},
};
