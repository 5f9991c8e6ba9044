/* A request's way: fault rules, route, credentials, project, enabled API, contract, permission, handler. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/encode.h"
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

/* Routes ------------------------------------------------------------------------------------------------------------------- */
static int by_id(const void *a, const void *b)
{
	const struct routed *x = a, *y = b;
	return strcmp(x->route->id, y->route->id);
}

static bool is_raw(const struct sim_route *r)
{
	return strchr(r->id, ' ') != NULL;
}

void handle_init(struct sim *s)
{
	size_t count = 0, raw = 0;
	for (const struct sim_api *const *a = s->floors->apis; *a; a++)
		for (const struct sim_route *r = (*a)->routes; r && r->id; r++, count++)
			raw += is_raw(r);
	struct routed *all = xcalloc(count + 1, sizeof *all);
	s->raw = xcalloc(raw + 1, sizeof *s->raw);
	for (const struct sim_api *const *a = s->floors->apis; *a; a++)
		for (const struct sim_route *r = (*a)->routes; r && r->id; r++)
			all[s->route_count++] = (struct routed){r, *a};
	qsort(all, s->route_count, sizeof *all, by_id);
	s->routes = all;
	for (size_t i = 0; i < s->route_count; i++)
		if (is_raw(all[i].route))
			s->raw[s->raw_count++] = &all[i];
}

void handle_free(struct sim *s)
{
	free((void *)(uintptr_t)s->routes);
	free(s->raw);
}

static const struct routed *route_by_id(const struct sim *s, const char *id)
{
	struct sim_route key = {.id = id};
	struct routed wanted = {.route = &key};
	return bsearch(&wanted, s->routes, s->route_count, sizeof wanted, by_id);
}

/* "id@version" before "id": what two versions of an API share may be told apart. */
static const struct routed *route_of(const struct sim *s, const struct contract_method *m)
{
	char *id = span_text(m->id), *versioned = xasprintf("%s@%s", id, m->api->version);
	const struct routed *r = route_by_id(s, versioned);
	char *at = strchr(id, '@');
	if (!r)
		r = route_by_id(s, id);
	if (!r && at) {
		*at = '\0';
		r = route_by_id(s, id);
	}
	free(id);
	free(versioned);
	return r;
}

/* '*' stands for any text. */
static bool glob(const char *pattern, const char *patend, const char *text)
{
	const char *star = NULL, *mark = NULL;
	while (*text) {
		if (pattern < patend && *pattern == '*') {
			star = ++pattern;
			mark = text;
		} else if (pattern < patend && *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++mark;
		} else {
			return false;
		}
	}
	while (pattern < patend && *pattern == '*')
		pattern++;
	return pattern == patend;
}

bool sim_glob(const char *pattern, const char *text)
{
	return glob(pattern, pattern + strlen(pattern), text);
}

static bool raw_fits(const char *id, const char *method, const char *host, const char *path, bool literal)
{
	size_t verb = strcspn(id, " ");
	const char *h = id + verb + 1, *slash = h + strcspn(h, "/");
	bool wild = memchr(h, '*', (size_t)(slash - h)) != NULL;
	return wild != literal && glob(id, id + verb, method) && glob(h, slash, host) &&
	       glob(slash, slash + strlen(slash), path);
}

/* The raw route for the request: the longest that fits. literal: those of a host without wildcard, which come first. */
static const struct routed *raw_route(const struct sim *s, const char *method, const char *host, const char *path, bool literal)
{
	const struct routed *best = NULL;
	for (size_t i = 0; i < s->raw_count; i++)
		if (raw_fits(s->raw[i]->route->id, method, host, path, literal) &&
		    (!best || strlen(s->raw[i]->route->id) > strlen(best->route->id)))
			best = s->raw[i];
	return best;
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
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (cJSON_IsString(cJSON_GetObjectItemCaseSensitive(params, plain[i])))
			return xstrdup(json_str(params, plain[i], ""));
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

static char *rpc_method(const struct exchange *x)
{
	char *id = span_text(x->method.id), *method = xasprintf("%s.%s", x->method.api->package, id);
	free(id);
	return method;
}

static void unauthenticated(struct exchange *x, bool bad)
{
	static const char missing[] =
	    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "
	    "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
	static const char invalid[] =
	    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
	    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
	char *method = rpc_method(x);
	cJSON *details = json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':%s,'domain':'googleapis.com',"
				   "'metadata':{'method':%s,'service':%s}}]",
				   bad ? "ACCESS_TOKEN_TYPE_UNSUPPORTED" : "CREDENTIALS_MISSING", method,
				   x->method.api->service);
	free(method);
	sim_header(&x->call, "WWW-Authenticate",
		   bad ? "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\""
		       : "Bearer realm=\"https://accounts.google.com/\"");
	if (x->errors == SIM_ERRORS_LEGACY) {
		cJSON_Delete(details);
		details = NULL;
	}
	sim_fail_with(&x->call, 401, "UNAUTHENTICATED", bad ? "authError" : "required", details, "%s", bad ? invalid : missing);
}

/* Fills the caller in; false, answered, when there is none and the API wants one. */
static bool identify(struct exchange *x)
{
	struct sim_call *c = &x->call;
	const char *bearer = sim_request_header(c->request, "Authorization");
	bool given = bearer && !strncasecmp(bearer, "Bearer ", 7);
	const char *token = given ? bearer + 7 : json_str(x->query, "access_token", json_str(x->query, "oauth_token", NULL));
	c->principal = token ? sim_token_owner(c->sim, token) : NULL;
	if (token && !c->principal)
		c->principal = identity(c->sim)->jwt_owner(c->sim, token, c->host);
	bool open = !x->has_method || x->method.api->anonymous ||
		    (x->routed && x->routed->api->service == NULL && !x->routed->route->permission &&
		     !strcmp(x->routed->api->name, "open"));
	if (open || c->principal)
		return true;
	unauthenticated(x, token || bearer);
	return false;
}

static void api_disabled(struct exchange *x, const char *consumer)
{
	const struct contract_api *a = x->method.api;
	const char *number = identity(x->call.sim)->project_number(x->call.sim, consumer);
	char *url = xasprintf("https://console.developers.google.com/apis/api/%s/overview?project=%s", a->service,
			      number ? number : consumer);
	char *named = xasprintf("projects/%s", number ? number : consumer);
	char *message = xasprintf(
	    "%s has not been used in project %s before or it is disabled. Enable it by visiting %s then retry. If you enabled "
	    "this API recently, wait a few minutes for the action to propagate to our systems and retry.",
	    a->title, number ? number : consumer, url);
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'SERVICE_DISABLED','domain':'googleapis.com',"
	    "'metadata':{'activationUrl':%s,'consumer':%s,'containerInfo':%s,'service':%s,'serviceTitle':%s}},"
	    "{'@type':'type.googleapis.com/google.rpc.LocalizedMessage','locale':'en-US','message':%s},"
	    "{'@type':'type.googleapis.com/google.rpc.Help','links':[{'description':'Google developers console API activation',"
	    "'url':%s}]}]",
	    url, named, number ? number : consumer, a->service, a->title, message, url);
	enum sim_error_dialect own = x->errors;
	x->errors = own == SIM_ERRORS_AIP ? own : SIM_ERRORS_BOTH;
	sim_fail_with(&x->call, 403, "PERMISSION_DENIED", "accessNotConfigured", details, "%s", message);
	x->errors = own;
	free(url);
	free(named);
	free(message);
}

static bool unknown_project(struct exchange *x, const char *named)
{
	if (!strcmp(x->method.api->name, "compute")) {
		if (strstr(x->call.path, "/global/images") || strstr(x->call.path, "/licenses"))
			return true; /* of Google's public image projects */
		sim_fail(&x->call, "NOT_FOUND", NULL, "The resource 'projects/%s' was not found", named);
		return false;
	}
	char *consumer = xasprintf("projects/%s", named);
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'CONSUMER_INVALID','domain':'googleapis.com',"
	    "'metadata':{'consumer':%s,'service':%s}}]",
	    consumer, x->method.api->service);
	free(consumer);
	sim_fail_with(&x->call, 403, "PERMISSION_DENIED", NULL,
		      x->errors == SIM_ERRORS_LEGACY ? (cJSON_Delete(details), NULL) : details,
		      "Permission denied on resource project %s.", named);
	return false;
}

/* The project that pays for the call: the header's, the resource's, or the caller's. */
static bool check_consumer(struct exchange *x, const char *named)
{
	struct sim_call *c = &x->call;
	const char *service = x->routed ? x->routed->api->service : NULL,
		   *asked = sim_request_header(c->request, "X-Goog-User-Project");
	if (x->routed && !x->method.api->anonymous && c->project && !identity(c->sim)->usage_ok(c, x->method.api->service))
		return false;
	if (!service || x->method.api->anonymous)
		return true;
	bool manager = !strcmp(x->method.api->name, "cloudresourcemanager") || !strcmp(x->method.api->name, "cloudbilling") ||
		       !strcmp(x->method.api->name, "serviceusage");
	if (named && strcmp(named, "-") && !c->project && !manager)
		return unknown_project(x, named);
	/* Without that header the managers of projects are paid for by the client's own project, which has them enabled. */
	if (manager && !asked)
		return true;
	const char *quota = asked ? identity(c->sim)->project_id(c->sim, asked) : NULL;
	if (asked && (!quota || !identity(c->sim)->allowed(c->sim, c->principal, "serviceusage.services.use", quota, ""))) {
		cJSON *details = json_make(
		    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'USER_PROJECT_DENIED',"
		    "'domain':'googleapis.com','metadata':{'service':%s}}]",
		    service);
		sim_fail_with(c, 403, "PERMISSION_DENIED", NULL, details,
			      "Caller does not have required permission to use project %s. Grant the caller the "
			      "roles/serviceusage.serviceUsageConsumer "
			      "role, or a custom role with the serviceusage.services.use permission, by visiting "
			      "https://console.developers.google.com/iam-admin/iam/project?project=%s and then retry. "
			      "Propagation of the new "
			      "permission may take a few minutes.",
			      asked, asked);
		return false;
	}
	const char *consumer = quota ? quota : c->project ? c->project : sim_project(c->sim);
	if (identity(c->sim)->service_on(c->sim, consumer, service))
		return true;
	api_disabled(x, consumer);
	return false;
}

static void denied(struct exchange *x, const char *permission, const char *holder)
{
	struct sim_call *c = &x->call;
	const char *slash = text_starts(holder, "//") ? strchr(holder + 2, '/') : NULL;
	const char *resource = slash ? slash + 1 : holder;
	if (!strcmp(x->method.api->name, "storage")) {
		const char *who = c->principal ? strchr(c->principal, ':') : NULL;
		sim_fail(c, "PERMISSION_DENIED", "forbidden",
			 "%s does not have %s access to the Google Cloud Storage %s. Permission '%s' denied on resource (or it "
			 "may not exist).",
			 who ? who + 1 : "Anonymous caller", permission, strstr(permission, ".objects.") ? "object" : "bucket",
			 permission);
		return;
	}
	if (!strcmp(x->method.api->name, "compute")) {
		sim_fail(c, "PERMISSION_DENIED", "forbidden", "Required '%s' permission for '%s'", permission, resource);
		return;
	}
	cJSON *details =
	    x->errors == SIM_ERRORS_LEGACY
		? NULL
		: json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'IAM_PERMISSION_DENIED','domain':%s,"
			    "'metadata':{'permission':%s,'resource':%s}}]",
			    x->method.api->service, permission, resource);
	sim_fail_with(c, 403, "PERMISSION_DENIED", x->errors == SIM_ERRORS_LEGACY ? "notAuthorized" : NULL, details,
		      "Permission '%s' denied on resource '%s' (or it may not exist).", permission, holder);
}

static bool check_permission(struct exchange *x)
{
	struct sim_call *c = &x->call;
	const char *permission = x->routed->route->permission;
	if (!permission || (!c->project && !x->routed->api->guard))
		return true;
	struct buf holder = {0};
	if (x->routed->api->guard)
		x->routed->api->guard(c, &holder);
	else
		buf_printf(&holder, "//cloudresourcemanager.googleapis.com/projects/%s", c->project);
	bool allowed = true;
	for (size_t n; allowed && *permission; permission += n + (permission[n] == ' ')) {
		n = strcspn(permission, " ");
		const char *one = sim_tmp("%.*s", (int)n, permission);
		allowed = identity(c->sim)->allowed(c->sim, c->principal, one, c->project, buf_text(&holder));
		if (!allowed)
			denied(x, one, buf_text(&holder));
	}
	buf_free(&holder);
	return allowed;
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
	x->routed = route_of(c->sim, &x->method);
	x->errors = x->routed ? x->routed->api->errors : x->method.api->errors;
	if (identify(x) && check_consumer(x, named) && (!x->routed || check_query(x)) &&
	    (!x->routed || is_upload(x) || check_body(x))) {
		if (!x->routed)
			not_simulated(x);
		else if (check_permission(x))
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
	x->routed = raw_route(c->sim, c->method, c->host, x->path, true);
	if (!x->routed) {
		cJSON *params = (cJSON *)(uintptr_t)c->params;
		x->has_method = contract_find(c->host, c->method, raw_path, &x->method, params, &known);
		if (x->has_method) {
			c->id = span_text(x->method.id);
			c->version = x->method.api->version;
			by_contract(x);
			return;
		}
		x->routed = raw_route(c->sim, c->method, c->host, x->path, false);
	}
	if (x->routed) {
		x->errors = x->routed->api->errors;
		for (const cJSON *q = x->query->child; q; q = q->next)
			cJSON_AddItemToObject((cJSON *)(uintptr_t)c->params, q->string, cJSON_Duplicate(q, 1));
		identify(x);
		act(x);
	} else if (!text_ends(c->host, ".googleapis.com") && c->sim->floors->front_door(c->sim, c->request, c->reply)) {
		x->answered = true;
	} else {
		nowhere(x, known);
	}
}

enum { LOGGED_BYTES = 1 << 20 };

static bool is_text(const char *text, size_t len)
{
	unsigned code;
	size_t n = 1;
	for (; len && n; text += n, len -= n)
		n = *text ? text_utf8(text, len, &code) : 0;
	return n;
}

/* A body as the log shows it: JSON, a text, or {"$base64"} of anything else. */
static cJSON *json_or_text(const char *data, size_t len)
{
	const char *end = NULL;
	cJSON *j = len ? cJSON_ParseWithLengthOpts(data, len, &end, 0) : NULL;
	if (j)
		return j;
	if (len && len <= LOGGED_BYTES && !is_text(data, len)) {
		char *text = encode_base64(data, len);
		j = json_make("{'$base64':%s}", text);
		free(text);
		return j;
	}
	struct buf b = {0};
	text_visible(&b, len ? data : "", len < 4096 ? len : 4096, true);
	j = cJSON_CreateString(buf_text(&b));
	buf_free(&b);
	return j;
}

static void add_digest(struct buf *b, const char *secret)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (EVP_Digest(secret, strlen(secret), digest, &len, EVP_sha256(), NULL) != 1)
		mem_out();
	buf_puts(b, "sha256:");
	for (unsigned i = 0; i < len; i++)
		buf_printf(b, "%02x", digest[i]);
}

/* Which token or password was shown, for whoever looks where it was handed out or kept: its SHA-256. */
static void log_rights(cJSON *headers, const char *value)
{
	static const char bearer[] = "Bearer ", basic[] = "Basic ";
	struct buf b = {0};
	char *pair = value && !strncasecmp(value, basic, strlen(basic)) ? decode_base64(value + strlen(basic)) : NULL;
	char *colon = pair ? strchr(pair, ':') : NULL;
	if (colon) {
		buf_printf(&b, "%s%.*s:", basic, (int)(colon - pair), pair);
		add_digest(&b, colon + 1);
	} else if (value && !strncasecmp(value, bearer, strlen(bearer))) {
		buf_puts(&b, bearer);
		add_digest(&b, value + strlen(bearer));
	}
	if (b.len)
		cJSON_AddStringToObject(headers, "Authorization", buf_text(&b));
	buf_free(&b);
	free(pair);
}

/* Credentials stay out of the log. */
void sim_log_exchange(struct sim *s, const struct sim_request *q, const struct sim_reply *r, const cJSON *notes)
{
	if (!s->watch)
		return;
	cJSON *headers = cJSON_CreateObject();
	log_rights(headers, sim_request_header(q, "Authorization"));
	for (size_t i = 0; i < q->header_count; i++)
		if (strcasecmp(q->headers[i].name, "Authorization") && strcasecmp(q->headers[i].name, "Proxy-Authorization") &&
		    strcasecmp(q->headers[i].name, "Cookie"))
			cJSON_AddStringToObject(headers, q->headers[i].name, q->headers[i].value);
	char *url = xasprintf("https://%s%s", q->host, q->target);
	cJSON *entry = json_make("{'time':0,'method':%s,'url':%s,'headers':%j,'request':%j,'reply':%j,'status':%d}", q->method,
				 url, headers, json_or_text(q->body, q->body_len), json_or_text(r->body.data, r->body.len),
				 r->status);
	json_put_num(entry, "time", sim_now(s));
	if (r->mischief.how == SIM_BAD_TLS) /* there was no exchange: the handshake failed */
		cJSON_AddTrueToObject(entry, "broken");
	for (const cJSON *n = notes ? notes->child : NULL; n; n = n->next)
		cJSON_AddItemToObject(entry, n->string, cJSON_Duplicate(n, 1));
	s->watch(s->watch_arg, entry);
	cJSON_Delete(entry);
	free(url);
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

static void handle(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	static const char bad_request[] = "<html><title>Error 400 (Bad Request)!!1</title></html>\n";
	struct fault_result fault = faults_before(s, q, out);
	if (fault.replied) {
		sim_log_exchange(s, q, out, NULL);
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
	sim_log_exchange(s, q, out, x.notes);
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

void sim_on_exchange(struct sim *s, void (*fn)(void *arg, const cJSON *entry), void *arg)
{
	s->watch = fn;
	s->watch_arg = arg;
}
