/* Small things that services, jobs and executions of Cloud Run share: etags, conditions, stamps, operations' names. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* A number as a protocol buffer's varint field. */
static size_t field(unsigned char *into, unsigned tag, unsigned long long n)
{
	size_t len = 0;
	into[len++] = (unsigned char)(tag << 3);
	for (; n > 127; n >>= 7)
		into[len++] = (unsigned char)(n | 128);
	into[len++] = (unsigned char)n;
	return len;
}

/* The time of the change (a Timestamp message) and the resource's name, both in base64. */
static char *run_etag(struct sim *s, const char *name)
{
	double wall = sim_wall(s);
	unsigned char stamp[24];
	size_t len = field(stamp, 1, (unsigned long long)wall);
	/* Two changes at one moment of simulated time still differ. */
	len += field(stamp + len, 2,
		     (unsigned long long)((wall - (double)(long long)wall) * 1e9) / 1000 * 1000 + sim_random(s) % 1000);
	const char *when = sim_base64(stamp, len, true), *what = sim_base64(name, strlen(name), true);
	return xasprintf("\"%s/%s\"", when, what);
}

const char *run_project(const char *key)
{
	return sim_tmp("%.*s", (int)strcspn(key + 9, "/"), key + 9);
}

const char *run_region(const char *key)
{
	const char *region = strstr(key, "/locations/") + 11;
	return sim_tmp("%.*s", (int)strcspn(region, "/"), region);
}

const char *run_holder(const char *key)
{
	return sim_tmp("//run.googleapis.com/%s", key);
}

cJSON *run_condition(struct sim *s, const char *type, const char *state)
{
	cJSON *condition = json_make("{'type':%s,'state':%s,'lastTransitionTime':%s}", type, state, sim_stamp(s, 6));
	return condition;
}

const char *run_operation_name(struct sim *s, const char *parent)
{
	char id[37];
	sim_uuid(s, id);
	return sim_tmp("%s/operations/%s", parent, id);
}

const char *run_email(const char *principal)
{
	const char *colon = principal ? strchr(principal, ':') : NULL;
	return colon ? colon + 1 : "anonymous";
}

bool run_etag_matches(struct sim_call *c, const cJSON *doc, const char *etag)
{
	const char *now = json_str(doc, "etag", "");
	if (!*etag || !strcmp(etag, now))
		return true;
	sim_fail(c, "ABORTED", NULL, "Conflict for resource '%s': version '%s' was specified but current version is '%s'.",
		 strrchr(json_str(doc, "name", "/"), '/') + 1, etag, now);
	return false;
}

static void stamp(struct sim *s, const char *principal, cJSON *doc, long long generation)
{
	char *etag = run_etag(s, json_str(doc, "name", ""));
	const char *now = sim_stamp(s, 6);
	json_put_str(doc, "generation", sim_tmp("%lld", generation));
	json_put_str(doc, "updateTime", now);
	json_put_str(doc, "lastModifier", run_email(principal));
	json_put_str(doc, "etag", etag);
	if (generation == 1) {
		json_put_str(doc, "createTime", now);
		json_put_str(doc, "creator", run_email(principal));
	}
	free(etag);
}

void run_stamp(struct sim *s, const char *principal, cJSON *doc)
{
	char uid[37];
	sim_uuid(s, uid);
	json_put_str(doc, "uid", uid);
	stamp(s, principal, doc, 1);
}

void run_touch(struct sim *s, const char *principal, cJSON *doc)
{
	stamp(s, principal, doc, json_int64(doc, "generation", 0) + 1);
}

void run_operation_get(struct sim_call *c)
{
	sim_lro_get(c, RUN_OPERATIONS);
}

void run_operation_wait(struct sim_call *c)
{
	sim_lro_wait(c, RUN_OPERATIONS);
}

void run_verdict_free(struct run_verdict *v)
{
	free(v->message);
	cJSON_Delete(v->log);
	*v = (struct run_verdict){0};
}
