/* Who owns an object's fields: managedFields kept on every write, and server-side apply with its conflicts, as Kubernetes' field managers do it. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* One entry of managedFields. */
struct owner {
	char *manager, *operation, *version, *time, *subresource;
	struct kubernetes_set set;
};
struct owners {
	struct owner *list;
	size_t count, room;
};

static struct owner *find(struct owners *all, const char *manager, const char *operation, const char *version,
			  const char *subresource)
{
	for (size_t i = 0; i < all->count; i++) {
		struct owner *o = &all->list[i];
		bool apply = !strcmp(operation, "Apply");
		if (!strcmp(o->manager, manager) && !strcmp(o->operation, operation) && !strcmp(o->subresource, subresource) &&
		    (apply || !strcmp(o->version, version)))
			return o;
	}
	return NULL;
}

static struct owner *add(struct owners *all, const char *manager, const char *operation, const char *version, const char *time,
			 const char *subresource)
{
	all->list = xgrow(all->list, all->count, &all->room, sizeof *all->list);
	all->list[all->count] = (struct owner){xstrdup(manager), xstrdup(operation),   xstrdup(version),
					       xstrdup(time),    xstrdup(subresource), {0}};
	return &all->list[all->count++];
}

static void forget(struct owner *o)
{
	char *texts[] = {o->manager, o->operation, o->version, o->time, o->subresource};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	kubernetes_set_free(&o->set);
}

static void drop_empty(struct owners *all)
{
	size_t kept = 0;
	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i].set.count)
			all->list[kept++] = all->list[i];
		else
			forget(&all->list[i]);
	}
	all->count = kept;
}

static void free_owners(struct owners *all)
{
	for (size_t i = 0; i < all->count; i++)
		forget(&all->list[i]);
	free(all->list);
	*all = (struct owners){0};
}

static struct owners read_owners(const cJSON *doc)
{
	struct owners all = {0};
	const cJSON *e;
	cJSON_ArrayForEach(e, json_at(doc, "metadata.managedFields"))
		add(&all, json_str(e, "manager", ""), json_str(e, "operation", ""), json_str(e, "apiVersion", ""),
		    json_str(e, "time", ""), json_str(e, "subresource", ""))
		    ->set = kubernetes_set_decode(json_at(e, "fieldsV1"));
	return all;
}

/* Those who applied first, then by time, then by name. */
static int by_age(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	int d = strcmp(x->operation, y->operation);
	d = d ? d : strcmp(x->time, y->time);
	d = d ? d : strcmp(x->manager, y->manager);
	d = d ? d : strcmp(x->version, y->version);
	return d ? d : strcmp(x->subresource, y->subresource);
}

static void write_owners(cJSON *doc, struct owners *all)
{
	json_drop(doc, "metadata.managedFields");
	drop_empty(all);
	if (!all->count)
		return;
	cJSON *list = cJSON_CreateArray();
	qsort(all->list, all->count, sizeof *all->list, by_age);
	for (size_t i = 0; i < all->count; i++) {
		const struct owner *o = &all->list[i];
		cJSON *e = json_make("{'manager':%s,'operation':%s,'apiVersion':%s,'fieldsType':'FieldsV1','fieldsV1':%j}",
				     o->manager, o->operation, o->version, kubernetes_set_encode(&o->set));
		if (*o->time)
			json_put_str(e, "time", o->time);
		if (*o->subresource)
			json_put_str(e, "subresource", o->subresource);
		cJSON_AddItemToArray(list, e);
	}
	json_put(doc, "metadata.managedFields", list);
}

/* Takes out what this request cannot change: a status, or all but that. */
static void ignore(const struct kubernetes_call *k, struct kubernetes_set *set)
{
	const char *other = !k->r->status ? NULL : !strcmp(k->sub, "status") ? "f:spec" : "f:status";
	size_t kept = 0;
	for (size_t i = 0; i < set->count; i++) {
		const char *path = set->paths[i];
		if (other && text_starts(path, other) && (!path[strlen(other)] || path[strlen(other)] == '\x1f'))
			free(set->paths[i]);
		else
			set->paths[kept++] = set->paths[i];
	}
	set->count = kept;
}

/* And what no manager owns: the object's name and what the server keeps. */
static void strip(const struct kubernetes_call *k, struct kubernetes_set *set)
{
	static const char *const none[] = {"f:apiVersion",
					   "f:kind",
					   "f:metadata",
					   "f:metadata\x1f"
					   "f:creationTimestamp",
					   "f:metadata\x1f"
					   "f:generation",
					   "f:metadata\x1f"
					   "f:managedFields",
					   "f:metadata\x1f"
					   "f:name",
					   "f:metadata\x1f"
					   "f:namespace",
					   "f:metadata\x1f"
					   "f:resourceVersion",
					   "f:metadata\x1f"
					   "f:selfLink",
					   "f:metadata\x1f"
					   "f:uid"};
	struct kubernetes_set stripped = {0};
	for (size_t n = 0; n < sizeof none / sizeof *none; n++)
		kubernetes_set_add(&stripped, none[n]);
	kubernetes_set_subtract(set, &stripped);
	kubernetes_set_free(&stripped);
	ignore(k, set);
}

static char *version_of(const struct kubernetes_call *k)
{
	return *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup(k->r->version);
}

/* Updates. --------------------------------------------------------------------------------------------------------------- */

/* Takes what changed from everyone but self (NULL: nobody). */
static void take_away(struct owners *all, const struct owner *self, const struct kubernetes_comparison *c)
{
	for (size_t i = 0; i < all->count; i++) {
		struct kubernetes_set *set = &all->list[i].set;
		if (&all->list[i] == self)
			continue;
		kubernetes_set_subtract(set, &c->modified);
		kubernetes_set_subtract(set, &c->added);
		kubernetes_set_subtract(set, &c->removed);
	}
}

/* A document without what a comparison is not about. */
static cJSON *bare(const cJSON *doc)
{
	cJSON *copy = cJSON_Duplicate(doc, true);
	json_drop(copy, "metadata.managedFields");
	return copy;
}

static struct kubernetes_comparison changes(const struct kubernetes_call *k, const cJSON *a, const cJSON *b)
{
	struct kubernetes_comparison c = kubernetes_compare(k->type, a, b);
	ignore(k, &c.added);
	ignore(k, &c.modified);
	ignore(k, &c.removed);
	return c;
}

static void update(struct kubernetes_call *k, struct owners *all, const cJSON *before, const cJSON *after, const char *manager)
{
	char *version = version_of(k);
	const char *now = sim_stamp(k->c->sim, 0);
	cJSON *a = bare(before), *b = bare(after);
	struct kubernetes_comparison c = changes(k, a, b);
	struct kubernetes_set own = kubernetes_set_copy(&c.modified);
	kubernetes_set_unite(&own, &c.added);
	strip(k, &own);
	take_away(all, NULL, &c);
	if (own.count) {
		struct owner *o = find(all, manager, "Update", version, k->sub);
		o = o ? o : add(all, manager, "Update", version, now, k->sub);
		kubernetes_set_unite(&o->set, &own);
		free(o->time);
		/* A scale is noted without its time. */
		o->time = xstrdup(strcmp(k->sub, "scale") ? now : "");
	}
	kubernetes_set_free(&own);
	kubernetes_comparison_free(&c);
	cJSON_Delete(a);
	cJSON_Delete(b);
	free(version);
}

/* The empty object of the type, as it is before anything is set. */
static cJSON *empty_object(const struct kubernetes_type *type)
{
	char *wrong;
	return kubernetes_decode(type, NULL, &wrong, NULL);
}

void kubernetes_note_update(struct kubernetes_call *k, const cJSON *before, cJSON *after)
{
	const cJSON *given = json_at(after, "metadata.managedFields");
	bool reset = cJSON_IsArray(given) && (!given->child || (!given->child->next && !given->child->child));
	bool use = !*k->sub && cJSON_IsArray(given) && given->child && !reset;
	struct owners all = {0};
	if (!reset)
		all = use || !before ? read_owners(after) : read_owners(before);
	/* An object that nobody owns a field of is not watched until it is applied. */
	if (all.count || !before) {
		cJSON *nothing = before ? NULL : empty_object(k->type);
		update(k, &all, before ? before : nothing, after, k->manager);
		cJSON_Delete(nothing);
	}
	write_owners(after, &all);
	free_owners(&all);
}

/* Server-side apply. ----------------------------------------------------------------------------------------------------- */
struct conflict {
	char *manager; /* in the words of the message */
	char *path;
};
struct conflicts {
	struct conflict *list;
	size_t count, room;
};

static char *manager_text(const struct owner *o)
{
	char *who = *o->subresource ? xasprintf("\"%s\" with subresource \"%s\"", o->manager, o->subresource)
				    : xasprintf("\"%s\"", o->manager);
	if (strcmp(o->operation, "Update"))
		return who;
	char *more = xasprintf("%s using %s", who, o->version);
	free(who);
	return more;
}

static int by_manager(const void *a, const void *b)
{
	const struct conflict *x = a, *y = b;
	int d = strcmp(x->manager, y->manager);
	return d ? d : kubernetes_path_order(x->path, y->path);
}

/* What others own and the new object changes. */
static struct conflicts find_conflicts(const struct owners *all, const struct owner *self,
				       const struct kubernetes_comparison *c)
{
	struct conflicts found = {0};
	for (size_t i = 0; i < all->count; i++)
		for (size_t n = 0; &all->list[i] != self && n < all->list[i].set.count; n++) {
			const char *path = all->list[i].set.paths[n];
			if (!kubernetes_set_has(&c->modified, path) && !kubernetes_set_has(&c->added, path))
				continue;
			found.list = xgrow(found.list, found.count, &found.room, sizeof *found.list);
			found.list[found.count++] = (struct conflict){manager_text(&all->list[i]), xstrdup(path)};
		}
	if (found.count)
		qsort(found.list, found.count, sizeof *found.list, by_manager);
	return found;
}

static void free_conflicts(struct conflicts *found)
{
	for (size_t i = 0; i < found->count; i++) {
		free(found->list[i].manager);
		free(found->list[i].path);
	}
	free(found->list);
}

static void answer_conflicts(struct kubernetes_call *k, const struct conflicts *found)
{
	struct buf b = {0};
	cJSON *causes = cJSON_CreateArray();
	for (size_t i = 0; i < found->count; i++) {
		struct buf path = {0};
		kubernetes_path_text(found->list[i].path, &path);
		const char *message = sim_tmp("conflict with %s", found->list[i].manager);
		cJSON_AddItemToArray(
		    causes, json_make("{'reason':'FieldManagerConflict','message':%s,'field':%s}", message, buf_text(&path)));
		if (found->count == 1)
			buf_printf(&b, "Apply failed with 1 conflict: %s: %s", message, buf_text(&path));
		else if (!i)
			buf_printf(&b, "Apply failed with %zu conflicts: ", found->count);
		if (found->count > 1 && (!i || strcmp(found->list[i].manager, found->list[i - 1].manager)))
			buf_printf(&b, "%sconflicts with %s:", i ? "\n" : "", found->list[i].manager);
		if (found->count > 1)
			buf_printf(&b, "\n- %s", buf_text(&path));
		buf_free(&path);
	}
	kubernetes_fail(k, 409, "Conflict", causes, "%s", buf_text(&b));
	buf_free(&b);
}

/* What client-side apply last set and is still so. */
static struct kubernetes_set set_by_last_applied(const struct kubernetes_call *k, const cJSON *live)
{
	struct kubernetes_set set = {0};
	const cJSON *text = cJSON_GetObjectItemCaseSensitive(json_at(live, "metadata.annotations"), LAST_APPLIED);
	cJSON *last = cJSON_IsString(text) ? cJSON_Parse(text->valuestring) : NULL;
	char *version = version_of(k);
	if (last && !strcmp(json_str(last, "apiVersion", ""), version)) {
		cJSON *now = bare(live);
		struct kubernetes_comparison c = kubernetes_compare(k->type, last, now);
		set = kubernetes_set_of(k->type, last);
		kubernetes_set_subtract(&set, &c.modified);
		kubernetes_set_subtract(&set, &c.added);
		kubernetes_set_subtract(&set, &c.removed);
		kubernetes_comparison_free(&c);
		cJSON_Delete(now);
	}
	cJSON_Delete(last);
	free(version);
	return set;
}

/* kubectl may take over what it set itself by client-side apply. */
static bool may_take_over(const struct kubernetes_call *k, const cJSON *live, struct conflicts *found)
{
	if (strcmp(k->manager, "kubectl"))
		return false;
	struct kubernetes_set own = set_by_last_applied(k, live);
	bool any = cJSON_GetObjectItemCaseSensitive(json_at(live, "metadata.annotations"), LAST_APPLIED) != NULL;
	size_t kept = 0;
	for (size_t i = 0; any && i < found->count; i++) {
		if (kubernetes_set_has(&own, found->list[i].path)) {
			free(found->list[i].manager);
			free(found->list[i].path);
		} else {
			found->list[kept++] = found->list[i];
		}
	}
	found->count = any ? kept : found->count;
	kubernetes_set_free(&own);
	return any && !found->count;
}

static void keep_last_applied(const struct kubernetes_call *k, cJSON *doc, const cJSON *applied)
{
	if (strcmp(k->manager, "kubectl") ||
	    !cJSON_GetObjectItemCaseSensitive(json_at(doc, "metadata.annotations"), LAST_APPLIED))
		return;
	cJSON *config = cJSON_Duplicate(applied, true), *annotations = json_at(config, "metadata.annotations");
	if (annotations)
		cJSON_DeleteItemFromObjectCaseSensitive(annotations, LAST_APPLIED);
	char *text = json_text(config, -1);
	const char *line = sim_tmp("%s\n", text);
	cJSON_ReplaceItemInObjectCaseSensitive(json_at(doc, "metadata.annotations"), LAST_APPLIED, cJSON_CreateString(line));
	free(text);
	cJSON_Delete(config);
}

/* Removes what self applied last time and no more, and nobody else owns. */
static cJSON *prune(const struct kubernetes_call *k, cJSON *merged, const struct owners *all, const struct kubernetes_set *last)
{
	if (!last->count)
		return merged;
	struct kubernetes_set gone = kubernetes_set_copy(last), managed = {0}, have = kubernetes_set_of(k->type, merged);
	kubernetes_set_named(k->type, &gone);
	for (size_t i = 0; i < all->count; i++)
		kubernetes_set_unite(&managed, &all->list[i].set);
	kubernetes_set_named(k->type, &managed);
	kubernetes_set_named(k->type, &have);
	/* First all of it goes; then what is owned comes back, and with it what was not this manager's. */
	cJSON *pruned = kubernetes_without(k->type, merged, &gone);
	struct kubernetes_set left = kubernetes_set_of(k->type, pruned), missing = kubernetes_set_copy(&have);
	kubernetes_set_named(k->type, &left);
	kubernetes_set_subtract(&missing, &left);
	kubernetes_set_subtract(&missing, &managed);
	cJSON_Delete(pruned);
	pruned = kubernetes_without(k->type, merged, &missing);
	kubernetes_set_free(&left);
	kubernetes_set_free(&missing);
	left = kubernetes_set_of(k->type, pruned);
	kubernetes_set_named(k->type, &left);
	missing = kubernetes_set_copy(&have);
	kubernetes_set_subtract(&missing, &left);
	kubernetes_set_intersect(&missing, &gone);
	cJSON_Delete(pruned);
	pruned = kubernetes_without(k->type, merged, &missing);
	cJSON_Delete(merged);
	kubernetes_set_free(&left);
	kubernetes_set_free(&missing);
	kubernetes_set_free(&gone);
	kubernetes_set_free(&managed);
	kubernetes_set_free(&have);
	return pruned;
}

/* The owners of a live object that nobody owned so far: what it has is from before. */
static void own_from_before(struct kubernetes_call *k, struct owners *all, const cJSON *live)
{
	if (all->count || !live)
		return;
	cJSON *nothing = empty_object(k->type);
	update(k, all, nothing, live, "before-first-apply");
	cJSON_Delete(nothing);
}

/* The owner of this manager's apply, its set exchanged for what it applies now; *last is what it was. */
static struct owner *claim(struct kubernetes_call *k, struct owners *all, const cJSON *applied, struct kubernetes_set *last)
{
	char *version = version_of(k);
	struct owner *self = find(all, k->manager, "Apply", version, k->sub);
	/* Its time is that of a change; an owner that changed nothing has none. */
	self = self ? self : add(all, k->manager, "Apply", version, "", k->sub);
	*last = self->set;
	self->set = kubernetes_set_of(k->type, applied);
	strip(k, &self->set);
	free(self->version);
	self->version = version;
	return self;
}

cJSON *kubernetes_apply(struct kubernetes_call *k, const cJSON *live, const cJSON *applied)
{
	struct owners all = live ? read_owners(live) : (struct owners){0};
	struct kubernetes_set last;
	own_from_before(k, &all, live);
	cJSON *old = live ? bare(live) : empty_object(k->type);
	struct owner *self = claim(k, &all, applied, &last);
	cJSON *doc = prune(k, kubernetes_merged(k->type, old, applied), &all, &last);
	struct kubernetes_comparison c = changes(k, old, doc);
	struct conflicts found = find_conflicts(&all, self, &c);
	if (found.count && !sim_param_bool(k->c, "force") && !may_take_over(k, old, &found)) {
		answer_conflicts(k, &found);
		cJSON_Delete(doc);
		doc = NULL;
	} else {
		take_away(&all, self, &c);
		if (!json_equal(old, doc)) {
			free(self->time);
			self->time = sim_time(k->c->sim, 0);
		}
		keep_last_applied(k, doc, applied);
		write_owners(doc, &all);
	}
	free_conflicts(&found);
	kubernetes_comparison_free(&c);
	kubernetes_set_free(&last);
	free_owners(&all);
	cJSON_Delete(old);
	return doc;
}
