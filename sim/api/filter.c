/* The filter language that Cloud Logging, Container Analysis and others share: google.aip.dev/160. */
#include "config.h"
#include "sim/api/filter.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const severities[] = {"DEFAULT", "DEBUG",    "INFO",  "NOTICE",   "WARNING",
					 "ERROR",   "CRITICAL", "ALERT", "EMERGENCY"};

struct filter {
	const char *p;
	const cJSON *entry;
	char *whole; /* the entry as text, for bare words */
	int depth;
	bool bad;
};

static bool disjunction(struct filter *f);

static void blank(struct filter *f)
{
	while (isspace((unsigned char)*f->p))
		f->p++;
	if (f->p[0] == '-' && f->p[1] == '-') { /* a comment */
		f->p += strcspn(f->p, "\n");
		blank(f);
	}
}

static bool keyword(struct filter *f, const char *word)
{
	size_t n = strlen(word);
	blank(f);
	if (strncmp(f->p, word, n) || (!isspace((unsigned char)f->p[n]) && f->p[n] != '('))
		return false;
	f->p += n;
	return true;
}

/* A quoted or bare word, for the caller to free. */
static char *word(struct filter *f)
{
	struct buf b = {0};
	blank(f);
	if (*f->p == '"') {
		for (f->p++; *f->p && *f->p != '"'; f->p++) {
			if (*f->p == '\\' && f->p[1])
				f->p++;
			buf_putc(&b, *f->p);
		}
		if (*f->p == '"')
			f->p++;
		else
			f->bad = true;
	} else {
		while (*f->p && !isspace((unsigned char)*f->p) && !strchr("=!<>:()~\"", *f->p))
			buf_putc(&b, *f->p++);
		if (!b.len)
			f->bad = true;
	}
	return buf_take(&b);
}

/* The text at a field's path; keys with dots are quoted in it: labels."run.googleapis.com/x". */
static const char *field_text(const cJSON *entry, const char *path)
{
	const cJSON *node = entry;
	for (const char *p = path; *p && node;) {
		bool quoted = *p == '"';
		size_t len = quoted ? strcspn(p + 1, "\"") : strcspn(p, ".");
		node = cJSON_GetObjectItemCaseSensitive(node, sim_tmp("%.*s", (int)len, p + quoted));
		p += len + (quoted ? 2 : 0);
		p += *p == '.';
	}
	return cJSON_IsString(node)   ? node->valuestring
	       : cJSON_IsNumber(node) ? sim_tmp("%g", node->valuedouble)
	       : node                 ? ""
				      : NULL;
}

static int rank(const char *severity)
{
	for (int i = 0; i < 9; i++)
		if (!strcasecmp(severities[i], severity))
			return i;
	return 0;
}

static bool compare(const char *field, const char *op, const char *value, const char *have)
{
	int order = !strcmp(field, "severity") ? rank(have ? have : "DEFAULT") - rank(value) : have ? strcmp(have, value) : -1;
	if (!strcmp(op, ":"))
		return have && (!strcmp(value, "*") || strcasestr(have, value));
	if (!strcmp(op, "!="))
		return order != 0;
	if (!have && strcmp(field, "severity"))
		return false;
	return !strcmp(op, "=")    ? order == 0
	       : !strcmp(op, ">=") ? order >= 0
	       : !strcmp(op, "<=") ? order <= 0
	       : !strcmp(op, ">")  ? order > 0
	       : !strcmp(op, "<")  ? order < 0
	       : !strcmp(op, "=~") ? strcasestr(have, value) != NULL
				   : false;
}

static const char *operator_at(struct filter *f)
{
	static const char *const all[] = {">=", "<=", "!=", "=~", "!~", "=", ">", "<", ":"};
	blank(f);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strncmp(f->p, all[i], strlen(all[i]))) {
			f->p += strlen(all[i]);
			return all[i];
		}
	return NULL;
}

/* has_prefix(FIELD, "TEXT"), starts_with(FIELD, "TEXT"); false when it is none, and nothing is read. */
static bool prefix_function(struct filter *f, bool *holds)
{
	static const char *const names[] = {"has_prefix(", "starts_with("};
	size_t n = 0;
	blank(f);
	for (int i = 0; i < 2 && !n; i++)
		n = !strncmp(f->p, names[i], strlen(names[i])) ? strlen(names[i]) : 0;
	if (!n)
		return false;
	f->p += n;
	const char *field = sim_tmp("%.*s", (int)strcspn(f->p, ",)"), f->p);
	f->p += strlen(field);
	f->bad = f->bad || *f->p != ',';
	f->p += *f->p == ',';
	char *value = word(f);
	blank(f);
	f->bad = f->bad || *f->p != ')';
	f->p += *f->p == ')';
	const char *have = field_text(f->entry, field);
	*holds = have && text_starts(have, value);
	free(value);
	return true;
}

static bool term(struct filter *f)
{
	bool called;
	if (keyword(f, "NOT") || (*f->p == '-' && f->p[1] != '-' && f->p++))
		return !term(f);
	blank(f);
	if (*f->p == '(') {
		f->p++;
		bool inner = f->depth++ < 20 && disjunction(f);
		blank(f);
		if (*f->p == ')')
			f->p++;
		else
			f->bad = true;
		return inner;
	}
	if (prefix_function(f, &called))
		return called;
	/* A field may have quoted parts: take it up to the operator. */
	struct buf path = {0};
	bool quoted_only = *f->p == '"';
	char *first = word(f);
	buf_puts(&path, first);
	while (!quoted_only && *f->p == '"') { /* labels."a.b" */
		char *part = word(f);
		buf_printf(&path, "\"%s\"", part);
		free(part);
	}
	const char *op = f->bad ? NULL : operator_at(f);
	bool holds;
	if (op) {
		char *value = word(f);
		holds = compare(buf_text(&path), op, value, field_text(f->entry, buf_text(&path)));
		free(value);
	} else {
		if (!f->whole)
			f->whole = json_text(f->entry, -1);
		holds = strcasestr(f->whole, first) != NULL;
	}
	free(first);
	buf_free(&path);
	return holds;
}

static bool conjunction(struct filter *f)
{
	bool all = term(f);
	for (;;) {
		blank(f);
		if (f->bad || !*f->p || *f->p == ')' || (f->p[0] == 'O' && f->p[1] == 'R' && isspace((unsigned char)f->p[2])))
			return all;
		keyword(f, "AND");
		bool next = term(f);
		all = all && next;
	}
}

static bool disjunction(struct filter *f)
{
	bool any = conjunction(f);
	while (!f->bad && keyword(f, "OR")) {
		bool next = conjunction(f);
		any = any || next;
	}
	return any;
}

bool filter_fits(const char *filter, const cJSON *entry, bool *bad)
{
	struct filter f = {.p = filter, .entry = entry};
	blank(&f);
	bool fit = !*f.p || disjunction(&f);
	blank(&f);
	*bad = f.bad || *f.p;
	free(f.whole);
	return fit;
}
