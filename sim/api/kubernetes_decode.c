/* Decoding as Go's structs do it: what has no place is dropped and told, a value of a wrong type refused, empty things left out or there as
 * each field's tag says, quantities in their canonical form. Custom resources are only pruned. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the decoder is. */
struct decoder {
	char **wrong;
	cJSON *strict;
};

enum { NAMED = -1, ASIDE = -2 }; /* ASIDE: a step that an error of type does not name */

/* A step of the way to a value: for both spellings, "spec.containers" and "spec.containers[0]". */
struct place {
	const struct place *up;
	const char *name;
	int index;         /* of a list's element; or one of these */
	const char *owner; /* Go's struct that has the field */
};

static void spell(const struct place *p, bool indexes, struct buf *b)
{
	if (!p)
		return;
	spell(p->up, indexes, b);
	if (p->index >= 0 && indexes)
		buf_printf(b, "[%d]", p->index);
	else if (p->index == NAMED || (p->index == ASIDE && indexes))
		buf_printf(b, "%s%s", b->len ? "." : "", p->name);
}

static const char *last_owner(const struct place *p)
{
	for (; p; p = p->up)
		if (p->owner)
			return p->owner;
	return "";
}

__attribute__((format(printf, 2, 3))) static void refuse(const struct decoder *d, const char *format, ...)
{
	va_list args;
	if (*d->wrong)
		return;
	va_start(args, format);
	*d->wrong = xvasprintf(format, args);
	va_end(args);
}

static void refuse_type(const struct decoder *d, const struct kubernetes_shape *s, const cJSON *v, const struct place *at)
{
	struct buf b = {0};
	const char *what = cJSON_IsString(v)   ? "string"
			   : cJSON_IsBool(v)   ? "bool"
			   : cJSON_IsArray(v)  ? "array"
			   : cJSON_IsObject(v) ? "object"
					       : "number";
	char *number = cJSON_IsNumber(v) && s->what == KUBERNETES_INTEGER ? json_text(v, -1) : NULL;
	if (s->what == KUBERNETES_INT_OR_STRING) {
		refuse(d, "json: cannot unmarshal %s into Go value of type %s", what, s->go);
		return;
	}
	spell(at, false, &b);
	refuse(d, "json: cannot unmarshal %s%s%s into Go struct field %s.%s of type %s", what, number ? " " : "",
	       number ? number : "", last_owner(at), buf_text(&b), s->go);
	buf_free(&b);
	free(number);
}

static void tell(const struct decoder *d, const char *what, const struct place *at)
{
	struct buf b = {0};
	spell(at, true, &b);
	const char *text = sim_tmp("%s field \"%s\"", what, buf_text(&b));
	const cJSON *other;
	bool known = false;
	cJSON_ArrayForEach(other, d->strict)
		known = known || !strcmp(other->valuestring, text);
	if (d->strict && !known)
		cJSON_AddItemToArray(d->strict, cJSON_CreateString(text));
	buf_free(&b);
}

/* Scalars. --------------------------------------------------------------------------------------------------------------- */

/* "1000m" is 1, "0.5" is 500m, "1024Mi" is 1Gi. NULL when it is none. */
static char *canonical_quantity(const char *text)
{
	static const char *const binary[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}, *const decimal[] = {"n", "u", "m", "",
													  "k", "M", "G", "T",
													  "P", "E"};
	size_t digits = strspn(text + (*text == '-' || *text == '+'), "0123456789.");
	const char *suffix = text + digits + (*text == '-' || *text == '+');
	double value = strtod(text, NULL), factor = -1;
	char *end;
	if (!digits)
		return NULL;
	for (int i = 1; i < 7; i++)
		if (!strcmp(suffix, binary[i])) {
			value *= pow(1024, i);
			int n = 0;
			while (n < 6 && value != 0 && fmod(value, 1024) == 0) {
				value /= 1024;
				n++;
			}
			return xasprintf("%.0f%s", ceil(value), binary[n]);
		}
	for (int i = 0; i < 10; i++)
		if (!strcmp(suffix, decimal[i]))
			factor = pow(1000, i - 3);
	if (factor < 0 && (*suffix == 'e' || *suffix == 'E') && suffix[1]) {
		factor = pow(10, (double)strtol(suffix + 1, &end, 10));
		factor = *end ? -1 : factor;
	}
	if (factor < 0)
		return NULL;
	value *= factor;
	if (value == 0)
		return xstrdup("0");
	int n = 9;
	while (n > 0 &&
	       fabs(value / pow(1000, n - 3) - round(value / pow(1000, n - 3))) > 1e-9 * fabs(value / pow(1000, n - 3)))
		n--;
	return xasprintf("%.0f%s", round(value / pow(1000, n - 3)), decimal[n]);
}

static cJSON *quantity(const struct decoder *d, const cJSON *v)
{
	char *text = cJSON_IsString(v) ? xstrdup(v->valuestring) : json_text(v, -1), *clean = canonical_quantity(text);
	cJSON *out = clean ? cJSON_CreateString(clean) : NULL;
	if (!clean)
		refuse(d, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
	free(text);
	free(clean);
	return out;
}

static cJSON *bytes(const struct decoder *d, const struct kubernetes_shape *s, const cJSON *v, const struct place *at)
{
	if (!cJSON_IsString(v)) {
		refuse_type(d, s, v, at);
		return NULL;
	}
	size_t len = strlen(v->valuestring),
	       good = strspn(v->valuestring, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	size_t padding = len - good;
	bool well = len % 4 == 0 && padding <= 2 && strspn(v->valuestring + good, "=") == padding;
	if (!well)
		refuse(d, "illegal base64 data at input byte %zu", good < len ? good : len / 4 * 4);
	return well ? cJSON_Duplicate(v, true) : NULL;
}

static cJSON *moment(const struct decoder *d, const struct kubernetes_shape *s, const cJSON *v, const struct place *at)
{
	int y, mo, day, h, mi, sec;
	if (!cJSON_IsString(v)) {
		refuse_type(d, s, v, at);
		return NULL;
	}
	if (sscanf(v->valuestring, "%4d-%2d-%2dT%2d:%2d:%2d", &y, &mo, &day, &h, &mi, &sec) != 6) {
		refuse(d, "parsing time \"%s\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"%s\" as \"2006\"",
		       v->valuestring, v->valuestring);
		return NULL;
	}
	return cJSON_Duplicate(v, true);
}

static bool fits(const struct kubernetes_shape *s, const cJSON *v)
{
	switch (s->what) {
	case KUBERNETES_STRING:
		return cJSON_IsString(v);
	case KUBERNETES_INTEGER:
		return cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble) &&
		       fabs(v->valuedouble) < (strcmp(s->go, "int32") ? 9.3e18 : 2147483648.0);
	case KUBERNETES_NUMBER:
		return cJSON_IsNumber(v);
	case KUBERNETES_BOOLEAN:
		return cJSON_IsBool(v);
	case KUBERNETES_INT_OR_STRING:
		return cJSON_IsString(v) || (cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble));
	case KUBERNETES_OBJECT:
	case KUBERNETES_MAP:
		return cJSON_IsObject(v);
	case KUBERNETES_LIST:
		return cJSON_IsArray(v);
	default:
		return true;
	}
}

/* The whole. ------------------------------------------------------------------------------------------------------------- */
static cJSON *decode_object(const struct decoder *d, const struct kubernetes_type *type, const cJSON *doc,
			    const struct place *at);

/* NULL: nothing, as for a null. */
static cJSON *decode_value(const struct decoder *d, const struct kubernetes_shape *s, const cJSON *v, const struct place *at)
{
	const cJSON *item;
	if (!v || cJSON_IsNull(v))
		return s->what == KUBERNETES_OBJECT && !s->pointer && !s->type->custom ? decode_object(d, s->type, NULL, at)
										       : NULL;
	if (s->what == KUBERNETES_QUANTITY && (cJSON_IsString(v) || cJSON_IsNumber(v)))
		return quantity(d, v);
	if (s->what == KUBERNETES_BYTES)
		return bytes(d, s, v, at);
	if (s->what == KUBERNETES_TIME)
		return moment(d, s, v, at);
	if (!fits(s, v)) {
		refuse_type(d, s, v, at);
		return NULL;
	}
	if (s->what == KUBERNETES_OBJECT)
		return decode_object(d, s->type, v, at);
	if (s->what != KUBERNETES_MAP && s->what != KUBERNETES_LIST)
		return cJSON_Duplicate(v, true);
	cJSON *out = s->what == KUBERNETES_MAP ? cJSON_CreateObject() : cJSON_CreateArray();
	int i = 0;
	cJSON_ArrayForEach(item, v) {
		struct place here = {at, item->string, s->what == KUBERNETES_LIST ? i++ : ASIDE, NULL};
		if (s->what == KUBERNETES_MAP && cJSON_GetObjectItemCaseSensitive(v, item->string) != item)
			tell(d, "duplicate", &here);
		cJSON *value = decode_value(d, s->of, item, &here);
		if (!value)
			value = s->of->what == KUBERNETES_STRING || s->of->what == KUBERNETES_BYTES ? cJSON_CreateString("")
												    : cJSON_CreateNull();
		if (s->what == KUBERNETES_LIST) {
			cJSON_AddItemToArray(out, value);
		} else {
			cJSON_DeleteItemFromObjectCaseSensitive(out, item->string);
			cJSON_AddItemToObject(out, item->string, value);
		}
	}
	return out;
}

static bool is_empty(const cJSON *v)
{
	return cJSON_IsNull(v) || (cJSON_IsString(v) && !*v->valuestring) || (cJSON_IsNumber(v) && v->valuedouble == 0) ||
	       cJSON_IsFalse(v) || ((cJSON_IsObject(v) || cJSON_IsArray(v)) && !v->child);
}

/* What Go writes for a field that was not given, or given as nothing. */
static cJSON *nothing(const struct kubernetes_field *f)
{
	const struct kubernetes_shape *s = f->shape;
	if (s->what == KUBERNETES_TIME && !s->pointer)
		return cJSON_CreateNull();
	if (f->omit_empty && !(s->what == KUBERNETES_QUANTITY && !s->pointer) &&
	    !(s->what == KUBERNETES_INT_OR_STRING && !s->pointer))
		return NULL;
	if (s->pointer || s->what == KUBERNETES_LIST || s->what == KUBERNETES_MAP || s->what == KUBERNETES_ANY ||
	    s->what == KUBERNETES_BYTES)
		return cJSON_CreateNull();
	return s->what == KUBERNETES_STRING     ? cJSON_CreateString("")
	       : s->what == KUBERNETES_QUANTITY ? cJSON_CreateString("0")
	       : s->what == KUBERNETES_BOOLEAN  ? cJSON_CreateFalse()
						: cJSON_CreateNumber(0);
}

/* A custom resource keeps what it was given, as far as it has a place. */
static cJSON *prune_object(const struct decoder *d, const struct kubernetes_type *type, const cJSON *doc,
			   const struct place *at)
{
	cJSON *out = cJSON_CreateObject();
	const cJSON *item, *element;
	cJSON_ArrayForEach(item, doc) {
		const struct kubernetes_field *f = kubernetes_field(type, item->string);
		struct place here = {at, item->string, f && f->shape->type && !f->shape->type->custom ? ASIDE : NAMED, NULL};
		if (!f) {
			tell(d, "unknown", &here);
			continue;
		}
		if (cJSON_IsNull(item))
			continue;
		const struct kubernetes_shape *s = f->shape;
		bool objects = s->what == KUBERNETES_LIST && s->of->what == KUBERNETES_OBJECT && cJSON_IsArray(item);
		cJSON *value = s->what == KUBERNETES_OBJECT && cJSON_IsObject(item) ? decode_object(d, s->type, item, &here)
			       : objects                                            ? cJSON_CreateArray()
										    : cJSON_Duplicate(item, true);
		int i = 0;
		for (element = objects ? item->child : NULL; element; element = element->next) {
			struct place there = {&here, NULL, i++, NULL};
			cJSON_AddItemToArray(value, cJSON_IsObject(element) ? decode_object(d, s->of->type, element, &there)
									    : cJSON_Duplicate(element, true));
		}
		cJSON_DeleteItemFromObjectCaseSensitive(out, item->string);
		cJSON_AddItemToObject(out, item->string, value);
	}
	return out;
}

static cJSON *decode_object(const struct decoder *d, const struct kubernetes_type *type, const cJSON *doc,
			    const struct place *at)
{
	if (type->custom)
		return prune_object(d, type, doc, at);
	cJSON *out = cJSON_CreateObject();
	const cJSON *item;
	for (item = doc ? doc->child : NULL; item; item = item->next) {
		const struct kubernetes_field *f = kubernetes_field(type, item->string);
		struct place here = {at, item->string, NAMED,
				     strchr(type->name, '.') ? strchr(type->name, '.') + 1 : type->name};
		if (!f) {
			tell(d, "unknown", &here);
			continue;
		}
		if (cJSON_HasObjectItem(doc, item->string) && cJSON_GetObjectItemCaseSensitive(doc, item->string) != item)
			tell(d, "duplicate", &here);
		cJSON *value = decode_value(d, f->shape, item, &here);
		cJSON_DeleteItemFromObjectCaseSensitive(out, item->string);
		bool structure = f->shape->what == KUBERNETES_OBJECT;
		if (value && f->omit_empty && !structure && !f->shape->pointer && f->shape->what != KUBERNETES_QUANTITY &&
		    is_empty(value) && f->shape->what != KUBERNETES_INT_OR_STRING) {
			cJSON_Delete(value);
			value = NULL;
		}
		if (value)
			cJSON_AddItemToObject(out, item->string, value);
	}
	for (size_t i = 0; i < type->count; i++) {
		const struct kubernetes_field *f = &type->fields[i];
		if (cJSON_GetObjectItemCaseSensitive(out, f->name))
			continue;
		bool structure = f->shape->what == KUBERNETES_OBJECT && !f->shape->pointer && !f->shape->type->custom;
		cJSON *value = structure ? decode_object(d, f->shape->type, NULL, NULL) : nothing(f);
		if (value)
			cJSON_AddItemToObject(out, f->name, value);
	}
	return out;
}

cJSON *kubernetes_decode(const struct kubernetes_type *type, const cJSON *doc, char **wrong, cJSON *strict)
{
	struct decoder d = {wrong, strict};
	*wrong = NULL;
	return decode_object(&d, type, doc, NULL);
}

char *kubernetes_json_complaint(const char *text, size_t len)
{
	const char *end = NULL;
	const char *copy = sim_tmp("%.*s", (int)len, text);
	cJSON *parsed = cJSON_ParseWithOpts(copy, &end, true);
	size_t at = end ? (size_t)(end - copy) : len;
	char *why = at >= strlen(copy) || strspn(copy + at, " \n\t{[,:\"") == strlen(copy + at)
			? xstrdup("unexpected end of JSON input")
			: xasprintf("invalid character '%c' looking for beginning of value", copy[at]);
	cJSON_Delete(parsed);
	return why;
}
