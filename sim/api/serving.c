/* Shared by the serving APIs: operations in google.longrunning's shape, passing texts, regions, digests. */
#include "config.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sim_part(const struct sim_call *c, int n)
{
	const char *whole = sim_segment(c, n);
	return sim_tmp("%.*s", (int)strcspn(whole, ":"), whole);
}

const char *sim_parent(const struct sim_call *c)
{
	return sim_tmp("projects/%s/locations/%s", c->project ? c->project : sim_part(c, 2), sim_part(c, 4));
}

const char *sim_sha256(const void *data, size_t len)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	if (!EVP_Digest(data, len, hash, &size, EVP_sha256(), NULL))
		abort();
	char text[8 + 64] = "sha256:";
	for (unsigned i = 0; i < 32; i++)
		sprintf(text + 7 + 2 * i, "%02x", hash[i]);
	return sim_tmp("%s", text);
}

const char *sim_base64(const void *data, size_t len, bool url)
{
	unsigned char *text = xmalloc(4 * ((len + 2) / 3) + 1);
	int n = EVP_EncodeBlock(text, data, (int)len);
	for (int i = 0; url && i < n; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	while (url && n > 0 && text[n - 1] == '=')
		n--;
	const char *kept = sim_tmp("%.*s", n, (char *)text);
	free(text);
	return kept;
}

size_t sim_unbase64(const char *text, char *into, size_t room)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";
	unsigned bits = 0, held = 0;
	size_t n = 0;
	for (const char *at; *text && n < room && (at = strchr(letters, *text)) != NULL; text++) {
		unsigned value = (unsigned)(at - letters);
		bits = bits << 6 | (value >= 64 ? value - 2 : value);
		held += 6;
		if (held >= 8) {
			held -= 8;
			into[n++] = (char)(bits >> held & 0xff);
		}
	}
	return n;
}

double sim_seconds(const char *duration, double fallback)
{
	char *end;
	double n = strtod(duration, &end);
	return end != duration && !strcmp(end, "s") ? n : fallback;
}

bool sim_may_act_as(struct sim_call *c, const char *email)
{
	const char *holder = sim_tmp("//iam.googleapis.com/projects/%s/serviceAccounts/%s", c->project, email);
	return sim_allowed(c->sim, c->principal, "iam.serviceAccounts.actAs", c->project, holder);
}

cJSON *sim_typed(const cJSON *doc, const char *type)
{
	cJSON *copy = doc ? cJSON_Duplicate(doc, 1) : cJSON_CreateObject();
	cJSON_DeleteItemFromObject(copy, "@type");
	cJSON_AddStringToObject(copy, "@type", type);
	return copy;
}

struct sim_object *sim_lro(struct sim *s, const char *collection, const char *name, cJSON *metadata)
{
	cJSON *doc = json_make("{'name':%s}", name);
	if (metadata)
		cJSON_AddItemToObject(doc, "metadata", metadata);
	return sim_put(s, collection, name, doc);
}

static struct sim_object *ended(struct sim *s, const char *collection, const char *name, cJSON *metadata)
{
	struct sim_object *op = sim_get(s, collection, name);
	if (!op) {
		cJSON_Delete(metadata);
		return NULL;
	}
	if (metadata)
		json_put(op->doc, "metadata", metadata);
	json_put_bool(op->doc, "done", true);
	return op;
}

void sim_lro_done(struct sim *s, const char *collection, const char *name, cJSON *metadata, cJSON *response)
{
	struct sim_object *op = ended(s, collection, name, metadata);
	if (op)
		json_put(op->doc, "response", response);
	else
		cJSON_Delete(response);
}

void sim_lro_failed(struct sim *s, const char *collection, const char *name, cJSON *metadata, cJSON *status)
{
	struct sim_object *op = ended(s, collection, name, metadata);
	if (op)
		json_put(op->doc, "error", status);
	else
		cJSON_Delete(status);
}

void sim_lro_reply(struct sim_call *c, const struct sim_object *op)
{
	sim_ok(c, cJSON_Duplicate(op->doc, 1));
}

void sim_lro_due(struct sim_object *op, double seconds_from_now, double now)
{
	json_put_num(op->hidden, "due", now + seconds_from_now);
}

/* The operation that the path names, its project folded to the id. */
static struct sim_object *asked(struct sim_call *c, const char *collection)
{
	const char *rest = strchr(c->path + 1, '/');
	rest = rest ? rest + 1 : "";
	if (!strncmp(rest, "projects/", 9) && c->project) {
		const char *after = strchr(rest + 9, '/');
		rest = sim_tmp("projects/%s%s", c->project, after ? after : "");
	}
	struct sim_object *op = sim_get(c->sim, collection, sim_tmp("%.*s", (int)strcspn(rest, ":"), rest));
	if (!op)
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	return op;
}

void sim_lro_get(struct sim_call *c, const char *collection)
{
	struct sim_object *op = asked(c, collection);
	if (op)
		sim_lro_reply(c, op);
}

void sim_lro_wait(struct sim_call *c, const char *collection)
{
	struct sim_object *op = asked(c, collection);
	if (!op)
		return;
	double timeout = sim_seconds(json_str(c->body, "timeout", ""), 30);
	bool done = json_bool(op->doc, "done", false);
	sim_lro_reply(c, op);
	if (done)
		return;
	/* The store cannot look ahead: the answer stays away until the operation ends (or the timeout), and the next call finds it done. */
	double left = json_num(op->hidden, "due", sim_now(c->sim)) - sim_now(c->sim);
	c->reply->latency = left < 0 ? 0 : left < timeout ? left : timeout;
}
