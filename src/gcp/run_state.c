/* The state of a Cloud Run service or job: ready when its terminal condition says so for the generation last asked for. */
#include "config.h"
#include "gcp/run_state.h"

#include "base/json.h"

#include <string.h>

void run_read_state(struct observation *out)
{
	const cJSON *f = out->found;
	const char *state = json_str(f, "terminalCondition.state", "");
	bool current = json_int64(f, "observedGeneration", 0) == json_int64(f, "generation", 0);
	if (!strcmp(state, "CONDITION_FAILED"))
		kind_say(out, PRESENT_FAILED, "%s", json_str(f, "terminalCondition.message", "Cloud Run reports it as failed"));
	else if (strcmp(state, "CONDITION_SUCCEEDED") != 0 || !current || json_bool(f, "reconciling", false))
		out->presence = PRESENT_PENDING;
}

bool run_passing(const struct view *v, const struct observation *seen)
{
	static const char *const reasons[] = {"SECRETS_ACCESS_CHECK_FAILED", "CONTAINER_PERMISSION_DENIED", "CONTAINER_IMAGE_UNAUTHORIZED",
					      NULL};
	(void)v;
	const char *reason = json_str(seen->found, "terminalCondition.reason", "");
	for (const char *const *r = reasons; *r; r++)
		if (!strcmp(reason, *r))
			return true;
	return false;
}
