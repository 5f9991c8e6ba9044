/* The state of a Cloud Run service or job: ready when its terminal condition says so for the generation last asked for. */
#include "config.h"
#include "gcp/run_state.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

void run_read_state(struct observation *out)
{
	const cJSON *f = out->found;
	const char *state = json_str(f, "terminalCondition.state", "");
	long long generation = json_int64(f, "generation", 0);
	bool current = json_int64(f, "observedGeneration", generation) == generation;
	if (!strcmp(state, "CONDITION_FAILED"))
		kind_say(out, PRESENT_FAILED, "%s",
			 json_str(f, "terminalCondition.message", _("Cloud Run reports it as failed")));
	else if (strcmp(state, "CONDITION_SUCCEEDED") != 0 || !current || json_bool(f, "reconciling", false))
		out->presence = PRESENT_PENDING;
}

bool run_passing(const struct view *v, const struct observation *seen)
{
	static const char *const reasons[] = {"SECRETS_ACCESS_CHECK_FAILED", "CONTAINER_PERMISSION_DENIED",
					      "CONTAINER_IMAGE_UNAUTHORIZED", NULL};
	(void)v;
	const char *reason = json_str(seen->found, "terminalCondition.reason", "");
	for (const char *const *r = reasons; *r; r++)
		if (!strcmp(reason, *r))
			return true;
	/* A task of a job tells it in words alone. */
	return strstr(json_str(seen->found, "terminalCondition.message", ""), "Permission denied on ") != NULL;
}

/* "1000m" and "1" are the same CPU; Google answers with the one or the other. */
static void whole_cpus(cJSON *containers)
{
	cJSON *c;
	cJSON_ArrayForEach(c, containers) {
		char *end;
		const char *cpu = json_str(c, "resources.limits.cpu", "");
		long milli = strtol(cpu, &end, 10);
		if (strcmp(end, "m") != 0 || milli % 1000)
			continue;
		char text[24];
		snprintf(text, sizeof text, "%ld", milli / 1000);
		json_put_str(c, "resources.limits.cpu", text);
	}
}

void run_compare(const cJSON *wanted, const struct observation *seen, const char *containers, struct change *out)
{
	cJSON *found = cJSON_Duplicate(seen->found, 1);
	whole_cpus(json_at(found, containers));
	kind_compare_leaves(wanted, found, NULL, out);
	cJSON_Delete(found);
	if (seen->presence == PRESENT_FAILED)
		out->verdict = VERDICT_UPDATE;
}
