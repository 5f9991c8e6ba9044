/* What stands in the project under this stack's marks, looked for before anything is planned. By it a file that lost what was resolved (another
 * machine, a fresh checkout) finds its stack again; and what is marked and not wanted is named. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <stdlib.h>
#include <string.h>

void standing_free(struct standing *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->list[i].name);
		observation_free(&all->list[i].seen);
	}
	free(all->list);
	free(all->looks);
	*all = (struct standing){0};
}

/* Looking ------------------------------------------------------------------------------------------------------------------------ */

/* An e-mail's first part is the name of an account; other names may be paths. */
static char *name_of(const cJSON *item)
{
	const char *name = json_str(item, "name", ""), *slash = strrchr(name, '/');
	name = slash ? slash + 1 : name;
	return xstrndup(name, strcspn(name, "@"));
}

static struct view view_of(const struct run *r, const cJSON *spec, const char *name)
{
	const struct answers *a = r->options.answers;
	return (struct view){.project = answers_str(a, "project.id"),
			     .number = json_str(a->resolved, "project_number", NULL),
			     .stack = answers_str(a, "stack.name"),
			     .id = name,
			     .name = name,
			     .spec = spec};
}

static cJSON *region_of(const struct run *r)
{
	return json_make("{'region':%s}", answers_str(r->options.answers, "region"));
}

static void take(struct run *r, const struct kind *k, const cJSON *item)
{
	struct standing *all = &r->standing;
	struct observation seen = {0};
	char *name = name_of(item);
	cJSON *spec = region_of(r);
	struct view v = view_of(r, spec, name);
	k->decode(&v, 200, item, &seen);
	cJSON_Delete(spec);
	if (seen.presence == PRESENT_STRANGER || !seen.found) {
		observation_free(&seen);
		free(name);
		return;
	}
	all->list = xgrow(all->list, all->count, &all->room, sizeof *all->list);
	all->list[all->count++] = (struct stander){.kind = k, .name = name, .seen = seen};
}

/* Where it may not be asked, or cannot be (an API that is off), nothing is known to stand; a file that knows its suffix can do without. */
static bool tells(struct run *r, const struct kind *k, const struct api_result *result)
{
	if (result->http == 200)
		return true;
	cJSON *spec = region_of(r);
	struct view v = view_of(r, spec, "");
	struct observation seen = {0};
	k->decode(&v, result->http, result->reply, &seen);
	bool off = seen.presence == PRESENT_NO;
	r->api_off |= off && result->http == 403;
	observation_free(&seen);
	cJSON_Delete(spec);
	if (off || *json_str(r->options.answers->resolved, "suffix", ""))
		return false;
	err_set(&r->standing.err, result->err.exit ? result->err.exit : EXIT_UNAVAILABLE, result->err.place, result->err.fix,
		_("it cannot be seen whether the stack stands already (%s): %s"), _(k->title),
		result->err.what ? result->err.what : "");
	return false;
}

static void ask_page(struct look *l, const char *page);

static void on_list(void *arg, const struct api_result *result)
{
	struct look *l = arg;
	struct run *r = l->run;
	const cJSON *item;
	l->call = 0;
	const char *next = "";
	if (tells(r, l->kind, result)) {
		cJSON_ArrayForEach(item, json_at(result->reply, l->kind->items))
			take(r, l->kind, item);
		next = json_str(result->reply, "nextPageToken", "");
	}
	if (*next)
		ask_page(l, next);
	else if (!--r->standing.pending)
		r->standing.then(r);
}

static void ask_page(struct look *l, const char *page)
{
	struct run *r = l->run;
	struct call c = {0};
	cJSON *spec = region_of(r);
	struct view v = view_of(r, spec, "");
	l->kind->list(&v, &c);
	if (*page) {
		call_add(&c, "&pageToken=%s", page);
	}
	l->call = api_call(r->api, &c, NULL, on_list, l);
	call_free(&c);
	cJSON_Delete(spec);
}

/* To plan, data and what remembers are enough; what is destroyed is looked for whole. */
static bool looked_for(const struct run *r, const struct kind *k)
{
	const struct target *t = axes_of(r->options.answers).target;
	bool remembers = t->remembers == k && !*json_str(r->options.answers->resolved, "suffix", "");
	bool releases = k->tells_release && !json_at(r->options.answers->resolved, "release");
	return k->list && (k->data_word || remembers || releases || r->mode->removes);
}

void run_look(struct run *r, void (*then)(struct run *r))
{
	struct standing *all = &r->standing;
	size_t count = 0;
	while (kinds[count])
		count++;
	all->then = then;
	all->looks = xcalloc(count, sizeof *all->looks);
	for (size_t i = 0; i < count; i++)
		if (looked_for(r, kinds[i]))
			all->looks[all->look_count++] = (struct look){r, kinds[i], 0};
	all->pending = all->look_count;
	for (size_t i = 0; i < all->look_count; i++)
		ask_page(&all->looks[i], "");
}

void run_look_stop(struct run *r)
{
	for (size_t i = 0; i < r->standing.look_count; i++) {
		api_cancel(r->api, r->standing.looks[i].call);
		r->standing.looks[i].call = 0;
	}
}

/* Which stack it is -------------------------------------------------------------------------------------------------------------- */

/* Suffix -> what stands with it, in words. The caller deletes it. */
static cJSON *suffixes(const struct run *r)
{
	cJSON *all = cJSON_CreateObject();
	for (size_t i = 0; i < r->standing.count; i++) {
		const struct stander *s = &r->standing.list[i];
		char *suffix = s->kind->data_word ? plan_suffix_of(r->options.answers, s->kind, s->name) : NULL;
		if (!suffix)
			continue;
		const char *before = json_str(all, suffix, "");
		char *words = xasprintf("%s%s%s %s", before, *before ? ", " : "", _(s->kind->title), s->name);
		cJSON_DeleteItemFromObjectCaseSensitive(all, suffix);
		cJSON_AddStringToObject(all, suffix, words);
		free(words);
		free(suffix);
	}
	return all;
}

static char *list_all(const cJSON *suffixes_found)
{
	struct buf b = {0};
	const cJSON *s;
	cJSON_ArrayForEach(s, suffixes_found)
		buf_printf(&b, "%s%s", b.len ? "; " : "", s->valuestring);
	return buf_take(&b);
}

/* What the objects that stand remember of an earlier run. */
static void recall(struct run *r)
{
	const struct target *t = axes_of(r->options.answers).target;
	for (size_t i = 0; t->recall && i < r->standing.count; i++) {
		const struct stander *s = &r->standing.list[i];
		if (s->kind == t->remembers && !strcmp(s->name, answers_str(r->options.answers, "stack.name")))
			t->recall(s->seen.found, r->options.answers->resolved);
	}
}

static void say_adopted(struct run *r, const char *words)
{
	cJSON *e = run_event(r, "log");
	char *line = xasprintf(_("The stack stands already and is gone on with, though the answers did not know it: %s."),
			       words);
	json_put_str(e, "id", "stack");
	event_text(r, e, "line", line);
	run_send(r, e);
	free(line);
}

/* The suffix of the file against those that stand. */
static bool fits(struct run *r, const cJSON *found, const char *suffix, struct err *e)
{
	bool moves = found->child && !cJSON_GetObjectItemCaseSensitive(found, suffix);
	if (!moves || (r->options.consent && !r->mode->removes))
		return true;
	char *words = list_all(found),
	     *fix = xasprintf(
		 _("Set resolved.suffix in the answers file to %s. With --yes apply makes new, empty ones all the same."),
		 found->child->string);
	err_set(e, EXIT_CONFIG, "resolved.suffix", fix, _("the answers speak of other data (%s) than those that stand: %s."),
		suffix, words);
	free(fix);
	free(words);
	return false;
}

bool run_settle_suffix(struct run *r, struct err *e)
{
	cJSON *resolved = r->options.answers->resolved, *found = suffixes(r);
	const char *stack = answers_str(r->options.answers, "stack.name");
	char *words = list_all(found);
	bool fine = true;
	if (*json_str(resolved, "suffix", "")) {
		fine = fits(r, found, json_str(resolved, "suffix", ""), e);
	} else if (cJSON_GetArraySize(found) > 1) {
		char *fix = xasprintf(
		    _("Say which one is meant: set resolved.suffix in the answers file to one of their endings, such as %s."),
		    found->child->string);
		fine = err_set(e, EXIT_CONFIG, "stack.name", fix, _("several stacks of the name %s stand in this project: %s."),
			       stack, words);
		free(fix);
	} else if (found->child) {
		json_put_str(resolved, "suffix", found->child->string);
		recall(r);
		say_adopted(r, words);
	} else {
		char *suffix = plan_suffix_new(json_str(resolved, "project_number", ""), stack);
		json_put_str(resolved, "suffix", suffix);
		free(suffix);
	}
	free(words);
	cJSON_Delete(found);
	return fine;
}

/* What brought the tables to where they are carries its release as a label, in which there are no dots. */
void run_settle_release(struct run *r)
{
	cJSON *resolved = r->options.answers->resolved;
	for (size_t i = 0; i < r->standing.count && !json_at(resolved, "release"); i++) {
		const struct stander *s = &r->standing.list[i];
		const char *label = json_str(s->seen.found, "labels.release", "");
		char *release = xstrdup(label);
		for (char *c = release; *label >= '0' && *label <= '9' && *c; c++)
			if (*c == '-')
				*c = '.';
		if (*release && s->kind->tells_release && s->seen.presence == PRESENT_YES)
			json_put_str(resolved, "release", release);
		free(release);
	}
}

/* What is marked and not planned ----------------------------------------------------------------------------------------------------- */

/* Two kinds may list the same collection: an address of a load balancer is one of those among which ranges are. */
static bool is_same(const struct run *r, const struct stander *s, const struct step *step)
{
	const struct kind *k = step->resource->kind;
	if (strcmp(step->resource->name, s->name) != 0)
		return false;
	if (k == s->kind || !k->api || strcmp(k->api, s->kind->api) != 0)
		return k == s->kind;
	struct call listed = {0}, wanted = {0};
	cJSON *spec = region_of(r);
	struct view of = view_of(r, spec, s->name), own = view_of(r, step->resource->spec, s->name);
	s->kind->observe(&of, &listed);
	k->observe(&own, &wanted);
	bool same = listed.url && wanted.url && !strcmp(listed.url, wanted.url);
	call_free(&listed);
	call_free(&wanted);
	cJSON_Delete(spec);
	return same;
}

static bool planned(const struct run *r, const struct stander *s)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_same(r, s, &r->steps[i]))
			return true;
	return false;
}

const struct stander *run_stray(const struct run *r, size_t *at)
{
	while (*at < r->standing.count) {
		const struct stander *s = &r->standing.list[(*at)++];
		if (!planned(r, s))
			return s;
	}
	return NULL;
}

/* Is this among the texts of a node, alone or as a part of a path or address? */
static bool mentions(const cJSON *node, const char *word)
{
	if (cJSON_IsString(node) && *word) {
		size_t len = strlen(word);
		for (const char *at = strstr(node->valuestring, word); at; at = strstr(at + 1, word)) {
			bool begins = at == node->valuestring || strchr("/:@= ", at[-1]),
			     ends = !at[len] || strchr("/:@?& ", at[len]);
			if (begins && ends)
				return true;
		}
	}
	for (const cJSON *c = node ? node->child : NULL; c; c = c->next)
		if (mentions(c, word))
			return true;
	return false;
}

const struct stander *step_leaves(const struct step *s)
{
	size_t at = 0;
	for (const struct stander *o; (o = run_stray(s->run, &at));)
		if (o->kind->data_word && s->seen.found &&
		    (mentions(s->seen.found, o->name) || mentions(s->seen.found, json_str(o->seen.outputs, "ip", ""))))
			return o;
	return NULL;
}
