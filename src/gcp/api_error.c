/* Error bodies of all three dialects, as reference/gcp-api.md 1.3 describes them, and what they say of policies and permissions. */
#include "config.h"
#include "gcp/call.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

/* What is told to be asked for by its name: of that only what no sentence and no shell takes for more than a word. */
static void take_word_once(char **to, const cJSON *node, const char *path)
{
	const char *s = json_str(node, path, "");
	size_t n = escape_plain(s);
	if (!*to && n)
		*to = xstrndup(s, n);
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
			take_word_once(&out->constraint, v, path);
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
			take_word_once(&out->permission, d, "metadata.permission");
			take_word_once(&out->constraint, d, "metadata.constraint");
			if (is_policy(json_str(d, "metadata.customConstraints", "")))
				take_word_once(&out->constraint, d, "metadata.customConstraints");
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
	    {"Service account creation is not allowed on this project", "constraints/iam.disableServiceAccountCreation"},
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
	return e->http == 403 && e->status && !e->constraint && strstr(e->message, "ermission") &&
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
