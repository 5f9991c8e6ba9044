/* The answers file and the values in force. */
#include "config.h"
#include "plan/answers.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"
#include "plan/axes.h"
#include "plan/checks.h"
#include "plan/resolved.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA_ID "urn:mlflow-setup:answers:1"
enum { PROBLEMS_LISTED = 20, LIST_MAX = 2000 };

struct answers *answers_new(void)
{
	struct answers *a = xcalloc(1, sizeof *a);
	a->values = cJSON_CreateObject();
	a->resolved = cJSON_CreateObject();
	a->defaults = cJSON_CreateObject();
	a->file = answers_file_share(NULL);
	return a;
}

void answers_free(struct answers *a)
{
	if (!a)
		return;
	cJSON_Delete(a->values);
	cJSON_Delete(a->resolved);
	cJSON_Delete(a->organization);
	cJSON_Delete(a->defaults);
	answers_file_drop(a->file);
	free(a->text);
	free(a);
}

struct answers *answers_copy(const struct answers *a)
{
	struct answers *copy = xcalloc(1, sizeof *copy);
	copy->values = cJSON_Duplicate(a->values, 1);
	copy->resolved = cJSON_Duplicate(a->resolved, 1);
	copy->organization = cJSON_Duplicate(a->organization, 1);
	copy->defaults = cJSON_CreateObject();
	copy->file = answers_file_share(a->file);
	copy->text = a->text ? xstrdup(a->text) : NULL;
	return copy;
}

/* Values in force ----------------------------------------------------------------------------------------------------------------- */

static cJSON *item(const cJSON *object, const char *id)
{
	return cJSON_GetObjectItemCaseSensitive(object, id);
}

static void put(cJSON *object, const char *id, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, id);
	cJSON_AddItemToObject(object, id, value);
}

const cJSON *answers_get(const struct answers *a, const char *id)
{
	const cJSON *value = item(a->values, id);
	if (value)
		return value;
	const struct question *q = question_find(id);
	if (!q)
		abort(); /* a caller misspelt an id */
	cJSON *now = question_default(q, a), *before = item(a->defaults, id);
	if (before && cJSON_Compare(before, now, 1)) {
		cJSON_Delete(now);
		return before;
	}
	put(a->defaults, id, now);
	return now;
}

const char *answers_str(const struct answers *a, const char *id)
{
	const cJSON *v = answers_get(a, id);
	return cJSON_IsString(v) ? v->valuestring : "";
}

int answers_int(const struct answers *a, const char *id)
{
	const cJSON *v = answers_get(a, id);
	return cJSON_IsNumber(v) ? v->valueint : 0;
}

bool answers_bool(const struct answers *a, const char *id)
{
	return cJSON_IsTrue(answers_get(a, id));
}

bool answers_asked(const struct answers *a, const struct question *q)
{
	return (!q->when || q->when(a)) && ((!q->owner && !q->shared) || axes_ask(a, q));
}

const cJSON *answers_organization(const struct answers *a)
{
	return a->organization ? a->organization : json_at(a->resolved, "organization");
}

void answers_found_organization(struct answers *a, const cJSON *organization)
{
	cJSON_Delete(a->organization);
	a->organization = cJSON_Duplicate(organization, 1);
}

static char *list_words(const cJSON *list)
{
	struct buf b = {0};
	const cJSON *e;
	cJSON_ArrayForEach(e, list)
		buf_printf(&b, "%s%s", b.len ? ", " : "", e->valuestring);
	return b.len ? buf_take(&b) : xstrdup(_("none"));
}

const char *count_days(unsigned long n)
{
	return ngettext("%d day", "%d days", n);
}

const char *count_hours(unsigned long n)
{
	return ngettext("%d hour", "%d hours", n);
}

const char *count_oclock(unsigned long n)
{
	(void)n;
	/* TRANSLATORS: a time of day: "3 o'clock UTC" */
	return _("%d o'clock UTC");
}

static char *number_words(const struct question *q, int n)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (q->counted)
		return xasprintf(q->counted((unsigned long)n), n);
#pragma GCC diagnostic pop
	return q->unit ? xasprintf("%d %s", n, _(q->unit)) : xasprintf("%d", n);
}

char *answers_words(const struct answers *a, const struct question *q)
{
	const cJSON *v = answers_get(a, q->id);
	switch (q->type) {
	case TYPE_BOOL:
		return xstrdup(cJSON_IsTrue(v) ? _("yes") : _("no"));
	case TYPE_INT:
		return number_words(q, v->valueint);
	case TYPE_LIST:
		return list_words(v);
	case TYPE_CHOICE: {
		const struct choice *c = choice_find(q, v->valuestring);
		return xstrdup(c ? _(c->title) : v->valuestring);
	}
	case TYPE_TEXT:
	case TYPE_SECRET:
		break;
	}
	return xstrdup(v->valuestring);
}

/* What a value may be ------------------------------------------------------------------------------------------------------------- */

static bool refuse(struct err *e, const char *sentence)
{
	return err_set(e, EXIT_ANSWERS, NULL, NULL, "%s", sentence);
}

static bool allows_int(const struct question *q, const cJSON *v, struct err *e)
{
	if (!cJSON_IsNumber(v) || v->valuedouble != v->valueint)
		return refuse(e, _("A whole number is needed."));
	if (v->valueint < q->min || v->valueint > q->max)
		return err_set(e, EXIT_ANSWERS, NULL, NULL, _("%d is outside %d to %d."), v->valueint, q->min, q->max);
	return true;
}

static bool allows_element(const struct answers *a, const struct question *q, const cJSON *list, const cJSON *v, struct err *e)
{
	if (!cJSON_IsString(v))
		return refuse(e, _("A list of texts is needed."));
	if (!*v->valuestring)
		return refuse(e, _("An element of the list is empty."));
	const char *why = question_refuses(q, a, v->valuestring);
	if (why)
		return err_set(e, EXIT_ANSWERS, NULL, NULL, "\"%s\": %s", v->valuestring, _(why));
	for (const cJSON *other = list->child; other != v; other = other->next) {
		if (!strcmp(other->valuestring, v->valuestring))
			return err_set(e, EXIT_ANSWERS, NULL, NULL, _("\"%s\" is listed twice."), v->valuestring);
	}
	return true;
}

static bool allows_list(const struct answers *a, const struct question *q, const cJSON *v, struct err *e)
{
	if (!cJSON_IsArray(v))
		return refuse(e, _("A list of texts is needed."));
	if (cJSON_GetArraySize(v) > LIST_MAX)
		return err_set(e, EXIT_ANSWERS, NULL, NULL, _("The list has more than %d elements."), LIST_MAX);
	for (const cJSON *element = v->child; element; element = element->next) {
		if (!allows_element(a, q, v, element, e))
			return false;
	}
	return true;
}

static bool unknown_choice(const struct question *q, const char *value, struct err *e)
{
	const char *ids[32];
	size_t n = 0;
	struct buf b = {0};
	for (const struct choice *c = q->choices; c->id && n < 31; c++) {
		ids[n++] = c->id;
		buf_printf(&b, "%s%s", b.len ? ", " : "", c->id);
	}
	ids[n] = NULL;
	const char *near = text_nearest(value, ids);
	if (near)
		err_set(e, EXIT_ANSWERS, NULL, NULL, _("\"%s\" is none of the choices: did you mean \"%s\"?"), value, near);
	else
		err_set(e, EXIT_ANSWERS, NULL, NULL, _("\"%s\" is none of the choices: %s."), value, buf_text(&b));
	buf_free(&b);
	return false;
}

static bool allows_text(const struct answers *a, const struct question *q, const cJSON *v, struct err *e)
{
	if (!cJSON_IsString(v))
		return refuse(e, _("A text is needed."));
	if (q->type == TYPE_CHOICE && !choice_find(q, v->valuestring))
		return unknown_choice(q, v->valuestring, e);
	const char *why = question_refuses(q, a, v->valuestring);
	return why ? refuse(e, _(why)) : true;
}

bool answers_allows(const struct answers *a, const struct question *q, const cJSON *v, struct err *e)
{
	switch (q->type) {
	case TYPE_BOOL:
		return cJSON_IsBool(v) ? true : refuse(e, _("true or false is needed."));
	case TYPE_INT:
		return allows_int(q, v, e);
	case TYPE_LIST:
		return allows_list(a, q, v, e);
	case TYPE_TEXT:
	case TYPE_CHOICE:
	case TYPE_SECRET:
		break;
	}
	return allows_text(a, q, v, e);
}

/* Setting ------------------------------------------------------------------------------------------------------------------------- */

/* Forgets answers that only repeat their default, and lists their ids, so that they follow when the default moves. */
static cJSON *loosen(struct answers *a, const char *except)
{
	cJSON *loose = cJSON_CreateArray();
	for (const struct question *q = questions; q->id; q++) {
		const cJSON *v = item(a->values, q->id);
		if (!v || !strcmp(q->id, except))
			continue;
		cJSON *fallback = question_default(q, a);
		if (cJSON_Compare(v, fallback, 1)) {
			cJSON_DeleteItemFromObjectCaseSensitive(a->values, q->id);
			cJSON_AddItemToArray(loose, cJSON_CreateString(q->id));
		}
		cJSON_Delete(fallback);
	}
	return loose;
}

/* They were answers, and are again: what is found out later about the project moves them no more. */
static void fasten(struct answers *a, cJSON *loose)
{
	const cJSON *id;
	cJSON_ArrayForEach(id, loose)
		put(a->values, id->valuestring, question_default(question_find(id->valuestring), a));
	cJSON_Delete(loose);
}

static bool unknown_question(const char *id, struct err *e)
{
	const char *near = question_nearest(id);
	if (near)
		return err_set(e, EXIT_ANSWERS, NULL, NULL, _("There is no question \"%s\": did you mean \"%s\"?"), id, near);
	return err_set(e, EXIT_ANSWERS, NULL, NULL, _("There is no question \"%s\"."), id);
}

bool answers_set(struct answers *a, const char *id, cJSON *value, struct err *e)
{
	const struct question *q = question_find(id);
	if (!q || !answers_allows(a, q, value, e)) {
		cJSON_Delete(value);
		return q ? false : unknown_question(id, e);
	}
	cJSON *loose = loosen(a, id);
	put(a->values, id, value);
	fasten(a, loose);
	return true;
}

void answers_drop(struct answers *a, const char *id)
{
	cJSON_DeleteItemFromObjectCaseSensitive(a->values, id);
}

bool answers_set_text(struct answers *a, const char *id, const char *text, struct err *e)
{
	const struct question *q = question_find(id);
	if (!q)
		return unknown_question(id, e);
	return answers_set(a, id, question_value(q, text), e);
}

cJSON *answers_choices(const struct answers *a)
{
	cJSON *choices = cJSON_CreateObject();
	for (const struct question *q = questions; q->id; q++)
		if (q->type == TYPE_CHOICE)
			cJSON_AddStringToObject(choices, q->id, answers_str(a, q->id));
		else if (q->type == TYPE_TEXT && (q->when || q->owner) && answers_asked(a, q))
			cJSON_AddStringToObject(choices, q->id, answers_str(a, q->id));
		else if (q->admits)
			cJSON_AddItemToObject(choices, q->id, cJSON_Duplicate(answers_get(a, q->id), true));
	const char *operator= json_str(a->resolved, "operator", "");
	if (*operator)
		json_put(choices, "operator", json_make("[%s]", operator));
	return choices;
}

/* Reading ------------------------------------------------------------------------------------------------------------------------- */

/* Problems are gathered, a line each, and become one error. */

struct problems {
	size_t count; /* of all; the first PROBLEMS_LISTED are in lines */
	struct buf lines;
	const char *name, *text;
};

__attribute__((format(printf, 3, 4))) static void problem(struct problems *p, const char *path, const char *format, ...)
{
	if (++p->count > PROBLEMS_LISTED)
		return;
	int line = p->name && p->text && path ? json_line(p->text, path) : 0; /* it follows the file's name */
	if (p->lines.len)
		buf_putc(&p->lines, '\n');
	if (p->name)
		outside_text(&p->lines, p->name, strlen(p->name), false, 0);
	if (line)
		buf_printf(&p->lines, ":%d", line);
	if (p->name)
		buf_puts(&p->lines, ": ");
	va_list args;
	va_start(args, format);
	char *s = xvasprintf(format, args);
	va_end(args);
	outside_text(&p->lines, s, strlen(s), false, 0);
	free(s);
}

static bool problems_end(struct problems *p, struct err *e)
{
	bool fine = !p->lines.len;
	if (p->count > PROBLEMS_LISTED)
		buf_printf(&p->lines, _("\nand %zu more"), p->count - PROBLEMS_LISTED);
	if (!fine)
		err_set_lines(e, EXIT_ANSWERS, buf_text(&p->lines));
	buf_free(&p->lines);
	return fine;
}

static void read_answer(struct problems *p, struct answers *a, cJSON *given)
{
	struct err e = {0};
	char *path = xasprintf("answers.%s", given->string);
	const struct question *q = question_find(given->string);
	if (!q && p->count >= PROBLEMS_LISTED) {
		p->count++; /* a near word is looked for only when it is told */
	} else if (!q) {
		unknown_question(given->string, &e);
		problem(p, path, "%s", e.what);
	} else {
		put(a->values, q->id, cJSON_Duplicate(given, 1));
	}
	err_free(&e);
	free(path);
}

/* A choice that exists but does not go with the others is answers_check's business: the wizard must be able to open the file. */
static bool is_known_choice(const struct question *q, const cJSON *v)
{
	return q->type == TYPE_CHOICE && cJSON_IsString(v) && choice_find(q, v->valuestring);
}

/* Checked once all are in, since a check may look at other answers. */
static void check_values(struct problems *p, const struct answers *a)
{
	for (const struct question *q = questions; q->id; q++) {
		const cJSON *v = item(a->values, q->id);
		struct err e = {0};
		if (!v || is_known_choice(q, v) || answers_allows(a, q, v, &e))
			continue;
		char *path = xasprintf("answers.%s", q->id);
		problem(p, path, "%s: %s", q->id, e.what);
		free(path);
		err_free(&e);
	}
}

static const char *const top_keys[] = {"$schema", "format", "answers", "resolved", NULL};

static void check_top(struct problems *p, const cJSON *root)
{
	for (const cJSON *c = root->child; c; c = c->next) {
		size_t i = 0;
		while (top_keys[i] && strcmp(top_keys[i], c->string))
			i++;
		const char *near = p->count < PROBLEMS_LISTED ? text_nearest(c->string, top_keys) : NULL;
		if (!top_keys[i] && near)
			problem(p, c->string, _("Unknown key \"%s\": did you mean \"%s\"?"), c->string, near);
		else if (!top_keys[i])
			problem(p, c->string, _("Unknown key \"%s\"."), c->string);
	}
	const cJSON *schema = item(root, "$schema"), *resolved = item(root, "resolved");
	if (schema && !cJSON_IsString(schema))
		problem(p, "$schema", _("$schema: A text is needed."));
	if (resolved && !cJSON_IsObject(resolved))
		problem(p, "resolved", _("resolved: An object is needed."));
	if (!cJSON_IsObject(item(root, "answers")))
		problem(p, "answers", _("answers: An object of answers is needed."));
}

static bool check_format(struct problems *p, const cJSON *root)
{
	const cJSON *f = item(root, "format");
	if (!f)
		problem(p, NULL, _("The key \"format\" is missing: it tells which version of the file this is (now %d)."),
			ANSWERS_FORMAT);
	else if (!cJSON_IsNumber(f) || f->valuedouble != f->valueint || f->valueint < 1)
		problem(p, "format", _("format: A whole number from 1 is needed."));
	else if (f->valueint > ANSWERS_FORMAT)
		problem(p, "format",
			_("Format %d is newer than this program knows (%d): use the mlflow-setup that wrote the file, or a "
			  "newer one."),
			f->valueint, ANSWERS_FORMAT);
	else
		return true;
	return false;
}

static void blame_resolved(void *arg, const char *path, const char *sentence)
{
	problem(arg, path, "%s", sentence);
}

static void read_root(struct problems *p, struct answers *a, const cJSON *root)
{
	if (!cJSON_IsObject(root)) {
		problem(p, NULL, _("An answers file is a JSON object."));
		return;
	}
	if (!check_format(p, root))
		return; /* what else it says cannot be judged */
	check_top(p, root);
	const cJSON *given = item(root, "answers"), *resolved = item(root, "resolved");
	if (cJSON_IsObject(given)) {
		for (cJSON *c = given->child; c; c = c->next)
			read_answer(p, a, c);
	}
	if (cJSON_IsObject(resolved)) {
		resolved_check(resolved, blame_resolved, p);
		cJSON_Delete(a->resolved);
		a->resolved = cJSON_Duplicate(resolved, 1);
		free(a->resolved->string);
		a->resolved->string = NULL;
	}
	check_values(p, a);
}

struct answers *answers_parse(const char *text, size_t len, const char *name, struct err *e)
{
	cJSON *root = json_parse(text, len, name, e);
	if (!root)
		return NULL;
	struct answers *a = answers_new();
	a->text = xstrndup(text, len);
	struct problems p = {.name = name, .text = a->text};
	read_root(&p, a, root);
	cJSON_Delete(root);
	if (problems_end(&p, e))
		return a;
	answers_free(a);
	return NULL;
}

/* Writing ------------------------------------------------------------------------------------------------------------------------- */

void answers_print(const struct answers *a, struct buf *out)
{
	cJSON *all = cJSON_CreateObject();
	for (const struct question *q = questions; q->id; q++)
		cJSON_AddItemToObject(all, q->id, cJSON_Duplicate(answers_get(a, q->id), 1));
	cJSON *root = json_make("{'$schema':%s,'format':%d,'answers':%j,'resolved':%j}", SCHEMA_ID, ANSWERS_FORMAT, all,
				cJSON_Duplicate(a->resolved, 1));
	json_write(out, root, 0);
	buf_putc(out, '\n');
	cJSON_Delete(root);
}

/* Checking all -------------------------------------------------------------------------------------------------------------------- */

static bool is_empty(const cJSON *v)
{
	return cJSON_IsString(v) ? !*v->valuestring : cJSON_IsArray(v) && !v->child;
}

static bool check_question(const struct answers *a, const struct question *q, struct err *e)
{
	const cJSON *v = answers_get(a, q->id);
	if (!q->optional && is_empty(v))
		return refuse(e, _("An answer is needed."));
	return answers_allows(a, q, v, e);
}

static void blame(void *arg, const char *id, const char *sentence)
{
	const struct question *q = question_find(id);
	struct problems *p = arg;
	char *path = xasprintf("answers.%s", id);
	problem(p, path, "%s: %s", q->id, sentence);
	free(path);
}

bool answers_check(const struct answers *a, const char *name, struct err *e)
{
	struct problems p = {.name = name, .text = a->text};
	for (const struct question *q = questions; q->id; q++) {
		struct err one = {0};
		if (answers_asked(a, q) && !check_question(a, q, &one))
			blame(&p, q->id, one.what);
		err_free(&one);
	}
	check_together(a, blame, &p);
	return problems_end(&p, e);
}

struct page_problem {
	const char *page, *id;
	struct err *e;
};

static void blame_page(void *arg, const char *id, const char *sentence)
{
	struct page_problem *p = arg;
	const struct question *q = question_find(id);
	if (p->id || strcmp(q->page, p->page))
		return;
	p->id = q->id;
	refuse(p->e, sentence);
}

const char *answers_check_page(const struct answers *a, const char *page, struct err *e)
{
	for (const struct question *q = questions; q->id; q++) {
		if (!strcmp(q->page, page) && answers_asked(a, q) && !check_question(a, q, e))
			return q->id;
	}
	struct page_problem p = {.page = page, .e = e};
	check_together(a, blame_page, &p);
	return p.id;
}
