/* Replies: bodies, headers and Google's error dialects. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* google.rpc.Code: the name, its number, its HTTP status, and the reason that errors[] gives for it. */
static const struct status {
	const char *name;
	int grpc, http;
	const char *reason;
} statuses[] = {
    {"CANCELLED", 1, 499, "cancelled"},
    {"UNKNOWN", 2, 500, "unknown"},
    {"INVALID_ARGUMENT", 3, 400, "badRequest"},
    {"DEADLINE_EXCEEDED", 4, 504, "deadlineExceeded"},
    {"NOT_FOUND", 5, 404, "notFound"},
    {"ALREADY_EXISTS", 6, 409, "alreadyExists"},
    {"PERMISSION_DENIED", 7, 403, "forbidden"},
    {"RESOURCE_EXHAUSTED", 8, 429, "rateLimitExceeded"},
    {"FAILED_PRECONDITION", 9, 400, "failedPrecondition"},
    {"ABORTED", 10, 409, "aborted"},
    {"OUT_OF_RANGE", 11, 400, "outOfRange"},
    {"UNIMPLEMENTED", 12, 501, "notImplemented"},
    {"INTERNAL", 13, 500, "backendError"},
    {"UNAVAILABLE", 14, 503, "backendError"},
    {"UNAUTHENTICATED", 16, 401, "authError"},
};

static const struct status *status_of(const char *name)
{
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (!strcmp(statuses[i].name, name))
			return &statuses[i];
	fprintf(stderr, "the simulated cloud has no status %s\n", name);
	abort();
}

static int status_grpc(const char *status)
{
	return status_of(status)->grpc;
}

void sim_header(struct sim_call *c, const char *name, const char *value)
{
	char *old = c->reply->headers;
	c->reply->headers = xasprintf("%s%s: %s\r\n", old ? old : "", name, value);
	free(old);
}

void sim_bytes(struct sim_call *c, int status, const char *type, const void *data, size_t len)
{
	c->reply->status = status;
	c->sim->current->answered = true;
	if (type)
		sim_header(c, "Content-Type", type);
	buf_clear(&c->reply->body);
	c->reply->body.max = (size_t)256 << 20;
	buf_add(&c->reply->body, data, len);
}

static void reply_json(struct exchange *x, int status, cJSON *body)
{
	struct sim_call *c = &x->call;
	const char *mask = json_str(x->query, "fields", NULL), *pretty = json_str(x->query, "prettyPrint", "true");
	mask = mask ? mask : json_str(x->query, "$fields", NULL);
	if (status < 300 && mask && !fields_select(body, mask)) {
		cJSON_Delete(body);
		sim_fail(c, "INVALID_ARGUMENT", "invalidParameter", "Invalid field selection %s", mask);
		return;
	}
	if (strstr(json_str(x->query, "$alt", json_str(x->query, "alt", "")), "enum-encoding=int"))
		check_number_enums(x, body);
	char *text = json_text(body, !strcasecmp(pretty, "false") || !strcmp(pretty, "0") ? -1 : 0);
	sim_bytes(c, status, "application/json; charset=UTF-8", text, strlen(text));
	if (status >= 400 || c->sim->current->has_method) {
		sim_header(c, "Vary", "Origin, X-Origin, Referer");
		sim_header(c, "Server", "ESF");
		sim_header(c, "X-Content-Type-Options", "nosniff");
	}
	free(text);
	cJSON_Delete(body);
}

/* What documents hold under "beta:NAME" is shown as NAME to who asks through a beta path, and not at all to others. */
static void show_betas(cJSON *node, bool beta)
{
	static const char mark[] = "beta:";
	for (cJSON *c = node->child, *next; c; c = next) {
		next = c->next;
		bool marked = c->string && !strncmp(c->string, mark, sizeof mark - 1);
		if (marked && !beta) {
			cJSON_Delete(cJSON_DetachItemViaPointer(node, c));
			continue;
		}
		if (marked)
			memmove(c->string, c->string + sizeof mark - 1, strlen(c->string) - sizeof mark + 2);
		if (c->child)
			show_betas(c, beta);
	}
}

/* Who asks through a beta path reads links of that path: those that lead to the same API. */
static void show_beta_links(cJSON *node, const char *stable, const char *beta)
{
	for (cJSON *c = node->child; c; c = c->next) {
		if (c->child)
			show_beta_links(c, stable, beta);
		bool issuer = c->string && !strcmp(c->string, "identityProvider"); /* a name, which has no versions */
		if (!cJSON_IsString(c) || issuer || !text_starts(c->valuestring, stable))
			continue;
		char *link = xasprintf("%s%s", beta, c->valuestring + strlen(stable));
		cJSON_SetValuestring(c, link);
		free(link);
	}
}

static void show_links(const char *host, cJSON *body)
{
	if (!strcmp(host, "container.googleapis.com"))
		show_beta_links(body, "https://container.googleapis.com/v1/", "https://container.googleapis.com/v1beta1/");
	else if (!strcmp(host, "compute.googleapis.com") || !strcmp(host, "www.googleapis.com"))
		show_beta_links(body, "https://www.googleapis.com/compute/v1/", "https://www.googleapis.com/compute/beta/");
}

void sim_ok(struct sim_call *c, cJSON *body)
{
	struct exchange *x = c->sim->current;
	if (x->has_method)
		show_betas(body, x->method.lenient);
	if (x->has_method && x->method.lenient)
		show_links(c->host, body);
	check_reply(x, body);
	reply_json(x, 200, body);
}

void sim_empty(struct sim_call *c)
{
	sim_ok(c, cJSON_CreateObject());
}

void sim_no_content(struct sim_call *c)
{
	sim_bytes(c, 204, "application/json", "", 0);
}

static void fail(struct sim_call *c, int http, const char *status, const char *reason, cJSON *details, const char *format,
		 va_list args)
{
	const struct status *s = status_of(status);
	struct exchange *x = c->sim->current;
	char *message = xvasprintf(format, args);
	http = http ? http : s->http;
	cJSON *error = json_make("{'code':%d,'message':%s}", http, message);
	if (x->errors != SIM_ERRORS_AIP) {
		cJSON *one = json_make("{'message':%s,'domain':%s,'reason':%s}", message,
				       reason && !strcmp(reason, "accessNotConfigured") ? "usageLimits" : "global",
				       reason ? reason : s->reason);
		cJSON_AddItemToObject(error, "errors", json_make("[%j]", one));
	}
	if (x->errors != SIM_ERRORS_LEGACY)
		cJSON_AddStringToObject(error, "status", status);
	if (details)
		cJSON_AddItemToObject(error, "details", details);
	free(message);
	buf_clear(&c->reply->body);
	reply_json(x, http, json_make("{'error':%j}", error));
}

void sim_fail(struct sim_call *c, const char *status, const char *reason, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail(c, 0, status, reason, NULL, format, args);
	va_end(args);
}

void sim_fail_with(struct sim_call *c, int http, const char *status, const char *reason, cJSON *details, const char *format,
		   ...)
{
	va_list args;
	va_start(args, format);
	fail(c, http, status, reason, details, format, args);
	va_end(args);
}

cJSON *sim_rpc_status(const char *status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = xvasprintf(format, args);
	va_end(args);
	cJSON *j = json_make("{'code':%d,'message':%s}", status_grpc(status), message);
	free(message);
	return j;
}

void sim_stream_take(struct sim *s, struct sim_stream *stream, const char *data, size_t len)
{
	struct scratch own;
	scratch_begin(&own);
	stream->take(s, stream->state, data, len);
	scratch_end(&own);
}

bool sim_stream_more(struct sim *s, struct sim_stream *stream, struct buf *out)
{
	struct scratch own;
	scratch_begin(&own);
	bool on = stream->more(s, stream->state, out);
	scratch_end(&own);
	return on;
}

void sim_stream_end(struct sim_stream *stream)
{
	if (!stream->more)
		return;
	struct scratch own;
	scratch_begin(&own);
	stream->end(stream->state);
	scratch_end(&own);
	*stream = (struct sim_stream){0};
}

void sim_reply_free(struct sim_reply *r)
{
	free(r->headers);
	buf_free(&r->body);
	sim_stream_end(&r->stream);
	*r = (struct sim_reply){0};
}
