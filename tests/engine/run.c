/* Runs against a toy cloud: order, faults at every request, refusals, destroying, interruption, the proof. */
#include "config.h"
#include "base/secret.h"
#include "engine/session.h"
#include "net/credentials.h"
#include "tests/engine/toy.h"
#include "tests/tap.h"

/* The plan: a <- b, c <- d; e stands alone. In place of src/plan/make.c and archive.c. ---------------------------------------------- */

static double wanted_value = 1;
static bool consent = true;
static struct wall wall; /* its texts are copied */
static double settles;
static bool served = true;
static const char *optional = "";             /* ids of what may be left out, a letter each */
static const char *left_out[2];               /* what the next run goes on without */
static const struct kind *unwanted_kind;      /* when set, x <- y are of it, and not wanted any more */
static const struct kind *b_kind, *d_kind;    /* when set, of what kind these are */
static const struct kind *e_kind, *rest_kind; /* when set, of what kind e is, and all others, which need nothing then */

static void add(struct plan *p, const char *id, const char *needs)
{
	p->resources = xgrow(p->resources, p->count, &p->room, sizeof *p->resources);
	struct resource *r = &p->resources[p->count++];
	*r = (struct resource){.id = xstrdup(id),
			       .kind = &toy_kind,
			       .name = xstrdup(id),
			       .spec = json_make("{}"),
			       .optional = strchr(optional, *id) != NULL};
	json_put_num(r->spec, "value", wanted_value);
	for (; *needs; needs++) {
		r->needs = xgrow(r->needs, r->need_count, &r->need_room, sizeof *r->needs);
		r->needs[r->need_count++] = xstrndup(needs, 1);
		json_put(r->spec, "reference", plan_ref(r->needs[r->need_count - 1], "link"));
	}
}

struct plan *plan_make(const struct answers *a, struct err *e)
{
	struct plan *p = xcalloc(1, sizeof *p);
	(void)a;
	*p = (struct plan){.project = xstrdup("demo-proj"),
			   .number = xstrdup("123"),
			   .stack = xstrdup("s"),
			   .url = xstrdup("https://front.example"),
			   .prover = xstrdup("prover@demo-proj.iam.gserviceaccount.com"),
			   .reach = {.way = "straight"},
			   .wall = wall,
			   .settles = settles,
			   .artifacts_served = served};
	p->wall.audience = xstrdup("https://front.example");
	p->wall.sign_in = wall.sign_in ? xstrdup(wall.sign_in) : NULL;
	p->wall.user = wall.user ? xstrdup(wall.user) : NULL;
	p->wall.begins.at = wall.begins.at ? cJSON_Duplicate(wall.begins.at, 1) : NULL;
	p->wall.begins.client_id = wall.begins.client_id ? xstrdup(wall.begins.client_id) : NULL;
	p->wall.begins.redirect_uri = wall.begins.redirect_uri ? xstrdup(wall.begins.redirect_uri) : NULL;
	p->wall.password = wall.password ? xstrdup(wall.password) : NULL;
	add(p, "a", "");
	add(p, "b", rest_kind ? "" : "a");
	add(p, "c", rest_kind ? "" : "a");
	add(p, "d", rest_kind ? "" : "bc");
	add(p, "e", "");
	if (unwanted_kind) {
		add(p, "x", "");
		add(p, "y", "x");
	}
	if (b_kind)
		p->resources[1].kind = b_kind;
	if (d_kind)
		p->resources[3].kind = d_kind;
	for (size_t i = 0; rest_kind && i < 4; i++)
		p->resources[i].kind = rest_kind;
	if (e_kind) {
		p->resources[4].kind = e_kind;
		json_put(p->resources[4].spec, "services", json_make("['toy.googleapis.com']"));
	}
	for (size_t i = 5; i < p->count; i++) {
		p->resources[i].kind = unwanted_kind;
		p->resources[i].unwanted = true;
	}
	return plan_seal(p, e) ? p : NULL;
}

bool plan_render_source(const struct plan *p, struct buf *out, struct err *e)
{
	(void)p, (void)out, (void)e;
	return false;
}

/* Running -------------------------------------------------------------------------------------------------------------------- */

struct world {
	struct loop *loop;
	struct toy *toy;
	struct session *session;
	struct answers *answers;
	cJSON *result;
	cJSON *states; /* step -> last state */
	cJSON *proofs; /* check -> last state */
	int saves;
	unsigned seq;
	bool in_order;
	struct run *run;
	const char *interrupt_at; /* a step: once it is polling, or in another state, interrupt */
	const char *interrupt_in;
	int interrupts;
};

static void on_event(void *arg, const cJSON *e)
{
	struct world *w = arg;
	const char *what = json_str(e, "event", ""), *id = json_str(e, "id", ""), *state = json_str(e, "state", "");
	w->in_order &= json_num(e, "seq", 0) == ++w->seq && json_num(e, "v", 0) == EVENT_VERSION;
	if (!strcmp(what, "step"))
		json_put_str(w->states, id, state);
	if (!strcmp(what, "step") && !strcmp(state, "skipped") && *json_str(e, "message", ""))
		json_put_str(w->proofs, id, json_str(e, "message", ""));
	if (!strcmp(what, "proof"))
		json_put_str(w->proofs, id, state);
	if (!strcmp(what, "result"))
		w->result = cJSON_Duplicate(e, true);
	if (!strcmp(what, "step") && w->interrupt_at && !strcmp(id, w->interrupt_at) &&
	    !strcmp(state, w->interrupt_in ? w->interrupt_in : "polling"))
		while (w->interrupts-- > 0)
			run_interrupt(w->run);
}

static bool on_save(void *arg, const struct answers *a, struct err *e)
{
	struct world *w = arg;
	(void)a, (void)e;
	w->saves++;
	return true;
}

static void open_world(struct world *w)
{
	struct err e = {0};
	*w = (struct world){.loop = loop_new(LOOP_VIRTUAL, 1), .answers = answers_new(), .in_order = true};
	cJSON_AddStringToObject(w->answers->values, "project.id", "demo-proj");
	cJSON_AddStringToObject(w->answers->values, "auth.client_id", "1-a.apps.googleusercontent.com");
	cJSON_AddItemToObject(w->answers->values, "auth.users", json_make("['ada@example.com']"));
	w->toy = toy_new(w->loop);
	w->states = cJSON_CreateObject();
	w->proofs = cJSON_CreateObject();
	cJSON *file = json_make("{'type':'authorized_user','client_id':'i','client_secret':'s','refresh_token':'r'}");
	struct credentials *c = credentials_from_json(w->loop, &w->toy->base, file, "the test", &e);
	cJSON_Delete(file);
	w->session = session_new(w->loop, &w->toy->base, c, true);
}

static void close_world(struct world *w)
{
	while (!loop_idle(w->loop))
		loop_turn(w->loop, 0, -1);
	session_free(w->session);
	answers_free(w->answers);
	cJSON_Delete(w->result);
	cJSON_Delete(w->states);
	cJSON_Delete(w->proofs);
}

static enum exit_code go(struct world *w, enum run_verb verb)
{
	struct err e = {0};
	struct run_options o = {.verb = verb,
				.answers = w->answers,
				.file = "t.json",
				.save = on_save,
				.event = on_event,
				.arg = w,
				.leave_out = left_out,
				.consent = consent};
	cJSON_Delete(w->result);
	w->result = NULL;
	w->seq = 0;
	w->toy->requests = w->toy->writes = 0;
	w->run = run_start(w->session, &o, &e);
	for (int i = 0; i < 200000 && !run_finished(w->run); i++)
		session_turn(w->session, 0, -1);
	enum exit_code code = run_finished(w->run) ? run_exit(w->run) : 255;
	/* What is in flight lands before its owner goes: the toy does not cancel. */
	if (run_finished(w->run))
		run_free(w->run);
	w->run = NULL;
	return code;
}

static const char *state(const struct world *w, const char *id)
{
	return json_str(w->states, id, "");
}

static void whole(void)
{
	struct world w;
	open_world(&w);
	is_int((int)go(&w, RUN_APPLY), 0, "an apply ends well");
	is_str(json_str(w.result, "outcome", ""), "proven", "and is proven");
	ok(w.in_order, "events are numbered and versioned");
	ok(!strncmp(w.toy->order, "+a +e", 5) && !strcmp(w.toy->order + strlen(w.toy->order) - 2, "+d"),
	   "longest path first: %s", w.toy->order);
	double makespan = json_num(w.result, "makespan", 0), path = json_num(w.result, "critical_path", 1);
	ok(path >= 28 && makespan / path < 1.1, "makespan %.1f s, critical path %.1f s", makespan, path);
	ok(w.saves == 2 && *json_str(w.answers->resolved, "suffix", "") && json_at(w.answers->resolved, "choices.0"),
	   "number, suffix and choices are saved when it begins, the URL when it is known: %d times", w.saves);
	w.saves = 0;
	is_int((int)go(&w, RUN_APPLY), 0, "again");
	ok(json_num(w.result, "kept", 0) == 5 && w.toy->writes == 0 && w.saves == 0, "nothing is written and nothing saved");
	is_int((int)json_num(w.result, "requests", 0), 5 + 6,
	       "one request a resource, one for the project, the operator, the proof's token, three for what stands");
	is_int((int)go(&w, RUN_PLAN), EXIT_DONE, "a plan finds nothing to do");
	wanted_value = 2;
	is_int((int)go(&w, RUN_PLAN), EXIT_CHANGES, "and with other answers, something");
	is_int((int)go(&w, RUN_APPLY), 0, "which apply does");
	ok(json_num(w.result, "updated", 0) == 5, "as updates");
	wanted_value = 1;
	w.toy->order[0] = '\0';
	is_int((int)go(&w, RUN_DESTROY), 0, "destroy ends well");
	ok(!strncmp(w.toy->order, "-d", 2) && !strcmp(w.toy->order + strlen(w.toy->order) - 2, "-a") && !w.toy->things->child,
	   "in reverse order, whole: %s", w.toy->order);
	is_str(json_str(w.result, "outcome", ""), "destroyed", "and says so");
	is_int((int)go(&w, RUN_DESTROY), 0, "twice is once");
	close_world(&w);
}

/* Every request of a run fails in every way in turn: it converges, and nothing is made twice. */
static void faults(void)
{
	static const char *const names[] = {"",    "lost before", "lost after acting", "unreachable", "503",
					    "429", "401",         "half a reply"};
	for (enum toy_fault f = TOY_LOST_BEFORE; f <= TOY_HALF; f++) {
		int at = 1, bad = 0;
		for (bool more = true; more && at < 200; at++) {
			struct world w;
			open_world(&w);
			w.toy->fault = f;
			w.toy->fault_at = at;
			bool done = go(&w, RUN_APPLY) == EXIT_DONE;
			more = w.toy->requests >= at;
			/* The token endpoint and the wall mean it when they say 401. */
			bool meant = f == TOY_401 && (at == 1 || json_at(w.proofs, "anonymous"));
			const cJSON *made;
			cJSON_ArrayForEach(made, w.toy->made)
				done &= made->valuedouble == 1;
			done &= cJSON_GetArraySize(w.toy->things) == 5;
			w.toy->fault_at = 0;
			done &= go(&w, RUN_APPLY) == EXIT_DONE && w.toy->writes == 0;
			done |= meant;
			if (!done)
				printf("# %s at request %d: %s\n", names[f], at, json_str(w.result, "message", ""));
			bad += !done;
			close_world(&w);
		}
		ok(bad == 0 && at > 40, "%s, at each of %d requests: it converges, nothing is made twice", names[f], at - 1);
	}
}

static char *one_at_a_time(const struct view *v)
{
	(void)v;
	return xstrdup("one at a time");
}

/* Who waited its turn to be asked for, and then need not be, keeps nobody else waiting: its API is off. */
static void passed_over(void)
{
	struct world w;
	struct kind locked = toy_kind, enabling = toy_kind;
	locked.lock = one_at_a_time;
	enabling.enables = true;
	rest_kind = &locked;
	e_kind = &enabling;
	open_world(&w);
	w.toy->slow = "a";
	is_int((int)go(&w, RUN_APPLY), 0, "what waited for its turn and needs none keeps nobody waiting");
	ok(w.toy->writes >= 5, "all is made");
	close_world(&w);
	rest_kind = e_kind = NULL;
}

static void refusals(void)
{
	struct world w;
	open_world(&w);
	w.toy->refuse = "c";
	is_int((int)go(&w, RUN_APPLY), EXIT_PARTLY, "a refused step: partly");
	ok(!strcmp(state(&w, "c"), "failed") && !strcmp(state(&w, "d"), "skipped") && !strcmp(state(&w, "b"), "done") &&
	       !strcmp(state(&w, "e"), "done"),
	   "what needs it is skipped, the others go on");
	is_str(json_str(w.proofs, "d", ""), "Thing c failed, and this goes with it.", "it is said why, by title and name");
	ok(strstr(json_str(w.result, "message", ""), "toy.things.create") != NULL, "the permission is named");
	w.toy->refuse = NULL;
	is_int((int)go(&w, RUN_APPLY), 0, "after the grant it goes on");
	close_world(&w);
	open_world(&w);
	json_put(w.toy->things, "b", json_make("{'name':'b','mark':'other','value':1}"));
	ok(go(&w, RUN_APPLY) == EXIT_CONFIG && !strcmp(state(&w, "b"), "failed") && json_num(w.toy->made, "b", 0) == 0,
	   "a stranger's is not touched");
	ok(w.toy->writes == 0 && !strcmp(state(&w, "e"), "skipped"), "nor is anything made beside it");
	is_str(json_str(w.result, "outcome", ""), "nothing", "and that is said");
	ok(go(&w, RUN_DESTROY) == 0 && json_at(w.toy->things, "b"), "nor destroyed");
	close_world(&w);
	open_world(&w);
	w.toy->fails = "b";
	ok(go(&w, RUN_APPLY) == EXIT_PARTLY && strstr(json_str(w.result, "message", ""), "quota is used up"),
	   "an operation's error is told");
	close_world(&w);
	open_world(&w);
	w.toy->lag = "c";
	w.toy->lag_until = 60;
	ok(go(&w, RUN_APPLY) == EXIT_DONE && json_num(w.toy->made, "c", 0) == 1,
	   "what is not known everywhere yet is waited for");
	close_world(&w);
	open_world(&w);
	go(&w, RUN_APPLY);
	w.toy->in_use = "a";
	ok(go(&w, RUN_DESTROY) == EXIT_PARTLY && cJSON_GetArraySize(json_at(w.result, "left")) == 1,
	   "what is in use is listed as left");
	close_world(&w);
}

/* There is always more of it to be changed: the value is one short of what is wanted. */
static void never_done(const struct view *v, const struct observation *seen, struct change *out)
{
	char left[24];
	(void)v;
	snprintf(left, sizeof left, "%.0f", 1000 - json_num(seen->found, "value", 0));
	change_add(out, left, NULL, NULL);
	out->verdict = VERDICT_UPDATE;
}

static void one_more(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	call_set(out, DIALECT_AIP, "PATCH", json_make("{'value':%d}", (int)json_num(seen->found, "value", 0) + 1), TOY_URL,
		 v->name);
}

/* A thousand of which each is a turn. */
static void turns(void)
{
	struct kind k = toy_kind;
	struct world w;
	k.compare = never_done;
	k.update = one_more;
	k.turns = 5;
	open_world(&w);
	b_kind = &k;
	int first = (int)go(&w, RUN_APPLY), value = (int)json_num(w.toy->things, "b.value", 0);
	ok(first == EXIT_DONE && value > 1 && value <= 6, "so many turns are taken in one run: %d, %d", first, value);
	int again = (int)go(&w, RUN_APPLY);
	ok(again == EXIT_DONE && json_num(w.toy->things, "b.value", 0) == value + 5, "and as many in the next");
	b_kind = NULL;
	close_world(&w);
}

/* b and c are told the same words: the one asks, the other follows, whoever of them is known first, and whatever is on its way when that comes out. */
static void followers(void)
{
	int bad = 0;
	for (int i = 0; i < 120; i++) {
		struct world w;
		open_world(&w);
		w.toy->lag = "bc";
		w.toy->lag_until = 30 + i % 30 / 5.0;
		w.toy->knows_sooner = i < 30 ? NULL : i < 60 ? "b" : i < 90 ? "c" : NULL;
		w.toy->seconds = i < 90 ? 0 : 5;
		bool fine = go(&w, RUN_APPLY) == EXIT_DONE && json_num(w.result, "created", 0) == 5;
		for (const cJSON *made = w.toy->made->child; made; made = made->next)
			fine &= made->valuedouble == 1;
		if (!fine)
			printf("# %d: %s, created %.0f\n", i, w.toy->order, json_num(w.result, "created", 0));
		bad += !fine;
		close_world(&w);
	}
	is_int(bad, 0, "of several that lag alike each is made once, and counted once");
}

/* b fails, and d needs both b and c. */
static void without(void)
{
	struct world w;
	open_world(&w);
	optional = "bd";
	w.toy->refuse = "b";
	is_int((int)go(&w, RUN_APPLY), EXIT_PARTLY, "an optional resource that fails is a failure");
	left_out[0] = "b";
	ok(go(&w, RUN_APPLY) == EXIT_DONE && !strcmp(state(&w, "b"), "skipped") && !strcmp(state(&w, "d"), "skipped"),
	   "the run goes on without it, and without what needs it");
	ok(!strcmp(json_str(w.result, "outcome", ""), "proven") && cJSON_GetArraySize(json_at(w.result, "left_out")) == 2,
	   "the rest is proven, and what was left out is named");
	left_out[0] = "c";
	ok(go(&w, RUN_APPLY) == EXIT_USAGE && !w.toy->writes, "what is needed cannot be left out");
	left_out[0] = NULL;
	w.toy->refuse = NULL;
	ok(go(&w, RUN_APPLY) == EXIT_DONE && json_num(w.toy->made, "b", 0) == 1 && json_num(w.toy->made, "d", 0) == 1,
	   "the next run makes it");
	optional = "";
	close_world(&w);
}

static void put_thing(struct world *w, const char *name, const char *mark)
{
	json_put(w->toy->things, name, json_make("{'name':%s,'mark':%s,'value':1}", name, mark));
}

/* What earlier answers wanted and these do not. */
static void unwanted(void)
{
	struct kind data = toy_data_kind(), holding = toy_left_kind(true), leaving = toy_left_kind(false);
	struct world w;
	open_world(&w);
	unwanted_kind = &toy_kind;
	put_thing(&w, "x", "s");
	put_thing(&w, "y", "s");
	is_int((int)go(&w, RUN_PLAN), EXIT_CHANGES, "a plan tells of it");
	ok(w.toy->writes == 0, "and leaves it");
	is_int((int)go(&w, RUN_APPLY), 0, "apply deletes what is not wanted any more");
	const char *end = strstr(w.toy->order, " -y -x");
	ok(end && !end[6] && !json_at(w.toy->things, "x"), "when all that is wanted stands: %s", w.toy->order);
	ok(json_num(w.result, "deleted", 0) == 2 && json_num(w.result, "created", 0) == 5, "it is counted");
	is_int((int)go(&w, RUN_PLAN), 0, "then nothing differs");
	is_int((int)go(&w, RUN_APPLY), 0, "and apply");
	ok(w.toy->writes == 0 && json_num(w.result, "kept", 0) == 5, "writes nothing");
	put_thing(&w, "y", "other");
	is_int((int)go(&w, RUN_APPLY), 0, "a stranger of that name");
	ok(w.toy->writes == 0 && json_at(w.toy->things, "y") && !json_at(w.result, "left.0"), "is nobody's business");
	json_drop(w.toy->things, "y");
	unwanted_kind = &data;
	put_thing(&w, "x", "s");
	consent = false;
	is_int((int)go(&w, RUN_APPLY), EXIT_CONFIG, "data do not go without consent");
	ok(w.toy->writes == 0 && strstr(json_str(w.result, "message", ""), "its data would go"), "and nothing else is changed");
	consent = true;
	is_int((int)go(&w, RUN_APPLY), 0, "with it");
	ok(!json_at(w.toy->things, "x"), "they go");
	put_thing(&w, "x", "s");
	w.toy->in_use = "x";
	unwanted_kind = &toy_kind;
	ok(go(&w, RUN_APPLY) != EXIT_DONE && cJSON_GetArraySize(json_at(w.result, "left")) == 1,
	   "what cannot be deleted is listed as left");
	is_str(json_str(w.result, "outcome", ""), "proven", "and the stack is proven all the same");
	close_world(&w);
	open_world(&w);
	unwanted_kind = &holding;
	put_thing(&w, "x", "s");
	put_thing(&w, "y", "s");
	go(&w, RUN_APPLY);
	ok(json_at(w.toy->things, "x") && cJSON_GetArraySize(json_at(w.result, "left")) == 2,
	   "what is left holds what it needs, where the cloud would let that go");
	unwanted_kind = &leaving;
	go(&w, RUN_APPLY);
	ok(!json_at(w.toy->things, "x") && cJSON_GetArraySize(json_at(w.result, "left")) == 1, "which elsewhere goes");
	close_world(&w);
	unwanted_kind = NULL;
}

/* A standing server's data, which somebody deleted: no new ones are made unasked, however late they are seen to be gone. */
static void lost(void)
{
	struct kind data = toy_data_kind(), server = toy_server_kind();
	struct world w;
	open_world(&w);
	b_kind = &data;
	d_kind = &server;
	go(&w, RUN_APPLY);
	json_drop(w.toy->things, "b");
	w.toy->slow = "/b";
	consent = false;
	is_int((int)go(&w, RUN_PLAN), EXIT_CHANGES, "a plan tells of data that are gone");
	is_int((int)go(&w, RUN_APPLY), EXIT_CONFIG, "apply refuses to make new ones");
	ok(w.toy->writes == 0 && strstr(json_str(w.result, "message", ""), "its data are gone"), "%s",
	   json_str(w.result, "message", ""));
	consent = true;
	is_int((int)go(&w, RUN_APPLY), 0, "with consent");
	ok(json_at(w.toy->things, "b") != NULL, "they are made");
	b_kind = d_kind = NULL;
	close_world(&w);
}

static void interruption(void)
{
	struct world w;
	open_world(&w);
	w.interrupt_at = "a";
	w.interrupts = 1;
	is_int((int)go(&w, RUN_APPLY), EXIT_INTERRUPTED, "interrupted once");
	ok(!strcmp(state(&w, "a"), "done") && !strcmp(state(&w, "b"), "skipped"),
	   "what is under way is finished, the rest is not begun");
	ok(strstr(json_str(w.result, "next", ""), "apply --rehearse t.json") != NULL, "the next command is named");
	w.interrupt_at = NULL;
	is_int((int)go(&w, RUN_APPLY), 0, "apply goes on from there");
	ok(json_num(w.toy->made, "a", 0) == 1, "and makes nothing twice");
	close_world(&w);
}

static void replaced(const struct view *v, const struct observation *seen, struct change *out)
{
	toy_kind.compare(v, seen, out);
	if (out->verdict == VERDICT_UPDATE)
		out->verdict = VERDICT_REPLACE;
}

/* Interrupted while b is deleted, to be made anew. */
static void interrupted_between(void)
{
	struct kind k = toy_kind;
	struct world w;
	k.compare = replaced;
	open_world(&w);
	is_int((int)go(&w, RUN_APPLY), 0, "a thing stands");
	json_put_num(json_at(w.toy->things, "b"), "value", 17);
	b_kind = &k;
	w.interrupt_at = "b";
	w.interrupt_in = "deleting";
	w.interrupts = 1;
	is_int((int)go(&w, RUN_APPLY), EXIT_INTERRUPTED, "which is interrupted while it goes, to be made anew");
	ok(!json_at(w.toy->things, "b") && strstr(json_str(w.proofs, "b", ""), "it was deleted") &&
	       !strcmp(json_str(w.result, "outcome", ""), "partly"),
	   "it is said that it is not there: %s", json_str(w.proofs, "b", ""));
	w.interrupt_at = NULL;
	is_int((int)go(&w, RUN_APPLY), 0, "the next apply makes it");
	ok(json_at(w.toy->things, "b") != NULL, "so that it is there");
	b_kind = NULL;
	close_world(&w);
}

static void back_to(const struct view *v, const struct observation *seen, struct call *out)
{
	double was = json_num(v->before, "value", 0);
	if (seen->found && json_num(seen->found, "value", 0) == was && strcmp(v->name, "d") != 0)
		return;
	call_set(out, DIALECT_AIP, "PATCH", json_make("{'value':%d}", (int)was), TOY_URL, v->name);
}

static char *start_again(const struct view *v, const struct observation *seen)
{
	(void)seen;
	return xasprintf("start %s", v->name);
}

/* b stops what d changes: d fails and cannot be put back either, and b starts it. */
static void started_by_another(void)
{
	struct kind k = toy_kind;
	struct world w;
	k.back = back_to;
	k.restart = start_again;
	open_world(&w);
	is_int((int)go(&w, RUN_APPLY), 0, "things stand");
	json_put_num(json_at(w.toy->things, "b"), "value", 17);
	json_put_num(json_at(w.toy->things, "d"), "value", 17);
	b_kind = d_kind = &k;
	w.toy->stuck = "d";
	ok(go(&w, RUN_APPLY) != EXIT_DONE && json_num(w.toy->things, "b.value", 0) == 17, "what stopped it goes back");
	const char *said = json_str(w.result, "message", "");
	ok(strstr(said, "is not as it was") && !strstr(said, "It is stopped") &&
	       !strstr(json_str(w.result, "fix", ""), "start d"),
	   "what another step starts is not said to be stopped: %s", said);
	b_kind = d_kind = NULL;
	close_world(&w);
}

static void walls(void)
{
	static const char *const checks[] = {"anonymous", "foreign-host", "foreign-origin"};
	for (int i = 0; i < 3; i++) {
		struct world w;
		open_world(&w);
		w.toy->no_wall = i == 0;
		w.toy->no_host_check = i == 1;
		w.toy->no_origin_check = i == 2;
		ok(go(&w, RUN_APPLY) == EXIT_PARTLY && !strcmp(json_str(w.proofs, checks[i], ""), "failed"),
		   "without the wall of %s: not proven", checks[i]);
		ok(strcmp(json_str(w.result, "outcome", ""), "proven") && !json_at(w.result, "url"), "and it does not say so");
		close_world(&w);
	}
}

static enum exit_code proven_by(struct world *w)
{
	enum exit_code code = go(w, RUN_APPLY);
	wall = (struct wall){0};
	settles = 0;
	served = true;
	return code;
}

static bool failed(const struct world *w, const char *check)
{
	return !strcmp(json_str(w->proofs, check, ""), "failed");
}

/* The walls of other auth modes: none of them is known here, they are what a plan says. */
static void other_walls(void)
{
	static char google[] = "https://accounts.google.com/", other[] = "https://accounts.example/", admin[] = "admin",
		    none[] = "no-such", page[] = "https://accounts.google.com/o/oauth2/v2/auth?x";
	struct world w;
	open_world(&w);
	w.toy->signs_in = page;
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "anonymous"), "a sign-in page is no refusal where programs ask");
	wall.sign_in = google;
	is_int((int)proven_by(&w), 0, "it is where the wall says so");
	wall.sign_in = other;
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "anonymous"), "and another one is none");
	close_world(&w);

	open_world(&w);
	wall.shows = CREDENTIAL_JWT;
	w.toy->takes = "Bearer signed";
	is_int((int)proven_by(&w), 0, "a JWT that the prover signs");
	is_str(json_str(w.toy->claims, "aud", ""), "https://front.example", "for the wall's audience");
	ok(json_num(w.toy->claims, "exp", 0) - json_num(w.toy->claims, "iat", 0) == 3600, "for an hour");
	wall.shows = CREDENTIAL_JWT;
	w.toy->takes = "Bearer other";
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "permitted"), "one that the wall does not take proves nothing");
	cJSON_Delete(w.toy->claims);
	w.toy->claims = NULL;
	close_world(&w);

	open_world(&w);
	wall = (struct wall){.shows = CREDENTIAL_PASSWORD, .user = admin, .password = none};
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "token"), "a password that the plan does not have");
	wall.shows = CREDENTIAL_CHANNEL;
	w.toy->takes = "";
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "permitted"), "a way that asks shows nothing at the door");
	close_world(&w);
}

/* Where a browser has to be sent, and where it is. */
static const struct {
	const char *page, *wrong, *says;
} sign_in_pages[] = {
    {"https://id.example/auth?client_id=me&redirect_uri=https%3A%2F%2Ffront.example%2Fback&state=x", NULL, "as the plan says"},
    {"https://id.example/auth?client_id=you&redirect_uri=https%3A%2F%2Ffront.example%2Fback",
     "by the OAuth client you, and auth.client_id names me", "for another client"},
    {"https://id.example/auth?xclient_id=me&redirect_uri=https%3A%2F%2Ffront.example%2Fback", "by the OAuth client -",
     "for no client"},
    {"https://id.example/auth?client_id=me&redirect_uri=http%3A%2F%2Ffront.example%2Fback",
     "sent back to http://front.example/back: the redirect URI has to be https://front.example/back", "back in the clear"},
    {"https://id.example/auth?client_id=me&redirect_uri=https%3A%2F%2Fother.example%2Fback",
     "sent back to https://other.example", "back to another host"},
    {"https://id.example/author?client_id=me&redirect_uri=https%3A%2F%2Ffront.example%2Fback",
     "sent to https://id.example/author, which is not", "to another page"},
    {"https://id.example.net/auth?client_id=me&redirect_uri=https%3A%2F%2Ffront.example%2Fback",
     "sent to https://id.example.net/auth, which is not", "to another host"},
    {NULL, "HTTP 401", "nowhere"},
};

static void sign_in_page(void)
{
	static char client[] = "me", back[] = "https://front.example/back", elsewhere[200];
	for (size_t i = 0; i < sizeof sign_in_pages / sizeof *sign_in_pages; i++) {
		struct world w;
		open_world(&w);
		cJSON *at = cJSON_CreateString("https://id.example/auth");
		wall.begins = (struct begins){at, client, back, "auth.client_id"};
		snprintf(elsewhere, sizeof elsewhere, "%s", sign_in_pages[i].page ? sign_in_pages[i].page : "");
		w.toy->page = sign_in_pages[i].page ? elsewhere : NULL;
		bool proven = proven_by(&w) == EXIT_DONE;
		const char *said = json_str(w.result, "message", "");
		ok(proven == !sign_in_pages[i].wrong && failed(&w, "sign-in") == !proven &&
		       (proven || strstr(said, sign_in_pages[i].wrong)),
		   "a browser that is sent to sign in %s: %s", sign_in_pages[i].says, proven ? "proven" : said);
		cJSON_Delete(at);
		close_world(&w);
	}
}

static void patience(void)
{
	struct world w;
	open_world(&w);
	w.toy->no_certificate = 3;
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "anonymous"), "no certificate is final where the name answers at once");
	w.toy->no_certificate = 30;
	settles = 3600;
	is_int((int)proven_by(&w), 0, "one that is not there yet is waited for where the exposure says so");
	w.toy->no_certificate = 1000;
	settles = 60;
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "anonymous"), "but not for ever");
	ok(w.toy->no_certificate > 900, "in %d requests", 1000 - w.toy->no_certificate);
	w.toy->no_certificate = 0;
	w.toy->grants_lag = 5;
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "permitted"), "a refusal of one who is permitted is final");
	w.toy->grants_lag = 5;
	wall.spreads = 900;
	is_int((int)proven_by(&w), 0, "where grants spread it is not");
	close_world(&w);
}

static void straight_to_the_bucket(void)
{
	struct world w;
	open_world(&w);
	w.toy->root = "gs://bucket-1/artifacts/7/r1/artifacts";
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "artifact"), "files that go past a server that should keep them");
	served = false;
	is_int((int)proven_by(&w), 0, "files that clients keep themselves");
	w.toy->root = NULL;
	served = false;
	ok(proven_by(&w) == EXIT_PARTLY && failed(&w, "artifact"), "files that a server keeps which should not");
	close_world(&w);
}

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e))
		return 99;
	whole();
	faults();
	passed_over();
	refusals();
	turns();
	followers();
	without();
	unwanted();
	lost();
	interruption();
	interrupted_between();
	started_by_another();
	walls();
	other_walls();
	sign_in_page();
	patience();
	straight_to_the_bucket();
	return tap_done();
}
