/* An object whose name carries the hash of its content, so one that is there is right. spec: {"bucket","upload": name of the file set}; name is
 * the object's. Outputs: generation. It goes with its bucket. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

static void object_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://storage.googleapis.com/storage/v1/b/%s/o/%s",
		 json_str(v->spec, "bucket", ""), v->name);
}

static void object_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->outputs)
		json_put_str(out->outputs, "generation", json_str(out->found, "generation", ""));
}

static void object_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v;
	(void)seen;
	out->verdict = VERDICT_KEEP;
}

/* ifGenerationMatch=0: a repeat of a request that did arrive is refused with 412 instead of writing twice. */
static void object_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", NULL,
		 "https://storage.googleapis.com/upload/storage/v1/b/%s/o?uploadType=media&name=%s&ifGenerationMatch=0",
		 json_str(v->spec, "bucket", ""), v->name);
	out->upload = xstrdup(json_str(v->spec, "upload", ""));
}

const struct kind kind_object = {
    .id = "storage.object",
    .title = N_("Source archive"),
    .api = "storage.googleapis.com",
    .part = PART_IMAGE,
    .console_page = "storage/browser/{bucket}",
    .permissions = {.read = "storage.objects.get", .create = "storage.objects.create"},
    .usual = 1,
    .slow = 3,
    .deadline = 600,
    .observe = object_observe,
    .decode = object_decode,
    .compare = object_compare,
    .create = object_create,
    .reply_tells = true,
    .terraform = {.none = "It is what the image is built from, and was read once."},
};
