/* storage.googleapis.com: what a request names, and the refusals. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *decoded(const char *from, size_t n, bool plus)
{
	char *text = sim_keep(xstrndup(from, n));
	for (char *at = text; plus && *at; at++)
		if (*at == '+')
			*at = ' ';
	return text_unpercent(text) ? text : "";
}

const char *storage_name(const struct sim_call *c, const char *segment, int nth)
{
	const char *at = c->request->target, *end = at + strcspn(at, "?");
	size_t n = strlen(segment);
	/* Segments come in pairs behind "/v1": what is a name is never looked at as a segment. */
	const char *v1 = strstr(at, "/v1/");
	if (!v1 || v1 > end)
		return "";
	for (at = v1 + 4; at < end;) {
		size_t len = strcspn(at, "/?");
		const char *value = at + len < end ? at + len + 1 : end;
		size_t value_len = strcspn(value, "/?");
		if (len == n && !memcmp(at, segment, n) && nth-- == 0)
			return decoded(value, value_len, false);
		bool pair = len == 1 && (*at == 'b' || *at == 'o');
		at = pair ? value + value_len + 1 : value;
	}
	return "";
}

const char *storage_query(const struct sim_call *c, const char *name)
{
	const char *at = strchr(c->request->target, '?');
	size_t n = strlen(name);
	while (at && *at) {
		at++;
		size_t len = strcspn(at, "&");
		if (len > n && at[n] == '=' && !strncmp(at, name, n))
			return decoded(at + n + 1, len - n - 1, true);
		at = strchr(at, '&');
	}
	return "";
}

bool storage_query_bool(const struct sim_call *c, const char *name)
{
	return !strcasecmp(storage_query(c, name), "true");
}

const char *storage_header(const struct sim_call *c, const char *name)
{
	for (size_t i = 0; i < c->request->header_count; i++)
		if (!strcasecmp(c->request->headers[i].name, name))
			return c->request->headers[i].value;
	return "";
}

void storage_no_bucket(struct sim_call *c)
{
	sim_fail(c, "NOT_FOUND", "notFound", "The specified bucket does not exist.");
}

void storage_no_object(struct sim_call *c, const char *bucket, const char *object)
{
	sim_fail(c, "NOT_FOUND", "notFound", "No such object: %s/%s", bucket, object);
}

void storage_unmet(struct sim_call *c)
{
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
		      "At least one of the pre-conditions you specified did not hold.");
}

void storage_denied(struct sim_call *c, const char *permission, const char *what)
{
	const char *who = c->principal ? strchr(c->principal, ':') + 1 : "Anonymous caller";
	/* A federated principal is shown without the sets that it is in. */
	sim_fail_with(c, c->principal ? 403 : 401, c->principal ? "PERMISSION_DENIED" : "UNAUTHENTICATED",
		      c->principal ? "forbidden" : "required", NULL,
		      "%.*s does not have %s access to the Google Cloud Storage %s. Permission '%s' denied on resource (or it "
		      "may not exist).",
		      (int)(c->principal ? strcspn(who, " ") : strlen(who)), who, permission, what, permission);
}

void storage_full(struct sim_call *c)
{
	sim_fail(c, "UNAVAILABLE", "backendError", "The memory of the simulated bucket store is used up.");
}
