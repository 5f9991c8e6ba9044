/* A toy cloud: things with a name, a value and a mark, made by operations that take time; faults at the N-th request; a front door that is a
 * login wall with as much of MLflow behind it as the proof asks for. And a plan of such things, in place of src/plan/plan.c. */
#ifndef MS_TESTS_ENGINE_TOY_H
#define MS_TESTS_ENGINE_TOY_H

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/kind.h"
#include "net/loop.h"
#include "net/transport.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

enum toy_fault { TOY_NONE, TOY_LOST_BEFORE, TOY_LOST_AFTER, TOY_UNREACHABLE, TOY_503, TOY_429, TOY_401, TOY_HALF };

struct toy {
	struct transport base;
	struct loop *loop;
	cJSON *things; /* name -> {name, value, mark, ready: when it is} */
	cJSON *made;   /* name -> how often a POST acted */
	cJSON *runs;   /* what MLflow holds */
	enum toy_fault fault;
	int fault_at, requests, writes;
	double seconds;     /* an operation takes so long */
	const char *refuse; /* a POST of this name is refused for good */
	const char *
	    lag; /* the POSTs of these things, a letter each, are refused for a while, as if they did not know what they need */
	double lag_until;
	const char *knows_sooner; /* one of them that knows it after a third of that */
	const char *fails;        /* this thing's operation ends in an error */
	const char *stuck;        /* this thing's PATCH is refused for good */
	const char *in_use;       /* this thing's DELETE is refused */
	const char *slow;         /* this thing's GET takes long */
	const char *takes;        /* the Authorization that its wall takes; NULL: the prover's ID token */
	char *signs_in;           /* where its wall sends those who show nothing; NULL: they get 401 */
	char *page;               /* the same for a browser that asks for its page alone; NULL: as for everybody */
	char *sent;               /* the last of them was sent there */
	const char *root;         /* where a run's files go; NULL: through the server */
	int no_certificate;       /* so many requests find none yet */
	int grants_lag;           /* so many requests of one who is permitted are refused */
	cJSON *claims;            /* of the last JWT that was signed */
	bool no_wall, no_host_check, no_origin_check;
	char order[400]; /* what acted, in order: "+a +b -a" */
};

struct toy_flight {
	struct toy *toy;
	http_done *done;
	void *arg;
	struct http_reply reply;
	char type[40];
};

static void toy_land(void *arg)
{
	static char name[] = "Content-Type", location[] = "Location";
	struct toy_flight *f = arg;
	bool moved = f->reply.status == 302;
	struct header h[] = {{name, f->type}, {location, moved ? f->toy->sent : NULL}};
	f->reply.headers = h;
	f->reply.header_count = moved ? 2 : 1;
	f->done(f->arg, &f->reply);
	free(f->reply.failure_text);
	buf_free(&f->reply.body);
	free(f);
}

static void toy_answer(struct http_reply *r, int status, cJSON *body)
{
	char *text = json_text(body, -1);
	r->status = status;
	buf_puts(&r->body, text);
	free(text);
	cJSON_Delete(body);
}

static void toy_error(struct http_reply *r, int status, const char *word, const char *message)
{
	toy_answer(r, status, json_make("{'error':{'code':%d,'status':%s,'message':%s}}", status, word, message));
}

static void toy_note(struct toy *t, const char *sign, const char *name)
{
	size_t len = strlen(t->order);
	snprintf(t->order + len, sizeof t->order - len, "%s%s%s", len ? " " : "", sign, name);
}

static cJSON *toy_operation(const struct toy *t, const char *name, double ready)
{
	cJSON *op = json_make("{'name':%s}", name);
	char *full = xasprintf("operations/%s", name);
	json_put_str(op, "name", full);
	free(full);
	if (loop_now(t->loop) >= ready)
		json_put_bool(op, "done", true);
	if (t->fails && !strcmp(name, t->fails) && json_at(op, "done"))
		json_put(op, "error", json_make("{'code':8,'message':'quota is used up'}"));
	return op;
}

static bool toy_lags(const struct toy *t, const char *name)
{
	bool sooner = t->knows_sooner && !strcmp(name, t->knows_sooner);
	return t->lag && strstr(t->lag, name) && loop_now(t->loop) < (sooner ? t->lag_until / 3 : t->lag_until);
}

static void toy_thing(struct toy *t, const struct http_request *q, const char *name, const cJSON *body, struct http_reply *r)
{
	cJSON *thing = cJSON_GetObjectItemCaseSensitive(t->things, name);
	bool post = !strcmp(q->method, "POST"), get = !strcmp(q->method, "GET");
	t->writes += !get;
	if (!get && !post && !thing) {
		toy_error(r, 404, "NOT_FOUND", "not found");
	} else if (get) {
		if (thing)
			toy_answer(r, 200, cJSON_Duplicate(thing, true));
		else
			toy_error(r, 404, "NOT_FOUND", "not found");
	} else if (post && t->refuse && !strcmp(name, t->refuse)) {
		toy_error(r, 403, "PERMISSION_DENIED", "Permission 'toy.things.create' denied on resource");
	} else if (post && toy_lags(t, name)) {
		toy_error(r, 400, "INVALID_ARGUMENT", "Service account a does not exist.");
	} else if (post && thing) {
		toy_error(r, 409, "ALREADY_EXISTS", "already exists");
	} else if (post) {
		double ready = loop_now(t->loop) + t->seconds;
		cJSON *made = cJSON_Duplicate(body, true);
		bool fails = t->fails && !strcmp(name, t->fails);
		json_put_num(made, "ready", ready);
		toy_note(t, "+", name);
		json_put_num(t->made, name, json_num(t->made, name, 0) + 1);
		if (fails)
			cJSON_Delete(made);
		else
			cJSON_AddItemToObject(t->things, name, made);
		toy_answer(r, 200, toy_operation(t, name, ready));
	} else if (!strcmp(q->method, "PATCH") && t->stuck && !strcmp(name, t->stuck)) {
		toy_error(r, 403, "PERMISSION_DENIED", "Permission 'toy.things.update' denied on resource");
	} else if (!strcmp(q->method, "PATCH")) {
		json_put_num(thing, "value", json_num(body, "value", 0));
		toy_note(t, "~", name);
		toy_answer(r, 200, toy_operation(t, name, 0));
	} else if (t->in_use && !strcmp(name, t->in_use)) {
		toy_error(r, 400, "FAILED_PRECONDITION", "it is in use");
	} else {
		cJSON_DeleteItemFromObjectCaseSensitive(t->things, name);
		toy_note(t, "-", name);
		toy_answer(r, 200, toy_operation(t, name, 0));
	}
}

static const char *toy_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->header_count; i++)
		if (!strcasecmp(q->headers[i].name, name))
			return q->headers[i].value;
	return NULL;
}

static void toy_mlflow(struct toy *t, const struct http_request *q, const cJSON *body, struct http_reply *r)
{
	const char *path = strstr(q->url, "front.example") + strlen("front.example");
	if (strstr(path, "experiments/create")) {
		toy_answer(r, 200, json_make("{'experiment_id':'7'}"));
	} else if (strstr(path, "runs/create")) {
		toy_answer(r, 200,
			   json_make("{'run':{'info':{'run_id':'r1','artifact_uri':%s}}}",
				     t->root ? t->root : "mlflow-artifacts:/7/r1/artifacts"));
	} else if (strstr(path, "log-metric")) {
		json_put_num(t->runs, "metric", json_num(body, "value", 0));
		toy_answer(r, 200, json_make("{}"));
	} else if (strstr(path, "runs/get")) {
		cJSON *reply = json_make("{'run':{'data':{'metrics':[{'key':'proof'}]}}}");
		json_put_num(reply, "run.data.metrics.0.value", json_num(t->runs, "metric", 0));
		toy_answer(r, 200, reply);
	} else if (strstr(path, "mlflow-artifacts") && !strcmp(q->method, "PUT")) {
		json_put_str(t->runs, "artifact", q->body);
		toy_answer(r, 200, json_make("{}"));
	} else if (strstr(path, "get-artifact")) {
		r->status = 200;
		buf_puts(&r->body, "mlflow-setup was here\n");
	} else if (strstr(path, "mlflow-artifacts") && !strcmp(q->method, "GET")) {
		r->status = 200;
		buf_puts(&r->body, json_str(t->runs, "artifact", ""));
	} else {
		toy_answer(r, 200, json_make("{}"));
	}
}

static char *toy_sends(const struct toy *t, const struct http_request *q)
{
	const char *accepts = toy_header(q, "Accept");
	bool browser = accepts && !strcmp(accepts, "text/html") && text_ends(q->url, "front.example/");
	return browser && t->page ? t->page : t->signs_in;
}

static void toy_front(struct toy *t, const struct http_request *q, const cJSON *body, struct http_reply *r)
{
	const char *token = toy_header(q, "Authorization"), *origin = toy_header(q, "Origin");
	bool stranger = !token || strcmp(token, t->takes ? t->takes : "Bearer id-token");
	if (t->no_certificate && t->no_certificate--)
		r->failure = HTTP_TLS;
	else if (!stranger && t->grants_lag && t->grants_lag--)
		toy_answer(r, 403, json_make("{}"));
	else if (!t->no_wall && !token && (t->sent = toy_sends(t, q)))
		r->status = 302;
	else if (!t->no_wall && stranger)
		toy_answer(r, token ? 403 : 401, json_make("{}"));
	else if (toy_header(q, "Host") && !t->no_host_check)
		toy_answer(r, 403, json_make("{}"));
	else if (origin && strcmp(origin, "https://front.example") && !t->no_origin_check)
		toy_answer(r, 403, json_make("{}"));
	else
		toy_mlflow(t, q, body, r);
}

static void toy_handle(struct toy *t, const struct http_request *q, struct http_reply *r)
{
	cJSON *body = q->body ? cJSON_ParseWithLength(q->body, q->body_len) : NULL;
	const char *thing = strstr(q->url, "/things/"), *operation = strstr(q->url, "/operations/");
	if (strstr(q->url, "oauth2.googleapis.com"))
		toy_answer(r, 200, json_make("{'access_token':'t','expires_in':3600}"));
	else if (strstr(q->url, "cloudresourcemanager"))
		toy_answer(r, 200, json_make("{'projectId':'demo-proj','projectNumber':'123','lifecycleState':'ACTIVE'}"));
	else if (strstr(q->url, "userinfo"))
		toy_answer(r, 200, json_make("{'email':'operator@example.com'}"));
	else if (strstr(q->url, "generateIdToken"))
		toy_answer(r, 200, json_make("{'token':'id-token'}"));
	else if (strstr(q->url, "signJwt")) {
		const char *payload = json_str(body, "payload", "");
		cJSON_Delete(t->claims);
		t->claims = cJSON_Parse(payload);
		toy_answer(r, 200, json_make("{'signedJwt':'signed'}"));
	} else if (strstr(q->url, "storage.googleapis.com") && strstr(q->url, "/upload/"))
		toy_answer(r, 200, json_make("{'name':'x'}"));
	else if (strstr(q->url, "storage.googleapis.com") && !strcmp(q->method, "DELETE"))
		r->status = 204;
	else if (strstr(q->url, "front.example"))
		toy_front(t, q, body, r);
	else if (operation) {
		const cJSON *made = cJSON_GetObjectItemCaseSensitive(t->things, operation + 12);
		toy_answer(r, 200, toy_operation(t, operation + 12, json_num(made, "ready", 0)));
	} else if (thing)
		toy_thing(t, q, thing + 8, body, r);
	else
		toy_error(r, 404, "NOT_FOUND", "no such method");
	cJSON_Delete(body);
}

static unsigned long toy_send(struct transport *base, const struct http_request *q, http_done *done, void *arg)
{
	struct toy *t = (struct toy *)base;
	struct toy_flight *f = xcalloc(1, sizeof *f);
	*f = (struct toy_flight){.toy = t, .done = done, .arg = arg, .type = "application/json"};
	enum toy_fault fault = ++t->requests == t->fault_at ? t->fault : TOY_NONE;
	bool acts = fault == TOY_NONE || fault == TOY_LOST_AFTER || fault == TOY_HALF;
	if (acts)
		toy_handle(t, q, &f->reply);
	if (fault == TOY_LOST_BEFORE || fault == TOY_LOST_AFTER || fault == TOY_UNREACHABLE) {
		buf_free(&f->reply.body);
		f->reply = (struct http_reply){.failure = fault == TOY_UNREACHABLE ? HTTP_UNREACHABLE : HTTP_BROKEN,
					       .failure_text = xstrdup("toy")};
	} else if (fault == TOY_HALF) {
		f->reply.body.len /= 2;
	} else if (fault) {
		toy_error(&f->reply, fault == TOY_503 ? 503 : fault == TOY_429 ? 429 : 401, "X", "fault");
	}
	bool slow = t->slow && !strcmp(q->method, "GET") && text_ends(q->url, t->slow);
	loop_after(t->loop, slow ? 5 : 0.1, toy_land, f);
	return (unsigned long)t->requests;
}

/* Nothing in these tests cancels what is in flight but the end of a run; the reply then goes nowhere. */
static void toy_nothing(void *arg, struct http_reply *reply)
{
	(void)arg, (void)reply;
}

static void toy_cancel(struct transport *base, unsigned long id)
{
	(void)base, (void)id, (void)toy_nothing;
}

static void toy_free(struct transport *base)
{
	struct toy *t = (struct toy *)base;
	cJSON_Delete(t->things);
	cJSON_Delete(t->made);
	cJSON_Delete(t->runs);
	free(t);
}

static struct toy *toy_new(struct loop *loop)
{
	struct toy *t = xcalloc(1, sizeof *t);
	*t = (struct toy){.base = {.send = toy_send, .cancel = toy_cancel, .free = toy_free},
			  .loop = loop,
			  .things = cJSON_CreateObject(),
			  .made = cJSON_CreateObject(),
			  .runs = cJSON_CreateObject(),
			  .seconds = 10};
	return t;
}

/* The kind ------------------------------------------------------------------------------------------------------------------- */

#define TOY_URL "https://toy.googleapis.com/v1/things/%s"

static void toy_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, TOY_URL, v->name);
}

static void toy_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_YES && strcmp(json_str(reply, "mark", ""), v->stack))
		out->presence = PRESENT_STRANGER;
	if (out->presence == PRESENT_YES)
		json_put_str(out->outputs, "link", v->name);
}

static cJSON *toy_wanted(const struct view *v)
{
	cJSON *w = json_make("{'name':%s,'mark':%s}", v->name, v->stack);
	json_put_num(w, "value", json_num(v->spec, "value", 0));
	return w;
}

static void toy_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = toy_wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	cJSON_Delete(w);
}

static void toy_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "POST", toy_wanted(v), TOY_URL, v->name);
}

static void toy_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)seen, (void)change;
	call_set(out, DIALECT_AIP, "PATCH", toy_wanted(v), TOY_URL, v->name);
}

static void toy_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "DELETE", NULL, TOY_URL, v->name);
}

static const struct kind toy_kind = {
    .id = "toy.thing",
    .title = "Thing",
    .api = "toy.googleapis.com",
    .usual = 10,
    .deadline = 600,
    .observe = toy_observe,
    .decode = toy_decode,
    .compare = toy_compare,
    .create = toy_create,
    .update = toy_update,
    .destroy = toy_destroy,
};

static void toy_leave(const struct view *v, const struct observation *seen, struct call *out)
{
	if (strcmp(v->name, "y") != 0)
		toy_destroy(v, seen, out);
}

static bool toy_holds(const cJSON *spec)
{
	return spec != NULL;
}

/* The same, where y is left, and holds what it needs if it is said so. */
static struct kind toy_left_kind(bool holding)
{
	struct kind k = toy_kind;
	k.destroy = toy_leave;
	k.holds = holding ? toy_holds : NULL;
	return k;
}

/* The same, holding users' data. */
static struct kind toy_data_kind(void)
{
	struct kind k = toy_kind;
	k.keeps_data = true;
	k.data_word = "toys";
	return k;
}

/* The same, serving them. */
static struct kind toy_server_kind(void)
{
	struct kind k = toy_kind;
	k.part = PART_SERVER;
	return k;
}

#endif
