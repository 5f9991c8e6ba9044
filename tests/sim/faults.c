/* Fault rules: each action, and that every file of tests/faults is one that the simulator takes and that does something. */
#include "config.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "sim/core/core.h"
#include "tests/tap.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>

static struct sim *sim;

static struct sim_reply ask(const char *method, const char *host, const char *target, const char *body)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"Authorization", bearer}};
	struct sim_request q = {method, host, target, headers, 1, body, body ? strlen(body) : 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	free(bearer);
	return r;
}

static void rules(const char *text)
{
	struct err e = {0};
	cJSON *j = json_make(text);
	if (!sim_faults(sim, j, &e)) {
		char *why = err_text(&e);
		ok(false, "%s: %s", text, why);
		free(why);
	}
	err_free(&e);
	cJSON_Delete(j);
}

static int status_of(const char *method, const char *target)
{
	struct sim_reply r = ask(method, "compute.googleapis.com", target, NULL);
	int status = r.status;
	sim_reply_free(&r);
	return status;
}

#define ZONES "/compute/v1/projects/demo-proj/zones"
#define NETWORKS "/compute/v1/projects/demo-proj/global/networks"

static void counting(void)
{
	rules("[{'path':'*/zones','nth':2,'status':503}]");
	ok(status_of("GET", ZONES) != 503 && status_of("GET", ZONES) == 503 && status_of("GET", ZONES) != 503,
	   "the second only");
	rules("[{'path':'*/zones','every':2,'status':500}]");
	ok(status_of("GET", ZONES) != 500 && status_of("GET", ZONES) == 500 && status_of("GET", ZONES) != 500 &&
	       status_of("GET", ZONES) == 500,
	   "every second");
	rules("[{'method':'POST','status':500},{'path':'*/zones','count':1,'status':429}]");
	ok(status_of("GET", ZONES) == 429 && status_of("GET", ZONES) != 429, "a count, and a method that does not match");
	rules("[{'path':'*/zones','flap':true}]");
	int a = status_of("GET", ZONES), b = status_of("GET", ZONES);
	ok(a == 404 && b != 404, "flapping");
}

static void actions(void)
{
	rules("[{'path':'*/zones','reset':'before'}]");
	struct sim_reply r = ask("GET", "compute.googleapis.com", ZONES, NULL);
	ok(r.mischief.how == SIM_RESET_BEFORE, "a reset before acting");
	sim_reply_free(&r);
	rules("[{'method':'POST','path':'*/networks','reset':'after','nth':1}]");
	r = ask("POST", "compute.googleapis.com", NETWORKS, "{\"name\":\"n1\",\"autoCreateSubnetworks\":false}");
	ok(r.mischief.how == SIM_RESET_AFTER, "a reset after acting");
	sim_reply_free(&r);
	sim_advance(sim, sim_now(sim) + 100);
	is_int(status_of("GET", NETWORKS "/n1"), 200, "it acted");
	rules("[{'status':429,'headers':{'Retry-After':'30','X-Filler':1000}}]");
	r = ask("GET", "compute.googleapis.com", ZONES, NULL);
	ok(r.headers && strstr(r.headers, "Retry-After: 30\r\n") && strlen(r.headers) > 1000, "headers, also long ones");
	sim_reply_free(&r);
}

/* Makes a network whose operation is spoilt; the reply to a read of the operation. */
static cJSON *spoilt(const char *what, const char *name, int *status)
{
	char *text = xasprintf("[{'method':'POST','path':'*/networks','operation':%s}]", what),
	     *body = xasprintf("{\"name\":\"%s\",\"autoCreateSubnetworks\":false}", name);
	rules(text);
	struct sim_reply r = ask("POST", "compute.googleapis.com", NETWORKS, body);
	cJSON *op = cJSON_Parse(buf_text(&r.body));
	sim_reply_free(&r);
	sim_advance(sim, sim_now(sim) + 1000);
	char *target = xasprintf("/compute/v1/projects/demo-proj/global/operations/%s", json_str(op, "name", ""));
	r = ask("GET", "compute.googleapis.com", target, NULL);
	cJSON *read = cJSON_Parse(buf_text(&r.body));
	*status = r.status;
	sim_reply_free(&r);
	cJSON_Delete(op);
	free(text), free(body), free(target);
	return read;
}

static void operations(void)
{
	int status;
	cJSON *j = spoilt("{'error':{'code':'QUOTA_EXCEEDED','message':'no'}}", "n2", &status);
	is_str(json_str(j, "error.errors.0.code", NULL), "QUOTA_EXCEEDED", "an operation ends in an error");
	is_str(json_str(j, "status", NULL), "DONE", "and is done");
	cJSON_Delete(j);
	cJSON_Delete(spoilt("'vanish'", "n3", &status));
	is_int(status, 404, "an operation vanishes");
	j = spoilt("'endless'", "n4", &status);
	is_str(json_str(j, "status", NULL), "RUNNING", "an operation does not end");
	cJSON_Delete(j);
}

static void watched(void *arg, const cJSON *entry)
{
	cJSON **last = arg;
	cJSON_Delete(*last);
	*last = cJSON_Duplicate(entry, true);
}

/* What the API refuses by itself is its own refusal in the log, though a rule waited for its operation. */
static void marks(void)
{
	cJSON *last = NULL;
	sim_on_exchange(sim, watched, &last);
	rules("[{'method':'POST','path':'*/networks','operation':{'error':{'code':'QUOTA_EXCEEDED','message':'no'}}}]");
	struct sim_reply r = ask("POST", "compute.googleapis.com", NETWORKS,
				 "{\"name\":\"n1\",\"autoCreateSubnetworks\":false}");
	is_int(r.status, 409, "a name that is taken is refused");
	ok(last && !json_at(last, "fault") && !json_at(last, "failure"), "and no rule's doing");
	sim_reply_free(&r);
	r = ask("POST", "compute.googleapis.com", NETWORKS, "{\"name\":\"n5\",\"autoCreateSubnetworks\":false}");
	is_str(json_str(last, "fault", NULL), "failed", "what it did begin is the rule's to fail");
	is_str(json_str(last, "failure.code", NULL), "QUOTA_EXCEEDED", "with that error");
	sim_reply_free(&r);
	sim_on_exchange(sim, NULL, NULL);
	cJSON_Delete(last);
}

static void lags(void)
{
	rules("[{'duration':'lag.iam','never':true},{'duration':'compute.*','factor':1000},{'duration':'build.run','seconds':"
	      "90}]");
	ok(isinf(sim_draw(sim, "lag.iam")), "a lag that never ends");
	ok(sim_draw(sim, "compute.network.insert") > 1000, "longer operations");
	ok(sim_draw(sim, "build.run") == 90 && sim_draw(sim, "build.run") == 90, "or of so many seconds, whatever is drawn");
	struct err e = {0};
	cJSON *wrong = json_make("[{'methd':'GET'}]");
	ok(!sim_faults(sim, wrong, &e) && e.what && strstr(e.what, "did you mean \"method\""),
	   "an unknown key is refused with a nearer word");
	err_free(&e);
	cJSON_Delete(wrong);
}

static void files(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char *dir = xasprintf("%s/tests/faults", top ? top : ".");
	DIR *d = opendir(dir);
	int taken = 0, acting = 0, files = 0;
	for (struct dirent *f; d && (f = readdir(d));) {
		if (!strstr(f->d_name, ".json"))
			continue;
		files++;
		char *path = xasprintf("%s/%s", dir, f->d_name);
		struct buf b = {0};
		struct err e = {0};
		cJSON *j = file_read(path, BUF_MAX, &b, &e) ? json_parse(buf_text(&b), b.len, f->d_name, &e) : NULL;
		bool good = j && sim_faults(sim, j, &e) && json_num(j, "scenario", 0) == atoi(f->d_name) && json_at(j, "fault");
		taken += good;
		acting += (json_at(j, "rules.0") || json_at(j, "actor")) && json_at(j, "sees.exit.0");
		if (!good)
			ok(false, "%s: %s", f->d_name, e.what ? e.what : "wrong");
		cJSON_Delete(j);
		buf_free(&b);
		err_free(&e);
		free(path);
	}
	if (d)
		closedir(d);
	ok(files >= 38, "there are the scenarios");
	is_int(taken, files, "every scenario has its rules");
	is_int(acting, files, "which act, or an actor that does, and what the operator sees of it");
	free(dir);
}

int main(void)
{
	mem_install();
	struct err e = {0};
	cJSON *world = json_make("{'projects':[{'id':'demo-proj','number':'123456789012','services':['*']}]}");
	sim = sim_new(&(struct sim_options){.world = world}, &e);
	counting();
	actions();
	operations();
	marks();
	lags();
	files();
	sim_free(sim);
	cJSON_Delete(world);
	return tap_done();
}
