/* What the core asks of APIs, for builds (tests, fuzzers) that leave them out: everything exists and is allowed. The APIs' own functions
 * take precedence. */
#include "config.h"
#include "sim/core/core.h"

#include <string.h>

#define WEAK __attribute__((weak))

WEAK const char *sim_project_id(struct sim *s, const char *id_or_number)
{
	return !strcmp(id_or_number, "123456789012") || !strcmp(id_or_number, sim_project(s)) ? sim_project(s) : NULL;
}

WEAK const char *sim_project_number(struct sim *s, const char *id_or_number)
{
	return sim_project_id(s, id_or_number) ? "123456789012" : NULL;
}

WEAK bool sim_service_on(struct sim *s, const char *project, const char *service)
{
	(void)s, (void)project, (void)service;
	return true;
}

WEAK bool sim_allowed(struct sim *s, const char *principal, const char *permission, const char *project, const char *holder)
{
	(void)s, (void)permission, (void)project, (void)holder;
	return principal != NULL;
}

WEAK bool sim_constraint(struct sim *s, const char *project, const char *constraint, const char *value)
{
	(void)s, (void)project, (void)constraint, (void)value;
	return false;
}

WEAK bool sim_account_exists(struct sim *s, const char *email, bool with_lag)
{
	(void)s, (void)email, (void)with_lag;
	return true;
}

WEAK const char *sim_account_id(struct sim *s, const char *email)
{
	(void)s, (void)email;
	return NULL;
}

WEAK const char *sim_account_public_key(struct sim *s, const char *email, const char *key_id)
{
	(void)s, (void)email, (void)key_id;
	return NULL;
}

WEAK void sim_service_enable(struct sim *s, const char *project, const char *service)
{
	(void)s, (void)project, (void)service;
}

WEAK void sim_policy_get(struct sim_call *c, const char *holder)
{
	(void)holder;
	sim_empty(c);
}

WEAK void sim_policy_set(struct sim_call *c, const char *holder, const cJSON *policy)
{
	(void)holder;
	sim_ok(c, cJSON_Duplicate(policy, 1));
}

WEAK void sim_policy_test(struct sim_call *c, const char *holder)
{
	(void)holder;
	sim_ok(c, cJSON_Duplicate(c->body, 1));
}

WEAK void sim_policy_forget(struct sim *s, const char *holder)
{
	(void)s, (void)holder;
}

WEAK char *sim_secret_read(struct sim *s, const char *principal, const char *project, const char *secret, const char *version, size_t *len,
			   const char **why)
{
	(void)s, (void)principal, (void)project, (void)secret, (void)version, (void)len;
	*why = "missing";
	return NULL;
}

WEAK const char *sim_image_digest(struct sim *s, const char *image)
{
	(void)s, (void)image;
	return NULL;
}

WEAK void sim_log_entry(struct sim *s, const char *project, const char *resource_type, cJSON *labels, const char *log, const char *severity,
			const char *text)
{
	(void)s, (void)project, (void)resource_type, (void)log, (void)severity, (void)text;
	cJSON_Delete(labels);
}

WEAK char *sim_object_read(struct sim *s, const char *principal, const char *bucket, const char *object, const char *generation, size_t *len,
			   const char **why)
{
	(void)s, (void)principal, (void)bucket, (void)object, (void)generation, (void)len;
	*why = "bucket";
	return NULL;
}

WEAK bool sim_object_write(struct sim *s, const char *principal, const char *bucket, const char *object, const char *type, const void *data,
			   size_t len, const char **why)
{
	(void)s, (void)principal, (void)bucket, (void)object, (void)type, (void)data, (void)len;
	*why = "bucket";
	return false;
}

WEAK bool sim_object_delete(struct sim *s, const char *principal, const char *bucket, const char *object, const char **why)
{
	(void)s, (void)principal, (void)bucket, (void)object;
	*why = "bucket";
	return false;
}

WEAK cJSON *sim_object_names(struct sim *s, const char *principal, const char *bucket, const char *prefix, const char **why)
{
	(void)s, (void)principal, (void)bucket, (void)prefix;
	*why = "bucket";
	return NULL;
}
