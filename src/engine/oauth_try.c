/* Trying an OAuth client at the token endpoint, for a face or for a run that is about to store its secret. */
#include "config.h"
#include "engine/oauth_client.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "engine/run_private.h"
#include "net/transport.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_URL "https://oauth2.googleapis.com/token"

enum { TRIES = 3 };

struct oauth_try {
	struct transport *transport;
	struct loop *loop;
	char *id;
	struct secret *secret;
	struct buf form;
	unsigned long sending;
	loop_id timer;
	int tries;
	oauth_done *done;
	void *arg;
};

static void put_field(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s=", b->len ? "&" : "", name);
	text_percent(b, value, false);
}

/* In one allocation of enough room, so that wiping it wipes every copy. */
static void make_form(struct oauth_try *t)
{
	size_t len;
	buf_reserve(&t->form, 512 + 3 * (strlen(t->id) + secret_length(t->secret)));
	put_field(&t->form, "grant_type", "authorization_code");
	put_field(&t->form, "code", "4/mlflow-setup-tries-the-client");
	put_field(&t->form, "client_id", t->id);
	put_field(&t->form, "client_secret", secret_open(t->secret, &len));
	secret_close(t->secret);
	put_field(&t->form, "redirect_uri", "https://localhost/oauth2/callback");
}

static void wipe_form(struct oauth_try *t)
{
	if (t->form.data)
		sodium_memzero(t->form.data, t->form.room);
	buf_free(&t->form);
}

void oauth_try_free(struct oauth_try *t)
{
	if (!t)
		return;
	loop_cancel(t->loop, t->timer);
	if (t->sending)
		t->transport->cancel(t->transport, t->sending);
	wipe_form(t);
	secret_free(t->secret);
	free(t->id);
	free(t);
}

/* The callback frees it. */
static void tell(struct oauth_try *t, enum oauth_verdict verdict, const struct err *e)
{
	t->done(t->arg, verdict, e);
}

static void refuse(struct oauth_try *t, const char *words)
{
	struct err e = {0};
	if (strstr(words, "not found"))
		err_set(&e, EXIT_CONFIG, NULL,
			_("Copy ID and secret from the same client in the console; a new client may take some minutes."),
			_("Google knows no OAuth client %s."), t->id);
	else
		err_set(&e, EXIT_CONFIG, NULL, _("Copy the secret again, or add a new one to the client in the console."),
			_("Google does not take this secret for the OAuth client %s."), t->id);
	tell(t, OAUTH_REFUSED, &e);
	err_free(&e);
}

static void send_try(void *arg);

static void judge(struct oauth_try *t, const struct http_reply *r)
{
	cJSON *reply = r->failure == HTTP_OK ? cJSON_ParseWithLength(buf_text(&r->body), r->body.len) : NULL;
	const char *error = json_str(reply, "error", "");
	struct err e = {0};
	bool passing = r->failure == HTTP_UNREACHABLE || r->failure == HTTP_BROKEN || r->failure == HTTP_TIMEOUT ||
		       r->status >= 500 || r->status == 429;
	if (!strcmp(error, "invalid_client") || !strcmp(error, "unauthorized_client")) {
		refuse(t, json_str(reply, "error_description", ""));
	} else if (!strcmp(error, "invalid_grant") || !strcmp(error, "redirect_uri_mismatch")) {
		tell(t, OAUTH_FITS, &e);
	} else if (passing && ++t->tries < TRIES) {
		t->timer = loop_after(t->loop, t->tries, send_try, t);
	} else {
		err_set(&e, EXIT_UNAVAILABLE, NULL, NULL, _("the OAuth client could not be tried: %s."),
			r->failure_text ? r->failure_text
			: *error        ? error
					: _("an answer that is not known"));
		tell(t, OAUTH_UNKNOWN, &e);
	}
	err_free(&e);
	cJSON_Delete(reply);
}

static void on_tried(void *arg, struct http_reply *reply)
{
	struct oauth_try *t = arg;
	t->sending = 0;
	wipe_form(t);
	judge(t, reply);
}

static void send_try(void *arg)
{
	struct oauth_try *t = arg;
	static char name[] = "Content-Type", type[] = "application/x-www-form-urlencoded";
	struct header header = {name, type};
	t->timer = 0;
	make_form(t);
	struct http_request r = {.method = "POST",
				 .url = TOKEN_URL,
				 .headers = &header,
				 .header_count = 1,
				 .body = t->form.data,
				 .body_len = t->form.len,
				 .timeout = 20,
				 .max_reply = 1 << 16,
				 .anonymous = true};
	t->sending = t->transport->send(t->transport, &r, on_tried, t);
}

struct oauth_try *oauth_try_begin(struct session *s, const char *id, struct secret *secret, oauth_done *done, void *arg)
{
	size_t len;
	struct oauth_try *t = xcalloc(1, sizeof *t);
	*t = (struct oauth_try){
	    .transport = session_transport(s), .loop = session_loop(s), .id = xstrdup(id), .done = done, .arg = arg};
	t->secret = secret_copy(secret_open(secret, &len), secret_length(secret));
	secret_close(secret);
	t->timer = loop_after(t->loop, 0, send_try, t);
	return t;
}

/* Of a run ------------------------------------------------------------------------------------------------------------------ */

struct run_try {
	struct run *run;
	struct step *step; /* that would store the secret */
	struct oauth_try *try;
};

struct run_tries {
	struct run_try *list;
	size_t count, left;
	bool refused;
	void (*then)(struct run *r, bool refused);
};

void run_try_stop(struct run *r)
{
	for (size_t i = 0; r->tries && i < r->tries->count; i++)
		oauth_try_free(r->tries->list[i].try);
	if (r->tries)
		free(r->tries->list);
	free(r->tries);
	r->tries = NULL;
}

static void say_untried(struct run *r, const struct step *s, const char *why)
{
	cJSON *e = run_event(r, "log");
	json_put_str(e, "id", s->resource->id);
	event_text(r, e, "line", why);
	run_send(r, e);
}

static void after_tries(struct run *r)
{
	bool refused = r->tries->refused;
	void (*then)(struct run * r, bool refused) = r->tries->then;
	run_try_stop(r);
	then(r, refused);
}

static void on_client(void *arg, enum oauth_verdict verdict, const struct err *e)
{
	struct run_try *t = arg;
	struct run *r = t->run;
	if (verdict == OAUTH_REFUSED) {
		err_free(&t->step->err);
		err_set(&t->step->err, e->exit, t->step->resource->id, e->fix, "%s", e->what);
		r->tries->refused = true;
	} else if (verdict == OAUTH_UNKNOWN) {
		say_untried(r, t->step, e->what);
	}
	if (!--r->tries->left)
		after_tries(r);
}

/* The value of a client's secret that this run is about to store; NULL when there is none. */
static struct secret *about_to_be_stored(const struct run *r, const struct plan_secret *s)
{
	const struct question *q = s->question ? question_find(s->question) : NULL;
	const struct step *keeper = s->keeper ? run_step(r, s->keeper) : NULL;
	bool stores = q && q->client && keeper && keeper->change.verdict == VERDICT_CREATE &&
		      *answers_str(r->options.answers, q->client);
	return stores ? vault_lookup(r->vault, s->name) : NULL;
}

void run_try_clients(struct run *r, void (*then)(struct run *r, bool refused))
{
	struct run_tries *all = r->tries = xcalloc(1, sizeof *all);
	all->then = then;
	all->list = xcalloc(r->plan->secret_count + 1, sizeof *all->list);
	for (size_t i = 0; i < r->plan->secret_count; i++) {
		const struct plan_secret *s = &r->plan->secrets[i];
		struct secret *value = about_to_be_stored(r, s);
		if (!value)
			continue;
		struct run_try *t = &all->list[all->count++];
		*t = (struct run_try){.run = r, .step = run_step(r, s->keeper)};
		t->try = oauth_try_begin(r->session, answers_str(r->options.answers, question_find(s->question)->client), value,
					 on_client, t);
	}
	all->left = all->count;
	if (!all->left)
		after_tries(r);
}
