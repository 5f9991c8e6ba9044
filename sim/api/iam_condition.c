/* Conditions of role bindings, evaluated by a descent through the grammar, one function a level. An error in one half of && or || does not matter
 * where the other half decides. */
#define _GNU_SOURCE /* strptime, timegm */
#include "config.h"
#include "sim/api/iam_condition.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEEPEST = 40 };

/* Texts are sim_tmp's; a list is owned by its value. */
struct value {
	enum { WRONG, TRUTH, NUMBER, TEXT, TIME, SPAN, LIST, API } what;
	double number; /* truths, numbers, seconds */
	const char *text;
	cJSON *list;
};

struct parser {
	const char *at;
	const struct condition_place *place;
	const char *why;
	int depth;
};

static struct value any(struct parser *p);

static struct value wrong(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return (struct value){.what = WRONG};
}

static struct value truth(bool yes)
{
	return (struct value){.what = TRUTH, .number = yes};
}

static struct value number(double n)
{
	return (struct value){.what = NUMBER, .number = n};
}

static struct value text(const char *t)
{
	return (struct value){.what = TEXT, .text = t};
}

static void drop(struct value *v)
{
	cJSON_Delete(v->list);
	v->list = NULL;
}

static void skip(struct parser *p)
{
	for (;;) {
		p->at += strspn(p->at, " \t\r\n");
		if (p->at[0] != '/' || p->at[1] != '/')
			return;
		p->at += strcspn(p->at, "\n");
	}
}

static bool take(struct parser *p, const char *word)
{
	skip(p);
	size_t len = strlen(word);
	bool letters = isalpha((unsigned char)word[0]);
	if (strncmp(p->at, word, len) || (letters && (isalnum((unsigned char)p->at[len]) || p->at[len] == '_')))
		return false;
	p->at += len;
	return true;
}

/* Times. -------------------------------------------------------------------------------------------------------------------- */
static double parse_time(const char *t)
{
	struct tm tm = {0};
	const char *end = strptime(t, "%Y-%m-%dT%H:%M:%S", &tm);
	int hours = 0, minutes = 0;
	if (!end)
		return NAN;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	char sign = *end;
	if ((sign == '+' || sign == '-') && sscanf(end + 1, "%d:%d", &hours, &minutes) != 2)
		return NAN;
	if (sign != 'Z' && sign != '+' && sign != '-')
		return NAN;
	double offset = hours * 3600 + minutes * 60;
	return (double)timegm(&tm) - (sign == '-' ? -offset : offset);
}

/* "3600s", "1h30m". */
static double parse_span(const char *t)
{
	double sum = 0;
	bool minus = *t == '-';
	for (t += minus; *t;) {
		char *end;
		double n = strtod(t, &end);
		double unit = !strncmp(end, "ms", 2) ? 1e-3 : *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' ? 1 : NAN;
		if (end == t || isnan(unit))
			return NAN;
		sum += n * unit;
		t = end + (unit == 1e-3 ? 2 : 1);
	}
	return minus ? -sum : sum;
}

/* The calendar of a time in a zone: "UTC", "+02:00", "Europe/Berlin"; the process's own zone is put back. */
static struct tm calendar(double t, const char *zone)
{
	struct tm tm;
	int hours, minutes;
	if (zone && (*zone == '+' || *zone == '-') && sscanf(zone + 1, "%d:%d", &hours, &minutes) == 2) {
		t += (*zone == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
		zone = NULL;
	}
	time_t when = (time_t)t;
	if (!zone || !*zone || !strcmp(zone, "UTC")) {
		gmtime_r(&when, &tm);
		return tm;
	}
	const char *had = getenv("TZ");
	char *old = had ? xstrdup(had) : NULL;
	setenv("TZ", zone, 1);
	tzset();
	localtime_r(&when, &tm);
	if (old)
		setenv("TZ", old, 1);
	else
		unsetenv("TZ");
	tzset();
	free(old);
	return tm;
}

static struct value time_part(struct parser *p, double t, const char *name, const char *zone)
{
	struct tm tm = calendar(t, zone);
	const struct {
		const char *name;
		int value;
	} parts[] = {{"getFullYear", tm.tm_year + 1900}, {"getMonth", tm.tm_mon},      {"getDate", tm.tm_mday},
		     {"getDayOfMonth", tm.tm_mday - 1},  {"getDayOfYear", tm.tm_yday}, {"getDayOfWeek", tm.tm_wday},
		     {"getHours", tm.tm_hour},           {"getMinutes", tm.tm_min},    {"getSeconds", tm.tm_sec}};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (!strcmp(parts[i].name, name))
			return number(parts[i].value);
	return wrong(p, "undeclared reference to a method of a timestamp");
}

/* Methods. ------------------------------------------------------------------------------------------------------------------ */
/* "/buckets/{name}/": what stands for {name} after the first place where the text before it is; "" when there is none. */
static const char *extracted(const char *subject, const char *template)
{
	const char *open = strchr(template, '{'), *close = open ? strchr(open, '}') : NULL;
	if (!close)
		return "";
	const char *before = sim_tmp("%.*s", (int)(open - template), template), *after = close + 1;
	const char *from = strstr(subject, before);
	if (!from)
		return "";
	from += strlen(before);
	const char *to = *after ? strstr(from, after) : from + strlen(from);
	return to ? sim_tmp("%.*s", (int)(to - from), from) : "";
}

static struct value matches(struct parser *p, const char *subject, const char *pattern)
{
	regex_t compiled;
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return wrong(p, "invalid regular expression");
	bool yes = regexec(&compiled, subject, 0, NULL, 0) == 0;
	regfree(&compiled);
	return truth(yes);
}

/* Is everything in the list of roles among these? */
static struct value has_only(const cJSON *list, const cJSON *allowed)
{
	const cJSON *one, *other;
	cJSON_ArrayForEach(one, list) {
		bool found = false;
		cJSON_ArrayForEach(other, allowed)
			found = found || json_equal(one, other);
		if (!found)
			return truth(false);
	}
	return truth(true);
}

static struct value text_method(struct parser *p, const char *subject, const char *name, const struct value *a)
{
	if (!strcmp(name, "size"))
		return number((double)strlen(subject));
	if (a->what != TEXT)
		return wrong(p, "found no matching overload");
	if (!strcmp(name, "startsWith"))
		return truth(text_starts(subject, a->text));
	if (!strcmp(name, "endsWith"))
		return truth(text_ends(subject, a->text));
	if (!strcmp(name, "contains"))
		return truth(strstr(subject, a->text) != NULL);
	if (!strcmp(name, "extract"))
		return text(extracted(subject, a->text));
	return !strcmp(name, "matches") ? matches(p, subject, a->text)
					: wrong(p, "undeclared reference to a method of a string");
}

/* api.getAttribute(NAME, DEFAULT) */
static struct value attribute(struct parser *p, const struct value *a, struct value *fallback)
{
	if (a->what != TEXT)
		return wrong(p, "found no matching overload");
	if (!strcmp(a->text, "iam.googleapis.com/modifiedGrantsByRole") && p->place->modified)
		return (struct value){.what = LIST, .list = cJSON_Duplicate(p->place->modified, true)};
	struct value v = *fallback;
	fallback->list = NULL;
	return v;
}

static struct value method(struct parser *p, struct value subject, const char *name)
{
	struct value args[2] = {{.what = WRONG}, {.what = WRONG}}, result;
	int n = 0;
	while (!take(p, ")") && n < 2) {
		args[n++] = any(p);
		if (!take(p, ",") && (skip(p), *p->at != ')'))
			break;
	}
	if (p->at[-1] != ')')
		result = wrong(p, "Syntax error: missing ')'");
	else if (subject.what == TEXT)
		result = text_method(p, subject.text, name, &args[0]);
	else if (subject.what == TIME)
		result = time_part(p, subject.number, name, n ? args[0].text : NULL);
	else if (subject.what == LIST && !strcmp(name, "hasOnly") && args[0].what == LIST)
		result = has_only(subject.list, args[0].list);
	else if (subject.what == LIST && !strcmp(name, "size"))
		result = number(cJSON_GetArraySize(subject.list));
	else if (subject.what == API && !strcmp(name, "getAttribute") && n == 2)
		result = attribute(p, &args[0], &args[1]);
	else
		result = wrong(p, "found no matching overload");
	drop(&subject);
	drop(&args[0]);
	drop(&args[1]);
	return result;
}

/* Primaries. ---------------------------------------------------------------------------------------------------------------- */
static struct value literal(struct parser *p)
{
	char quote = *p->at++;
	struct buf b = {0};
	while (*p->at && *p->at != quote) {
		p->at += *p->at == '\\' && p->at[1];
		buf_putc(&b, *p->at++);
	}
	struct value v = *p->at ? text(sim_tmp("%s", buf_text(&b))) : wrong(p, "Syntax error: a string has no end");
	p->at += *p->at == quote;
	buf_free(&b);
	return v;
}

static cJSON *node_of(const struct value *v)
{
	return v->what == TEXT    ? cJSON_CreateString(v->text)
	       : v->what == TRUTH ? cJSON_CreateBool(v->number != 0)
				  : cJSON_CreateNumber(v->number);
}

static struct value list(struct parser *p)
{
	struct value all = {.what = LIST, .list = cJSON_CreateArray()};
	while (!take(p, "]")) {
		struct value one = any(p);
		if (one.what == WRONG || one.what == LIST || (!take(p, ",") && (skip(p), *p->at != ']'))) {
			drop(&one);
			drop(&all);
			return wrong(p, "Syntax error in a list");
		}
		cJSON_AddItemToArray(all.list, node_of(&one));
	}
	return all;
}

/* timestamp("..."), date("..."), duration("...") */
static struct value converted(struct parser *p, const char *name)
{
	struct value a = any(p), v = {.what = WRONG};
	bool well = take(p, ")") && a.what == TEXT;
	if (well && !strcmp(name, "duration"))
		v = (struct value){.what = SPAN, .number = parse_span(a.text)};
	else if (well)
		v = (struct value){.what = TIME,
				   .number = parse_time(!strcmp(name, "date") ? sim_tmp("%sT00:00:00Z", a.text) : a.text)};
	drop(&a);
	return v.what == WRONG || isnan(v.number) ? wrong(p, "invalid argument to a conversion") : v;
}

/* Attributes that Google knows and nothing here has a value of; those of a resource's tags are methods. */
static bool known_elsewhere(const char *attribute)
{
	static const char *const names[] = {"request.path",        "request.host",       "request.auth",
					    "destination.ip",      "destination.port",   "resource.matchTag",
					    "resource.matchTagId", "resource.hasTagKey", "resource.hasTagKeyId"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], attribute))
			return true;
	return false;
}

static struct value name(struct parser *p)
{
	size_t n = 0;
	while (isalnum((unsigned char)p->at[n]) || p->at[n] == '_')
		n++;
	const char *word = sim_tmp("%.*s", (int)n, p->at), *more;
	p->at += n;
	if (!strcmp(word, "true") || !strcmp(word, "false"))
		return truth(*word == 't');
	if (!strcmp(word, "timestamp") || !strcmp(word, "date") || !strcmp(word, "duration"))
		return take(p, "(") ? converted(p, word) : wrong(p, "undeclared reference");
	if (!strcmp(word, "api"))
		return (struct value){.what = API};
	if (!take(p, "."))
		return wrong(p, "undeclared reference");
	for (n = 0; isalnum((unsigned char)p->at[n]) || p->at[n] == '_';)
		n++;
	more = sim_tmp("%s.%.*s", word, (int)n, p->at);
	p->at += n;
	const struct condition_place *at = p->place;
	if (!strcmp(more, "request.time"))
		return (struct value){.what = TIME, .number = at->time};
	if (!strcmp(more, "resource.name") || !strcmp(more, "resource.type") || !strcmp(more, "resource.service"))
		return text(more[9] == 'n' ? at->name : more[9] == 't' ? at->type : at->service);
	return wrong(p, known_elsewhere(more) ? "an attribute without a value here" : "undeclared reference");
}

static struct value primary(struct parser *p)
{
	skip(p);
	if (*p->at == '"' || *p->at == '\'')
		return literal(p);
	if (take(p, "["))
		return list(p);
	if (isdigit((unsigned char)*p->at)) {
		char *end;
		double n = strtod(p->at, &end);
		p->at = end;
		return number(n);
	}
	if (isalpha((unsigned char)*p->at))
		return name(p);
	if (!take(p, "("))
		return wrong(p, "Syntax error");
	struct value v = any(p);
	if (take(p, ")"))
		return v;
	drop(&v);
	return wrong(p, "Syntax error: missing ')'");
}

static struct value unary(struct parser *p)
{
	skip(p);
	bool not = *p->at == '!' && p->at[1] != '=', minus = *p->at == '-';
	if (!not &&!minus) {
		struct value v = primary(p);
		while (take(p, ".")) { /* an unknown attribute's method is read too: another half may decide */
			size_t n = strcspn(p->at, "( \t\n)");
			const char *called = sim_tmp("%.*s", (int)n, p->at);
			p->at += n;
			v = take(p, "(") ? method(p, v, called) : (drop(&v), wrong(p, "undeclared reference to a field"));
		}
		return v;
	}
	p->at++;
	struct value v = ++p->depth < DEEPEST ? unary(p) : wrong(p, "too deep");
	p->depth--;
	if ((not &&v.what == TRUTH) || (minus && v.what == NUMBER))
		v.number = not ? !v.number : -v.number;
	else if (v.what != WRONG)
		drop(&v), v = wrong(p, "found no matching overload");
	return v;
}

static struct value sum(struct parser *p)
{
	struct value left = unary(p);
	for (bool plus; left.what != WRONG && ((plus = take(p, "+")) || take(p, "-"));) {
		struct value right = unary(p);
		bool times = left.what == TIME && right.what == SPAN,
		     numbers = left.what == right.what && (left.what == NUMBER || left.what == SPAN);
		if (plus && left.what == TEXT && right.what == TEXT)
			left.text = sim_tmp("%s%s", left.text, right.text);
		else if (times || numbers)
			left.number += plus ? right.number : -right.number;
		else
			drop(&left), left = wrong(p, "found no matching overload");
		drop(&right);
	}
	return left;
}

static struct value within(struct parser *p, struct value left)
{
	struct value right = sum(p);
	cJSON *one = left.what == TEXT || left.what == NUMBER ? node_of(&left) : NULL;
	const cJSON *member;
	bool found = false;
	cJSON_ArrayForEach(member, right.list)
		found = found || json_equal(member, one);
	struct value v = one && right.what == LIST ? truth(found) : wrong(p, "found no matching overload");
	cJSON_Delete(one);
	drop(&left);
	drop(&right);
	return v;
}

static struct value comparison(struct parser *p)
{
	static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
	struct value left = sum(p);
	size_t i = 0;
	if (left.what != WRONG && take(p, "in"))
		return within(p, left);
	while (left.what != WRONG && i < 6 && !take(p, operators[i]))
		i++;
	if (left.what == WRONG || i == 6)
		return left;
	struct value right = sum(p), v;
	double d = left.what == TEXT && right.what == TEXT ? strcmp(left.text, right.text) : left.number - right.number;
	if (right.what == WRONG || left.what != right.what || left.what == LIST)
		v = wrong(p, "found no matching overload");
	else
		v = truth(i == 0 ? d == 0 : i == 1 ? d != 0 : i == 2 ? d <= 0 : i == 3 ? d >= 0 : i == 4 ? d < 0 : d > 0);
	drop(&left);
	drop(&right);
	return v;
}

static struct value joined(struct parser *p, const char *operator, struct value (*half)(struct parser *p), bool decides)
{
	struct value left = half(p);
	while (take(p, operator)) {
		const char *why = p->why;
		p->why = NULL; /* the other half is read whatever came of the first */
		struct value right = half(p);
		bool sure = (left.what == TRUTH && (left.number != 0) == decides) ||
			    (right.what == TRUTH && (right.number != 0) == decides);
		p->why = why ? why : p->why;
		if (sure)
			drop(&left), left = truth(decides);
		else if (left.what != TRUTH || right.what != TRUTH)
			drop(&left), left = wrong(p, "found no matching overload");
		drop(&right);
	}
	return left;
}

static struct value all(struct parser *p)
{
	return joined(p, "&&", comparison, false);
}

static struct value any(struct parser *p)
{
	struct value v = ++p->depth < DEEPEST ? joined(p, "||", all, true) : wrong(p, "too deep");
	p->depth--;
	return v;
}

bool condition_holds(const char *expression, const struct condition_place *place, const char **why)
{
	struct parser p = {.at = expression, .place = place};
	struct value v = any(&p);
	skip(&p);
	if (*p.at && !p.why)
		p.why = "Syntax error";
	bool holds = !*p.at && v.what == TRUTH && v.number != 0;
	if (v.what != TRUTH && !p.why)
		p.why = "expected type 'bool'";
	drop(&v);
	if (why)
		*why = p.why;
	return holds;
}

/* Resources. ---------------------------------------------------------------------------------------------------------------- */
/* "serviceAccounts" is a ServiceAccount, "repositories" a Repository. */
static const char *singular(const char *plural, size_t len)
{
	const char *word = len > 3 && !strncmp(plural + len - 3, "ies", 3) ? sim_tmp("%.*sy", (int)len - 3, plural)
									   : sim_tmp("%.*s", (int)(len ? len - 1 : 0), plural);
	return sim_tmp("%c%s", toupper((unsigned char)*word), *word ? word + 1 : "");
}

void condition_resource(struct sim *s, const char *holder, char service[static 64], char type[static 96], char name[static 512])
{
	const char *from = text_starts(holder, "//") ? holder + 2 : holder, *slash = strchr(from, '/'),
		   *path = slash ? slash + 1 : "";
	snprintf(service, 64, "%.*s", (int)(slash ? slash - from : 0), from);
	const char *last = strrchr(path, '/'), *before = last;
	while (before && before > path && before[-1] != '/')
		before--;
	const char *kind = last ? singular(before, (size_t)(last - before)) : "";
	if (!strcmp(service, "secretmanager.googleapis.com") && !strcmp(kind, "Version"))
		kind = "SecretVersion";
	snprintf(type, 96, "%s/%s", service, kind);
	const char *id = text_starts(path, "projects/") ? sim_tmp("%.*s", (int)strcspn(path + 9, "/"), path + 9) : NULL;
	const char *number = id && !strcmp(service, "secretmanager.googleapis.com") ? sim_project_number(s, id) : NULL;
	if (number) /* Secret Manager names projects by number */
		snprintf(name, 512, "projects/%s%s", number, path + 9 + strlen(id));
	else
		snprintf(name, 512, "%s", path);
}
