/* oauth2-proxy's configuration as it takes it: TOML file, flags and variables (its pkg/apis/options, v7.15.6). */
#include "config.h"
#include "sim/front/oauth2_proxy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"
#include "sim/front/toml.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Every option of 7.15, in its table; what the table calls its type. */
TABLE_OF(options, "oauth2_proxy_options.tbl", 3);
enum { KEY, FLAG, TYPE };
static const char *const types[] = {"TEXT", "BOOL", "DURATION", "NUMBER", "LIST"};
enum option_type { OPTION_TEXT, OPTION_BOOL, OPTION_DURATION, OPTION_NUMBER, OPTION_LIST };
struct option {
	const char *key; /* NULL: there is none */
	enum option_type type;
};

static struct option option_by(int column, const char *name)
{
	size_t row = 0;
	int type = OPTION_TEXT;
	while (row < table_rows(&options) && strcmp(table_cell(&options, row, column), name))
		row++;
	if (row == table_rows(&options))
		return (struct option){NULL, OPTION_TEXT};
	while (type < OPTION_LIST && strcmp(types[type], table_cell(&options, row, TYPE)))
		type++;
	return (struct option){table_cell(&options, row, KEY), (enum option_type)type};
}

void gate_fault(struct gate *g, char *text)
{
	if (g->error)
		free(text);
	else
		g->error = text;
}

/* Durations as Go reads them: "1h30m", "-3600s". NaN when it is none. */
static double duration(const char *text)
{
	double sum = 0;
	const char *p = text + (*text == '-' || *text == '+');
	if (!strcmp(p, "0"))
		return 0;
	const char *start = p;
	while (*p) {
		char *end;
		double n = strtod(p, &end);
		static const struct {
			const char *name;
			double seconds;
		} units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
		size_t u = 0;
		while (u < 6 && strncmp(end, units[u].name, strlen(units[u].name)))
			u++;
		if (end == p || u == 6)
			return NAN;
		sum += n * units[u].seconds;
		p = end + strlen(units[u].name);
	}
	return p == start ? NAN : *text == '-' ? -sum : sum;
}

#define UNDECODED                                                                                                              \
	"failed to load legacy options: failed to load config: error unmarshalling config: decoding failed due to the "        \
	"following error(s):\n\n"

static cJSON *truth(struct gate *g, const char *key, const char *text)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0",     "f",     "F", "false",
												 "FALSE", "False", ""};
	for (size_t i = 0; i < 6; i++)
		if (!strcmp(text, yes[i]))
			return cJSON_CreateTrue();
	for (size_t i = 0; i < 7; i++)
		if (!strcmp(text, no[i]))
			return cJSON_CreateFalse();
	gate_fault(g, xasprintf(UNDECODED "'%s' cannot parse value as 'bool': strconv.ParseBool: invalid syntax", key));
	return NULL;
}

static cJSON *number(struct gate *g, const char *key, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (end != text && !*end)
		return cJSON_CreateNumber((double)n);
	gate_fault(g, xasprintf(UNDECODED "'%s' cannot parse value as 'int': strconv.ParseInt: invalid syntax", key));
	return NULL;
}

/* The elements of a list as texts. */
static cJSON *texts(const cJSON *list)
{
	cJSON *all = cJSON_CreateArray();
	for (const cJSON *i = list->child; i; i = i->next) {
		const char *text = cJSON_IsString(i)   ? i->valuestring
				   : cJSON_IsNumber(i) ? sim_tmp("%.15g", i->valuedouble)
				   : cJSON_IsBool(i)   ? (cJSON_IsTrue(i) ? "1" : "0")
						       : "";
		cJSON_AddItemToArray(all, cJSON_CreateString(text));
	}
	return all;
}

/* One value for an option, converted as viper does: texts, numbers and truths stand for one another where they can. */
static void set(struct gate *g, struct option o, const cJSON *value)
{
	cJSON *kept = NULL;
	const char *text = cJSON_IsString(value) ? value->valuestring : NULL, *shown = text;
	if (cJSON_IsNumber(value))
		shown = sim_tmp("%.15g", value->valuedouble);
	else if (cJSON_IsBool(value))
		shown = cJSON_IsTrue(value) ? "1" : "0";
	if (cJSON_IsArray(value) && o.type != OPTION_LIST)
		gate_fault(g, xasprintf(UNDECODED "'%s' expected type '%s', got unconvertible type '[]interface {}'", o.key,
					o.type == OPTION_BOOL   ? "bool"
					: o.type == OPTION_TEXT ? "string"
								: "int"));
	else if (o.type == OPTION_BOOL)
		kept = text ? truth(g, o.key, text)
			    : cJSON_CreateBool(cJSON_IsNumber(value) ? value->valuedouble != 0 : cJSON_IsTrue(value));
	else if (o.type == OPTION_DURATION && text && isnan(duration(text)))
		gate_fault(g, xasprintf(UNDECODED "'%s' time: %s duration \"%s\"", o.key,
					*text && isdigit((unsigned char)text[strlen(text) - 1]) ? "missing unit in" : "invalid",
					text));
	else if (o.type == OPTION_DURATION)
		kept = cJSON_CreateNumber(text ? duration(text) : value->valuedouble * 1e-9); /* a bare number is nanoseconds */
	else if (o.type == OPTION_NUMBER)
		kept = text ? number(g, o.key, text)
			    : cJSON_CreateNumber(cJSON_IsNumber(value) ? value->valuedouble : cJSON_IsTrue(value));
	else if (o.type == OPTION_LIST && shown)
		kept = json_make("[%s]", shown);
	else
		kept = o.type == OPTION_TEXT ? cJSON_CreateString(shown ? shown : "") : texts(value);
	if (kept)
		json_put(g->options, o.key, kept);
}

static void read_file(struct gate *g, const char *text)
{
	struct toml t = {text, 1};
	struct buf unknown = {0};
	for (toml_blank(&t, true); *t.p && !g->error; toml_blank(&t, true)) {
		size_t len = strspn(t.p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
		const char *key = sim_tmp("%.*s", (int)len, t.p);
		t.p += len;
		toml_blank(&t, false);
		cJSON *value = NULL;
		if (len && *t.p == '=') {
			t.p++;
			toml_blank(&t, false);
			value = toml_value(&t);
			toml_blank(&t, false);
		}
		struct option o = option_by(KEY, key);
		if (!value || (*t.p && *t.p != '\n'))
			gate_fault(
			    g, xasprintf("failed to load legacy options: failed to load config: unable to load config file: "
					 "While parsing config: toml: line %d: invalid syntax",
					 t.line));
		else if (json_at(g->options, key))
			gate_fault(
			    g, xasprintf("failed to load legacy options: failed to load config: unable to load config file: "
					 "While parsing config: toml: key %s is already defined",
					 key));
		else if (!o.key)
			buf_printf(&unknown, "%s%s", unknown.len ? ", " : "", key);
		else
			set(g, o, value);
		cJSON_Delete(value);
	}
	if (unknown.len)
		gate_fault(g, xasprintf(UNDECODED "'' has invalid keys: %s", buf_text(&unknown)));
	buf_free(&unknown);
}

static void read_env(const struct container *k, struct gate *g)
{
	for (const cJSON *e = k->env->child; e; e = e->next) {
		if (!text_starts(e->string, "OAUTH2_PROXY_"))
			continue;
		char *key = xstrdup(e->string + 13);
		for (char *p = key; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		struct option o = option_by(KEY, key);
		cJSON *list = o.key && o.type == OPTION_LIST ? cJSON_CreateArray() : NULL;
		for (const char *p = e->valuestring; list && *p;) { /* lists are separated by commas */
			size_t len = strcspn(p, ",");
			cJSON_AddItemToArray(list, cJSON_CreateString(sim_tmp("%.*s", (int)len, p)));
			p += len + (p[len] == ',');
		}
		if (o.key)
			set(g, o, list ? list : e);
		cJSON_Delete(list);
		free(key);
	}
}

static void read_flags(const struct container *k, struct gate *g)
{
	static const char *const others[] = {"config", "config-test", "version"};
	cJSON *lists = cJSON_CreateObject(); /* a flag given more than once adds to its list */
	for (const cJSON *a = k->argv->child ? k->argv->child->next : NULL; a; a = a->next) {
		const char *text = a->valuestring;
		if (!text_starts(text, "-"))
			continue;
		text += text[1] == '-' ? 2 : 1;
		size_t len = strcspn(text, "=");
		const char *flag = sim_tmp("%.*s", (int)len, text), *value = text[len] ? text + len + 1 : NULL;
		struct option o = option_by(FLAG, flag);
		bool other = false;
		for (size_t i = 0; i < 3; i++)
			other |= !strcmp(others[i], flag);
		if (!o.key && !other)
			gate_fault(g, xasprintf("failed to parse flags: unknown flag: --%s", flag));
		if (!value && a->next && (!o.key || o.type != OPTION_BOOL)) {
			a = a->next;
			value = a->valuestring;
		}
		if (!o.key)
			continue;
		cJSON *list = o.type == OPTION_LIST ? cJSON_GetObjectItemCaseSensitive(lists, o.key) : NULL;
		if (o.type == OPTION_LIST && !list)
			list = cJSON_AddArrayToObject(lists, o.key);
		cJSON *node = cJSON_CreateString(value ? value : "true");
		if (list)
			cJSON_AddItemToArray(list, node);
		set(g, o, list ? list : node);
		if (!list)
			cJSON_Delete(node);
	}
	cJSON_Delete(lists);
}

void gate_load(const struct container *k, struct gate *g)
{
	*g = (struct gate){.options = cJSON_CreateObject()};
	const char *path = container_flag(k, "--config");
	if (!path)
		path = container_env(k, "OAUTH2_PROXY_CONFIG", NULL);
	const char *text = path ? container_file(k, path) : NULL;
	if (path && !text)
		gate_fault(
		    g, xasprintf("failed to load legacy options: failed to load config: unable to load config file: open %s: "
				 "no such file or directory",
				 path));
	if (text)
		read_file(g, text);
	read_env(k, g);
	read_flags(k, g);
	if (!g->error)
		gate_check(k, g);
}

void gate_free(struct gate *g)
{
	cJSON_Delete(g->options);
	free(g->error);
	*g = (struct gate){0};
}

const char *gate_text(const struct gate *g, const char *key, const char *fallback)
{
	return json_str(g->options, key, fallback);
}

bool gate_bool(const struct gate *g, const char *key, bool fallback)
{
	return json_bool(g->options, key, fallback);
}

double gate_seconds(const struct gate *g, const char *key, double fallback)
{
	return json_num(g->options, key, fallback);
}

const cJSON *gate_list(const struct gate *g, const char *key)
{
	return json_at(g->options, key);
}

const char *gate_secret(const struct container *k, const struct gate *g, const char *key)
{
	const char *own = gate_text(g, key, ""), *path = gate_text(g, sim_tmp("%s_file", key), "");
	const char *text = *own ? own : *path ? container_file(k, path) : NULL;
	return text ? text : "";
}

bool gate_matches(const char *pattern, const char *text)
{
	regex_t compiled;
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	bool match = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return match;
}
