#include "config.h"
#include "gcp/given.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

const char *given_home(const struct view *v)
{
	return json_str(v->spec, "home", v->project);
}

void given_decode(const struct view *v, int http, const cJSON *reply, char *missing, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_NO && http == 404)
		kind_say(out, PRESENT_FAILED, "%s", missing ? missing : json_str(reply, "error.message", ""));
	else if (out->presence == PRESENT_NO)
		out->presence = PRESENT_PENDING;
	free(missing);
}

void given_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v;
	out->verdict = seen->presence == PRESENT_FAILED ? VERDICT_REFUSE : VERDICT_KEEP;
	if (out->verdict == VERDICT_REFUSE)
		out->reason = xstrdup(seen->error ? seen->error : "");
}
