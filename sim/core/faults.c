/* Fault rules. A rule is an object:
 *   {"method":"POST", "host":"compute.*", "path":"*x/instances", "nth":3 | "every":2, "count":1, "skip":0, ...one action...}
 * method, host and path are patterns in which * stands for any text (absent: any). nth acts on that match only, every on each so many-th,
 * count ends the rule after so many acts (0 or absent with nth: one; else without end). Actions:
 *   "status":503, "body":..., "headers":{"Retry-After":"30"}   instead of acting; with "after":true the request acts first
 *   "reset":"before"|"after"     the connection drops before or after acting
 *   "truncate":true, "wrongLength":true, "slow":SECONDS_A_BYTE, "badTls":true
 *   "operation":{"error":{"code":8,"message":"..."}} | "vanish" | "endless"     what becomes of the operation in the reply
 *   "flap":true                  every other match is 404
 *   "duration":"sql.create*", "factor":10 | "seconds":90 | "never":true
 *                                no request: draws of these keys are longer, are so many seconds, or never end
 * A header may be a number: that many bytes. The rules are an array, or an object with "rules" and words about them ("scenario", "fault",
 * "sees", "actor", "elsewhere"); they replace those in force; the first that matches acts. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct fault_rule {
	const cJSON *rule;
	long matches, acts;
};
struct faults {
	cJSON *rules;
	struct fault_rule *list;
	size_t count;
	cJSON *operations; /* path of an operation -> what becomes of it */
};

void faults_free(struct faults *f)
{
	if (!f)
		return;
	cJSON_Delete(f->rules);
	cJSON_Delete(f->operations);
	free(f->list);
	free(f);
}

static bool rule_ok(const cJSON *r, struct err *e)
{
	static const char *const keys[] = {"method",   "host",        "path",  "nth",     "every",     "count",
					   "skip",     "status",      "body",  "headers", "after",     "reset",
					   "truncate", "wrongLength", "slow",  "badTls",  "operation", "flap",
					   "duration", "factor",      "never", "seconds", "note",      NULL};
	for (const cJSON *c = cJSON_IsObject(r) ? r->child : NULL; c; c = c->next) {
		const char *const *k = keys;
		while (*k && strcmp(*k, c->string) != 0)
			k++;
		if (!*k) {
			const char *near = text_nearest(c->string, keys);
			return err_set(e, EXIT_CONFIG, "fault rules", NULL, "unknown key \"%s\"%s%s%s", c->string,
				       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		}
	}
	return cJSON_IsObject(r) || err_set(e, EXIT_CONFIG, "fault rules", NULL, "a rule must be an object");
}

bool sim_faults(struct sim *s, const cJSON *rules, struct err *e)
{
	if (cJSON_IsObject(rules) && json_at(rules, "rules"))
		rules = json_at(rules, "rules");
	if (rules && !cJSON_IsArray(rules))
		return err_set(e, EXIT_CONFIG, "fault rules", NULL, "the rules must be an array of objects");
	for (const cJSON *r = rules ? rules->child : NULL; r; r = r->next)
		if (!rule_ok(r, e))
			return false;
	faults_free(s->faults);
	s->faults = NULL;
	if (!rules)
		return true;
	struct faults *f = s->faults = xcalloc(1, sizeof *f);
	f->rules = cJSON_Duplicate(rules, 1);
	f->operations = cJSON_CreateObject();
	f->list = xcalloc((size_t)cJSON_GetArraySize(rules) + 1, sizeof *f->list);
	for (const cJSON *r = f->rules->child; r; r = r->next)
		f->list[f->count++].rule = r;
	return true;
}

static bool fits(const cJSON *rule, const char *key, const char *text)
{
	const char *pattern = json_str(rule, key, NULL);
	return !pattern || sim_glob(pattern, text);
}

static bool matches(const cJSON *rule, const struct sim_request *q, bool tls_apart)
{
	if (json_at(rule, "duration"))
		return false;
	if (json_at(rule, "badTls") && tls_apart)
		return false;
	char *path = xstrndup(q->target, strcspn(q->target, "?"));
	bool well = fits(rule, "method", q->method) && fits(rule, "host", q->host) &&
		    (fits(rule, "path", path) || fits(rule, "path", q->target));
	free(path);
	return well;
}

/* Counts the match; is it this rule's turn? */
static bool turn(struct fault_rule *r)
{
	long nth = (long)json_num(r->rule, "nth", 0), every = (long)json_num(r->rule, "every", 1);
	long count = (long)json_num(r->rule, "count", nth ? 1 : 0), skip = (long)json_num(r->rule, "skip", 0);
	long number = ++r->matches - skip;
	if (number <= 0 || (count && r->acts >= count))
		return false;
	if (json_bool(r->rule, "flap", false) ? number % 2 == 0
	    : nth                             ? number < nth || (count <= 1 && number != nth)
					      : every > 1 && number % every)
		return false;
	r->acts++;
	return true;
}

static void add_header(struct sim_reply *out, const char *name, const char *value)
{
	char *old = out->headers;
	out->headers = xasprintf("%s%s: %s\r\n", old ? old : "", name, value);
	free(old);
}

static const char *usual_status(int code)
{
	switch (code) {
	case 400:
		return "INVALID_ARGUMENT";
	case 401:
		return "UNAUTHENTICATED";
	case 403:
		return "PERMISSION_DENIED";
	case 404:
		return "NOT_FOUND";
	case 409:
		return "ABORTED";
	case 412:
		return "FAILED_PRECONDITION";
	case 429:
		return "RESOURCE_EXHAUSTED";
	case 500:
		return "INTERNAL";
	case 503:
		return "UNAVAILABLE";
	case 504:
		return "DEADLINE_EXCEEDED";
	default:
		return "UNKNOWN";
	}
}

static void put_reply(const cJSON *rule, int status, struct sim_reply *out)
{
	const cJSON *body = json_at(rule, "body"), *headers = json_at(rule, "headers");
	buf_clear(&out->body);
	free(out->headers);
	out->headers = NULL;
	out->status = status;
	bool typed = false;
	for (const cJSON *h = headers ? headers->child : NULL; h; h = h->next) {
		typed |= !strcasecmp(h->string, "Content-Type");
		if (cJSON_IsString(h))
			add_header(out, h->string, h->valuestring);
		if (cJSON_IsNumber(h) && h->valueint > 0) {
			char *filler = xmalloc((size_t)h->valueint + 1);
			memset(filler, 'x', (size_t)h->valueint);
			filler[h->valueint] = '\0';
			add_header(out, h->string, filler);
			free(filler);
		}
	}
	if (!typed)
		add_header(out, "Content-Type",
			   cJSON_IsString(body) && body->valuestring[0] == '<' ? "text/html; charset=UTF-8"
									       : "application/json; charset=UTF-8");
	cJSON *made = NULL;
	if (cJSON_IsString(body)) {
		buf_puts(&out->body, body->valuestring);
		return;
	}
	if (!body && status >= 400)
		body = made = json_make(
		    "{'error':{'code':%d,'message':'The service is currently unavailable.','status':%s,'errors':"
		    "[{'domain':'global','message':'The service is currently unavailable.','reason':'backendError'}]}}",
		    status, usual_status(status));
	if (body)
		json_write(&out->body, body, 0);
	cJSON_Delete(made);
}

static bool acts_first(const cJSON *rule)
{
	return json_bool(rule, "after", false) || !strcmp(json_str(rule, "reset", ""), "after") || json_at(rule, "truncate") ||
	       json_at(rule, "wrongLength") || json_at(rule, "slow") || json_at(rule, "operation");
}

/* The operation's own fault: reads of it are answered here. */
static bool operation_fault(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	struct faults *f = s->faults;
	for (const cJSON *o = f->operations->child; o; o = o->next) {
		if (!strstr(q->target, o->string))
			continue;
		const cJSON *what = json_at(o, "what"), *was = json_at(o, "reply");
		cJSON *body = cJSON_Duplicate(was, 1), *rule = json_make("{'body':%j}", body);
		if (cJSON_IsObject(what)) {
			const cJSON *error = json_at(what, "error");
			if (json_at(was, "status")) {
				json_put_str(body, "status", "DONE");
				json_put_num(body, "progress", 100);
				json_put(body, "error",
					 json_at(error, "errors") ? cJSON_Duplicate(error, 1)
								  : json_make("{'errors':[%j]}", cJSON_Duplicate(error, 1)));
			} else {
				json_put_bool(body, "done", true);
				json_drop(body, "response");
				json_put(body, "error", cJSON_Duplicate(error, 1));
			}
		}
		bool vanish = cJSON_IsString(what) && !strcmp(what->valuestring, "vanish");
		if (vanish)
			json_drop(rule, "body");
		put_reply(rule, vanish ? 404 : 200, out);
		out->latency = 0.1;
		cJSON_Delete(rule);
		return true;
	}
	return false;
}

struct fault_result faults_before(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	struct fault_result none = {0};
	if (!s->faults)
		return none;
	if (operation_fault(s, q, out))
		return (struct fault_result){.replied = true};
	for (size_t i = 0; i < s->faults->count; i++) {
		struct fault_rule *r = &s->faults->list[i];
		if (!matches(r->rule, q, s->tls_apart) || !turn(r))
			continue;
		if (acts_first(r->rule))
			return (struct fault_result){.after = r};
		if (json_at(r->rule, "badTls"))
			out->mischief.how = SIM_BAD_TLS;
		else if (!strcmp(json_str(r->rule, "reset", ""), "before"))
			out->mischief.how = SIM_RESET_BEFORE;
		put_reply(r->rule, json_bool(r->rule, "flap", false) ? 404 : (int)json_num(r->rule, "status", 500), out);
		out->latency = 0.1;
		return (struct fault_result){.replied = true};
	}
	return none;
}

/* What would have ended well ends as the API leaves a failure behind. */
static void fail_for_good(struct sim *s, const char *operation, const cJSON *error)
{
	const cJSON *first = json_at(error, "errors.0") ? json_at(error, "errors.0") : error;
	cJSON *args = clock_cancel(s, operation);
	if (!args->child) /* it was done at once */
		cJSON_AddItemToArray(args, json_make("{'ended':%s}", operation));
	for (const cJSON *arg = args->child; arg; arg = arg->next)
		for (const struct sim_api *const *a = s->floors->apis; *a; a++)
			if ((*a)->spoil && (*a)->spoil(s, arg, first))
				break;
	cJSON_Delete(args);
}

/* Notes what becomes of the operation that this reply names. */
static void spoil_operation(struct sim *s, const cJSON *what, struct sim_reply *out)
{
	cJSON *body = cJSON_ParseWithLength(buf_text(&out->body), out->body.len);
	const char *name = json_str(body, "name", NULL);
	if (!name || out->status >= 300) {
		cJSON_Delete(body);
		return;
	}
	json_drop(body, "done");
	json_drop(body, "response");
	if (json_at(body, "status"))
		json_put_str(body, "status", "RUNNING");
	buf_clear(&out->body);
	json_write(&out->body, body, 0);
	const char *last = strrchr(name, '/');
	if (cJSON_IsObject(what))
		fail_for_good(s, last ? last + 1 : name, json_at(what, "error"));
	cJSON_AddItemToObject(s->faults->operations, last ? last : name,
			      json_make("{'what':%j,'reply':%j}", cJSON_Duplicate(what, 1), body));
}

void faults_after(struct sim *s, const struct fault_rule *r, struct sim_reply *out)
{
	const cJSON *rule = r->rule;
	if (json_at(rule, "operation"))
		spoil_operation(s, json_at(rule, "operation"), out);
	if (!strcmp(json_str(rule, "reset", ""), "after"))
		out->mischief.how = SIM_RESET_AFTER;
	else if (json_at(rule, "truncate"))
		out->mischief.how = SIM_TRUNCATE;
	else if (json_at(rule, "wrongLength"))
		out->mischief.how = SIM_WRONG_LENGTH;
	else if (json_at(rule, "slow"))
		out->mischief = (struct sim_mischief){SIM_SLOW, json_num(rule, "slow", 1)};
	else if (json_at(rule, "status"))
		put_reply(rule, (int)json_num(rule, "status", 500), out);
}

void faults_mark(const struct fault_result *r, int status, cJSON *notes)
{
	const cJSON *operation = r->after ? json_at(r->after->rule, "operation") : NULL;
	if (operation && status >= 300 && !json_at(r->after->rule, "status"))
		return;
	if (r->replied)
		json_put_str(notes, "fault", "instead");
	else if (r->after)
		json_put_str(notes, "fault", cJSON_IsObject(operation) ? "failed" : "after");
	if (cJSON_IsObject(operation))
		json_put(notes, "failure", cJSON_Duplicate(json_at(operation, "error"), 1));
}

cJSON *faults_acts(const struct sim *s)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; s->faults && i < s->faults->count; i++)
		cJSON_AddItemToArray(all, cJSON_CreateNumber((double)s->faults->list[i].acts));
	return all;
}

bool faults_bad_tls(struct sim *s, const char *host)
{
	for (size_t i = 0; s->faults && i < s->faults->count; i++)
		if (json_at(s->faults->list[i].rule, "badTls") && fits(s->faults->list[i].rule, "host", host) &&
		    turn(&s->faults->list[i]))
			return true;
	return false;
}

double faults_duration(struct sim *s, const char *key, double drawn)
{
	for (size_t i = 0; s->faults && i < s->faults->count; i++) {
		const cJSON *rule = s->faults->list[i].rule;
		const char *pattern = json_str(rule, "duration", NULL);
		if (pattern && sim_glob(pattern, key) && turn(&s->faults->list[i]))
			return json_bool(rule, "never", false) ? INFINITY
							       : json_num(rule, "seconds", drawn * json_num(rule, "factor", 1));
	}
	return drawn;
}
