/* A volume of a cluster, by its PersistentVolumeClaim: an object as any other (kind_kubernetes_object.c), but that it keeps data. An annotation of ours says
 * whether it is protected. It is bound once a pod wants it, so that nothing waits for that. spec: as an object's. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/kubernetes_shared.h"
#include "gcp/prices.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define SIZE "spec.resources.requests.storage"

static void kubernetes_volume_observe(const struct view *v, struct call *out)
{
	kind_kubernetes_object.observe(v, out);
}

/* "10Gi", "1Ti", "500Mi", bytes; in GiB */
static double gibs(const char *text)
{
	static const struct {
		const char *unit;
		double gib;
	} units[] = {{"Ki", 1.0 / 1048576},
		     {"Mi", 1.0 / 1024},
		     {"Gi", 1},
		     {"Ti", 1024},
		     {"Pi", 1048576},
		     {"k", 1e3 / 1073741824},
		     {"M", 1e6 / 1073741824},
		     {"G", 1e9 / 1073741824},
		     {"T", 1e12 / 1073741824}};
	char *end;
	double n = strtod(text, &end);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(end, units[i].unit))
			return n * units[i].gib;
	return n / 1073741824;
}

/* A change of size is done when the file system has it; a volume that no pod has yet has none. */
static void kubernetes_volume_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_kubernetes_object.decode(v, http, reply, out);
	const char *has = json_str(out->found, "status.capacity.storage", "");
	if (out->presence != PRESENT_YES)
		return;
	if (!strcmp(json_str(out->found, "status.phase", ""), "Lost"))
		kind_say(out, PRESENT_FAILED, _("the disk behind the volume is gone, and what was on it"));
	else if (*has && gibs(has) < gibs(json_str(out->found, SIZE, "0")))
		out->presence = PRESENT_PENDING;
}

/* The same size in another unit is no difference. */
static void kubernetes_volume_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const size[] = {SIZE, NULL};
	double wants = gibs(json_str(v->spec, "body." SIZE, "0")), has = gibs(json_str(seen->found, SIZE, "0"));
	kind_kubernetes_object.compare(v, seen, out);
	if (seen->presence == PRESENT_FAILED) {
		out->verdict = VERDICT_REFUSE;
		out->reason = xstrdup(_("what was on it cannot be brought back: destroy the stack, and build it anew"));
	} else if (wants < has) {
		kind_refuse_changed(out, size, _("a volume becomes no smaller: keep its size, or give a larger one"));
	}
}

static void kubernetes_volume_create(const struct view *v, const struct observation *seen, struct call *out)
{
	kind_kubernetes_object.create(v, seen, out);
}

static void kubernetes_volume_update(const struct view *v, const struct observation *seen, const struct change *change,
				     struct call *out)
{
	kind_kubernetes_object.update(v, seen, change, out);
}

static void kubernetes_volume_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	kind_kubernetes_object.destroy(v, seen, out);
}

static bool kubernetes_volume_guarded(const struct observation *seen)
{
	const cJSON *note = cJSON_GetObjectItemCaseSensitive(json_at(seen->found, "metadata.annotations"),
							     KUBERNETES_PROTECTED);
	return cJSON_IsString(note) && !strcmp(note->valuestring, "true");
}

/* As a balanced persistent disk, which GKE's default storage class gives: 0.10 dollars a GiB. */
static double kubernetes_volume_monthly(const cJSON *spec, const char *region)
{
	if (kubernetes_outside(spec))
		return 0;
	return gibs(json_str(spec, "body." SIZE, "0")) * 0.10 * price_factor(PRICED_MACHINE, region);
}

static char *kubernetes_volume_permits(const cJSON *spec, enum deed deed)
{
	return kind_kubernetes_object.permits(spec, deed);
}

const struct kind kind_kubernetes_volume = {
    .id = "kubernetes.volume",
    .manifest = "body",
    .title = N_("Volume"),
    .api = "container.googleapis.com",
    .part = PART_STORAGE,
    .console_page = "kubernetes/storage",
    .permits = kubernetes_volume_permits,
    .outside = kubernetes_outside,
    .usual = 0.5,
    .slow = 2,
    .deadline = 900,
    .labelled = true,
    .billable = true,
    .monthly = kubernetes_volume_monthly,
    .keeps_data = true,
    .data_word = "volume",
    .guarded = kubernetes_volume_guarded,
    .observe = kubernetes_volume_observe,
    .decode = kubernetes_volume_decode,
    .compare = kubernetes_volume_compare,
    .create = kubernetes_volume_create,
    .update = kubernetes_volume_update,
    .destroy = kubernetes_volume_destroy,
    .terraform = {.none = "Its manifest is a file beside this folder, for kubectl apply --server-side."},
};
