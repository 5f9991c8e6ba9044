/* What kinds share: ownership marks, the ordinary reading of a reply, the ordinary comparison. */
#include "config.h"
#include "gcp/kind.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/reference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANAGED_BY "mlflow-setup"

void observation_free(struct observation *o)
{
	cJSON_Delete(o->found);
	cJSON_Delete(o->outputs);
	free(o->error);
	*o = (struct observation){0};
}

void change_free(struct change *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->differences[i].path);
		free(c->differences[i].found);
		free(c->differences[i].wanted);
		free(c->differences[i].waits);
	}
	free(c->differences);
	free(c->reason);
	free(c->caution);
	*c = (struct change){0};
}

void change_add(struct change *c, const char *path, const cJSON *found, const cJSON *wanted)
{
	const char *waits = reference_first(wanted);
	c->differences = xgrow(c->differences, c->count, &c->room, sizeof *c->differences);
	c->differences[c->count++] = (struct difference){
	    .path = xstrdup(path),
	    .found = found ? json_text(found, -1) : NULL,
	    .wanted = wanted ? json_text(wanted, -1) : NULL,
	    .waits = waits ? xstrdup(waits) : NULL,
	};
}

struct kind_time kind_time(const struct kind *k, const cJSON *spec)
{
	return k->takes ? k->takes(spec) : (struct kind_time){k->usual, k->slow};
}

bool kind_is_outside(const struct kind *k, const cJSON *spec)
{
	return k->outside && k->outside(spec);
}

static void put_uses(const struct kind_use *uses, const cJSON *spec, struct buf *out)
{
	for (; uses && uses->permission; uses++) {
		const cJSON *there = json_at(spec, uses->path);
		if (uses->value && *uses->value ? !strcmp(json_str(spec, uses->path, ""), uses->value)
						: !there == !!uses->value)
			buf_printf(out, "%s%s", out->len ? " " : "", uses->permission);
	}
}

char *kind_permissions(const struct kind *k, const cJSON *spec, enum deed deed)
{
	const struct permissions *p = &k->permissions;
	if (kind_is_outside(k, spec))
		return xstrdup("");
	const char *const fixed[DEEDS] = {[DEED_READ] = p->read,
					  [DEED_LIST] = p->list,
					  [DEED_CREATE] = p->create,
					  [DEED_UPDATE] = p->update,
					  [DEED_DESTROY] = p->destroy};
	char *own = k->permits ? k->permits(spec, deed) : fixed[deed] ? xstrdup(fixed[deed]) : NULL;
	struct buf b = {0};
	buf_puts(&b, own ? own : "");
	if (deed == DEED_CREATE || deed == DEED_UPDATE)
		put_uses(k->uses, spec, &b);
	free(own);
	return buf_take(&b);
}

cJSON *kind_labels(const struct view *v)
{
	cJSON *all = json_make("{'managed-by':%s,'stack':%s}", MANAGED_BY, v->stack);
	const cJSON *l;
	cJSON_ArrayForEach(l, json_at(v->spec, "labels"))
		if (!cJSON_HasObjectItem(all, l->string))
			cJSON_AddItemToObject(all, l->string, cJSON_Duplicate(l, true));
	return all;
}

/* Is it one that the operator took off the stack? */
static bool is_shed(const struct view *v, const char *label)
{
	const cJSON *l;
	cJSON_ArrayForEach(l, json_at(v->spec, "shed"))
		if (!strcmp(l->valuestring, label))
			return true;
	return false;
}

void kind_compare_shed(const struct view *v, const cJSON *found, const char *path, struct change *out)
{
	const cJSON *l, *labels = json_at(found, path);
	cJSON_ArrayForEach(l, labels) {
		if (!is_shed(v, l->string))
			continue;
		char *where = xasprintf("%s.%s", path, l->string);
		change_add(out, where, l, NULL);
		free(where);
		if (out->verdict == VERDICT_KEEP)
			out->verdict = VERDICT_UPDATE;
	}
}

cJSON *kind_labels_over(const struct view *v, const cJSON *found)
{
	cJSON *all = cJSON_CreateObject(), *ours = kind_labels(v);
	const cJSON *l;
	cJSON_ArrayForEach(l, found)
		if (cJSON_IsString(l) && !strchr(l->string, '/') && !cJSON_GetObjectItemCaseSensitive(ours, l->string) &&
		    !is_shed(v, l->string))
			cJSON_AddStringToObject(all, l->string, l->valuestring);
	cJSON_ArrayForEach(l, ours)
		cJSON_AddStringToObject(all, l->string, l->valuestring);
	cJSON_Delete(ours);
	return all;
}

char *kind_mark(const struct view *v)
{
	return xasprintf("managed-by=" MANAGED_BY " stack=%s", v->stack);
}

static bool kind_owned_by_labels(const struct view *v, const cJSON *labels)
{
	return !strcmp(json_str(labels, "managed-by", ""), MANAGED_BY) && !strcmp(json_str(labels, "stack", ""), v->stack);
}

/* True when labels (or a description holding the mark) are this stack's. */
static bool kind_owned_by_mark(const struct view *v, const char *description)
{
	char *mark = kind_mark(v);
	const char *at = description ? strstr(description, mark) : NULL;
	char after = at ? at[strlen(mark)] : 'x';
	free(mark);
	return at && (after == '\0' || after == ' ' || after == ';');
}

void kind_say(struct observation *out, enum presence presence, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	free(out->error);
	out->error = xvasprintf(format, args);
	va_end(args);
	out->presence = presence;
}

/* Is this 403 only the service being off in our own project? One with another consumer is about the quota project. */
static bool not_enabled(const struct view *v, const cJSON *reply)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(reply, "error.details")) {
		if (strcmp(json_str(item, "reason", ""), "SERVICE_DISABLED") != 0)
			continue;
		const char *consumer = json_str(item, "metadata.consumer", "");
		const char *slash = strchr(consumer, '/');
		return !slash || !v->number || !strcmp(slash + 1, v->number) || !strcmp(slash + 1, v->project);
	}
	return !strcmp(json_str(reply, "error.errors.0.reason", ""), "accessNotConfigured");
}

void kind_decode_plain(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (http >= 200 && http < 300) {
		out->presence = PRESENT_YES;
		out->found = reply ? cJSON_Duplicate(reply, 1) : cJSON_CreateObject();
		out->outputs = cJSON_CreateObject();
	} else if (http == 404 || (http == 403 && not_enabled(v, reply))) {
		out->presence = PRESENT_NO;
		out->off = http == 403;
	} else {
		kind_say(out, PRESENT_UNKNOWN, "%s", json_str(reply, "error.message", _("the reply cannot be read")));
	}
}

static void must_be_ours(bool ours, const struct view *v, struct observation *out)
{
	if (!ours)
		kind_say(out, PRESENT_STRANGER, _("%s exists and does not carry the mark of stack \"%s\""), v->name, v->stack);
}

void kind_decode_labels(const struct view *v, int http, const cJSON *reply, const char *path, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_YES)
		must_be_ours(kind_owned_by_labels(v, json_at(out->found, path)), v, out);
}

void kind_decode_mark(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_YES)
		must_be_ours(kind_owned_by_mark(v, json_str(out->found, "description", "")), v, out);
}

cJSON *kind_copy(const struct view *v, const char *path)
{
	const cJSON *node = json_at(v->spec, path);
	return node ? cJSON_Duplicate(node, 1) : cJSON_CreateObject();
}

cJSON *kind_value(const struct view *v, const char *path)
{
	const cJSON *node = json_at(v->spec, path);
	return node ? cJSON_Duplicate(node, 1) : NULL;
}

void kind_refuse_changed(struct change *c, const char *const *paths, const char *reason)
{
	for (size_t i = 0; i < c->count; i++)
		for (const char *const *p = paths; *p; p++)
			if (text_starts(c->differences[i].path, *p)) {
				free(c->reason);
				c->reason = xasprintf(_("%s is %s and should be %s: %s"), c->differences[i].path,
						      c->differences[i].found ? c->differences[i].found : _("not set"),
						      c->differences[i].wanted ? c->differences[i].wanted : _("not set"),
						      reason);
				c->verdict = VERDICT_REFUSE;
				return;
			}
}

bool kind_changes(const struct change *c, const char *path)
{
	for (size_t i = 0; i < c->count; i++)
		if (text_starts(c->differences[i].path, path))
			return true;
	return false;
}

char *kind_mask(const struct change *change)
{
	struct buf b = {0};
	for (size_t i = 0; i < change->count; i++) {
		size_t len = strcspn(change->differences[i].path, ".");
		bool known = false;
		for (size_t j = 0; j < i; j++)
			known |= strcspn(change->differences[j].path, ".") == len &&
				 !strncmp(change->differences[j].path, change->differences[i].path, len);
		if (!known)
			buf_printf(&b, "%s%.*s", b.len ? "," : "", (int)len, change->differences[i].path);
	}
	return buf_take(&b);
}

/* A value that proto3 JSON leaves out. */
static bool is_default(const cJSON *n)
{
	if (cJSON_IsObject(n) || cJSON_IsArray(n)) {
		for (const cJSON *c = n->child; c; c = c->next)
			if (cJSON_IsArray(n) || !is_default(c))
				return false;
		return true;
	}
	return cJSON_IsNull(n) || cJSON_IsFalse(n) || (cJSON_IsNumber(n) && n->valuedouble == 0) ||
	       (cJSON_IsString(n) && (!*n->valuestring || !strcmp(n->valuestring, "0")));
}

/* "projects/X/REST" of a link, past X/; where X is a number, digits is set. */
static const char *past_project(const char *link, bool *digits)
{
	size_t len = strcspn(link + strlen("projects/"), "/");
	const char *x = link + strlen("projects/");
	*digits = len && strspn(x, "0123456789") == len;
	return x[len] ? x + len + 1 : NULL;
}

/* A project is named by its id or, where Google writes it, by its number. */
static bool same_project_link(const char *a, const char *b)
{
	bool da, db;
	const char *ra = past_project(a, &da), *rb = past_project(b, &db);
	return ra && rb && da != db && !strcmp(ra, rb);
}

static bool links_equal(const char *a, const char *b)
{
	const char *pa = strstr(a, "projects/"), *pb = strstr(b, "projects/");
	if (!pa && !pb)
		return false;
	if (pa && pb && same_project_link(pa, pb))
		return true;
	const char *x = pa ? pa : a, *y = pb ? pb : b;
	const char *longer = strlen(x) > strlen(y) ? x : y, *shorter = longer == x ? y : x;
	size_t rest = strlen(longer) - strlen(shorter);
	if (!*shorter)
		return false;
	return !strcmp(longer + rest, shorter) && (!rest || longer[rest - 1] == '/');
}

static bool scalars_equal(const cJSON *wanted, const cJSON *found)
{
	if (json_equal(wanted, found))
		return true;
	if (cJSON_IsString(wanted) && cJSON_IsString(found))
		return links_equal(wanted->valuestring, found->valuestring);
	const cJSON *text = cJSON_IsString(wanted) ? wanted : found, *number = text == wanted ? found : wanted;
	if (!cJSON_IsString(text) || !cJSON_IsNumber(number) || !*text->valuestring)
		return false;
	char *end;
	double value = strtod(text->valuestring, &end);
	return !*end && value == number->valuedouble;
}

struct comparison {
	const char *const *skip;
	struct change *out;
	struct buf path;
};

static bool skipped(const struct comparison *k)
{
	for (const char *const *s = k->skip; s && *s; s++)
		if (!strcmp(*s, buf_text(&k->path)))
			return true;
	return false;
}

static void compare_node(struct comparison *k, const cJSON *wanted, const cJSON *found);

static void compare_child(struct comparison *k, const cJSON *wanted, const cJSON *found, int index)
{
	size_t mark = k->path.len;
	if (mark)
		buf_putc(&k->path, '.');
	if (index < 0)
		buf_puts(&k->path, wanted->string);
	else
		buf_printf(&k->path, "%d", index);
	compare_node(k, wanted, found);
	k->path.len = mark;
	if (k->path.data)
		k->path.data[mark] = '\0';
}

/* Do all of a list's objects have this field, each another value? */
static bool keyed_by(const cJSON *list, const char *key)
{
	for (const cJSON *c = list->child; c; c = c->next) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(c, key);
		if (!cJSON_IsString(value) && !cJSON_IsNumber(value))
			return false;
		for (const cJSON *before = list->child; before != c; before = before->next)
			if (json_equal(cJSON_GetObjectItemCaseSensitive(before, key), value))
				return false;
	}
	return list->child != NULL;
}

/* The field that tells the members of both lists apart, where their order says nothing; NULL where it does. */
static const char *key_of(const struct comparison *k, const cJSON *wanted, const cJSON *found)
{
	static const char *const keys[] = {"name", "key", "mountPath", "containerPort"};
	if (text_ends(buf_text(&k->path), "initContainers")) /* they run one after the other */
		return NULL;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keyed_by(wanted, keys[i]) && keyed_by(found, keys[i]))
			return keys[i];
	return NULL;
}

/* The member of found that wanted stands for: by its key, or else where it stands. */
static const cJSON *counterpart(const cJSON *wanted, const cJSON *found, const char *key, int index)
{
	const cJSON *f;
	cJSON_ArrayForEach(f, found)
		if (key &&
		    scalars_equal(cJSON_GetObjectItemCaseSensitive(wanted, key), cJSON_GetObjectItemCaseSensitive(f, key)))
			return f;
	return key ? NULL : cJSON_GetArrayItem(found, index);
}

static void compare_node(struct comparison *k, const cJSON *wanted, const cJSON *found)
{
	if (skipped(k))
		return;
	bool known = !reference_is(wanted);
	if (known && cJSON_IsObject(wanted) && cJSON_IsObject(found)) {
		for (const cJSON *c = wanted->child; c; c = c->next)
			compare_child(k, c, cJSON_GetObjectItemCaseSensitive(found, c->string), -1);
		return;
	}
	if (cJSON_IsArray(wanted) && cJSON_IsArray(found) && cJSON_GetArraySize(wanted) == cJSON_GetArraySize(found)) {
		const char *key = key_of(k, wanted, found);
		int i = 0;
		for (const cJSON *w = wanted->child; w; w = w->next, i++)
			compare_child(k, w, counterpart(w, found, key, i), i);
		return;
	}
	if (known && (found ? scalars_equal(wanted, found) : is_default(wanted)))
		return;
	change_add(k->out, buf_text(&k->path), found, wanted);
}

void kind_compare_leaves(const cJSON *wanted, const cJSON *found, const char *const *skip, struct change *out)
{
	struct comparison k = {.skip = skip, .out = out};
	compare_node(&k, wanted, found);
	buf_free(&k.path);
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
}
