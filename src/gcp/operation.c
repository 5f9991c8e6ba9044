/* Operations of all dialects, as reference/gcp-api.md 1.5 describes them. */
#include "config.h"
#include "gcp/call.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A name from a reply may become part of a URL of ours only when it is made of these: it cannot leave its host or climb. */
static bool safe_name(const char *name, bool slashes)
{
	if (!name || !*name || *name == '/' || strstr(name, "..") || strlen(name) > 512)
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-~", *p) && !(slashes && *p == '/'))
			return false;
	return true;
}

/* "https://HOST/VERSION" of the URL that was asked; freed by the caller. An upload has its version elsewhere and no operations.
 */
static char *host_and_version(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;
	size_t version = path ? strcspn(path + 1, "/?:") : 0;
	return path ? xstrndup(url, (size_t)(path + 1 - url) + version) : NULL;
}

/* The URL up to and with the segment pair /WORD/VALUE; freed by the caller; NULL when it is not in the path. */
static char *up_to_pair(const char *url, const char *word)
{
	char *key = xasprintf("/%s/", word);
	const char *at = strstr(url, key);
	char *out = NULL;
	if (at) {
		const char *value = at + strlen(key);
		out = xstrndup(url, (size_t)(value - url) + strcspn(value, "/?:"));
	}
	free(key);
	return out;
}

/* Where compute keeps the operations of a URL's scope: up to /global, /regions/R or /zones/Z. */
static char *compute_scope(const char *url)
{
	char *out = up_to_pair(url, "zones");
	if (!out)
		out = up_to_pair(url, "regions");
	const char *global = strstr(url, "/global/");
	if (!out && global)
		out = xstrndup(url, (size_t)(global - url) + strlen("/global"));
	if (!out) { /* a method of the project itself answers with a global operation */
		char *project = up_to_pair(url, "projects");
		out = project ? xasprintf("%s/global", project) : NULL;
		free(project);
	}
	return out;
}

static char *under(char *base, const char *collection, const char *name)
{
	char *out = base && safe_name(name, false) ? xasprintf("%s/%s/%s", base, collection, name) : NULL;
	free(base);
	return out;
}

static void take_aip_error(const cJSON *reply, struct operation *out)
{
	const cJSON *error = json_at(reply, "error");
	if (!cJSON_IsObject(error))
		return;
	const cJSON *code = json_at(error, "code");
	out->error = xstrdup(json_str(error, "message", _("the operation failed without saying why")));
	out->error_code = cJSON_IsNumber(code) ? xasprintf("%d", (int)code->valuedouble)
					       : xstrdup(json_str(error, "status", "UNKNOWN"));
}

/* Where the scope of a URL keeps its operations, for the dialects whose names do not say it; freed by the caller; NULL when it
 * has none. */
static char *scope_of(enum dialect dialect, const char *url)
{
	if (dialect == DIALECT_COMPUTE)
		return compute_scope(url);
	if (dialect == DIALECT_SQL)
		return up_to_pair(url, "projects");
	char *base = up_to_pair(url, "locations");
	if (!base)
		base = up_to_pair(url, dialect == DIALECT_BUILD ? "projects" : "zones");
	return base;
}

bool operation_locate(enum dialect dialect, const char *url, const char *name, struct operation *out)
{
	char *base = NULL;
	*out = (struct operation){.progress = -1};
	switch (dialect) {
	case DIALECT_NONE:
		return false;
	case DIALECT_AIP:
	case DIALECT_RUN:
		base = host_and_version(url);
		if (base && safe_name(name, true)) {
			out->poll_url = xasprintf("%s/%s", base, name);
			out->wait_url = dialect == DIALECT_RUN ? xasprintf("%s/%s:wait", base, name) : NULL;
		}
		free(base);
		break;
	case DIALECT_COMPUTE:
	case DIALECT_SQL:
	case DIALECT_CONTAINER:
	case DIALECT_BUILD:
		out->poll_url = under(scope_of(dialect, url), dialect == DIALECT_BUILD ? "builds" : "operations", name);
		out->wait_url = dialect == DIALECT_COMPUTE && out->poll_url ? xasprintf("%s/wait", out->poll_url) : NULL;
	}
	out->name = out->poll_url ? xstrdup(name) : NULL;
	return out->poll_url != NULL;
}

static bool decode_aip(const char *url, const cJSON *reply, enum dialect dialect, struct operation *out)
{
	const char *name = json_str(reply, "name", NULL);
	bool done = json_bool(reply, "done", false);
	if (!name || (!strstr(name, "operations/") && !done))
		return false;
	if (!operation_locate(dialect, url, name, out))
		out->name = xstrdup(name);
	out->done = done;
	out->progress = json_num(reply, "metadata.progressPercent", -100) / 100;
	if (out->done)
		take_aip_error(reply, out);
	return out->poll_url || out->done;
}

/* error.errors[] of compute and SQL: the first one speaks, the others follow it. */
static void take_error_list(const cJSON *reply, struct operation *out)
{
	const cJSON *errors = json_at(reply, "error.errors"), *one;
	struct buf b = {0};
	cJSON_ArrayForEach(one, errors) {
		const char *message = json_str(one, "message", json_str(one, "code", "unknown error"));
		buf_printf(&b, "%s%s", b.len ? "; " : "", message);
		if (!out->error_code)
			out->error_code = xstrdup(json_str(one, "code", "UNKNOWN"));
	}
	if (b.len)
		out->error = buf_take(&b);
	buf_free(&b);
}

static bool decode_status(const char *url, const cJSON *reply, enum dialect dialect, struct operation *out)
{
	const char *name = json_str(reply, "name", NULL), *status = json_str(reply, "status", NULL);
	bool is_operation = json_at(reply, "operationType") || text_ends(json_str(reply, "kind", ""), "#operation");
	if (!name || !status || !is_operation)
		return false;
	if (!operation_locate(dialect, url, name, out))
		return false;
	out->done = !strcmp(status, "DONE") || !strcmp(status, "ABORTING");
	out->progress = json_num(reply, "progress", -100) / 100;
	if (out->done && dialect == DIALECT_CONTAINER) {
		take_aip_error(reply, out);
		const char *legacy = json_str(reply, "statusMessage", "");
		if (!out->error && *legacy) {
			out->error = xstrdup(legacy);
			out->error_code = xstrdup("UNKNOWN");
		}
	} else if (out->done) {
		take_error_list(reply, out);
	}
	return out->poll_url != NULL;
}

/* A build's own status stands for its operation's. */
static bool decode_build(const char *url, const cJSON *reply, struct operation *out)
{
	const cJSON *build = json_at(reply, "metadata.build");
	build = build ? build : reply;
	const char *id = json_str(build, "id", NULL), *status = json_str(build, "status", "");
	static const char *const failed[] = {"FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED", NULL};
	if (!id)
		return false;
	if (!operation_locate(DIALECT_BUILD, url, id, out))
		return false;
	out->done = !strcmp(status, "SUCCESS");
	for (size_t i = 0; failed[i]; i++) {
		if (strcmp(status, failed[i]))
			continue;
		const char *detail = json_str(build, "failureInfo.detail",
					      json_str(build, "statusDetail", _("no detail given")));
		out->done = true;
		out->error = xasprintf(_("build %s: %s"), status, detail);
		out->error_code = xstrdup(json_str(build, "failureInfo.type", status));
	}
	return out->poll_url != NULL;
}

bool operation_decode(enum dialect dialect, const char *url, const cJSON *reply, struct operation *out)
{
	*out = (struct operation){.progress = -1};
	bool ok = false;
	if (cJSON_IsObject(reply)) {
		switch (dialect) {
		case DIALECT_NONE:
			break;
		case DIALECT_AIP:
		case DIALECT_RUN:
			ok = decode_aip(url, reply, dialect, out);
			break;
		case DIALECT_COMPUTE:
		case DIALECT_SQL:
		case DIALECT_CONTAINER:
			ok = decode_status(url, reply, dialect, out);
			break;
		case DIALECT_BUILD:
			ok = decode_build(url, reply, out);
			break;
		}
	}
	if (!ok)
		operation_free(out);
	return ok;
}

void operation_free(struct operation *o)
{
	free(o->name);
	free(o->poll_url);
	free(o->wait_url);
	free(o->error);
	free(o->error_code);
	*o = (struct operation){.progress = -1};
}
