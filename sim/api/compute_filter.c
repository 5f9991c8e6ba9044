/* The filter parameter of Compute Engine's lists: comparisons (= != : > <, eq and ne with a regular expression), joined by blanks, AND, OR and
 * grouped by parentheses, as the discovery document describes. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
	const char *at;
	const cJSON *doc;
	bool bad;
	int depth;
};

static bool any_of(struct reader *r);

static void blanks(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

/* A bare word, or a quoted one. */
static void word(struct reader *r, struct buf *out, const char *stops)
{
	blanks(r);
	char quote = *r->at == '"' || *r->at == '\'' ? *r->at++ : '\0';
	while (*r->at && (quote ? *r->at != quote : !isspace((unsigned char)*r->at) && !strchr(stops, *r->at))) {
		/* Other backslashes are the regular expression's. */
		if (quote && *r->at == '\\' && (r->at[1] == quote || r->at[1] == '\\'))
			r->at++;
		buf_putc(out, *r->at++);
	}
	if (quote && *r->at++ != quote)
		r->bad = true;
}

/* The named keyword is next, and taken. */
static bool keyword(struct reader *r, const char *name)
{
	blanks(r);
	size_t len = strlen(name);
	if (strncasecmp(r->at, name, len) ||
	    (r->at[len] && !isspace((unsigned char)r->at[len]) && r->at[len] != '(' && r->at[len] != '"'))
		return false;
	r->at += len;
	return true;
}

static bool matches(const char *pattern, const char *text, bool whole)
{
	regex_t re;
	const char *b = sim_tmp(whole ? "^(%s)$" : "%s", pattern);
	/* RE2's word boundaries are GNU's too. */
	bool good = regcomp(&re, b, REG_EXTENDED | REG_NOSUB) == 0;
	bool found = good && regexec(&re, text, 0, NULL, 0) == 0;
	if (good)
		regfree(&re);
	return found;
}

/* A value as text, into out. */
static const char *shown(const cJSON *v, struct buf *out)
{
	if (cJSON_IsString(v))
		buf_puts(out, v->valuestring);
	else if (cJSON_IsBool(v))
		buf_puts(out, cJSON_IsTrue(v) ? "true" : "false");
	else if (cJSON_IsNumber(v))
		buf_printf(out, "%.15g", v->valuedouble);
	return buf_text(out);
}

static bool compare(const cJSON *v, const char *op, const char *wanted)
{
	struct buf b = {0};
	const char *have = shown(v, &b);
	bool result;
	if (!strcmp(op, "="))
		result = v ? !strcmp(have, wanted) : !strcmp(wanted, "false");
	else if (!strcmp(op, "!="))
		result = v ? strcmp(have, wanted) != 0 : strcmp(wanted, "false") != 0;
	else if (!strcmp(op, ":"))
		result = v && (!strcmp(wanted, "*") || strstr(have, wanted) != NULL);
	else if (!strcmp(op, "eq"))
		result = matches(wanted, have, true);
	else if (!strcmp(op, "ne"))
		result = !matches(wanted, have, true);
	else if (*op == '>')
		result = strtod(have, NULL) > strtod(wanted, NULL) || (op[1] && strtod(have, NULL) >= strtod(wanted, NULL));
	else
		result = strtod(have, NULL) < strtod(wanted, NULL) || (op[1] && strtod(have, NULL) <= strtod(wanted, NULL));
	buf_free(&b);
	return result;
}

static bool comparison(struct reader *r)
{
	static const char *const ops[] = {"!=", ">=", "<=", "=", ":", ">", "<"};
	struct buf field = {0}, value = {0};
	const char *op = NULL;
	word(r, &field, "=!:<>()");
	for (size_t i = 0; i < sizeof ops / sizeof *ops && !op; i++) {
		blanks(r);
		if (text_starts(r->at, ops[i])) {
			op = ops[i];
			r->at += strlen(op);
		}
	}
	if (!op)
		op = keyword(r, "eq") ? "eq" : keyword(r, "ne") ? "ne" : NULL;
	word(r, &value, "()");
	bool result = false;
	if (!op || !field.len)
		r->bad = true;
	else
		result = compare(json_at(r->doc, buf_text(&field)), op, buf_text(&value));
	buf_free(&field);
	buf_free(&value);
	return result;
}

static bool term(struct reader *r)
{
	blanks(r);
	if (*r->at == '-' || keyword(r, "NOT")) {
		r->at += *r->at == '-';
		return !term(r);
	}
	if (*r->at != '(')
		return comparison(r);
	if (++r->depth > 32) {
		r->bad = true;
		return false;
	}
	r->at++;
	bool result = any_of(r);
	blanks(r);
	if (*r->at == ')')
		r->at++;
	else
		r->bad = true;
	r->depth--;
	return result;
}

static bool all_of(struct reader *r)
{
	bool result = term(r);
	for (;;) {
		blanks(r);
		const char *before = r->at;
		if (r->bad || !*r->at || *r->at == ')')
			return result;
		if (keyword(r, "OR")) {
			r->at = before;
			return result;
		}
		keyword(r, "AND");
		result = term(r) && result;
	}
}

static bool any_of(struct reader *r)
{
	bool result = all_of(r);
	while (!r->bad && keyword(r, "OR"))
		result = all_of(r) || result;
	return result;
}

bool compute_filter(const char *filter, const cJSON *doc, bool *bad)
{
	struct reader r = {.at = filter, .doc = doc};
	blanks(&r);
	if (!*r.at)
		return true;
	bool result = any_of(&r);
	blanks(&r);
	*bad = r.bad || *r.at;
	return *bad || result;
}
