/* A token for a client, by hand: the one that the proof gets, and nothing of a run. */
#include "config.h"
#include "engine/credential.h"
#include "engine/run_private.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/secret.h"
#include "net/credentials.h"

#include <string.h>

struct fetch {
	struct secret *token;
	struct credential *credential;
	struct err *err;
	bool over;
};

static void on_credential(void *arg, const struct err *why, bool passing)
{
	struct fetch *f = arg;
	size_t len;
	(void)passing;
	f->over = true;
	if (why) {
		err_set(f->err, why->exit ? why->exit : EXIT_UNAVAILABLE, why->place, why->fix, "%s", why->what);
		return;
	}
	struct secret *token = credential_token(f->credential);
	const char *bytes = secret_open(token, &len);
	f->token = secret_copy(bytes, len);
	secret_close(token);
}

/* Only somebody whom the stack lets in is told anything by Google's words alone. */
static void say_who_may(const struct plan *p, struct err *e)
{
	if (e->exit != EXIT_PERMISSION)
		return;
	struct err why = {0};
	err_set(
	    &why, e->exit, p->prover,
	    _("Those whom the answers let in may make its tokens, once that is applied; a change takes some minutes to work."),
	    "%s", e->what);
	err_free(e);
	*e = why;
}

struct secret *session_token(struct session *s, const struct plan *p, struct err *e)
{
	struct credentials *c = session_credentials(s);
	struct api *api = api_new(session_loop(s), session_transport(s), c, credentials_quota_project(c));
	struct fetch f = {.err = e};
	f.credential = credential_new(&(struct credential_means){.plan = p, .api = api, .loop = session_loop(s)});
	credential_get(f.credential, on_credential, &f);
	while (!f.over)
		session_turn(s, 1, -1);
	credential_free(f.credential);
	api_free(api);
	say_who_may(p, e);
	return f.token;
}
