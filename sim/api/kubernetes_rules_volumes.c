/* What an API server refuses of StatefulSets and of claims of volumes, most of all when they are changed. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/kubernetes_rules.h"

#include "base/json.h"

#include <string.h>

#define SIZE "resources.requests.storage"

void rule_management(struct rules *r, const cJSON *v, const char *field)
{
	if (strcmp(rule_text(v), "OrderedReady") && strcmp(rule_text(v), "Parallel"))
		rule_invalid(r, field, v, "must be 'OrderedReady' or 'Parallel'");
}

/* Of a StatefulSet's spec these may change, and nothing else. */
void rule_set_kept(struct rules *r, const cJSON *spec, const char *field)
{
	static const char *const may[] = {"replicas",       "ordinals",        "template",
					  "updateStrategy", "minReadySeconds", "persistentVolumeClaimRetentionPolicy"};
	if (!r->before)
		return;
	cJSON *old = cJSON_Duplicate(json_at(r->before, "spec"), true), *new = cJSON_Duplicate(spec, true);
	for (size_t i = 0; i < sizeof may / sizeof *may; i++) {
		json_drop(old, may[i]);
		json_drop(new, may[i]);
	}
	if (!json_equal(old, new))
		rule_forbidden(
		    r, field,
		    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
		    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
	cJSON_Delete(old);
	cJSON_Delete(new);
}

void rule_access_modes(struct rules *r, const cJSON *modes, const char *field)
{
	static const char words[] = "Unsupported value: \"%s\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", "
				    "\"ReadWriteOnce\", \"ReadWriteOncePod\"";
	const cJSON *m;
	if (!cJSON_GetArraySize(modes))
		rule_required(r, field, "at least 1 access mode is required");
	cJSON_ArrayForEach(m, modes)
		if (strcmp(rule_text(m), "ReadOnlyMany") && strcmp(rule_text(m), "ReadWriteMany") &&
		    strcmp(rule_text(m), "ReadWriteOnce") && strcmp(rule_text(m), "ReadWriteOncePod"))
			rule_broken(r, field, "FieldValueNotSupported", words, rule_text(m));
}

void rule_claim_size(struct rules *r, const cJSON *resources, const char *field)
{
	const cJSON *size = json_at(resources, "requests.storage");
	if (!size)
		rule_required(r, sim_tmp("%s[storage]", field), "");
	else if (kubernetes_mebibytes(rule_text(size)) <= 0)
		rule_invalid(r, sim_tmp("%s[storage]", field), size, "must be greater than zero");
}

/* A claim stays what it is, but that one with a volume may ask for more; and it never has less than it has. */
void rule_claim_kept(struct rules *r, const cJSON *spec, const char *field)
{
	const cJSON *was = json_at(r->before, "spec");
	bool bound = !strcmp(json_str(r->before, "status.phase", ""), "Bound");
	if (!was)
		return;
	cJSON *old = cJSON_Duplicate(was, true), *new = cJSON_Duplicate(spec, true);
	if (!*json_str(old, "volumeName", ""))
		json_drop(new, "volumeName");
	if (bound)
		json_put(new, SIZE, cJSON_Duplicate(json_at(old, SIZE), true));
	if (!json_equal(old, new))
		rule_forbidden(r, field,
			       "spec is immutable after creation except resources.requests and volumeAttributesClassName for "
			       "bound claims");
	double before = kubernetes_mebibytes(json_str(was, SIZE, "0")), now = kubernetes_mebibytes(json_str(spec, SIZE, "0")),
	       has = kubernetes_mebibytes(json_str(r->before, "status.capacity.storage", "0"));
	if (now < before && now <= has)
		rule_forbidden(r, sim_tmp("%s." SIZE, field), "field can not be less than status.capacity");
	cJSON_Delete(old);
	cJSON_Delete(new);
}
