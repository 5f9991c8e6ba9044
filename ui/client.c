/* An OAuth client in the wizard: taken apart when it is brought, tried when it is whole. */
#include "config.h"
#include "ui/client.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sealed.h"
#include "engine/oauth_client.h"
#include "plan/auth_oauth2_proxy_providers.h"
#include "ui/state.h"

#include <stdlib.h>
#include <string.h>

enum standing { CLIENT_UNTRIED, CLIENT_TRYING, CLIENT_FITS, CLIENT_REFUSED, CLIENT_UNKNOWN };

struct client {
	struct oauth_try *try;
	enum standing standing;
	char *id;               /* that was tried, with the secret of this count */
	unsigned secret, tried; /* how many secrets were brought; which of them was tried */
	char *words;
	bool google; /* it is a client of Google's that is tried */
};

static struct client *state_of(struct wizard *w)
{
	if (!w->client)
		w->client = xcalloc(1, sizeof *w->client);
	return w->client;
}

static void forget(struct client *c)
{
	oauth_try_free(c->try);
	c->try = NULL;
	c->standing = CLIENT_UNTRIED;
	free(c->words);
	c->words = NULL;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	forget(c);
	free(c->id);
	free(c);
}

/* Bringing ------------------------------------------------------------------------------------------------------------------ */

char *client_take(struct wizard *w, const struct question *q, struct secret *brought)
{
	struct oauth_client c = {.secret = brought};
	struct err e = {0};
	char *why = NULL;
	bool read = !q->client ||
		    (c.secret = NULL, oauth_client_read(brought, true, provider_of_client(w->answers, q)->google, &c, &e));
	if (read && c.id && !answers_set_text(w->answers, q->client, c.id, &e))
		read = false;
	if (read) {
		secret_free(w->secret);
		free(w->secret_of);
		w->secret = c.secret;
		w->secret_of = xstrdup("prompt");
		c.secret = NULL;
		state_of(w)->secret++;
		if (c.id)
			form_changed(w, question_find(q->client));
	} else {
		why = wizard_sentence(&e);
	}
	if (q->client)
		secret_free(brought);
	oauth_client_free(&c);
	err_free(&e);
	return why;
}

bool client_take_download(struct wizard *w, const struct question *id, const char *text)
{
	const struct question *q = oauth_client_of(id);
	if (!q || !provider_of_client(w->answers, q)->google || !oauth_client_is_download(text))
		return false;
	struct err ignored = {0};
	char *why = client_take(w, q, secret_copy(text, strlen(text)));
	if (!why)
		answers_set_text(w->answers, q->id, "prompt", &ignored);
	wizard_say(w, why ? ROLE_BAD : ROLE_GOOD, why ? why : _("The download was taken apart: ID and secret are known."));
	err_free(&ignored);
	free(why);
	return true;
}

/* Sealed -------------------------------------------------------------------------------------------------------------------- */

bool client_sealed(const struct wizard *w, const struct question *q)
{
	return sealed_is(answers_str(w->answers, q->id));
}

static void keep(struct wizard *w, const struct question *q, struct secret *value)
{
	secret_free(w->secret);
	free(w->secret_of);
	w->secret = value;
	w->secret_of = xstrdup(answers_str(w->answers, q->id));
}

char *client_unseal(struct wizard *w, const struct question *q, struct secret *passphrase)
{
	struct err e = {0};
	char *path = sealed_path(w->options->file, answers_str(w->answers, q->id)), *why = NULL;
	struct secret *value = sealed_read(path, q->id, passphrase, &e);
	if (value)
		keep(w, q, value);
	else
		why = wizard_sentence(&e);
	secret_free(passphrase);
	free(path);
	err_free(&e);
	return why;
}

bool client_wants(struct wizard *w, const struct question *q)
{
	if (!q || w->options->rehearsal)
		return false;
	if (w->secret && !strcmp(w->secret_of, answers_str(w->answers, q->id)))
		return false;
	struct secret *given = client_sealed(w, q) ? sealed_passphrase_given() : NULL;
	char *why = given ? client_unseal(w, q, given) : NULL;
	bool opened = given && !why;
	free(why);
	return !opened;
}

/* Trying -------------------------------------------------------------------------------------------------------------------- */

static void on_tried(void *arg, enum oauth_verdict verdict, const struct err *e)
{
	struct client *c = arg;
	oauth_try_free(c->try);
	c->try = NULL;
	c->standing = verdict == OAUTH_FITS ? CLIENT_FITS : verdict == OAUTH_REFUSED ? CLIENT_REFUSED : CLIENT_UNKNOWN;
	free(c->words);
	c->words = verdict == OAUTH_FITS ? xstrdup(c->google ? _("Google takes this client and its secret.")
							     : _("This client and its secret belong together."))
					 : wizard_sentence(e);
}

/* The secret question with a client that is asked now, or NULL. */
static const struct question *asked(const struct wizard *w)
{
	for (const struct question *q = questions; q->id; q++) {
		if (q->client && answers_asked(w->answers, q) && *answers_str(w->answers, q->client))
			return q;
	}
	return NULL;
}

void client_settle(struct wizard *w)
{
	const struct question *q = asked(w);
	struct client *c = state_of(w);
	const char *id = q ? answers_str(w->answers, q->client) : "";
	bool same = c->id && !strcmp(c->id, id) && c->tried == c->secret;
	if (same || !w->session || w->options->rehearsal)
		return;
	forget(c);
	free(c->id);
	c->id = xstrdup(id);
	c->tried = c->secret;
	if (!q || !w->secret || strcmp(answers_str(w->answers, q->id), "prompt") != 0)
		return;
	c->standing = CLIENT_TRYING;
	c->google = provider_of_client(w->answers, q)->google;
	c->words = xstrdup(_("Trying the client and its secret..."));
	c->try = oauth_try_begin(w->session, w->answers, q, w->secret, on_tried, c);
}

bool client_trying(const struct wizard *w)
{
	return w->client && w->client->standing == CLIENT_TRYING;
}

bool client_refused(const struct wizard *w)
{
	return w->client && w->client->standing == CLIENT_REFUSED;
}

const char *client_words(const struct wizard *w, enum role *role)
{
	static const enum role roles[] = {[CLIENT_UNTRIED] = ROLE_TEXT,
					  [CLIENT_TRYING] = ROLE_BUSY,
					  [CLIENT_FITS] = ROLE_GOOD,
					  [CLIENT_REFUSED] = ROLE_BAD,
					  [CLIENT_UNKNOWN] = ROLE_WARN};
	if (!w->client || !w->client->words)
		return NULL;
	*role = roles[w->client->standing];
	return w->client->words;
}
