/* Values held to the contract: texts of a form, numbers in their range, enums by name and by number. */
#include "config.h"
#include "sim/core/check.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number as it stands in a JSON number or a text; false when it is none or out of range. */
static bool number_within(const cJSON *v, double min, double max, bool whole)
{
	double n = v->valuedouble;
	if (cJSON_IsString(v)) {
		char *end;
		n = strtod(v->valuestring, &end);
		if (end == v->valuestring || *end || isspace((unsigned char)v->valuestring[0]))
			return !whole && (!strcmp(v->valuestring, "NaN") || text_ends(v->valuestring, "Infinity"));
	} else if (!cJSON_IsNumber(v)) {
		return false;
	}
	return n >= min && n <= max && (!whole || n == floor(n));
}

static bool is_base64(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"), pad = strspn(s + n, "=");
	return !s[n + pad] && pad <= 2 && n % 4 != 1 && (!pad || (n + pad) % 4 == 0);
}

static bool digits(const char **p, int count)
{
	for (; count; count--, ++*p)
		if (!isdigit((unsigned char)**p))
			return false;
	return true;
}

static bool is_timestamp(const char *s)
{
	if (!digits(&s, 4) || *s++ != '-' || !digits(&s, 2) || *s++ != '-' || !digits(&s, 2) || (*s != 'T' && *s != 't') ||
	    !*s++ || !digits(&s, 2) || *s++ != ':' || !digits(&s, 2) || *s++ != ':' || !digits(&s, 2))
		return false;
	if (*s == '.') {
		size_t n = strspn(s + 1, "0123456789");
		if (!n || n > 9)
			return false;
		s += n + 1;
	}
	if (*s == 'Z' || *s == 'z')
		return !s[1];
	return (*s == '+' || *s == '-') && (s++, digits(&s, 2)) && *s++ == ':' && digits(&s, 2) && !*s;
}

static bool is_duration(const char *s)
{
	s += *s == '-';
	size_t n = strspn(s, "0123456789");
	s += n;
	if (*s == '.') {
		size_t f = strspn(s + 1, "0123456789");
		if (!f || f > 9)
			return false;
		s += f + 1;
	}
	return n && n < 13 && !strcmp(s, "s");
}

static bool is_mask(const char *s)
{
	return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,*`-/ ")] == '\0';
}

/* The enum's value of this name, in any case, as proto's JSON has been read since 2021 (gcloud's own policy files say Keep and Delete); NULL. */
static const char *in_enum(struct span type, const char *value)
{
	size_t len = strlen(value);
	for (const char *p = type.p + 2, *end = type.p + type.n; p < end;) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		size_t n = (size_t)((bar ? bar : end) - p);
		if (n == len && !strncasecmp(p, value, n))
			return p;
		p += n + 1;
	}
	return NULL;
}

/* Enums whose numbers are not their places in the document, in the document's order. */
static const struct {
	const char *first; /* the first value tells which enum it is */
	signed char numbers[20];
} odd_enums[] = {
    {"LAUNCH_STAGE_UNSPECIFIED", {0, 6, 7, 1, 2, 3, 4, 5}},
    {"COMMON_REASON_UNDEFINED", {0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}},
};

/* The n-th value of an enum; n is 0 past the last. */
struct span check_enum_value(struct span type, int n)
{
	const char *p = type.p + 2, *end = type.p + type.n;
	for (; n > 0 && p < end; n--) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		p = bar ? bar + 1 : end;
	}
	const char *bar = memchr(p, '|', (size_t)(end - p));
	return (struct span){p, (size_t)((bar ? bar : end) - p)};
}

int check_enum_number(struct span type, int place)
{
	for (size_t i = 0; i < sizeof odd_enums / sizeof *odd_enums; i++)
		if (span_is(check_enum_value(type, 0), odd_enums[i].first) && place < 20)
			return odd_enums[i].numbers[place];
	return place;
}

/* Proto numbers are as good as names: they become names. */
static bool name_of_number(struct span type, cJSON *v)
{
	for (int i = 0; check_enum_value(type, i).n; i++)
		if (check_enum_number(type, i) == v->valueint) {
			v->type = cJSON_String;
			v->valuestring = span_text(check_enum_value(type, i));
			return true;
		}
	return false;
}

TABLE_OF(enum_types, "enum_types.tbl", 3);

static char *enum_type(const struct check *k, const char *field)
{
	for (size_t i = 0; i < table_rows(&enum_types); i++) {
		const char *type = table_cell(&enum_types, i, 2);
		if (!strcmp(table_cell(&enum_types, i, 0), k->api->name) && !strcmp(table_cell(&enum_types, i, 1), field))
			return text_starts(type, "google.") ? xasprintf("type.googleapis.com/%s", type)
							    : xasprintf("type.googleapis.com/%s.%s", k->api->package, type);
	}
	return xasprintf("type.googleapis.com/%s.%c%s", k->api->package, toupper((unsigned char)field[0]), field + 1);
}

void check_enum(struct check *k, struct span type, cJSON *v, const char *path, const char *name)
{
	const char *same = cJSON_IsString(v) ? in_enum(type, v->valuestring) : NULL;
	bool exact = same && !memcmp(same, v->valuestring, strlen(v->valuestring));
	if (exact)
		return;
	if (same && !k->reply && !check_legacy(k)) {
		memcpy(v->valuestring, same, strlen(v->valuestring));
		return;
	}
	if (cJSON_IsNumber(v) && !k->reply && !check_legacy(k) && name_of_number(type, v))
		return;
	char *enumeration = enum_type(k, name);
	check_wrong_value(k, path, enumeration, v, "");
	free(enumeration);
}

void check_string_format(struct check *k, struct span type, const cJSON *v, const char *path, const char *name)
{
	struct buf more = {0};
	const char *proto = "TYPE_STRING";
	bool text = cJSON_IsString(v);
	const char *s = text ? v->valuestring : "";
	if (span_is(type, "bytes")) {
		proto = "TYPE_BYTES";
		if (text && !is_base64(s))
			buf_printf(&more, "Base64 decoding failed for \"%s\"", s);
	} else if (span_is(type, "time")) {
		proto = "type.googleapis.com/google.protobuf.Timestamp";
		size_t n = strlen(s);
		bool zoned = n && (s[n - 1] == 'Z' || s[n - 1] == 'z' || (n > 6 && (s[n - 6] == '+' || s[n - 6] == '-')));
		if (text && !is_timestamp(s))
			buf_printf(
			    &more, "Field '%s', %s", name,
			    zoned ? "Invalid time format: Failed to parse input"
				  : "Illegal timestamp format; timestamps must end with 'Z' or have a valid timezone offset.");
	} else if (span_is(type, "dur")) {
		proto = "type.googleapis.com/google.protobuf.Duration";
		if (text && !is_duration(s))
			buf_printf(&more, "Field '%s', Illegal duration format; duration must end with 's'", name);
	} else if (span_is(type, "mask")) {
		proto = "type.googleapis.com/google.protobuf.FieldMask";
		if (text && !is_mask(s))
			buf_printf(&more, "Field '%s', Invalid field mask", name);
	}
	if (!text || more.len)
		check_wrong_value(k, path, proto, v, buf_text(&more));
	buf_free(&more);
}

/* A number in a text, or the other way, becomes what Google's replies have: 64 bits as text, the rest as number. */
static void respell(cJSON *v, bool as_text)
{
	char text[32];
	if (as_text == cJSON_IsString(v) || (cJSON_IsString(v) && !number_within(v, -INFINITY, INFINITY, false)))
		return;
	if (as_text) {
		snprintf(text, sizeof text, "%.0f", v->valuedouble);
		v->type = cJSON_String;
		v->valuestring = xstrdup(text);
	} else {
		double n = strtod(v->valuestring, NULL);
		free(v->valuestring);
		v->valuestring = NULL;
		v->type = cJSON_Number;
		cJSON_SetNumberValue(v, n);
	}
}

void check_number(struct check *k, struct span type, cJSON *v, const char *path)
{
	static const struct {
		const char *type, *proto;
		double min, max;
	} kinds[] = {{"i32", "TYPE_INT32", -2147483648.0, 4294967295.0},
		     {"u32", "TYPE_UINT32", 0, 4294967295.0},
		     {"i64", "TYPE_INT64", -0x1p63, 0x1p63},
		     {"u64", "TYPE_UINT64", 0, 0x1p64},
		     {"num", "TYPE_DOUBLE", -INFINITY, INFINITY}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!span_is(type, kinds[i].type))
			continue;
		bool as_text = type.n == 3 && type.p[1] == '6'; /* 64 bits are texts in Google's replies, others numbers */
		bool spelt = !k->reply || as_text == cJSON_IsString(v);
		if (!spelt || !number_within(v, kinds[i].min, kinds[i].max, strcmp(kinds[i].type, "num") != 0))
			check_wrong_value(k, path, kinds[i].proto, v, "");
		else if (!k->reply)
			respell(v, as_text);
		return;
	}
}
