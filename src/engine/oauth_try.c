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
#include "plan/auth_oauth2_proxy_providers.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 3 };

struct oauth_try {
	struct transport *transport;
	struct loop *loop;
	const struct identity_provider *provider;
	char *issuer; /* that has to say first where its token endpoint is; NULL: it is known */
	char *token;  /* the endpoint, once it is known */
	bool in_form; /* the client is shown in the form, not by HTTP Basic */
	char *basic;  /* that header, wiped after use */
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
	if (t->in_form) {
		put_field(&t->form, "client_id", t->id);
		put_field(&t->form, "client_secret", secret_open(t->secret, &len));
		secret_close(t->secret);
	}
	put_field(&t->form, "redirect_uri", "https://localhost/oauth2/callback");
}

/* RFC 6749, 2.3.1: both are encoded as in a form before they are joined. */
static void make_basic(struct oauth_try *t)
{
	size_t len, room = 3 * (strlen(t->id) + secret_length(t->secret)) + 2,
		    encoded = sodium_base64_encoded_len(room, sodium_base64_VARIANT_ORIGINAL);
	struct buf pair = {0};
	buf_reserve(&pair, room);
	text_percent(&pair, t->id, false);
	buf_putc(&pair, ':');
	text_percent(&pair, secret_open(t->secret, &len), false);
	secret_close(t->secret);
	t->basic = xcalloc(1, encoded + strlen("Basic "));
	memcpy(t->basic, "Basic ", strlen("Basic "));
	sodium_bin2base64(t->basic + strlen("Basic "), encoded, (const unsigned char *)pair.data, pair.len,
			  sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(pair.data, pair.room);
	buf_free(&pair);
}

static void wipe_form(struct oauth_try *t)
{
	if (t->basic)
		sodium_memzero(t->basic, strlen(t->basic));
	free(t->basic);
	t->basic = NULL;
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
	free(t->issuer);
	free(t->token);
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
	if (!t->provider->google)
		err_set(&e, EXIT_CONFIG, NULL,
			_("Copy ID and secret again from the same client in its console, or make a new secret there."),
			_("%s does not take this secret for the OAuth client %s."), _(t->provider->choice.title), t->id);
	else if (strstr(words, "not found"))
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

/* RFC 6749's words, and GitHub's. */
static const char *const refusals[] = {"invalid_client", "unauthorized_client", "incorrect_client_credentials", NULL};
static const char *const grants[] = {"invalid_grant", "redirect_uri_mismatch", "bad_verification_code", NULL};

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static void judge(struct oauth_try *t, const struct http_reply *r)
{
	cJSON *reply = r->failure == HTTP_OK ? cJSON_ParseWithLength(buf_text(&r->body), r->body.len) : NULL;
	const char *error = json_str(reply, "error", "");
	struct err e = {0};
	bool passing = r->failure == HTTP_UNREACHABLE || r->failure == HTTP_BROKEN || r->failure == HTTP_TIMEOUT ||
		       r->status >= 500 || r->status == 429;
	if (is_one_of(error, refusals) && !t->in_form) { /* as oauth2-proxy does, the other way to show it is tried too */
		t->in_form = true;
		send_try(t);
	} else if (is_one_of(error, refusals)) {
		refuse(t, json_str(reply, "error_description", ""));
	} else if (is_one_of(error, grants)) {
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
	static char names[][16] = {"Content-Type", "Accept", "Authorization"}, type[] = "application/x-www-form-urlencoded",
		    json[] = "application/json";
	t->timer = 0;
	make_form(t);
	if (!t->in_form)
		make_basic(t);
	struct header headers[] = {{names[0], type}, {names[1], json}, {names[2], t->basic}};
	struct http_request r = {.method = "POST",
				 .url = t->token,
				 .headers = headers,
				 .header_count = t->basic ? 3 : 2,
				 .body = t->form.data,
				 .body_len = t->form.len,
				 .timeout = 20,
				 .max_reply = 1 << 16,
				 .anonymous = true};
	t->sending = t->transport->send(t->transport, &r, on_tried, t);
}

static void tell_untried(struct oauth_try *t, const char *why)
{
	struct err e = {0};
	err_set(&e, EXIT_UNAVAILABLE, NULL, NULL, _("the OAuth client could not be tried: %s."), why);
	tell(t, OAUTH_UNKNOWN, &e);
	err_free(&e);
}

/* Nothing but TLS is shown a secret, and nothing of this machine or its network, whatever an issuer says. */
static void on_described(void *arg, struct http_reply *r)
{
	struct oauth_try *t = arg;
	cJSON *said = r->failure == HTTP_OK && r->status == 200 ? cJSON_ParseWithLength(buf_text(&r->body), r->body.len) : NULL;
	const char *token = json_str(said, "token_endpoint", "");
	bool known = text_starts(token, "https://") && !text_is_local_url(token) &&
		     !strcmp(json_str(said, "issuer", ""), t->issuer);
	t->sending = 0;
	if (known)
		t->token = xstrdup(token);
	cJSON_Delete(said);
	if (known)
		send_try(t);
	else
		tell_untried(t, _("its issuer does not say where its token endpoint is"));
}

static void ask_issuer(struct oauth_try *t)
{
	char *url = xasprintf("%.*s/.well-known/openid-configuration", (int)(strlen(t->issuer) - text_ends(t->issuer, "/")),
			      t->issuer);
	struct http_request r = {.method = "GET", .url = url, .timeout = 20, .max_reply = 1 << 18, .anonymous = true};
	t->sending = t->transport->send(t->transport, &r, on_described, t);
	free(url);
}

static void begin_try(void *arg)
{
	struct oauth_try *t = arg;
	t->timer = 0;
	if (t->provider->untried)
		tell_untried(t, _(t->provider->untried));
	else if (t->issuer)
		ask_issuer(t);
	else
		send_try(t);
}

struct oauth_try *oauth_try_begin(struct session *s, const struct answers *a, const struct question *q, struct secret *secret,
				  oauth_done *done, void *arg)
{
	size_t len;
	struct oauth_try *t = xcalloc(1, sizeof *t);
	*t = (struct oauth_try){.transport = session_transport(s),
				.loop = session_loop(s),
				.provider = provider_of_client(a, q),
				.id = xstrdup(answers_str(a, q->client)),
				.done = done,
				.arg = arg};
	t->in_form = !t->provider->discovers;
	const char *issuer = provider_issuer_of(t->provider, a);
	t->issuer = issuer ? xstrdup(issuer) : NULL;
	t->token = t->provider->token ? xstrdup(t->provider->token) : NULL;
	t->secret = secret_copy(secret_open(secret, &len), secret_length(secret));
	secret_close(secret);
	t->timer = loop_after(t->loop, 0, begin_try, t);
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
		t->try = oauth_try_begin(r->session, r->options.answers, question_find(s->question), value, on_client, t);
	}
	all->left = all->count;
	if (!all->left)
		after_tries(r);
}
