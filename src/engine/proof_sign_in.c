/* Where people's sign-in begins: a browser that shows nothing has to be sent to the identity provider's own page, for the plan's OAuth client, and to come
 * back to the stack. Elsewhere somebody else would get what is typed there; with another client or address nobody would come in. */
#include "config.h"
#include "engine/proof.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What another wrote, as it may be shown. */
static char *shown(const char *text)
{
	struct buf b = {0};
	outside_text(&b, text ? text : "-", text ? strlen(text) : 1, false, 300);
	return buf_take(&b);
}

static bool is_page(const char *to, const char *at)
{
	size_t len = strlen(at);
	return text_starts(to, at) && (text_ends(at, "/") || !to[len] || to[len] == '?' || to[len] == '#');
}

static char *wrong_page(const char *to, const char *at)
{
	char *words = shown(to), *out = NULL;
	words[strcspn(words, "?#")] = '\0';
	out = xasprintf(_("a browser is sent to %s, which is not the sign-in page %s."), words, at);
	free(words);
	return out;
}

/* The parameter with which a browser is sent; NULL when it is as it should be, or may be whatever it is, else what is wrong. */
static char *wrong_client(const struct begins *b, const char *to)
{
	char *is = b->client_id ? text_query(to, "client_id") : NULL, *out = NULL;
	if (b->client_id && (!is || strcmp(is, b->client_id) != 0)) {
		char *words = shown(is);
		out = xasprintf(
		    _("a browser is sent to sign in by the OAuth client %s, and %s names %s: correct the answer, or "
		      "remove the other client where sign-in is asked for."),
		    words, b->client_from, b->client_id);
		free(words);
	}
	free(is);
	return out;
}

static char *wrong_return(const struct begins *b, const char *to)
{
	char *is = b->redirect_uri ? text_query(to, "redirect_uri") : NULL, *out = NULL;
	if (b->redirect_uri && (!is || strcmp(is, b->redirect_uri) != 0)) {
		char *words = shown(is);
		out = xasprintf(_("whoever signs in would be sent back to %s: the redirect URI has to be %s."), words,
				b->redirect_uri);
		free(words);
	}
	free(is);
	return out;
}

char *proof_begins(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	const struct begins *b = &p->run->plan->wall.begins;
	const char *to = http_header(reply, "Location");
	struct err e = {0};
	cJSON *at = NULL;
	char *wrong = NULL;
	(void)json;
	if (!plan_resolve(b->at, p->run->outputs, &at, &e) || !cJSON_IsString(at))
		wrong = xstrdup(e.what ? e.what : _("the plan names no sign-in page."));
	else if (reply->status / 100 != 3 || !to)
		wrong = xasprintf(_("a browser was answered with HTTP %d; it was due to be sent to the sign-in page %s."),
				  reply->status, at->valuestring);
	else if (!is_page(to, at->valuestring))
		wrong = wrong_page(to, at->valuestring);
	if (!wrong)
		wrong = wrong_client(b, to);
	if (!wrong)
		wrong = wrong_return(b, to);
	cJSON_Delete(at);
	err_free(&e);
	return wrong;
}
