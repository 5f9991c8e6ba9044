#include "config.h"
#include "gcp/appengine_shared.h"

#include "base/json.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first digits of a text's SHA-256. */
static void digits(const char *text, size_t count, char *out)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	for (size_t i = 0; i < count; i += 2)
		snprintf(out + i, 3, "%02x", hash[i / 2]);
}

void appengine_version_id(const char *stack, const cJSON *body, char id[APPENGINE_VERSION])
{
	char *text = json_text(body, -1);
	id[0] = 'm';
	digits(stack, 6, id + 1);
	digits(text ? text : "", 8, id + 7);
	free(text);
}

bool appengine_ours(const struct view *v, const char *id)
{
	char own[APPENGINE_VERSION];
	appengine_version_id(v->stack, NULL, own);
	return strlen(id) == strlen(own) && !strncmp(id, own, 7);
}

const char *appengine_service(const struct view *v)
{
	return json_str(v->spec, "service", "");
}

void appengine_list_versions(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, APPENGINE_VERSIONS "?view=FULL&pageSize=200", v->project,
		 appengine_service(v));
}

void appengine_set_status(const struct view *v, const char *id, const char *status, struct call *out)
{
	call_set(out, DIALECT_AIP, "PATCH", json_make("{'servingStatus':%s}", status),
		 APPENGINE_VERSIONS "/%s?updateMask=servingStatus", v->project, appengine_service(v), id);
}

char *appengine_lock(const struct view *v)
{
	return xasprintf("appengine %s", v->project);
}

void appengine_create(const struct view *v, const struct observation *seen, struct call *out)
{
	char id[APPENGINE_VERSION];
	cJSON *body = kind_copy(v, "body");
	(void)seen;
	appengine_version_id(v->stack, json_at(v->spec, "body"), id);
	json_put_str(body, "id", id);
	call_set(out, DIALECT_AIP, "POST", body, APPENGINE_VERSIONS, v->project, appengine_service(v));
}
