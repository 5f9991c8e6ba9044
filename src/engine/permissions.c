/* The permissions that the changes of a run need are tested before the first of them: else it would fail midway. What lacks for sure is in the way of an
 * apply; what single resources may give as well, and all that a plan finds missing, is told. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/roles.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE 20.0       /* seconds: it is worth no more */
#define PERMISSIONS_MAX 100 /* that testIamPermissions takes at once */
#define UNTESTABLE_MAX 2    /* so many that cannot be tested on a project are left out, a request each */

struct run_permissions {
	unsigned long call;
	cJSON *needed;  /* permission -> {"step","sure"}: the first step that needs it; can its lack be sure? */
	cJSON *tested;  /* the array that was sent */
	cJSON *lacking; /* of needed, those that are not held */
	int left_out;
	void (*then)(struct run *r, bool refused);
};

void run_permissions_stop(struct run *r)
{
	struct run_permissions *p = r->permissions;
	if (!p)
		return;
	api_cancel(r->api, p->call);
	cJSON_Delete(p->needed);
	cJSON_Delete(p->tested);
	cJSON_Delete(p->lacking);
	free(p);
	r->permissions = NULL;
}

/* What tells nothing, and what stood before and hides behind an API that is off, may stand already. */
static bool may_stand(const struct step *s)
{
	bool tells = s->seen.presence != PRESENT_UNKNOWN && s->seen.presence != PRESENT_PENDING;
	return !tells || (s->change.hidden && json_at(s->run->options.answers->resolved, "release"));
}

/* Could a binding with a condition be the operator's? Then what the project tells may not hold for what is in it. */
static bool may_be_theirs(const cJSON *binding, const char *operator)
{
	static const char *const many[] = {"group:", "domain:", "principalSet:", "principal:"};
	const cJSON *m;
	bool theirs = false;
	cJSON_ArrayForEach(m, json_at(binding, "members")) {
		const char *member = cJSON_IsString(m) ? m->valuestring : "", *name = strchr(member, ':');
		theirs |= name && !strcmp(name + 1, operator);
		for (size_t i = 0; i < sizeof many / sizeof *many; i++)
			theirs |= text_starts(member, many[i]);
	}
	return theirs && json_at(binding, "condition");
}

static bool is_conditional(const struct run *r, const cJSON *policy)
{
	const char *operator= json_str(r->options.answers->resolved, "operator", "");
	const cJSON *b;
	bool any = false;
	cJSON_ArrayForEach(b, json_at(policy, "bindings"))
		any |= may_be_theirs(b, operator);
	return any;
}

/* Takes permissions, with blanks between them, and frees them. */
static void need(cJSON *needed, const struct step *s, char *permissions)
{
	char *rest = NULL;
	for (const char *p = strtok_r(permissions, " ", &rest); p; p = strtok_r(NULL, " ", &rest)) {
		bool sure = permission_is_of_project(p) && !may_stand(s);
		const cJSON *known = cJSON_GetObjectItemCaseSensitive(needed, p);
		if (permission_given_by_bucket(p) || (known && (!sure || json_bool(known, "sure", false))))
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(needed, p);
		cJSON_AddItemToObject(needed, p, json_make("{'step':%d,'sure':%b}", (int)s->index, sure));
	}
	free(permissions);
}

/* What this run would change, and so has to be allowed to. */
static cJSON *needed_by(const struct run *r)
{
	static const unsigned deeds[] = {[VERDICT_CREATE] = 1u << DEED_CREATE,
					 [VERDICT_UPDATE] = 1u << DEED_UPDATE,
					 [VERDICT_REPLACE] = 1u << DEED_CREATE | 1u << DEED_DESTROY,
					 [VERDICT_DELETE] = 1u << DEED_DESTROY,
					 [VERDICT_UNKNOWN] = 0};
	cJSON *needed = cJSON_CreateObject();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		for (enum deed d = DEED_READ; !s->left_out && (int)d < DEEDS; d++)
			if (deeds[s->change.verdict] & 1u << d)
				need(needed, s, kind_permissions(s->resource->kind, s->spec ? s->spec : s->resource->spec, d));
	}
	return needed;
}

/* The first step that needs one of those; sure: whose lack is sure, NULL where there is none. */
static struct step *first_lacking(const struct run *r, const cJSON *lacking, bool sure)
{
	const cJSON *one;
	struct step *first = NULL;
	cJSON_ArrayForEach(one, lacking) {
		struct step *s = &r->steps[(size_t)json_num(one, "step", 0)];
		if ((!sure || json_bool(one, "sure", false)) && (!first || s->index < first->index))
			first = s;
	}
	return first;
}

/* Those that are missing, as "a, b". */
static void put_names(const cJSON *lacking, struct buf *names)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, lacking)
		buf_printf(names, "%s%s", names->len ? ", " : "", one->string);
}

/* The line that gives them all. */
static char *command_for(const struct run *r, const cJSON *lacking)
{
	struct buf roles = {0};
	const cJSON *one;
	cJSON_ArrayForEach(one, lacking)
		roles_add(&roles, one->string);
	char *line = roles_command(roles.len ? buf_text(&roles) : "ROLE", answers_str(r->options.answers, "project.id"),
				   json_str(r->options.answers->resolved, "operator", ""));
	buf_free(&roles);
	return line;
}

static void log_line(struct run *r, const char *line)
{
	cJSON *e = run_event(r, "log");
	json_put_str(e, "id", "permissions");
	event_text(r, e, "line", line);
	run_send(r, e);
}

/* All of them where the first is needed: one line gives them. */
static void refuse(struct run *r, const cJSON *lacking)
{
	struct step *s = first_lacking(r, lacking, true);
	struct buf names = {0};
	char *command = command_for(r, lacking),
	     *fix = xasprintf(
		 _("Whoever administers the project gives them; it takes some minutes until that is known everywhere: %s"),
		 command);
	put_names(lacking, &names);
	err_free(&s->err);
	err_set(&s->err, EXIT_PERMISSION, s->resource->id, fix, _("permissions are missing in project %s: %s"),
		answers_str(r->options.answers, "project.id"), buf_text(&names));
	buf_free(&names);
	free(command);
	free(fix);
}

/* A plan has it beside what will lack it. */
static void tell(struct run *r, const cJSON *lacking)
{
	struct step *s = first_lacking(r, lacking, false);
	struct buf names = {0};
	char *command = command_for(r, lacking);
	put_names(lacking, &names);
	char *line = xasprintf(
	    _("Missing in project %s, and needed where no single resource gives it: %s. Whoever administers the "
	      "project gives it: %s"),
	    answers_str(r->options.answers, "project.id"), buf_text(&names), command);
	if (r->mode->builds) {
		log_line(r, line);
		free(line);
	} else {
		free(s->change.caution);
		s->change.caution = line;
	}
	free(command);
	buf_free(&names);
}

static void end(struct run *r, bool refused)
{
	void (*then)(struct run * r, bool refused) = r->permissions->then;
	run_permissions_stop(r);
	then(r, refused);
}

static void test(struct run *r);

/* One that cannot be tested on a project fails the whole request, which names it. */
static bool leave_out(struct run_permissions *p, const struct api_result *result)
{
	char *named = result->http == 400 && result->error.message ? permission_named(result->error.message) : NULL;
	bool ours = named && cJSON_HasObjectItem(p->needed, named) && p->left_out++ < UNTESTABLE_MAX;
	if (ours)
		cJSON_DeleteItemFromObjectCaseSensitive(p->needed, named);
	free(named);
	return ours;
}

/* Whoever may not read the policy has what the project tells of them: no condition is known that would let them do more. */
static void on_policy(void *arg, const struct api_result *result)
{
	struct run *r = arg;
	bool sure = !is_conditional(r, result->reply);
	r->permissions->call = 0;
	(sure ? refuse : tell)(r, r->permissions->lacking);
	end(r, sure);
}

static void ask_policy(struct run *r)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "POST", json_make("{'options':{'requestedPolicyVersion':3}}"),
		 "https://cloudresourcemanager.googleapis.com/v1/projects/%s", answers_str(r->options.answers, "project.id"));
	call_tail(&c, ":getIamPolicy");
	r->permissions->call = api_call(r->api, &c, &(struct api_policy){.budget = PATIENCE}, on_policy, r);
	call_free(&c);
}

static void judge(struct run *r, const cJSON *held)
{
	struct run_permissions *p = r->permissions;
	const cJSON *one;
	p->lacking = cJSON_CreateObject();
	cJSON_ArrayForEach(one, p->tested)
		if (!json_lists(held, one->valuestring))
			cJSON_AddItemToObject(
			    p->lacking, one->valuestring,
			    cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(p->needed, one->valuestring), true));
	if (r->mode->builds && first_lacking(r, p->lacking, true)) {
		ask_policy(r);
		return;
	}
	if (p->lacking->child)
		tell(r, p->lacking);
	end(r, false);
}

static void on_tested(void *arg, const struct api_result *result)
{
	struct run *r = arg;
	struct run_permissions *p = r->permissions;
	p->call = 0;
	if (leave_out(p, result)) {
		test(r);
	} else if (result->http == 200 && cJSON_IsObject(result->reply)) {
		judge(r, json_at(result->reply, "permissions"));
	} else {
		char *line = xasprintf(_("Whether permissions are missing cannot be told before they are needed: %s"),
				       result->err.what ? result->err.what : "");
		log_line(r, line);
		free(line);
		end(r, false);
	}
}

/* Those whose lack is sure come first, where there are more than one request takes. */
static cJSON *listed(const cJSON *needed)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *one;
	for (int sure = 1; sure >= 0; sure--)
		cJSON_ArrayForEach(one, needed)
			if (json_bool(one, "sure", false) == sure && cJSON_GetArraySize(list) < PERMISSIONS_MAX)
				cJSON_AddItemToArray(list, cJSON_CreateString(one->string));
	return list;
}

static void test(struct run *r)
{
	struct run_permissions *p = r->permissions;
	struct call c = {0};
	cJSON_Delete(p->tested);
	p->tested = listed(p->needed);
	call_set(&c, DIALECT_NONE, "POST", json_make("{'permissions':%j}", cJSON_Duplicate(p->tested, true)),
		 "https://cloudresourcemanager.googleapis.com/v1/projects/%s", answers_str(r->options.answers, "project.id"));
	call_tail(&c, ":testIamPermissions");
	p->call = api_call(r->api, &c, &(struct api_policy){.budget = PATIENCE}, on_tested, r);
	call_free(&c);
}

void run_try_permissions(struct run *r, void (*then)(struct run *r, bool refused))
{
	cJSON *needed = needed_by(r);
	if (!needed->child) {
		cJSON_Delete(needed);
		then(r, false);
		return;
	}
	r->permissions = xcalloc(1, sizeof *r->permissions);
	*r->permissions = (struct run_permissions){.needed = needed, .then = then};
	test(r);
}
