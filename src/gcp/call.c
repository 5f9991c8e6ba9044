/* Calls, operations of all dialects, and error bodies of all three, as reference/gcp-api.md 1.3 and 1.5 describe them. */
#include "config.h"
#include "gcp/call.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void call_free(struct call *c)
{
	free(c->method);
	free(c->url);
	free(c->upload);
	free(c->content_type);
	free(c->accept);
	free(c->ca);
	free(c->certificate);
	free(c->key);
	free(c->bearer);
	free(c->kubeconfig);
	free(c->context);
	free(c->fault);
	cJSON_Delete(c->body);
	*c = (struct call){0};
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct call call_copy(const struct call *c)
{
	struct call copy = *c;
	copy.method = copy_text(c->method);
	copy.url = copy_text(c->url);
	copy.upload = copy_text(c->upload);
	copy.content_type = copy_text(c->content_type);
	copy.accept = copy_text(c->accept);
	copy.ca = copy_text(c->ca);
	copy.certificate = copy_text(c->certificate);
	copy.key = copy_text(c->key);
	copy.bearer = copy_text(c->bearer);
	copy.kubeconfig = copy_text(c->kubeconfig);
	copy.context = copy_text(c->context);
	copy.fault = copy_text(c->fault);
	copy.body = cJSON_Duplicate(c->body, true);
	return copy;
}

/* Is the URL's host, reached by TLS and without a user part or a port, this domain or one below it? */
static bool host_within(const char *url, const char *domain, bool below)
{
	const char *host = url + strlen("https://");
	if (!text_starts(url, "https://"))
		return false;
	char *name = xstrndup(host, strcspn(host, "/?#"));
	size_t n = strlen(name), m = strlen(domain);
	bool within = n >= m && !strcasecmp(name + n - m, domain) && (n == m || (below && name[n - m - 1] == '.')) &&
		      strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == n;
	free(name);
	return within;
}

/* Cloud Run's, App Engine's and the like are names that anybody can have: they are not here. */
bool call_is_google(const char *url)
{
	return host_within(url, "googleapis.com", true) || host_within(url, "tunnel.cloudproxy.app", false) ||
	       host_within(url, "pkg.dev", true);
}

bool call_is_cluster(const char *url)
{
	return host_within(url, "gke.goog", true);
}

/* Making URLs -------------------------------------------------------------------------------------------------------------- */

void call_refuse(struct call *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *fault = c->fault ? NULL : xvasprintf(format, args);
	va_end(args);
	if (!fault)
		return;
	call_free(c);
	c->fault = fault;
}

/* Unreserved characters stay (RFC 3986), and two that Google's names have and no server reads anything into. */
static void put_encoded(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (isalnum((unsigned char)text[i]) || strchr("-._~@,", text[i]))
			buf_putc(b, text[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)text[i]);
}

/* The word of the URL before its end, for words about what follows: "instances/" of ".../p/instances/". */
static char *word_before(const char *url)
{
	size_t end = strlen(url), at = end;
	while (at && strchr("/?&=:", url[at - 1]))
		at--;
	while (at && !strchr("/?&", url[at - 1]))
		at--;
	return xstrndup(url + at, end - at);
}

/* One segment; false when it would lead elsewhere, or nowhere. */
static bool put_segment(struct buf *b, const char *text, size_t len)
{
	bool climbs = (len == 1 && text[0] == '.') || (len == 2 && text[0] == '.' && text[1] == '.');
	if (!len || climbs)
		return false;
	put_encoded(b, text, len);
	return true;
}

static bool put_segments(struct buf *b, const char *text)
{
	bool fine = true, more = true;
	while (fine && more) {
		size_t len = strcspn(text, "/");
		fine = put_segment(b, text, len);
		more = text[len] == '/';
		if (more)
			buf_putc(b, '/');
		text += len + more;
	}
	return fine;
}

static void put_value(struct call *c, struct buf *url, const char *value, bool several)
{
	bool query = strchr(buf_text(url), '?') != NULL, fine = value != NULL;
	size_t mark = url->len;
	if (query && value)
		put_encoded(url, value, strlen(value));
	else if (value)
		fine = several ? put_segments(url, value) : put_segment(url, value, strlen(value));
	if (fine)
		return;
	char *so_far = xstrndup(buf_text(url), mark), *word = word_before(so_far);
	if (!value || !*value)
		call_refuse(c, _("the value after \"%s\" is missing"), word);
	else
		call_refuse(c, _("the value after \"%s\" cannot stand in an address: \"%s\""), word, value);
	free(word);
	free(so_far);
}

static void add(struct call *c, struct buf *url, const char *format, va_list args)
{
	for (const char *p = format; *p && !c->fault; p++) {
		if (*p != '%') {
			buf_putc(url, *p);
		} else if (p[1] == '%') {
			buf_putc(url, *++p);
		} else if (p[1] == 'l') {
			buf_printf(url, "%lld", va_arg(args, long long));
			p += strlen("lld");
		} else {
			bool several = p[1] == '-';
			put_value(c, url, va_arg(args, const char *), several);
			p += 1 + several;
		}
	}
}

static void take_url(struct call *c, struct buf *url)
{
	if (c->fault) {
		buf_free(url);
		return;
	}
	free(c->url);
	c->url = buf_take(url);
}

void call_set(struct call *c, enum dialect dialect, const char *method, cJSON *body, const char *url_format, ...)
{
	struct buf url = {0};
	va_list args;
	call_free(c);
	c->method = xstrdup(method);
	c->body = body;
	c->dialect = dialect;
	if (strncmp(url_format, "http", strlen("http")) != 0) /* a URL is no value: call_set_url */
		call_refuse(c, _("the address begins with no host: \"%s\""), url_format);
	va_start(args, url_format);
	add(c, &url, url_format, args);
	va_end(args);
	take_url(c, &url);
}

void call_add(struct call *c, const char *format, ...)
{
	struct buf url = {0};
	va_list args;
	if (c->fault)
		return;
	buf_puts(&url, c->url ? c->url : "");
	va_start(args, format);
	add(c, &url, format, args);
	va_end(args);
	take_url(c, &url);
}

void call_tail(struct call *c, const char *text)
{
	char *longer = c->url ? xasprintf("%s%s", c->url, text) : NULL;
	if (!longer)
		return;
	free(c->url);
	c->url = longer;
}

void call_set_url(struct call *c, enum dialect dialect, const char *method, cJSON *body, const char *url)
{
	call_free(c);
	c->method = xstrdup(method);
	c->body = body;
	c->dialect = dialect;
	c->url = xstrdup(url);
}

/* Operations --------------------------------------------------------------------------------------------------------------- */

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

/* Errors ------------------------------------------------------------------------------------------------------------------- */

static char *copy_str(const cJSON *node, const char *path)
{
	const char *s = json_str(node, path, NULL);
	return s && *s ? xstrdup(s) : NULL;
}

static void take_once(char **to, const cJSON *node, const char *path)
{
	if (!*to)
		*to = copy_str(node, path);
}

/* Google's constraints, managed ones among them, and an organization's own. */
static bool is_policy(const char *text)
{
	return text_starts(text, "constraints/") || text_starts(text, "customConstraints/");
}

/* An organization policy that is violated is a violation's type; its subject says only where it is set, and else what it is
 * about. */
static void take_policy(struct api_error *out, const cJSON *violations)
{
	const cJSON *v;
	cJSON_ArrayForEach(v, violations) {
		const char *path = is_policy(json_str(v, "type", "")) ? "type" : "subject";
		if (is_policy(json_str(v, path, "")))
			take_once(&out->constraint, v, path);
	}
}

static void take_details(const cJSON *error, struct api_error *out)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, json_at(error, "details")) {
		const char *type = json_str(d, "@type", "");
		if (text_ends(type, "google.rpc.ErrorInfo")) {
			take_once(&out->reason, d, "reason");
			take_once(&out->service, d, "metadata.service");
			take_once(&out->consumer, d, "metadata.consumer");
			take_once(&out->permission, d, "metadata.permission");
			take_once(&out->constraint, d, "metadata.constraint");
			if (is_policy(json_str(d, "metadata.customConstraints", "")))
				take_once(&out->constraint, d, "metadata.customConstraints");
		} else if (text_ends(type, "google.rpc.RetryInfo")) {
			out->retry_after = strtod(json_str(d, "retryDelay", "-1"), NULL);
		} else if (text_ends(type, "google.rpc.PreconditionFailure") || text_ends(type, "google.rpc.QuotaFailure")) {
			take_policy(out, json_at(d, "violations"));
		}
	}
}

/* A word of these characters found around the first mark in text: permission and constraint names stand inside sentences. */
static char *word_like(const char *text, const char *characters, const char *starts, int least_dots)
{
	for (const char *p = text; *p;) {
		size_t n = strspn(p, characters);
		int dots = 0;
		while (n && p[n - 1] == '.')
			n--;
		for (size_t i = 0; i < n; i++)
			dots += p[i] == '.';
		if (n && dots >= least_dots && !strncmp(p, starts, strlen(starts)))
			return xstrndup(p, n);
		p += n ? n : 1;
	}
	return NULL;
}

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* What is said of an organization policy without its name. */
static const char *unnamed_policy(const char *message)
{
	static const char *const words[][2] = {
	    {"do not belong to a permitted customer", "constraints/iam.allowedPolicyMemberDomains"},
	    {"invoker_iam_disabled is not currently available", "constraints/run.managed.requireInvokerIam"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(message, words[i][0]))
			return words[i][1];
	return NULL;
}

char *policy_in(const char *text)
{
	char *named = word_like(text, WORD "/", "constraints/", 1);
	if (!named)
		named = word_like(text, WORD "/", "customConstraints/", 1);
	return named || !unnamed_policy(text) ? named : xstrdup(unnamed_policy(text));
}

static void take_from_message(struct api_error *out)
{
	static const char *const marks[] = {"ermission '", "ermission \"",   "does not have ",
					    "Required '",  "ermission(s): ", NULL};
	for (size_t i = 0; !out->permission && marks[i]; i++) {
		const char *at = strstr(out->message, marks[i]);
		size_t n = at ? strspn(at + strlen(marks[i]), WORD) : 0;
		char *word = n ? xstrndup(at + strlen(marks[i]), n) : NULL;
		if (word && strchr(word, '.') != strrchr(word, '.') && word[n - 1] != '.')
			out->permission = word;
		else
			free(word);
	}
	if (!out->constraint)
		out->constraint = policy_in(out->message);
}

/* "404 Not Found": HTML is not shown; plain text is cut short. */
static char *message_of_text(int http, const char *text)
{
	while (text && isspace((unsigned char)*text))
		text++;
	if (!text || !*text || *text == '<')
		return xasprintf(_("HTTP status %d without an explanation"), http);
	struct buf b = {0};
	size_t len = strcspn(text, "\r\n");
	outside_text(&b, text, len, false, 200);
	return buf_take(&b);
}

void api_error_decode(int http, const cJSON *reply, const char *text, struct api_error *out)
{
	*out = (struct api_error){.http = http, .retry_after = -1};
	const cJSON *error = json_at(reply, "error");
	if (cJSON_IsString(error)) { /* the token endpoint's */
		out->reason = xstrdup(error->valuestring);
		take_once(&out->status, reply, "error_subtype");
		take_once(&out->message, reply, "error_description");
		take_once(&out->message, reply, "error");
	} else if (cJSON_IsObject(error)) {
		take_once(&out->status, error, "status");
		take_once(&out->message, error, "message");
		take_details(error, out);
		take_once(&out->reason, error, "errors.0.reason");
		take_once(&out->message, error, "errors.0.message");
	}
	if (!strcmp(json_str(reply, "kind", ""), "Status")) { /* a Kubernetes API server's */
		take_once(&out->reason, reply, "reason");
		take_once(&out->message, reply, "message");
	}
	take_once(&out->reason, reply, "errors.0.code"); /* a registry's */
	take_once(&out->message, reply, "errors.0.message");
	if (!out->message)
		out->message = message_of_text(http, cJSON_IsObject(reply) ? NULL : text);
	take_from_message(out);
}

bool api_error_is_plain_denial(const struct api_error *e)
{
	return e->http == 403 && !e->constraint &&
	       (!e->reason || !strcmp(e->reason, "IAM_PERMISSION_DENIED") || !strcmp(e->reason, "forbidden"));
}

void api_error_free(struct api_error *e)
{
	free(e->status);
	free(e->reason);
	free(e->message);
	free(e->service);
	free(e->consumer);
	free(e->permission);
	free(e->constraint);
	*e = (struct api_error){.retry_after = -1};
}
