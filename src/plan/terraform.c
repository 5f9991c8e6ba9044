/* A stack as Terraform has it: each resource by its kind's row (gcp/terraform.h). */
#include "config.h"
#include "plan/terraform.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/reference.h"
#include "gcp/terraform.h"
#include "plan/hcl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct writing {
	const struct plan *p;
	const cJSON *resolved;
	struct terraform *out;
	cJSON *left;   /* addresses of what is left out, though its kind has a row: who refers to that is left out too */
	cJSON *opened; /* labels of the versions whose values the provider is shown, and keeps nowhere */
	/* Of the resource that is written now: */
	const struct resource *at;
	const struct kind_terraform *row;
	cJSON *referred;     /* addresses that it refers to */
	const char *unknown; /* the id of one that it refers to, and that Terraform does not know; or NULL */
	struct err *e;
};

static struct view view_of(const struct plan *p, const struct resource *r)
{
	return (struct view){
	    .project = p->project, .number = p->number, .stack = p->stack, .id = r->id, .name = r->name, .spec = r->spec};
}

static const char *type_of(const struct plan *p, const struct resource *r)
{
	const struct kind_terraform *t = &r->kind->terraform;
	struct view v = view_of(p, r);
	return t->type_of ? t->type_of(&v) : t->type;
}

/* "secret/db-password" as a name of Terraform's. */
static char *label_of(const struct resource *r)
{
	char *label = xstrdup(r->id);
	for (char *c = label; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return label;
}

/* How others name it; NULL when Terraform does not know it. The caller frees. */
static char *address_of(const struct plan *p, const struct resource *r)
{
	const struct kind_terraform *t = &r->kind->terraform;
	const char *type = type_of(p, r);
	char *label = label_of(r), *address = NULL;
	if (type)
		address = xasprintf("%s%s.%s", t->data ? "data." : "", type, label);
	else if (t->value)
		address = xasprintf("var.%s", label);
	free(label);
	return address;
}

/* Values: Google's words become Terraform's --------------------------------------------------------------------------------- */

static const cJSON *member(const cJSON *node, const char *key)
{
	return cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, key) : NULL;
}

/* The expression for an output; NULL when there is none. */
static char *output_of(const struct resource *r, const char *address, const char *output)
{
	struct buf b = {0};
	for (const char *const *o = r->kind->terraform.outputs; o && *o && !b.len; o += 2)
		for (const char *c = strcmp(*o, output) ? "" : o[1]; *c; c++)
			if (*c == '@')
				buf_puts(&b, address);
			else
				buf_putc(&b, *c);
	return b.len ? buf_take(&b) : NULL;
}

/* The expression for a $ref node, for the caller to free; NULL, and it is noted, when Terraform does not know it. */
static char *expression_of(struct writing *w, const cJSON *node)
{
	const char *id = reference_id(node);
	const struct resource *r = plan_find(w->p, id);
	char *words = reference_words(node), *address = r ? address_of(w->p, r) : NULL;
	bool there = address && !member(w->left, address);
	char *expression = there ? output_of(r, address, words + strlen(id) + 1) : NULL;
	if (expression)
		json_put_key(w->referred, address, cJSON_CreateTrue());
	else
		w->unknown = id;
	free(address);
	free(words);
	return expression;
}

/* Appends a value to the inside of a text: an expression where it is a reference. */
static void put_value(struct writing *w, struct buf *b, const cJSON *value)
{
	char *expression = reference_is(value) ? expression_of(w, value) : NULL;
	if (expression)
		hcl_insert(b, expression);
	else if (cJSON_IsString(value))
		hcl_escape(b, value->valuestring);
	free(expression);
}

static cJSON *text_of_parts(struct writing *w, const cJSON *parts)
{
	struct buf b = {0};
	const cJSON *part;
	buf_putc(&b, '"');
	cJSON_ArrayForEach(part, parts)
		put_value(w, &b, part);
	buf_putc(&b, '"');
	cJSON *made = hcl_expression("%s", buf_text(&b));
	buf_free(&b);
	return made;
}

/* What a $secret node stands for is kept by a version: Terraform opens that while it runs. */
static cJSON *secret_value(struct writing *w, const char *name)
{
	const struct resource *keeper = NULL;
	bool drawn = false; /* and kept by nobody: another is as good, as long as nobody knows it */
	for (size_t i = 0; i < w->p->secret_count; i++) {
		const struct plan_secret *secret = &w->p->secrets[i];
		if (!strcmp(secret->name, name) && secret->keeper)
			keeper = plan_find(w->p, secret->keeper);
		drawn |= !strcmp(secret->name, name) && !secret->keeper && !secret->reference;
	}
	if (drawn)
		return hcl_expression("uuid()");
	if (!keeper) {
		err_set(w->e, EXIT_BUG, NULL, NULL, _("%s needs the secret %s, and no version keeps it."), w->at->id, name);
		return cJSON_CreateNull();
	}
	char *label = label_of(keeper), *address = address_of(w->p, keeper);
	json_put_key(w->opened, label, cJSON_CreateString(address));
	cJSON *made = hcl_expression("ephemeral.%s.%s.secret_data", type_of(w->p, keeper), label);
	free(address);
	free(label);
	return made;
}

/* Members of these are keys of an operator's or of Google's, and no arguments. */
static bool is_map(const char *key)
{
	static const char *const maps[] = {"labels",   "annotations",      "userLabels",   "limits",         "nodeSelector",
					   "metadata", "attributeMapping", "envVariables", "resourceLabels", NULL};
	for (const char *const *m = maps; *m; m++)
		if (!strcmp(*m, key))
			return true;
	return false;
}

static cJSON *shaped(struct writing *w, const cJSON *node, bool keys);

static void put_shaped(struct writing *w, cJSON *out, const cJSON *child, bool keys)
{
	char *key = keys ? text_snake(child->string) : xstrdup(child->string);
	bool map = keys && cJSON_IsObject(child) && !reference_is(child) && is_map(child->string);
	json_put_key(out, key, map ? json_make("{'$map':%j}", shaped(w, child, false)) : shaped(w, child, keys));
	free(key);
}

/* A copy in Terraform's words, expressions in the place of references; keys: object's keys are arguments. */
static cJSON *shaped(struct writing *w, const cJSON *node, bool keys)
{
	const cJSON *child;
	if (member(node, "$join"))
		return text_of_parts(w, member(node, "$join"));
	if (reference_is(node)) {
		char *expression = expression_of(w, node);
		cJSON *made = expression ? hcl_expression("%s", expression) : cJSON_CreateNull();
		free(expression);
		return made;
	}
	if (member(node, "$secret"))
		return secret_value(w, json_str(node, "$secret", ""));
	if (!node->child || member(node, "$hcl"))
		return cJSON_Duplicate(node, true);
	cJSON *out = cJSON_IsArray(node) ? cJSON_CreateArray() : cJSON_CreateObject();
	cJSON_ArrayForEach(child, node) {
		if (cJSON_IsArray(node))
			cJSON_AddItemToArray(out, shaped(w, child, keys));
		else
			put_shaped(w, out, child, keys);
	}
	return out;
}

/* A resource ----------------------------------------------------------------------------------------------------------------- */

static void move(cJSON *body, const char *from, const char *to)
{
	const cJSON *found = json_at(body, from);
	if (!found)
		return;
	cJSON *value = cJSON_Duplicate(found, true);
	json_drop(body, from);
	if (*to)
		json_put(body, to, value);
	else
		cJSON_Delete(value);
}

/* Of a path the last piece. */
static cJSON *last_segment(cJSON *value)
{
	const char *slash = cJSON_IsString(value) ? strrchr(value->valuestring, '/') : NULL;
	if (!slash)
		return value;
	cJSON *last = cJSON_CreateString(slash + 1);
	cJSON_Delete(value);
	return last;
}

/* The arguments in Google's words, references and all. */
static cJSON *google_body(const struct kind *k, const struct kind_terraform *row, const struct view *v)
{
	struct observation nothing = {0};
	struct call call = {0};
	if (!row->body && k->create)
		k->create(v, &nothing, &call);
	cJSON *body = row->body ? row->body(v) : call.body ? call.body : cJSON_CreateObject();
	call.body = NULL;
	call_free(&call);
	for (const char *const *m = row->moves; m && *m; m += 2)
		move(body, m[0], m[1]);
	for (const char *const *t = row->takes; t && *t; t += 2)
		if (json_at(v->spec, t[0]))
			json_put(body, t[1], last_segment(kind_value(v, t[0])));
	return body;
}

/* Its name and place come first. */
static cJSON *arguments_of(struct writing *w, const struct view *v)
{
	const struct kind_terraform *t = w->row;
	const char *name = t->name ? t->name : "name";
	const char *place = json_str(v->spec, "region", json_str(v->spec, "zone", ""));
	cJSON *body = google_body(w->at->kind, t, v), *all = cJSON_CreateObject(), *child;
	if (*name)
		json_put_str(all, name, v->name);
	if (t->place && *place)
		json_put_str(all, t->place, place);
	cJSON *more = t->adds ? json_make(t->adds) : cJSON_CreateObject();
	cJSON_ArrayForEach(child, more)
		if (!json_at(body, child->string))
			json_put(body, child->string, cJSON_Duplicate(child, true));
	cJSON_ArrayForEach(child, body)
		if (!json_at(all, child->string))
			put_shaped(w, all, child, true);
	cJSON_Delete(more);
	cJSON_Delete(body);
	return all;
}

static cJSON *expressions(const char *list)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t len; *list; list += len + strspn(list + len, ", ")) {
		len = strcspn(list, ",");
		cJSON_AddItemToArray(all, hcl_expression("%.*s", (int)len, list));
	}
	return all;
}

/* What it needs and does not refer to has to be there first all the same. */
static cJSON *needs_of(const struct writing *w)
{
	cJSON *needs = cJSON_CreateArray();
	for (size_t n = 0; n < w->at->need_count; n++) {
		const struct resource *need = plan_find(w->p, w->at->needs[n]);
		char *address = need && type_of(w->p, need) ? address_of(w->p, need) : NULL;
		if (address && !member(w->referred, address) && !member(w->left, address))
			cJSON_AddItemToArray(needs, hcl_expression("%s", address));
		free(address);
	}
	return needs;
}

/* Appends what stands for the name between braces. */
static void put_named(struct writing *w, struct buf *b, const struct view *v, const char *key, const char *name)
{
	size_t len = strlen(name);
	bool may_lack = len && name[len - 1] == '/';
	const char *own = !strcmp(name, "name")      ? v->name
			  : !strcmp(name, "project") ? v->project
			  : !strcmp(name, "number")  ? v->number
			  : !strcmp(name, "key")     ? key
						     : NULL;
	char *path = xstrndup(name, may_lack ? len - 1 : len);
	const cJSON *value = own ? NULL : json_at(v->spec, path);
	if (own)
		hcl_escape(b, own);
	put_value(w, b, value);
	if (may_lack && cJSON_IsString(value) && *value->valuestring)
		buf_putc(b, '/');
	free(path);
}

/* The inside of a text of Terraform's; the caller frees. */
static char *filled(struct writing *w, const struct view *v, const char *key, const char *pattern)
{
	struct buf b = {0};
	while (*pattern) {
		size_t plain = strcspn(pattern, "{"), len = strcspn(pattern + plain, "}");
		char *name = len ? xstrndup(pattern + plain + 1, len - 1) : NULL;
		buf_add(&b, pattern, plain);
		if (name)
			put_named(w, &b, v, key, name);
		free(name);
		pattern += plain + (len ? len + 1 : 0);
	}
	return buf_take(&b);
}

static char *import_id(struct writing *w, const struct view *v, const char *key)
{
	const struct kind_terraform *t = w->row;
	if (!t->import_of)
		return filled(w, v, key, t->import);
	struct buf b = {0};
	char *id = t->import_of(v, key);
	hcl_escape(&b, id);
	free(id);
	return buf_take(&b);
}

static void write_import(struct writing *w, const struct view *v, const char *address, const char *key)
{
	struct buf *b = &w->out->imports;
	char *id = import_id(w, v, key);
	buf_printf(b, "\nimport {\n  to = %s", address);
	if (key) {
		buf_putc(b, '[');
		hcl_text(b, key);
		buf_putc(b, ']');
	}
	buf_printf(b, "\n  id = \"%s\"\n}\n", id);
	free(id);
}

static cJSON *set_of(const cJSON *keys)
{
	struct buf b = {0};
	const cJSON *key;
	buf_puts(&b, "toset([\n");
	cJSON_ArrayForEach(key, keys) {
		buf_puts(&b, "    ");
		hcl_text(&b, key->valuestring);
		buf_puts(&b, ",\n");
	}
	buf_puts(&b, "  ])");
	cJSON *made = hcl_expression("%s", buf_text(&b));
	buf_free(&b);
	return made;
}

static void write_comment(struct buf *b, const char *text)
{
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		buf_printf(b, "# %.*s\n", (int)len, text);
	}
}

static void write_block(struct writing *w, const char *word, const char *type, const char *label, const cJSON *arguments)
{
	const struct kind *k = w->at->kind;
	struct buf *b = &w->out->main;
	buf_putc(b, '\n');
	write_comment(b, k->title);
	if (w->row->comment)
		write_comment(b, w->row->comment);
	buf_printf(b, "%s \"%s\" \"%s\" {\n", word, type, label);
	hcl_body(b, arguments, 1);
	buf_puts(b, "}\n");
}

static void note_left(struct writing *w, const char *why)
{
	cJSON_AddItemToArray(json_at(w->out->data, "left"),
			     json_make("{'title':%s,'name':%s,'why':%s}", w->at->kind->title, w->at->name, why));
}

/* Writes what every member of keys (NULL: the one resource) is, and where it is found. */
static void write_resource(struct writing *w, const struct view *v, cJSON *keys)
{
	const struct kind_terraform *t = w->row;
	const char *type = t->type_of ? t->type_of(v) : t->type;
	cJSON *all = cJSON_CreateObject(), *own = arguments_of(w, v);
	char *label = label_of(w->at), *address = xasprintf("%s.%s", type, label);
	const cJSON *key;
	if (keys)
		json_put(all, "for_each", set_of(keys));
	cJSON *child;
	while ((child = cJSON_DetachItemFromArray(own, 0)))
		cJSON_AddItemToObject(all, child->string, child);
	json_put(all, "depends_on", needs_of(w));
	if (t->ignores)
		json_put(all, "lifecycle", json_make("{'ignore_changes':%j}", expressions(t->ignores)));
	if (w->unknown) {
		note_left(w, "It refers to what only the cluster or the cloud tells while the stack is made.");
		json_put_key(w->left, address, cJSON_CreateTrue());
	} else {
		write_block(w, t->data ? "data" : "resource", type, label, all);
		if (!t->data && !keys)
			write_import(w, v, address, NULL);
		cJSON_ArrayForEach(key, keys)
			write_import(w, v, address, key->valuestring);
	}
	free(address);
	free(label);
	cJSON_Delete(own);
	cJSON_Delete(all);
}

static void write_variable(struct writing *w, const struct view *v)
{
	struct buf *b = &w->out->variables;
	const char *recorded = w->at->recorded_as ? json_str(w->resolved, w->at->recorded_as, NULL) : NULL;
	char *label = label_of(w->at), *value = w->at->kind->terraform.value(v, recorded);
	cJSON *body = json_make("{'description':%s,'type':{'$hcl':'string'},'default':%s}", w->at->kind->title, value);
	buf_printf(b, "\nvariable \"%s\" {\n", label);
	hcl_body(b, body, 1);
	buf_puts(b, "}\n");
	cJSON_Delete(body);
	free(value);
	free(label);
}

static void write_one(struct writing *w, const struct resource *r)
{
	const struct kind_terraform *t = &r->kind->terraform;
	struct view v = view_of(w->p, r);
	w->at = r;
	w->row = t;
	w->unknown = NULL;
	w->referred = cJSON_CreateObject();
	if (t->value)
		write_variable(w, &v);
	if (type_of(w->p, r)) {
		cJSON *keys = t->each ? t->each(&v) : NULL;
		write_resource(w, &v, keys);
		cJSON_Delete(keys);
		if (t->also) {
			w->row = t->also;
			write_resource(w, &v, NULL);
		}
	} else {
		note_left(w, t->none);
	}
	cJSON_Delete(w->referred);
}

/* Values that are only shown to the provider, and are in no state. */
static void write_opened(struct writing *w)
{
	const cJSON *label;
	cJSON_ArrayForEach(label, w->opened) {
		buf_puts(&w->out->main, "\n# Opened while Terraform runs, and kept nowhere\n");
		buf_printf(&w->out->main, "ephemeral \"%.*s\" \"%s\" {\n",
			   (int)(strrchr(label->valuestring, '.') - label->valuestring - 5), label->valuestring + 5,
			   label->string);
		buf_printf(&w->out->main, "  secret  = %s.secret\n  version = %s.version\n}\n", label->valuestring,
			   label->valuestring);
	}
}

bool terraform_make(const struct plan *p, const cJSON *resolved, struct terraform *out, struct err *e)
{
	struct writing w = {
	    .p = p, .resolved = resolved, .out = out, .left = cJSON_CreateObject(), .opened = cJSON_CreateObject(), .e = e};
	out->data = json_make("{'project':%s,'region':%s,'stack':%s,'left':[]}", p->project, p->region, p->stack);
	buf_puts(&out->main, "# The stack as it is planned. See README.md beside this file.\n");
	buf_puts(&out->imports, "# What stands already is taken over. Once it was, this file may go.\n");
	buf_puts(&out->variables, "# What mlflow-setup made and Terraform only uses. No secret is here.\n");
	for (size_t i = 0; i < p->count && !e->exit; i++)
		if (!p->resources[i].unwanted)
			write_one(&w, &p->resources[i]);
	write_opened(&w);
	cJSON_Delete(w.left);
	cJSON_Delete(w.opened);
	return !e->exit;
}

void terraform_free(struct terraform *t)
{
	buf_free(&t->main);
	buf_free(&t->imports);
	buf_free(&t->variables);
	cJSON_Delete(t->data);
	*t = (struct terraform){0};
}
