/* Access tokens: who owns one, and the owner's own credentials. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKENS "oauth.tokens"

char *sim_token_new(struct sim *s, const char *principal, double seconds)
{
	char *hex = sim_hex(s, 48), *token = xasprintf("ya29.%c.%s", text_starts(principal, "user:") ? 'a' : 'c', hex);
	cJSON *doc = json_make("{'principal':%s}", principal);
	if (isfinite(seconds))
		json_put_num(doc, "expires", s->now + seconds * s->token_factor);
	sim_put(s, TOKENS, token, doc);
	free(hex);
	return token;
}

const char *sim_token_owner(struct sim *s, const char *token)
{
	struct sim_object *o = sim_get(s, TOKENS, token);
	if (o && json_num(o->doc, "expires", INFINITY) <= s->now) {
		sim_remove(s, o);
		return NULL;
	}
	return o ? json_str(o->doc, "principal", NULL) : NULL;
}

double token_wall(const struct sim *s)
{
	return s->real_wall ? (double)time(NULL) : sim_wall(s);
}

double sim_token_left(struct sim *s, const char *token)
{
	struct sim_object *o = sim_get(s, TOKENS, token);
	return o ? json_num(o->doc, "expires", INFINITY) - s->now : 0;
}

/* The world's description says who operates and in which project; sim/api/world.c builds the rest from it. */
void token_init(struct sim *s, const cJSON *world)
{
	s->token_factor = 1;
	s->owner = xasprintf("user:%s", json_str(world, "operator", "operator@example.com"));
	s->project = xstrdup(json_str(world, "projects.0.id", "demo-proj"));
	s->owner_token = sim_token_new(s, s->owner, INFINITY);
	char *refresh = sim_hex(s, 40), *secret = sim_hex(s, 24);
	char *token = xasprintf("1//%s", refresh);
	s->credentials = json_make(
	    "{'type':'authorized_user','client_id':'764086051850-sim.apps.googleusercontent.com','client_secret':%s,"
	    "'refresh_token':%s,'account':%s,'universe_domain':'googleapis.com','quota_project_id':%s}",
	    secret, token, s->owner + strlen("user:"), s->project);
	sim_put(s, "oauth.refresh", token,
		json_make("{'principal':%s,'client_id':%s,'client_secret':%s}", s->owner,
			  json_str(s->credentials, "client_id", ""), secret));
	free(refresh);
	free(secret);
	free(token);
}

void token_free(struct sim *s)
{
	free(s->owner);
	free(s->project);
	free(s->owner_token);
	cJSON_Delete(s->credentials);
}

const char *sim_owner_token(const struct sim *s)
{
	return s->owner_token;
}

const char *sim_project(const struct sim *s)
{
	return s->project;
}

const cJSON *sim_owner_credentials(const struct sim *s)
{
	return s->credentials;
}
