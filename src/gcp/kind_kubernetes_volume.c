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

/* The volume behind a claim that this run deleted, by the reply: the claim as it was, or, without a finalizer, its uid alone. NULL: it had none. */
static char *volume_behind(const struct view *v)
{
	const char *bound = json_str(v->last, "spec.volumeName", ""), *uid = json_str(v->last, "details.uid", "");
	return *bound ? xstrdup(bound) : *uid ? xasprintf("pvc-%s", uid) : NULL;
}

static bool claim_is_gone(const struct observation *seen)
{
	return !json_at(seen->found, "metadata");
}

/* A claim is gone before its volume and the disk are: a cluster that went meanwhile would leave the disk behind. */
static void kubernetes_volume_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	char *name = claim_is_gone(seen) ? volume_behind(v) : NULL;
	if (!name)
		return;
	cJSON *spec = cJSON_Duplicate(v->spec, 1);
	struct view at = *v;
	json_put_str(spec, "collection", "/api/v1/persistentvolumes");
	at.spec = spec;
	at.name = name;
	kubernetes_ask(&at, "GET", NULL, "", out);
	cJSON_Delete(spec);
	free(name);
}

/* Who may not see volumes does not wait, nor for one that is to stay. */
static void kubernetes_volume_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	bool goes = http == 200 && !strcmp(json_str(reply, "spec.persistentVolumeReclaimPolicy", ""), "Delete");
	(void)v;
	out->presence = goes ? PRESENT_PENDING : PRESENT_NO;
}

/* A change of size is done when the file system has it; a volume that no pod has yet has none. */
static void kubernetes_volume_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_kubernetes_object.decode(v, http, reply, out);
	const char *has = json_str(out->found, "status.capacity.storage", "");
	if (out->presence == PRESENT_NO && http == 404 && v->last) {
		char *behind = volume_behind(v);
		out->presence = behind ? PRESENT_YES : PRESENT_NO; /* until it was looked behind */
		free(behind);
		return;
	}
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
	char *own = kind_kubernetes_object.permits(spec, deed);
	if (deed != DEED_DESTROY)
		return own;
	char *all = xasprintf("%s container.persistentVolumes.get", own);
	free(own);
	return all;
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
    .observe_more = kubernetes_volume_observe_more,
    .decode_more = kubernetes_volume_decode_more,
    .compare = kubernetes_volume_compare,
    .create = kubernetes_volume_create,
    .update = kubernetes_volume_update,
    .destroy = kubernetes_volume_destroy,
    .terraform = {.none = "Its manifest is a file beside this folder, for kubectl apply --server-side."},
};
