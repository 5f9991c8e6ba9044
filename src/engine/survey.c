/* Surveys: each is a few reads, one after the other, and an answer made of them. */
#include "config.h"
#include "engine/survey_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"
#include "engine/ancestry.h"
#include "engine/catalog_read.h"
#include "gcp/catalog.h"
#include "net/context.h"
#include "net/credentials.h"
#include "plan/limits.h"
#include "plan/permissions.h"

#include <stdlib.h>
#include <string.h>

#define PROJECTS_MAX 500

static void drop(struct survey *s)
{
	struct survey **p = &s->owner->list;
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	loop_cancel(s->owner->loop, s->timer);
	if (s->owner->api)
		api_cancel(s->owner->api, s->call);
	for (size_t i = 0; s->reads && i < limits_count(s->limits); i++)
		api_cancel(s->owner->api, s->reads[i].call);
	free(s->reads);
	limits_free(s->limits);
	catalog_read_free(s->prices);
	cJSON_Delete(s->result);
	cJSON_Delete(s->needed);
	cJSON_Delete(s->tested);
	cJSON_Delete(s->held);
	cJSON_Delete(s->abroad);
	free(s->project);
	free(s->stack);
	free(s->kubeconfig);
	free(s);
}

/* The callback may begin another survey of this kind: this one is out of the list by then. */
void survey_answer(struct survey *s, const struct err *why)
{
	struct err e = {0};
	survey_done *done = s->done;
	void *arg = s->arg;
	cJSON *result = why ? NULL : s->result;
	if (why)
		err_set(&e, why->exit ? why->exit : EXIT_GENERAL, why->place, why->fix, "%s",
			why->what ? why->what : _("no answer."));
	else
		s->result = NULL;
	s->call = 0;
	drop(s);
	outside_json(result, false);
	done(arg, result, &e);
	cJSON_Delete(result);
	err_free(&e);
}

static void ask(struct survey *s, const char *method, cJSON *body, const char *url, api_done *then)
{
	struct call c = {0};
	call_set_url(&c, DIALECT_NONE, method, body, url);
	s->call = api_call(s->owner->api, &c, &(struct api_policy){.budget = 45}, then, s);
	call_free(&c);
}

void survey_ask_of(struct survey *s, const char *project, const char *before, const char *after, const char *method,
		   cJSON *body, api_done *then)
{
	struct buf url = {0};
	buf_puts(&url, before);
	text_percent(&url, project, false);
	buf_puts(&url, after);
	ask(s, method, body, buf_text(&url), then);
	buf_free(&url);
}

void survey_ask_project(struct survey *s, const char *before, const char *after, const char *method, cJSON *body,
			api_done *then)
{
	survey_ask_of(s, s->project, before, after, method, body, then);
}

/* who ------------------------------------------------------------------------------------------------------------------------ */

static void put_who(struct survey *s, const char *email)
{
	struct credentials *c = s->owner->credentials;
	s->result = json_make("{'email':%s,'describe':%s,'project':%s}", email, credentials_describe(c),
			      credentials_project(c));
	survey_answer(s, NULL);
}

static void on_user(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	bool refused = r->http == 401 || (!r->http && r->err.exit);
	if (refused)
		survey_answer(s, &r->err);
	else /* some logins do not give the address away: they are signed in all the same */
		put_who(s, json_str(r->reply, "email", NULL));
}

static void begin_who(struct survey *s)
{
	const char *email = credentials_email(s->owner->credentials);
	if (email)
		put_who(s, email);
	else
		ask(s, "GET", NULL, "https://openidconnect.googleapis.com/v1/userinfo", on_user);
}

/* projects ------------------------------------------------------------------------------------------------------------------- */

static void on_projects(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	const cJSON *p;
	if (r->http != 200) {
		survey_answer(s, &r->err);
		return;
	}
	s->result = cJSON_CreateArray();
	cJSON_ArrayForEach(p, json_at(r->reply, "projects")) {
		const char *name = json_str(p, "name", ""), *slash = strrchr(name, '/');
		if (cJSON_GetArraySize(s->result) < PROJECTS_MAX)
			cJSON_AddItemToArray(s->result,
					     json_make("{'id':%s,'name':%s,'number':%s}", json_str(p, "projectId", ""),
						       json_str(p, "displayName", ""), slash ? slash + 1 : name));
	}
	survey_answer(s, NULL);
}

static void begin_projects(struct survey *s)
{
	ask(s, "GET", NULL, CRM "/v3/projects:search?query=state%3AACTIVE&pageSize=500", on_projects);
}

/* project -------------------------------------------------------------------------------------------------------------------- */

static void on_billing(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	/* Whether it may be asked depends on an API that a new project may not have: not knowing is not "off". */
	json_put(s->result, "billing",
		 r->http == 200 ? cJSON_CreateBool(json_bool(r->reply, "billingEnabled", false)) : cJSON_CreateNull());
	survey_answer(s, NULL);
}

static void ask_billing(struct survey *s)
{
	survey_ask_project(s, "https://cloudbilling.googleapis.com/v1/projects/", "/billingInfo", "GET", NULL, on_billing);
}

/* Where it is not told, it stays out. */
static void put_organization(struct survey *s, const cJSON *reply)
{
	cJSON *is = ancestry_organization(reply);
	if (is)
		json_put(s->result, "organization", is);
}

static void on_ancestry(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	if (r->http == 200)
		put_organization(s, r->reply);
	ask_billing(s);
}

static void on_project(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	if (r->http != 200) {
		survey_answer(s, &r->err);
		return;
	}
	s->result = json_make("{'id':%s,'number':%s,'state':%s}", s->project, json_str(r->reply, "projectNumber", ""),
			      json_str(r->reply, "lifecycleState", ""));
	put_organization(s, r->reply);
	if (ancestry_hidden(r->reply))
		survey_ask_project(s, CRM "/v1/projects/", ":getAncestry", "POST", cJSON_CreateObject(), on_ancestry);
	else
		ask_billing(s);
}

static void begin_project(struct survey *s)
{
	survey_ask_project(s, CRM "/v1/projects/", "", "GET", NULL, on_project);
}

/* regions -------------------------------------------------------------------------------------------------------------------- */

static void on_regions(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	const cJSON *l;
	if (r->http != 200) {
		survey_answer(s, &r->err);
		return;
	}
	s->result = cJSON_CreateArray();
	cJSON_ArrayForEach(l, json_at(r->reply, "locations"))
		cJSON_AddItemToArray(s->result, json_make("{'id':%s,'title':%s}", json_str(l, "locationId", ""),
							  json_str(l, "displayName", "")));
	survey_answer(s, NULL);
}

static void begin_regions(struct survey *s)
{
	survey_ask_project(s, "https://run.googleapis.com/v1/projects/", "/locations?pageSize=500", "GET", NULL, on_regions);
}

/* sign-in -------------------------------------------------------------------------------------------------------------------- */

static void on_sign_in(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	if (r->http != 200) {
		survey_answer(s, &r->err);
		return;
	}
	s->result = json_make("{'seen':%b}", cJSON_GetArraySize(json_at(r->reply, "entries")) > 0);
	survey_answer(s, NULL);
}

static void begin_sign_in(struct survey *s)
{
	char when[40];
	if (!s->owner->sign_in_log) {
		s->result = json_make("{'seen':%b}", false);
		survey_answer(s, NULL);
		return;
	}
	char *project = xasprintf("projects/%s", s->project);
	char *filter = xasprintf("timestamp>=\"%s\" AND (%s)", text_rfc3339(s->owner->since, 0, when), s->owner->sign_in_log);
	ask(s, "POST", json_make("{'resourceNames':[%s],'filter':%s,'orderBy':'timestamp desc','pageSize':1}", project, filter),
	    "https://logging.googleapis.com/v2/entries:list", on_sign_in);
	free(filter);
	free(project);
}

/* contexts ------------------------------------------------------------------------------------------------------------------- */

/* No cloud is asked: it is this machine's files that tell. */
static void begin_contexts(struct survey *s)
{
	struct err e = {0};
	s->result = contexts_list(s->owner->contexts, s->kubeconfig, &e);
	survey_answer(s, s->result ? NULL : &e);
	err_free(&e);
}

/* limits --------------------------------------------------------------------------------------------------------------------- */

static void ask_limit(struct limit_read *read);

static void on_limit(void *arg, const struct api_result *r)
{
	struct limit_read *read = arg;
	struct survey *s = read->survey;
	read->call = 0;
	if (limits_take(s->limits, (size_t)(read - s->reads), r->http, r->reply, r->err.what)) {
		ask_limit(read);
		return;
	}
	if (--s->reads_left)
		return;
	s->result = limits_findings(s->limits);
	survey_answer(s, NULL);
}

static void ask_limit(struct limit_read *read)
{
	struct survey *s = read->survey;
	struct call c = {0};
	limits_call(s->limits, (size_t)(read - s->reads), &c);
	read->call = api_call(s->owner->api, &c, &(struct api_policy){.budget = 45}, on_limit, read);
	call_free(&c);
}

/* All at once: none waits for another. */
static void begin_limits(struct survey *s)
{
	size_t n = s->limits ? limits_count(s->limits) : 0;
	s->result = n ? NULL : cJSON_CreateArray();
	if (!n) {
		survey_answer(s, NULL);
		return;
	}
	s->reads = xcalloc(n, sizeof *s->reads);
	s->reads_left = n;
	for (size_t i = 0; i < n; i++) {
		s->reads[i].survey = s;
		ask_limit(&s->reads[i]);
	}
}

static struct limits *limits_of(const struct answers *a)
{
	struct plan *p = plan_draft(a, NULL);
	struct limits *l = p ? limits_new(p, json_at(a->resolved, "suffix") != NULL) : NULL;
	plan_free(p);
	return l;
}

/* prices --------------------------------------------------------------------------------------------------------------------- */

static void on_prices(void *arg, const struct err *why)
{
	struct survey *s = arg;
	s->result = cJSON_CreateArray();
	for (enum price_service i = 0; i < PRICE_SERVICES; i++)
		if (catalog_known(i))
			cJSON_AddItemToArray(s->result, cJSON_CreateString(price_service_name(i)));
	survey_answer(s, why);
}

static void begin_prices(struct survey *s)
{
	s->prices = catalog_read_new(s->owner->api, loop_wall(s->owner->loop), !s->owner->simulated, on_prices, s);
	catalog_read_begin(s->prices);
}

/* All ------------------------------------------------------------------------------------------------------------------------ */

static const struct survey_kind kinds_of_survey[] = {
    {.id = "who", .begin = begin_who},
    {.id = "projects", .begin = begin_projects},
    {.id = "project", .begin = begin_project},
    {.id = "regions", .begin = begin_regions},
    {.id = "preflight", .begin = survey_preflight, .plans = true},
    {.id = "limits", .begin = begin_limits},
    {.id = "sign-in", .begin = begin_sign_in},
    {.id = "contexts", .begin = begin_contexts, .here = true},
    {.id = "prices", .begin = begin_prices},
};

struct surveys *surveys_new(struct loop *loop, struct transport *transport, struct credentials *credentials,
			    struct contexts *contexts)
{
	struct surveys *s = xcalloc(1, sizeof *s);
	s->loop = loop;
	s->since = loop_wall(loop);
	s->credentials = credentials;
	s->contexts = contexts;
	catalog_forget(); /* another cloud's */
	if (credentials)
		s->api = api_new(loop, transport, credentials, credentials_quota_project(credentials));
	return s;
}

void surveys_simulated(struct surveys *s)
{
	s->simulated = true;
}

void surveys_expect_sign_in(struct surveys *s, const char *filter)
{
	free(s->sign_in_log);
	s->sign_in_log = filter ? xstrdup(filter) : NULL;
}

void surveys_free(struct surveys *s)
{
	if (!s)
		return;
	while (s->list)
		drop(s->list);
	api_free(s->api);
	free(s->sign_in_log);
	free(s);
}

static void refuse(void *arg)
{
	struct survey *s = arg;
	struct err e = {0};
	s->timer = 0;
	if (!s->kind)
		err_set(&e, EXIT_BUG, NULL, NULL, "there is no such survey");
	else
		err_set(&e, EXIT_CONFIG, NULL, _("Sign in: gcloud auth application-default login."), _("nobody is signed in."));
	survey_answer(s, &e);
	err_free(&e);
}

static void begin(void *arg)
{
	struct survey *s = arg;
	s->timer = 0;
	s->kind->begin(s);
}

void survey_begin(struct surveys *all, const char *what, const struct answers *a, survey_done *done, void *arg)
{
	const struct survey_kind *kind = NULL;
	for (size_t i = 0; i < sizeof kinds_of_survey / sizeof kinds_of_survey[0]; i++)
		if (!strcmp(kinds_of_survey[i].id, what))
			kind = &kinds_of_survey[i];
	for (struct survey *s = all->list, *next; s; s = next) {
		next = s->next;
		if (s->kind == kind)
			drop(s);
	}
	const char *by = a ? question_surveyed(a, what) : NULL;
	struct survey *s = xcalloc(1, sizeof *s);
	*s = (struct survey){.owner = all,
			     .next = all->list,
			     .kind = kind,
			     .done = done,
			     .arg = arg,
			     .project = xstrdup(a ? answers_str(a, "project.id") : ""),
			     .stack = xstrdup(a ? answers_str(a, "stack.name") : ""),
			     .kubeconfig = xstrdup(by ? by : "")};
	all->list = s;
	survey_list_permissions(s, a);
	if (kind && kind->begin == begin_limits && a)
		s->limits = limits_of(a);
	s->timer = loop_after(all->loop, 0, kind && (all->api || kind->here) ? begin : refuse, s);
}
