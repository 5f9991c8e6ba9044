/* app.yaml: the plan's own version in gcloud's words. Its fields are the API's with underscores; times are numbers of seconds, and say so in their names. */
#include "config.h"
#include "plan/target_appengine_yaml.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/recorded.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The seconds of "30s", or -1. */
static long seconds_of(const cJSON *node)
{
	char *end = NULL;
	long n = cJSON_IsString(node) && isdigit((unsigned char)*node->valuestring) ? strtol(node->valuestring, &end, 10) : -1;
	return end && !strcmp(end, "s") ? n : -1;
}

/* "diskGb" is the one name that is not spelled alike. */
static void put_key(struct buf *b, const char *name)
{
	char *key = text_snake(strcmp(name, "diskGb") ? name : "diskSizeGb");
	buf_puts(b, key);
	free(key);
}

/* What JSON says on one line, YAML understands; gcloud has App Engine's own words, in capitals, in small letters. */
static void put_value(struct buf *b, const cJSON *node)
{
	if (strcmp(node->string, "instanceIpMode") != 0) {
		json_write(b, node, -1);
		return;
	}
	for (const char *c = node->valuestring; *c; c++)
		buf_putc(b, (char)tolower((unsigned char)*c));
}

/* Names of variables and beta settings are not App Engine's: they stay as they are, in quotes. */
static void put_map(struct buf *b, const cJSON *map, int indent, bool own)
{
	for (const cJSON *c = map->child; c; c = c->next) {
		long seconds = own ? -1 : seconds_of(c);
		buf_printf(b, "%*s", indent, "");
		if (own)
			json_write_string(b, c->string, strlen(c->string));
		else
			put_key(b, c->string);
		buf_puts(b, seconds >= 0 ? "_sec: " : c->child ? ":\n" : ": ");
		if (c->child) {
			put_map(b, c, indent + 2, !strcmp(c->string, "envVariables") || !strcmp(c->string, "betaSettings"));
			continue;
		}
		if (seconds >= 0)
			buf_printf(b, "%ld", seconds);
		else
			put_value(b, c);
		buf_putc(b, '\n');
	}
}

static void drop_made(cJSON *variables)
{
	for (cJSON *c = variables ? variables->child : NULL, *next; c; c = next) {
		next = c->next;
		if (text_starts(c->string, APPENGINE_SECRET_MADE))
			cJSON_Delete(cJSON_DetachItemViaPointer(variables, c));
	}
}

void appengine_yaml(const struct plan *p, const cJSON *resolved, struct buf *out)
{
	const struct resource *r = plan_find(p, "version");
	cJSON *body = recorded_copy(p, resolved, json_at(r->spec, "body"));
	const char *service = json_str(r->spec, "service", "");
	buf_printf(out, "# gcloud app deploy app.yaml --project=%s --image-url=%s\n", p->project,
		   json_str(body, "deployment.container.image", ""));
	buf_puts(out, "service: "); /* in quotes: "null" and "no" are names too */
	json_write_string(out, service, strlen(service));
	buf_putc(out, '\n');
	json_drop(body, "deployment");
	json_drop(body, "servingStatus");
	drop_made(json_at(body, "envVariables"));
	put_map(out, body, 0, false);
	cJSON_Delete(body);
}
