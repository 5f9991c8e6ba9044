/* Expressions of workload identity pools: a descent through the grammar, one function a level. A value is a text; NULL is an
 * error, which goes all the way up. */
#include "config.h"
#include "sim/api/cel.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 40 };

struct cel {
	const char *at;
	const cJSON *variables;
	int depth;
};

static char *any(struct cel *c);

static bool take(struct cel *c, const char *word)
{
	c->at += strspn(c->at, " \t\n");
	if (!text_starts(c->at, word))
		return false;
	c->at += strlen(word);
	return true;
}

static char *truth(bool yes)
{
	return xstrdup(yes ? "true" : "false");
}

static bool holds(const char *value)
{
	return value && !strcmp(value, "true");
}

static char *literal(struct cel *c)
{
	char quote = *c->at++;
	size_t n = strcspn(c->at, quote == '"' ? "\"" : "'");
	if (c->at[n] != quote)
		return NULL;
	char *text = xstrndup(c->at, n);
	c->at += n + 1;
	return text;
}

static char *shown(const cJSON *node)
{
	char number[32];
	if (cJSON_IsString(node))
		return xstrdup(node->valuestring);
	if (cJSON_IsBool(node))
		return truth(cJSON_IsTrue(node));
	if (!cJSON_IsNumber(node))
		return NULL;
	snprintf(number, sizeof number, "%.17g", node->valuedouble);
	return xstrdup(number);
}

/* A name's value: claims may have dots and colons in their names, so each step is looked up by itself. */
static char *look_up(const struct cel *c, const char *path)
{
	const cJSON *node = c->variables;
	char *copy = xstrdup(path), *save = NULL;
	for (char *step = strtok_r(copy, ".", &save); step && node; step = strtok_r(NULL, ".", &save))
		node = cJSON_GetObjectItemCaseSensitive(node, step);
	free(copy);
	return shown(node);
}

static char *method(struct cel *c, char *subject, const char *name)
{
	char *argument = any(c), *result = NULL;
	if (subject && argument && take(c, ")")) {
		if (!strcmp(name, "startsWith"))
			result = truth(text_starts(subject, argument));
		else if (!strcmp(name, "endsWith"))
			result = truth(text_ends(subject, argument));
		else if (!strcmp(name, "contains"))
			result = truth(strstr(subject, argument) != NULL);
	}
	free(subject), free(argument);
	return result;
}

static char *path(struct cel *c)
{
	size_t n = 0;
	while (isalnum((unsigned char)c->at[n]) || c->at[n] == '_' || c->at[n] == '.')
		n++;
	char *name = xstrndup(c->at, n), *dot = strrchr(name, '.'), *value;
	c->at += n;
	if (!n) {
		value = NULL;
	} else if (dot && take(c, "(")) {
		*dot = 0;
		value = method(c, look_up(c, name), dot + 1);
	} else {
		value = !strcmp(name, "true") || !strcmp(name, "false") ? xstrdup(name) : look_up(c, name);
	}
	free(name);
	return value;
}

static char *one(struct cel *c)
{
	c->at += strspn(c->at, " \t\n");
	if (*c->at == '"' || *c->at == '\'')
		return literal(c);
	if (*c->at == '!' && c->at[1] != '=') {
		c->at++;
		char *value = ++c->depth < DEEPEST ? one(c) : NULL, *not = value ? truth(!holds(value)) : NULL;
		free(value);
		return not ;
	}
	if (!take(c, "("))
		return path(c);
	char *value = any(c);
	if (value && take(c, ")"))
		return value;
	free(value);
	return NULL;
}

static char *sum(struct cel *c)
{
	char *left = one(c);
	while (left && take(c, "+")) {
		char *right = one(c), *both = right ? xasprintf("%s%s", left, right) : NULL;
		free(left), free(right);
		left = both;
	}
	return left;
}

static char *in_list(struct cel *c, char *left)
{
	bool found = false, well = take(c, "[");
	while (well && !take(c, "]")) {
		char *element = sum(c);
		well = element != NULL;
		found = found || (element && !strcmp(element, left));
		free(element);
		take(c, ",");
	}
	free(left);
	return well ? truth(found) : NULL;
}

static char *comparison(struct cel *c)
{
	char *left = sum(c);
	bool equal = left && take(c, "=="), different = left && !equal && take(c, "!=");
	if (left && !equal && !different && take(c, "in "))
		return in_list(c, left);
	if (!equal && !different)
		return left;
	char *right = sum(c), *result = right ? truth(!strcmp(left, right) == equal) : NULL;
	free(left), free(right);
	return result;
}

static char *all(struct cel *c)
{
	char *left = comparison(c);
	while (left && take(c, "&&")) {
		char *right = comparison(c), *both = right ? truth(holds(left) && holds(right)) : NULL;
		free(left), free(right);
		left = both;
	}
	return left;
}

static char *any(struct cel *c)
{
	char *left = ++c->depth < DEEPEST ? all(c) : NULL;
	while (left && take(c, "||")) {
		char *right = all(c), *either = right ? truth(holds(left) || holds(right)) : NULL;
		free(left), free(right);
		left = either;
	}
	c->depth--;
	return left;
}

char *cel_value(const char *expression, const cJSON *variables)
{
	struct cel c = {expression, variables, 0};
	char *value = any(&c);
	c.at += strspn(c.at, " \t\n");
	if (!*c.at)
		return value;
	free(value);
	return NULL;
}
