/* Requests and our own replies held to the contract, in Google's words. */
#include "config.h"
#include "sim/core/check.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { VIOLATIONS_MAX = 20 };

static void check_object(struct check *k, const char *fields, cJSON *object, const char *path);
static void check_value(struct check *k, struct span type, cJSON *value, const char *path, const char *name);

/* The path as Google shows it: proto names. */
static char *path_join(const char *path, const char *name)
{
	struct buf b = {0};
	buf_printf(&b, "%s%s", path, *path ? "." : "");
	contract_snake(&b, name, strlen(name));
	return buf_take(&b);
}

__attribute__((format(printf, 4, 5))) static void violation(struct check *k, const char *path, const char *reason,
							    const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	bool first = !k->count++;
	/* Compute Engine names the first one. */
	if (first || (k->count <= VIOLATIONS_MAX && strcmp(k->api->name, "compute") != 0)) {
		buf_printf(&k->message, "%s%s", k->message.len ? "\n" : "", text);
		cJSON *one = json_make("{'field':%s,'description':%s}", path, text);
		if (!*path)
			cJSON_DeleteItemFromObject(one, "field");
		cJSON_AddItemToArray(k->violations, one);
		k->reason = k->reason ? k->reason : reason;
	}
	free(text);
}

bool check_legacy(const struct check *k)
{
	return k->api->errors == SIM_ERRORS_LEGACY;
}

/* Compute Engine takes "" for an enum, and null anywhere, as not said: Terraform's provider sends both with each machine, and null for a
 * field that is not the request's with a proxy's override. */
static bool compute(const struct check *k)
{
	return check_legacy(k) && !strcmp(k->api->name, "compute");
}

/* The PATCH of Cloud Storage and of Cloud SQL takes null for what shall go, a map's member too: that is how a label is taken away, and a maintenance window. */
static bool takes_away(const struct check *k, const cJSON *member)
{
	return !k->reply && cJSON_IsNull(member) && (!strcmp(k->api->name, "storage") || !strcmp(k->api->name, "sqladmin"));
}

static void unknown_name(struct check *k, const char *path, const char *name, const char *why)
{
	if (*path)
		violation(k, path, "badRequest", "Invalid JSON payload received. Unknown name \"%s\" at '%s': %s", name, path,
			  why);
	else
		violation(k, "", "badRequest", "Invalid JSON payload received. Unknown name \"%s\": %s", name, why);
}

/* "resource.fooBar" of compute's own words, for a path of proto names. */
static char *legacy_path(const char *path)
{
	struct buf b = {0};
	for (; *path; path++)
		buf_putc(&b, *path == '_' && path[1] ? (char)toupper((unsigned char)*++path) : *path);
	return buf_take(&b);
}

void check_wrong_value(struct check *k, const char *path, const char *proto, const cJSON *value, const char *more)
{
	char *shown = json_text(value, -1);
	if (compute(k) && strstr(proto, "INT") && cJSON_IsString(value)) {
		violation(k, path, "invalid", "Invalid value for: Expected a signed integer, got '%s' (class java.lang.String)",
			  value->valuestring);
	} else if (compute(k)) {
		char *camel = legacy_path(path);
		violation(k, path, "invalid", "Invalid value for field '%s': '%s'. %s", camel,
			  cJSON_IsString(value) ? value->valuestring : shown, *more ? more : "Invalid type.");
		free(camel);
	} else {
		violation(k, path, "badRequest", "Invalid value at '%s' (%s), %s%s", path, proto, *more ? "" : shown, more);
	}
	free(shown);
}

static void check_array(struct check *k, struct span type, cJSON *v, const char *path, const char *name)
{
	struct span of = {type.p + 1, type.n - 1};
	if (!cJSON_IsArray(v)) {
		char *proto = of.p[0] == '@'
				  ? xasprintf("type.googleapis.com/%s.%.*s", k->api->package, (int)of.n - 1, of.p + 1)
				  : xstrdup("TYPE_STRING");
		check_wrong_value(k, path, proto, v, "");
		free(proto);
		return;
	}
	int i = 0;
	for (cJSON *e = v->child, *next; e; e = next) {
		next = e->next;
		if (cJSON_IsNull(e) && compute(k) && !k->reply) {
			cJSON_Delete(cJSON_DetachItemViaPointer(v, e));
			continue;
		}
		char *place = xasprintf("%s[%d]", path, i++);
		check_value(k, of, e, place, name);
		free(place);
	}
}

static void check_map(struct check *k, struct span of, cJSON *v, const char *path, const char *name)
{
	if (!cJSON_IsObject(v)) {
		check_wrong_value(k, path, "TYPE_MESSAGE", v, "");
		return;
	}
	for (cJSON *e = v->child, *next; e; e = next) {
		next = e->next;
		char *place = xasprintf("%s[%d].value", path, 0);
		if (!takes_away(k, e))
			check_value(k, of, e, place, name);
		free(place);
	}
}

static void check_message(struct check *k, struct span type, cJSON *v, const char *path, const char *name)
{
	struct span schema = {type.p + 1, type.n - 1};
	const char *fields = contract_schema(k->api, schema);
	if (cJSON_IsArray(v)) {
		char *up = xstrdup(path);
		char *dot = strrchr(up, '.');
		if (dot)
			*dot = '\0';
		unknown_name(k, dot ? up : "", name, "Proto field is not repeating, cannot start list.");
		free(up);
	} else if (!cJSON_IsObject(v)) {
		char *proto = xasprintf("type.googleapis.com/%s.%.*s", k->api->package, (int)schema.n, schema.p);
		bool any = fields && fields < k->api->end && !strncmp(fields, " * any", 6);
		if (!any)
			check_wrong_value(k, path, proto, v, "");
		free(proto);
	} else if (fields) {
		check_object(k, fields, v, path);
	}
}

static void check_value(struct check *k, struct span type, cJSON *v, const char *path, const char *name)
{
	if (!type.n || span_is(type, "any"))
		return;
	if (type.p[0] == '[')
		check_array(k, type, v, path, name);
	else if (type.p[0] == '{')
		check_map(k, (struct span){type.p + 1, type.n - 1}, v, path, name);
	else if (type.p[0] == '@')
		check_message(k, type, v, path, name);
	else if (type.p[0] == 'e' && type.p[1] == ':')
		check_enum(k, type, v, path, name);
	else if (span_is(type, "b")) {
		bool word = cJSON_IsString(v) && !k->reply &&
			    (!strcmp(v->valuestring, "true") || !strcmp(v->valuestring, "false"));
		if (!cJSON_IsBool(v) && !word) {
			check_wrong_value(k, path, "TYPE_BOOL", v, "");
		} else if (word) {
			v->type = v->valuestring[0] == 't' ? cJSON_True : cJSON_False;
			free(v->valuestring);
			v->valuestring = NULL;
		}
	} else if (span_is(type, "s") || span_is(type, "bytes") || span_is(type, "time") || span_is(type, "dur") ||
		   span_is(type, "mask") || span_is(type, "date"))
		check_string_format(k, type, v, path, name);
	else
		check_number(k, type, v, path);
}

static void note(struct check *k, const char *what, const char *path)
{
	if (!k->x || k->reply)
		return;
	if (!k->x->notes)
		k->x->notes = cJSON_CreateObject();
	cJSON *list = cJSON_GetObjectItemCaseSensitive(k->x->notes, what);
	cJSON_AddItemToArray(list ? list : cJSON_AddArrayToObject(k->x->notes, what), cJSON_CreateString(path));
}

/* Cloud SQL lets pass what it does not know. */
static bool ignores_unknown(const struct check *k)
{
	return !k->reply && !strcmp(k->api->name, "sqladmin");
}

static bool has_flag(struct span flags, char c)
{
	return flags.n && memchr(flags.p, c, flags.n);
}

/* What is not the client's to say goes, as Google lets it go. */
static bool is_dropped(const struct check *k, const struct contract_field *f, const cJSON *v)
{
	bool no_enum = f && f->type.n > 1 && f->type.p[0] == 'e' && compute(k) && cJSON_IsString(v) && !*v->valuestring;
	bool said = takes_away(k, v) && text_ends(k->x->call.id, ".patch");
	return !k->reply && ((cJSON_IsNull(v) && !said) || no_enum || (f && has_flag(f->flags, 'r')));
}

/* Fields that Google takes and its discovery documents leave out, as Google's own clients show. */
static bool is_unlisted(const struct check *k, const char *name)
{
	static const char *const unlisted[][2] = {
	    {"iamcredentials", "useEmailAzp"}, /* generateIdToken, from google-auth-library-nodejs */
	};
	for (size_t i = 0; !k->reply && i < sizeof unlisted / sizeof *unlisted; i++)
		if (!strcmp(k->api->name, unlisted[i][0]) && !strcmp(name, unlisted[i][1]))
			return true;
	return false;
}

static void check_member(struct check *k, const char *fields, cJSON *object, cJSON *v, const char *path)
{
	struct contract_field f;
	bool known = contract_field(k->api, fields, v->string, &f);
	bool typed = !strcmp(v->string, "@type");
	if (!known && is_unlisted(k, v->string)) {
		cJSON_Delete(cJSON_DetachItemViaPointer(object, v));
		return;
	}
	if (!known && !typed && ignores_unknown(k)) {
		char *place = path_join(path, v->string);
		note(k, "ignored", place);
		free(place);
		cJSON_Delete(cJSON_DetachItemViaPointer(object, v));
		return;
	}
	if (!known && !typed && !k->lenient && !(cJSON_IsNull(v) && (k->reply || compute(k)))) {
		unknown_name(k, path, v->string, "Cannot find field.");
		return;
	}
	if ((!known && !typed && k->reply) || is_dropped(k, known ? &f : NULL, v)) {
		cJSON_Delete(cJSON_DetachItemViaPointer(object, v));
		return;
	}
	if (!known) {
		/* A beta client's own field, which only such clients will see (show_betas). */
		char *kept = xasprintf("%s%s", typed ? "" : "beta:", v->string);
		free(v->string);
		v->string = kept;
		return;
	}
	if (!span_is(f.name, v->string) && !span_is(f.name, "*") && !k->reply) {
		free(v->string);
		v->string = span_text(f.name);
	}
	if (cJSON_IsNull(v) && !k->reply) /* of no type, and meant */
		return;
	char *place = path_join(path, v->string);
	if (has_flag(f.flags, 'd'))
		note(k, "deprecated", place);
	check_value(k, f.type, v, place, v->string);
	free(place);
}

static void check_object(struct check *k, const char *fields, cJSON *object, const char *path)
{
	for (cJSON *v = object->child, *next; v; v = next) {
		next = v->next;
		check_member(k, fields, object, v, path);
	}
}

/* What Google calls the body in error messages: the proto field that it is bound to. */
static char *body_name(const struct contract_method *m)
{
	struct span r = m->request;
	if (!strcmp(m->api->name, "sqladmin"))
		return xstrdup("body");
	if (check_legacy(&(struct check){.api = m->api}))
		return xstrdup("resource");
	if (r.n > 7 && !memcmp(r.p + r.n - 7, "Request", 7))
		return xstrdup("");
	size_t skip = 0;
	for (size_t i = 1; i + 1 < r.n && r.n > 6 && !memcmp(r.p, "Google", 6); i++)
		if (r.p[i] == 'V' && isdigit((unsigned char)r.p[i + 1])) {
			for (skip = i + 1; skip < r.n && !isupper((unsigned char)r.p[skip]);)
				skip++;
		}
	struct buf b = {0};
	contract_snake(&b, r.p + skip, r.n - skip);
	return buf_take(&b);
}

static bool finish(struct check *k)
{
	if (!k->count) {
		cJSON_Delete(k->violations);
		return true;
	}
	cJSON *details = NULL;
	if (check_legacy(k))
		cJSON_Delete(k->violations);
	else
		details = json_make("[{'@type':'type.googleapis.com/google.rpc.BadRequest','fieldViolations':%j}]",
				    k->violations);
	sim_fail_with(&k->x->call, 0, "INVALID_ARGUMENT", k->reason, details, "%s", buf_text(&k->message));
	buf_free(&k->message);
	return false;
}

/* Top-level fields that the contract calls required, in bodies that are requests (others may be partial). */
static void check_required(struct check *k, const char *fields, const cJSON *body)
{
	struct contract_field f;
	const char *at = fields;
	while (contract_next(&at, k->api->end, &f)) {
		if (!has_flag(f.flags, '!'))
			continue;
		char *name = span_text(f.name), *path = path_join("", name);
		if (!cJSON_GetObjectItemCaseSensitive(body, name))
			violation(k, path, "required", "Field '%s' is required.", path);
		free(name);
		free(path);
	}
}

static bool reject_body(struct exchange *x, const char *why)
{
	if (x->errors == SIM_ERRORS_LEGACY)
		sim_fail(&x->call, "INVALID_ARGUMENT", "parseError", "Parse Error");
	else
		sim_fail(&x->call, "INVALID_ARGUMENT", "badRequest", "Invalid JSON payload received. %s", why);
	return false;
}

static bool parse_body(struct exchange *x)
{
	struct sim_call *c = &x->call;
	if (!c->raw_len)
		return true;
	const char *end = NULL;
	c->body = cJSON_ParseWithLengthOpts(c->raw, c->raw_len, &end, 0);
	if (!c->body || end < c->raw + c->raw_len) {
		while (c->body && end < c->raw + c->raw_len && strchr(" \t\r\n", *end))
			end++;
		if (!c->body || end < c->raw + c->raw_len) {
			const char *near = end ? end : c->raw;
			size_t left = (size_t)(c->raw + c->raw_len - near);
			struct buf shown = {0};
			text_visible(&shown, near, left < 20 ? left : 20, false);
			char *why = xasprintf("Unexpected token.\n%s\n^", buf_text(&shown));
			reject_body(x, why);
			free(why);
			buf_free(&shown);
			return false;
		}
	}
	if (!cJSON_IsObject(c->body))
		return reject_body(x, "Unknown name \"\": Root element must be a message.");
	return true;
}

/* A message that is the whole body has the path's parameters as fields too; what the path says holds. */
static void drop_path_fields(struct exchange *x)
{
	for (const cJSON *p = x->call.params->child; p; p = p->next)
		cJSON_DeleteItemFromObjectCaseSensitive(x->call.body, p->string);
}

/* A parameter that is a field of the message that is the whole body. */
static bool is_bound(const struct exchange *x, const char *name, struct contract_field *f)
{
	struct span r = x->method.request;
	const char *fields = r.n > 7 && !memcmp(r.p + r.n - 7, "Request", 7) ? contract_schema(x->method.api, r) : NULL;
	return !check_legacy(&(struct check){.api = x->method.api}) && fields &&
	       contract_field(x->method.api, fields, name, f) && !strchr("@[{", f->type.p[0]);
}

/* What the body does not say of its message the query may: so Terraform's provider says the updateMask of Pub/Sub's topics. */
static void bind_query(struct exchange *x)
{
	struct contract_field f, own;
	for (const cJSON *q = x->query->child; q; q = q->next) {
		if (!cJSON_IsString(q) || contract_param(&x->method, q->string, &own) || !is_bound(x, q->string, &f))
			continue;
		char *name = span_text(f.name);
		if (!x->call.body)
			x->call.body = cJSON_CreateObject();
		if (!cJSON_GetObjectItemCaseSensitive(x->call.body, name))
			json_put_str(x->call.body, name, q->valuestring);
		free(name);
	}
}

bool check_body(struct exchange *x)
{
	const struct contract_method *m = &x->method;
	if (!m->request.n)
		return true;
	if (!parse_body(x))
		return false;
	const char *fields = contract_schema(m->api, m->request);
	struct check k = {.api = m->api, .x = x, .lenient = m->lenient};
	if (!fields)
		return true;
	k.violations = cJSON_CreateArray();
	char *name = body_name(m);
	if (!*name && x->call.body)
		drop_path_fields(x);
	bind_query(x);
	if (x->call.body)
		check_object(&k, fields, x->call.body, name);
	if (!*name && !m->lenient)
		check_required(&k, fields, x->call.body);
	free(name);
	return finish(&k);
}

static bool is_standard(const char *name)
{
	static const char *const standard[] = {
	    "alt",       "$alt",         "fields",          "$fields",     "key",          "$key",
	    "quotaUser", "$quotaUser",   "userIp",          "prettyPrint", "$prettyPrint", "pp",
	    "$.xgafv",   "$xgafv",       "access_token",    "oauth_token", "bearer_token", "callback",
	    "$callback", "uploadType",   "upload_protocol", "upload_id",   "$httpMethod",  "$outputDefaults",
	    "$unique",   "$userProject", "userProject",     "$req",        "$apiVersion"};
	for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
		if (!strcmp(standard[i], name))
			return true;
	return false;
}

static void check_parameter(struct check *k, struct exchange *x, const cJSON *q)
{
	struct contract_field f;
	cJSON *params = (cJSON *)(uintptr_t)x->call.params;
	if (contract_param(&x->method, q->string, &f)) {
		char *name = span_text(f.name);
		struct buf path = {0};
		contract_snake(&path, name, strlen(name));
		struct span type = f.type.p[0] == '[' ? (struct span){f.type.p + 1, f.type.n - 1} : f.type;
		const cJSON *first = cJSON_IsArray(q) ? q->child : q;
		if (span_is(type, "b")) {
			if (strcasecmp(first->valuestring, "true") && strcasecmp(first->valuestring, "false") &&
			    strcmp(first->valuestring, "1") && strcmp(first->valuestring, "0"))
				check_wrong_value(k, buf_text(&path), "TYPE_BOOL", first, "");
		} else if (*first->valuestring) {
			for (const cJSON *v = first; v; v = cJSON_IsArray(q) ? v->next : NULL) {
				cJSON *copy = cJSON_CreateString(v->valuestring);
				check_value(k, type, copy, buf_text(&path), name);
				cJSON_Delete(copy);
			}
		}
		if (!cJSON_GetObjectItemCaseSensitive(params, name))
			cJSON_AddItemToObject(params, name, cJSON_Duplicate(q, 1));
		free(name);
		buf_free(&path);
	} else if (!is_standard(q->string) && !is_bound(x, q->string, &f) && !k->lenient && !check_legacy(k) &&
		   !(x->method.flags.n && memchr(x->method.flags.p, 'x', x->method.flags.n))) {
		violation(k, "", "badRequest",
			  "Invalid JSON payload received. Unknown name \"%s\": Cannot bind query parameter. Field '%s' could "
			  "not be found in request "
			  "message.",
			  q->string, q->string);
	}
}

bool check_query(struct exchange *x)
{
	struct check k = {.api = x->method.api, .x = x, .lenient = x->method.lenient, .violations = cJSON_CreateArray()};
	for (const cJSON *q = x->query->child; q; q = q->next)
		check_parameter(&k, x, q);
	struct contract_field f;
	const char *at = x->method.params;
	while (contract_next(&at, x->method.api->end, &f)) {
		char *name = span_text(f.name);
		if (has_flag(f.flags, '!') && check_legacy(&k) && !cJSON_GetObjectItemCaseSensitive(x->call.params, name))
			violation(&k, name, "required", "Required parameter: %s", name);
		free(name);
	}
	return finish(&k);
}

/* The schema of a message that names its type: "type.googleapis.com/google.cloud.run.v2.Job" is GoogleCloudRunV2Job, or Job. */
static const char *schema_of_type(const struct contract_api *api, const char *type)
{
	const char *full = strrchr(type, '/'), *last = full ? strrchr(full, '.') : NULL;
	if (!last)
		return NULL;
	struct buf name = {0};
	bool up = true;
	for (const char *p = full + 1; *p; p++) {
		if (*p != '.')
			buf_putc(&name, up ? (char)toupper((unsigned char)*p) : *p);
		up = *p == '.';
	}
	const char *fields = contract_schema(api, (struct span){name.data, name.len});
	buf_free(&name);
	return fields ? fields : contract_schema(api, (struct span){last + 1, strlen(last + 1)});
}

static void number_enums(const struct contract_api *api, const char *fields, cJSON *object);

static void number_value(const struct contract_api *api, struct span type, cJSON *v)
{
	const char *typed = cJSON_IsObject(v) ? json_str(v, "@type", NULL) : NULL;
	if (typed) {
		number_enums(api, schema_of_type(api, typed), v);
	} else if (type.n && type.p[0] == '[') {
		for (cJSON *e = cJSON_IsArray(v) ? v->child : NULL; e; e = e->next)
			number_value(api, (struct span){type.p + 1, type.n - 1}, e);
	} else if (type.n && type.p[0] == '@') {
		number_enums(api, contract_schema(api, (struct span){type.p + 1, type.n - 1}), v);
	} else if (type.n > 2 && type.p[0] == 'e' && cJSON_IsString(v)) {
		for (int i = 0; check_enum_value(type, i).n; i++)
			if (span_is(check_enum_value(type, i), v->valuestring)) {
				free(v->valuestring);
				v->valuestring = NULL;
				v->type = cJSON_Number;
				cJSON_SetNumberValue(v, check_enum_number(type, i));
				return;
			}
	}
}

static void number_enums(const struct contract_api *api, const char *fields, cJSON *object)
{
	struct contract_field f;
	if (!fields || !cJSON_IsObject(object))
		return;
	for (cJSON *v = object->child; v; v = v->next)
		if (contract_field(api, fields, v->string, &f))
			number_value(api, f.type, v);
}

void check_number_enums(const struct exchange *x, cJSON *body)
{
	if (x->has_method && x->method.reply.n)
		number_enums(x->method.api, contract_schema(x->method.api, x->method.reply), body);
}

void check_reply(const struct exchange *x, const cJSON *body)
{
	if (!x->has_method || !x->call.sim->strict || !x->method.reply.n)
		return;
	const char *fields = contract_schema(x->method.api, x->method.reply);
	struct check k = {.api = x->method.api, .reply = true, .lenient = x->method.lenient};
	if (!fields)
		return;
	k.violations = cJSON_CreateArray();
	cJSON *copy = cJSON_Duplicate(body, 1);
	check_object(&k, fields, copy, "");
	if (k.count) {
		char *text = json_text(body, 0);
		fprintf(stderr, "our reply to %.*s is not Google's:\n%s\n%.4000s\n", (int)x->method.id.n, x->method.id.p,
			buf_text(&k.message), text);
		abort();
	}
	cJSON_Delete(copy);
	cJSON_Delete(k.violations);
}
