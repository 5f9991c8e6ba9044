/* The objects of target gke as a file: one List, which kubectl applies. They are the plan's own specs. What only a run tells is filled in where an earlier one
 * recorded it, and else said in words; the Secret is left out, since its values are kept in Secret Manager and stand in no file. */
#include "config.h"
#include "plan/recorded.h"
#include "plan/target_gke_cluster.h"

#include "base/json.h"
#include "gcp/reference.h"

#include <string.h>

void cluster_manifests(const struct plan *p, const cJSON *resolved, struct buf *out)
{
	cJSON *list = json_make("{'apiVersion':'v1','kind':'List','items':[]}");
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		const cJSON *body = r->kind->manifest ? json_at(r->spec, r->kind->manifest) : NULL;
		if (r->unwanted || !body || !strcmp(json_str(body, "kind", ""), "Secret"))
			continue;
		cJSON *plain = cJSON_Duplicate(body, true);
		static const char *const selectors[] = {"spec.template.spec.nodeSelector",
							"spec.jobTemplate.spec.template.spec.nodeSelector"};
		/* Which machines give pods an identity is known of a cluster that stands, and Autopilot has no others. */
		for (int k = 0; k < 2; k++)
			if (reference_is(json_at(plain, selectors[k])))
				json_drop(plain, selectors[k]);
		cJSON_AddItemToArray(json_at(list, "items"), recorded_copy(p, resolved, plain));
		cJSON_Delete(plain);
	}
	json_write(out, list, 2);
	buf_putc(out, '\n');
	cJSON_Delete(list);
}
