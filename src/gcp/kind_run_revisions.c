/* The older revisions of a Cloud Run service: of those that have neither traffic nor a tag the youngest stay, the others are deleted, some in each run.
 * spec: {"region","service","keep": how many,"used": names of those that are never touched (the service's output of that name)}. They go with it. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/reference.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://run.googleapis.com/v2/projects/%s/locations/%s/services/%s/revisions"

static void run_revisions_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=500", v->project, json_str(v->spec, "region", ""),
		 json_str(v->spec, "service", ""));
}

/* The last part of a name. */
static const char *short_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}

/* Before it is known which ones are used, because a new one will be made, all that are there are old ones. */
static bool is_old(const struct view *v, const cJSON *revision)
{
	const char *name = short_name(json_str(revision, "name", ""));
	const cJSON *used = json_at(v->spec, "used"), *one;
	if (!reference_is(used))
		cJSON_ArrayForEach(one, used)
			if (cJSON_IsString(one) && !strcmp(short_name(one->valuestring), name))
				return false;
	return *name != '\0';
}

static int younger_old(const struct view *v, const cJSON *all, const cJSON *than)
{
	int n = 0;
	const cJSON *one;
	cJSON_ArrayForEach(one, all)
		n += is_old(v, one) && strcmp(json_str(one, "createTime", ""), json_str(than, "createTime", "")) > 0;
	return n;
}

static void run_revisions_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *all = json_at(seen->found, "revisions"), *one;
	int keep = (int)json_num(v->spec, "keep", 0);
	cJSON_ArrayForEach(one, all)
		if (is_old(v, one) && younger_old(v, all, one) >= keep)
			change_add(out, short_name(json_str(one, "name", "")), json_at(one, "createTime"), NULL);
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
}

/* They come with the service: nothing is made, they are looked at again. */
static void run_revisions_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	run_revisions_observe(v, out);
}

/* One a turn. */
static void run_revisions_update(const struct view *v, const struct observation *seen, const struct change *change,
				 struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_RUN, "DELETE", NULL, BASE "/%s", v->project, json_str(v->spec, "region", ""),
		 json_str(v->spec, "service", ""), change->differences[0].path);
}

const struct kind kind_run_revisions = {
    .id = "run.revisions",
    .title = N_("Older revisions"),
    .api = "run.googleapis.com",
    .part = PART_SERVER,
    .console_page = "run/detail/{region}/{service}/revisions",
    .permissions = {.read = "run.revisions.list", .update = "run.revisions.delete run.operations.get"},
    .usual = 0.3,
    .slow = 5,
    .deadline = 600,
    .turns = 60, /* each takes some seconds: a service may have a thousand */
    .observe = run_revisions_observe,
    .decode = kind_decode_plain,
    .compare = run_revisions_compare,
    .foresees = true,
    .create = run_revisions_create,
    .update = run_revisions_update,
    .terraform = {.none = "Old revisions are deleted one by one, which is an act and no state."},
};
