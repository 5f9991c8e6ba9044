/* An image that was there before the stack, in Artifact Registry, by its digest. Who may not read it cannot tell: then it is left to the cloud. spec: {"region"
 * (that of the registry's host),"image" ("PROJECT/REPOSITORY/NAME")}; the name is the digest's 64 digits. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/docker_manifests.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

static void given_image_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://%s-docker.pkg.dev/v2/%-s/manifests/sha256:%s",
		 json_str(v->spec, "region", ""), json_str(v->spec, "image", ""), v->name);
	if (!out->fault)
		out->accept = xstrdup(DOCKER_MANIFESTS);
}

static void given_image_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply,
		     xasprintf(_("there is no image %s with this digest in the registry of %s."),
			       json_str(v->spec, "image", ""), json_str(v->spec, "region", "")),
		     out);
	if (out->presence == PRESENT_UNKNOWN && http == 403)
		out->presence = PRESENT_YES;
}

const struct kind kind_given_image = {
    .id = "artifactregistry.givenImage",
    .title = N_("Image, given"),
    .api = "artifactregistry.googleapis.com",
    .part = PART_IMAGE,
    .console_page = "artifacts",
    .permissions = {.read = "artifactregistry.repositories.downloadArtifacts"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_image_observe,
    .decode = given_image_decode,
    .compare = given_compare,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It was there before the stack, which names it."},
};
