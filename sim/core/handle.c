/* A request's way: fault rules, route, credentials, project, enabled API, contract, permission, handler. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_identity *identity(const struct sim *s)
{
	return s->floors->identity;
}

/* Requests ----------------------------------------------------------------------------------------------------------------- */
const char *sim_request_header(const struct sim_request *q, const char *name)
{
	for (size_t i = 0; i < q->header_count; i++)
		if (!strcasecmp(q->headers[i].name, name))
			return q->headers[i].value;
	return NULL;
}

static void add_query(cJSON *query, const char *name, const char *value)
{
	cJSON *old = cJSON_GetObjectItemCaseSensitive(query, name);
	if (cJSON_IsString(old)) {
		cJSON *list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, cJSON_CreateString(old->valuestring));
		cJSON_ReplaceItemInObjectCaseSensitive(query, name, list);
		old = list;
	}
	if (old)
		cJSON_AddItemToArray(old, cJSON_CreateString(value));
	else
		cJSON_AddStringToObject(query, name, value);
}

/* Decodes "a=b&c=d"; false when a percent sequence is malformed. */
bool sim_parse_query(const char *text, cJSON *query)
{
	bool well = true;
	char *copy = xstrdup(text), *save = NULL;
	for (char *pair = strtok_r(copy, "&", &save); pair; pair = strtok_r(NULL, "&", &save)) {
		for (char *p = pair; *p; p++)
			if (*p == '+')
				*p = ' ';
		char *value = strchr(pair, '=');
		if (value)
			*value++ = '\0';
		else
			value = pair + strlen(pair);
		if (!text_unpercent(pair) || !text_unpercent(value))
			well = false;
		else if (*pair)
			add_query(query, pair, value);
	}
	free(copy);
	return well;
}

/* The project that a path's parameter names: "p" of project=p or of "projects/p/...". */
static char *named_project(const cJSON *params)
{
	static const char *const plain[] = {"project", "projectId", "projectsId", "appsId"};
	static const char *const prefixes[] = {"projects/", "namespaces/", "apps/"};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		const char *said = json_str(params, plain[i], NULL); /* Pub/Sub's {project} is "projects/p" */
		if (said && !text_starts(said, prefixes[0]))
			return xstrdup(said);
	}
	for (const cJSON *p = params->child; p; p = p->next)
		for (size_t i = 0; cJSON_IsString(p) && i < sizeof prefixes / sizeof *prefixes; i++)
			if (text_starts(p->valuestring, prefixes[i])) {
				const char *name = p->valuestring + strlen(prefixes[i]);
				return xstrndup(name, strcspn(name, "/:"));
			}
	return NULL;
}

static void fold_one(struct sim *s, cJSON *p, const char *prefix, const char *from)
{
	size_t n = strlen(prefix);
	if (strncmp(p->valuestring, prefix, n) != 0)
		return;
	const char *rest = p->valuestring + n;
	size_t len = strcspn(rest, "/");
	const char *id = len == strlen(from) && !memcmp(rest, from, len) ? identity(s)->project_id(s, from) : NULL;
	if (!id || !strcmp(id, from))
		return;
	char *folded = xasprintf("%s%s%s", prefix, id, rest + len);
	cJSON_SetValuestring(p, folded);
	free(folded);
}

/* Project numbers in the path's parameters become ids, so that keys are always spelt with the id. */
static void fold_projects(struct sim *s, cJSON *params, const char *named)
{
	if (!isdigit((unsigned char)named[0]))
		return;
	for (cJSON *p = params->child; p; p = p->next) {
		if (!cJSON_IsString(p))
			continue;
		fold_one(s, p, "projects/", named);
		fold_one(s, p, "namespaces/", named);
		if (!strcmp(p->string, "project") || !strcmp(p->string, "projectId"))
			fold_one(s, p, "", named);
	}
}

/* Refusals that come before any handler ------------------------------------------------------------------------------------- */
static void not_found_page(struct exchange *x)
{
	struct buf b = {0}, path = {0};
	for (const char *p = x->call.path; *p; p++)
		if (strchr("<>&\"'", *p))
			buf_printf(&path, "&#%d;", *p);
		else
			buf_putc(&path, *p);
	buf_printf(&b,
		   "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error 404 (Not Found)!!1</title>\n"
		   "  <p><b>404.</b> <ins>That\xe2\x80\x99s an error.</ins>\n  <p>The requested URL <code>%s</code> was not "
		   "found on this server."
		   "  <ins>That\xe2\x80\x99s all we know.</ins>\n",
		   buf_text(&path));
	sim_bytes(&x->call, 404, "text/html; charset=UTF-8", buf_text(&b), b.len);
	buf_free(&b);
	buf_free(&path);
}

static bool is_upload(const struct exchange *x)
{
	return x->method.flags.n && memchr(x->method.flags.p, 'u', x->method.flags.n) &&
	       strstr(x->path, "upload/") == x->path + (x->path[1] == 'r' ? 11 : 1);
}

static void not_simulated(struct exchange *x)
{
	char *id = span_text(x->method.id);
	sim_fail(&x->call, "UNIMPLEMENTED", NULL, "The method %s is not simulated.", id);
	free(id);
}

static void act(struct exchange *x)
{
	x->call.api = x->routed->api;
	x->routed->route->handle(&x->call);
}

static void by_contract(struct exchange *x)
{
	struct sim_call *c = &x->call;
	char *named = named_project(c->params);
	c->project = named ? identity(c->sim)->project_id(c->sim, named) : NULL;
	cJSON *params = (cJSON *)(uintptr_t)c->params;
	if (named)
		fold_projects(c->sim, params, named);
	x->routed = route_by_contract(c->sim, &x->method);
	x->errors = x->routed ? x->routed->api->errors : x->method.api->errors;
	if (guard_caller(x) && guard_consumer(x, named) && (!x->routed || check_query(x)) &&
	    (!x->routed || is_upload(x) || check_body(x))) {
		if (!x->routed)
			not_simulated(x);
		else if (guard_permission(x))
			act(x);
	}
	free(named);
}

/* A host that no table and no route knows. */
static void nowhere(struct exchange *x, bool known)
{
	if (known || !text_ends(x->call.host, ".googleapis.com")) {
		not_found_page(x);
		return;
	}
	sim_fail(&x->call, "UNIMPLEMENTED", NULL, "The service %s is not simulated.", x->call.host);
}

static void serve(struct exchange *x, const char *raw_path)
{
	struct sim_call *c = &x->call;
	bool known = false;
	x->routed = route_raw(c->sim, c->method, c->host, x->path, true);
	if (!x->routed) {
		cJSON *params = (cJSON *)(uintptr_t)c->params;
		x->has_method = contract_find(c->host, c->method, raw_path, &x->method, params, &known);
		if (x->has_method) {
			c->id = span_text(x->method.id);
			c->version = x->method.api->version;
			by_contract(x);
			return;
		}
		x->routed = route_raw(c->sim, c->method, c->host, x->path, false);
	}
	if (x->routed) {
		x->errors = x->routed->api->errors;
		for (const cJSON *q = x->query->child; q; q = q->next)
			cJSON_AddItemToObject((cJSON *)(uintptr_t)c->params, q->string, cJSON_Duplicate(q, 1));
		guard_caller(x);
		act(x);
	} else if (!text_ends(c->host, ".googleapis.com") && c->sim->floors->front_door(c->sim, c->request, c->reply)) {
		x->answered = true;
	} else {
		nowhere(x, known);
	}
}

static void exchange_free(struct exchange *x)
{
	cJSON_Delete((cJSON *)(uintptr_t)x->call.params);
	cJSON_Delete(x->call.body);
	cJSON_Delete(x->query);
	cJSON_Delete(x->notes);
	free((void *)(uintptr_t)x->call.id);
	free(x->path);
}

static const char *verb_of(const struct sim_request *q)
{
	const char *other = sim_request_header(q, "X-HTTP-Method-Override");
	return other && !strcmp(q->method, "POST") ? other : q->method;
}

/* Whoever reads the log is told what a fault rule did: it is nothing that Google does. */
static void log_marked(struct sim *s, const struct sim_request *q, const struct sim_reply *out, const cJSON *notes,
		       const struct fault_result *fault)
{
	cJSON *all = notes ? cJSON_Duplicate(notes, 1) : cJSON_CreateObject();
	faults_mark(fault, out->status, all);
	sim_log_exchange(s, q, out, all);
	cJSON_Delete(all);
}

static void handle(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	static const char bad_request[] = "<html><title>Error 400 (Bad Request)!!1</title></html>\n";
	struct fault_result fault = faults_before(s, q, out);
	if (fault.replied) {
		log_marked(s, q, out, NULL, &fault);
		return;
	}
	size_t n = strcspn(q->target, "?#");
	char *raw_path = xstrndup(q->target, n);
	struct exchange x = {.query = cJSON_CreateObject(), .path = xstrdup(raw_path), .errors = SIM_ERRORS_AIP},
			*outer = s->current;
	x.call = (struct sim_call){.sim = s,
				   .method = verb_of(q),
				   .host = q->host,
				   .path = x.path,
				   .params = cJSON_CreateObject(),
				   .raw = q->body,
				   .raw_len = q->body_len,
				   .request = q,
				   .reply = out};
	s->current = &x;
	bool well = text_unpercent(x.path);
	well = sim_parse_query(q->target[n] == '?' ? q->target + n + 1 : "", x.query) && well;
	if (!well || q->target[0] != '/')
		sim_bytes(&x.call, 400, "text/html; charset=UTF-8", bad_request, sizeof bad_request - 1);
	else
		serve(&x, raw_path);
	if (!x.answered) {
		if (s->strict) {
			fprintf(stderr, "no answer to %s %s%s\n", q->method, q->host, q->target);
			abort();
		}
		sim_fail(&x.call, "INTERNAL", NULL, "Internal error encountered.");
	}
	out->latency += clock_draw_latency(s, x.routed ? x.routed->route->duration : NULL,
					   x.has_method ? x.method.api->service : NULL, x.call.method);
	s->current = outer;
	if (fault.after)
		faults_after(s, fault.after, out);
	log_marked(s, q, out, x.notes, &fault);
	exchange_free(&x);
	free(raw_path);
}

bool sim_closed(struct sim *s, const char *host)
{
	bool closed = false;
	struct scratch own;
	scratch_begin(&own);
	for (const struct sim_api *const *a = s->floors->apis; *a && !closed; a++)
		closed = (*a)->closed && (*a)->closed(s, host);
	scratch_end(&own);
	return closed;
}

void sim_handle(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	*out = (struct sim_reply){0};
	if (sim_closed(s, q->host)) {
		out->mischief.how = SIM_NO_ROUTE;
		return;
	}
	struct scratch own;
	scratch_begin(&own);
	handle(s, q, out);
	scratch_end(&own);
}
