/* Kinds whose names Google gives: a stack finds its own by labels, on whichever page of the list, and takes nobody else's for it. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/kind.h"

#include <stdlib.h>

#define BASE "https://monitoring.googleapis.com/v3/projects/demo/"

static const struct row {
	const char *kind, *collection, *spec, *field, *other; /* a field of the body, and what somebody made of it */
} rows[] = {
    {"monitoring.uptimeCheckConfig", "uptimeCheckConfigs", "{'body':{'period':'300s','timeout':'60s'}}", "period", "60s"},
    {"monitoring.notificationChannel", "notificationChannels",
     "{'body':{'type':'email','labels':{'email_address':'a@example.com'}}}", "type", "sms"},
    {"monitoring.alertPolicy", "alertPolicies", "{'body':{'combiner':'OR','severity':'ERROR'}}", "combiner", "AND"},
};

static void is_call(struct call *c, const char *method, const char *url, const char *name)
{
	char *text = xasprintf("%s %s", c->method ? c->method : "-", c->url ? c->url : "");
	char *wanted = xasprintf("%s %s", method, url);
	is_str(text, wanted, name);
	free(wanted);
	free(text);
	call_free(c);
}

/* A page of a list that holds this one, and says which page is next. */
static cJSON *page_of(const struct row *w, cJSON *item, const char *next)
{
	cJSON *page = json_make("{'nextPageToken':%s}", next), *list = cJSON_AddArrayToObject(page, w->collection);
	if (item)
		cJSON_AddItemToArray(list, item);
	return page;
}

/* What the kind would make, as Google has it then, of this stack. */
static cJSON *standing(const struct row *w, const struct view *v, const char *stack)
{
	struct call c = {0};
	struct view of = *v;
	of.stack = stack;
	kind_find(w->kind)->create(&of, NULL, &c);
	cJSON *item = cJSON_Duplicate(c.body, true);
	char *name = xasprintf("projects/demo/%s/x-1", w->collection);
	json_put_str(item, "name", name);
	free(name);
	call_free(&c);
	return item;
}

static enum presence seen_by(const struct view *v, const struct kind *k, cJSON *page, struct observation *out)
{
	k->decode(v, 200, page, out);
	cJSON_Delete(page);
	return out->presence;
}

static void on_a_later_page(const struct row *w, const struct view *v)
{
	const struct kind *k = kind_find(w->kind);
	struct observation seen = {0};
	struct call c = {0};
	char *next = xasprintf(BASE "%s?pageSize=100&pageToken=t%%2F2", w->collection);
	seen_by(v, k, page_of(w, standing(w, v, "other"), "t/2"), &seen);
	k->observe_more(v, &seen, &c);
	is_call(&c, "GET", next, "another stack's is passed over, and the next page is asked for");
	cJSON *page = page_of(w, standing(w, v, "mlflow"), "t/3");
	k->decode_more(v, 200, page, &seen);
	cJSON_Delete(page);
	k->observe_more(v, &seen, &c);
	ok(seen.presence == PRESENT_YES && !c.method && !strcmp(json_str(seen.outputs, "id", ""), "x-1"),
	   "the stack's own is found there, and no further page is asked for");
	observation_free(&seen);
	ok(seen_by(v, k, page_of(w, standing(w, v, "other"), ""), &seen) == PRESENT_NO,
	   "it is not there where the last page has it not");
	observation_free(&seen);
	free(next);
}

static void mended(const struct row *w, const struct view *v)
{
	const struct kind *k = kind_find(w->kind);
	struct observation seen = {0};
	struct change change = {0};
	struct call c = {0};
	seen_by(v, k, page_of(w, standing(w, v, "mlflow"), ""), &seen);
	k->compare(v, &seen, &change);
	ok(change.verdict == VERDICT_KEEP, "%s as it was made is kept", w->kind);
	change_free(&change);
	json_put_str(seen.found, w->field, w->other);
	json_put_str(seen.found, "displayName", "renamed");
	k->compare(v, &seen, &change);
	ok(change.verdict == VERDICT_UPDATE && change.count == 2, "what somebody made of it is seen");
	k->update(v, &seen, &change, &c);
	ok(c.body && !strcmp(json_str(c.body, "displayName", ""), v->name), "and is put back");
	char *url = xasprintf(BASE "%s/x-1?updateMask=%s,displayName", w->collection, w->field);
	is_call(&c, "PATCH", url, "by a request that names what it changes");
	free(url);
	url = xasprintf(BASE "%s/x-1", w->collection);
	k->destroy(v, &seen, &c);
	is_call(&c, "DELETE", url, "and deleted by Google's name");
	free(url);
	change_free(&change);
	observation_free(&seen);
}

/* What is told beside the wanted channel: one of the stack's own that is wanted no more goes, one that somebody added stays. */
static void test_channels(void)
{
	const struct kind *k = kind_find("monitoring.alertPolicy");
	cJSON *spec = json_make("{'body':{'combiner':'OR','notificationChannels':['c/1']}}");
	struct view v = {.project = "demo", .number = "1", .stack = "mlflow", .id = "alert", .name = "alert", .spec = spec};
	struct call c = {0};
	struct observation seen = {0};
	struct change change = {0};
	k->create(&v, &seen, &c);
	cJSON *item = cJSON_Duplicate(c.body, true), *page;
	call_free(&c);
	json_put_str(item, "name", "projects/demo/alertPolicies/x-1");
	json_put(item, "notificationChannels", json_make("['c/hand','c/1']"));
	page = json_make("{'alertPolicies':[%j]}", cJSON_Duplicate(item, true));
	k->decode(&v, 200, page, &seen);
	cJSON_Delete(page);
	k->observe_more(&v, &seen, &c);
	is_call(&c, "GET", BASE "notificationChannels?pageSize=100", "whose the other channel is tells the list");
	page = json_make("{'notificationChannels':[{'name':'c/"
			 "old','userLabels':{'managed-by':'mlflow-setup','stack':'mlflow'}}],'nextPageToken':'2'}");
	k->decode_more(&v, 200, page, &seen);
	cJSON_Delete(page);
	k->observe_more(&v, &seen, &c);
	is_call(&c, "GET", BASE "notificationChannels?pageSize=100&pageToken=2", "on all of its pages");
	page = json_make("{}");
	k->decode_more(&v, 200, page, &seen);
	cJSON_Delete(page);
	k->observe_more(&v, &seen, &c);
	ok(!c.method, "and then that was all");
	k->compare(&v, &seen, &change);
	ok(change.verdict == VERDICT_KEEP, "a channel that was added by hand stays");
	change_free(&change);
	json_put(seen.found, "notificationChannels", json_make("['c/hand','c/old']"));
	change = (struct change){0};
	k->compare(&v, &seen, &change);
	ok(change.verdict == VERDICT_UPDATE, "the stack's own that is wanted no more goes");
	k->update(&v, &seen, &change, &c);
	char *sent = json_text(json_at(c.body, "notificationChannels"), -1);
	is_str(sent, "[\"c/hand\",\"c/1\"]", "and the wanted one comes, beside that of somebody else");
	free(sent);
	call_free(&c);
	change_free(&change);
	observation_free(&seen);
	cJSON_Delete(item);
	cJSON_Delete(spec);
}

int main(void)
{
	mem_install();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *spec = json_make(rows[i].spec);
		struct view v = {
		    .project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = "MLflow", .spec = spec};
		on_a_later_page(&rows[i], &v);
		mended(&rows[i], &v);
		cJSON_Delete(spec);
	}
	test_channels();
	return tap_done();
}
