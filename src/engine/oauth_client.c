/* Reading what a human brings for an OAuth client. */
#include "config.h"
#include "engine/oauth_client.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "plan/auth_oauth2_proxy_providers.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAST = 20, MOST = 128, ELSEWHERE_LEAST = 8, ELSEWHERE_MOST = 512, DOWNLOAD_MAX = 16384 };

/* Reading ------------------------------------------------------------------------------------------------------------------- */

void oauth_client_free(struct oauth_client *c)
{
	free(c->id);
	secret_free(c->secret);
	*c = (struct oauth_client){0};
}

static size_t put_code(char *out, unsigned code)
{
	size_t n = 0;
	if (code < 0x80)
		out[n++] = (char)code;
	else if (code < 0x800)
		out[n++] = (char)(0xc0 | code >> 6), out[n++] = (char)(0x80 | (code & 63));
	else
		out[n++] = (char)(0xe0 | code >> 12), out[n++] = (char)(0x80 | (code >> 6 & 63)),
		out[n++] = (char)(0x80 | (code & 63));
	return n;
}

/* As UTF-8 into out, which has room for twice the bytes and one more: Windows' editors save UTF-16, with a mark or without. */
static void to_utf8(const char *in, size_t len, char *out)
{
	const unsigned char *b = (const unsigned char *)in;
	bool little = len >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] && !b[1])),
	     big = len >= 2 && ((b[0] == 0xfe && b[1] == 0xff) || (!b[0] && b[1]));
	size_t n = 0, from = len >= 3 && !memcmp(in, "\xef\xbb\xbf", 3) ? 3 : 0;
	if (!little && !big) {
		memcpy(out, in + from, len - from);
		out[len - from] = '\0';
		return;
	}
	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned code = little ? b[i] | (unsigned)b[i + 1] << 8 : b[i + 1] | (unsigned)b[i] << 8;
		if (code != 0xfeff)
			n += put_code(out + n, code);
	}
	out[n] = '\0';
}

static const char *const quotes[][2] = {
    {"\"", "\""}, {"'", "'"}, {"`", "`"}, {"\xe2\x80\x9c", "\xe2\x80\x9d"}, {"\xe2\x80\x98", "\xe2\x80\x99"}};

/* Without blanks and one pair of quotes around it, in place. */
static char *bare(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	size_t len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
		size_t before = strlen(quotes[i][0]), after = strlen(quotes[i][1]);
		if (len < before + after || strncmp(text, quotes[i][0], before) != 0 ||
		    strcmp(text + len - after, quotes[i][1]) != 0)
			continue;
		text[len - after] = '\0';
		return text + before;
	}
	return text;
}

static bool has_form(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	return len >= LEAST && len <= MOST && !text[len];
}

/* What other providers' consoles give: printable, without blanks. */
static bool has_form_elsewhere(const char *text)
{
	size_t len = 0;
	while (text[len] > ' ' && text[len] < 0x7f)
		len++;
	return len >= ELSEWHERE_LEAST && len <= ELSEWHERE_MOST && !text[len];
}

static bool is_path(const char *text)
{
	return *text == '/' || text_starts(text, "~/") || text_starts(text, "./") || (text_ends(text, ".json") && *text != '{');
}

bool oauth_client_is_download(const char *text)
{
	return text[strspn(text, " \t\r\n\"'")] == '{';
}

/* cJSON's copies of the secret are wiped before they are freed. */
static void wipe(cJSON *node)
{
	if (cJSON_IsString(node))
		sodium_memzero(node->valuestring, strlen(node->valuestring));
	for (cJSON *child = node ? node->child : NULL; child; child = child->next)
		wipe(child);
}

static bool read_download(const char *text, struct oauth_client *out, struct err *e)
{
	cJSON *all = strlen(text) < DOWNLOAD_MAX ? cJSON_Parse(text) : NULL;
	const cJSON *web = json_at(all, "web");
	const char *secret = json_str(web, "client_secret", ""), *id = json_str(web, "client_id", "");
	bool ok = *id && has_form(secret);
	if (ok)
		*out = (struct oauth_client){.id = xstrdup(id), .secret = secret_copy(secret, strlen(secret))};
	else if (json_at(all, "installed"))
		err_set(e, EXIT_CONFIG, NULL, _("Create one of type Web application in the console."),
			_("this is a client for desktop programs: people cannot sign in by it in a browser."));
	else if (json_at(all, "private_key"))
		err_set(e, EXIT_CONFIG, NULL, _("Download the JSON of the OAuth client instead."),
			_("this is a service account's key, no OAuth client."));
	else if (web)
		err_set(e, EXIT_CONFIG, NULL, _("Add a new secret to the client in the console, and copy that one."),
			_("this download holds no client secret: the console shows a secret only once."));
	else
		err_set(e, EXIT_CONFIG, NULL, _("Download the JSON of the OAuth client from the console, or copy its secret."),
			_("this is not the JSON that the console offers for an OAuth client."));
	wipe(all);
	cJSON_Delete(all);
	return ok;
}

/* With the home of "~/" spelled out. The caller frees it. */
static char *whole_path(const char *typed)
{
	const char *home = getenv("HOME");
	return text_starts(typed, "~/") && home ? xasprintf("%s%s", home, typed + 1) : xstrdup(typed);
}

static bool read_path(const char *typed, bool google, struct oauth_client *out, struct err *e)
{
	char *path = whole_path(typed), *reference = xasprintf("file:%s", path);
	struct secret *file = secret_from_reference(reference, e);
	bool ok = file && oauth_client_read(file, false, google, out, e);
	secret_free(file);
	free(reference);
	free(path);
	return ok;
}

/* Others' secrets may begin as a path does: only what is there is one, and an error would show it. */
static bool is_file(const char *text)
{
	char *path = is_path(text) ? whole_path(text) : NULL;
	bool is = path && access(path, F_OK) == 0;
	if (path)
		sodium_memzero(path, strlen(path));
	free(path);
	return is;
}

static bool read_elsewhere(const char *text, bool typed, struct oauth_client *out, struct err *e)
{
	if (typed && is_file(text))
		return read_path(text, false, out, e);
	if (!has_form_elsewhere(text))
		return err_set(e, EXIT_CONFIG, NULL,
			       _("Copy the secret from the identity provider's console: its value alone."), "%s",
			       _("this cannot be the secret of an OAuth client."));
	*out = (struct oauth_client){.secret = secret_copy(text, strlen(text))};
	return true;
}

static bool read_text(char *text, bool typed, struct oauth_client *out, struct err *e)
{
	if (*text == '{')
		return read_download(text, out, e);
	if (has_form(text)) {
		*out = (struct oauth_client){.secret = secret_copy(text, strlen(text))};
		return true;
	}
	if (typed && is_path(text))
		return read_path(text, true, out, e);
	bool id = text_ends(text, ".apps.googleusercontent.com");
	return err_set(
	    e, EXIT_CONFIG, NULL,
	    _("Copy it from the console, where it usually begins with GOCSPX-, or give the JSON file that the console offers."),
	    "%s", id ? _("this is the client's ID, not its secret.") : _("this cannot be the secret of an OAuth client."));
}

bool oauth_client_read(struct secret *brought, bool typed, bool google, struct oauth_client *out, struct err *e)
{
	size_t len;
	const char *bytes = secret_open(brought, &len);
	char *text = sodium_malloc(2 * len + 1);
	if (!text)
		mem_out();
	to_utf8(bytes, len, text);
	secret_close(brought);
	bool ok = google ? read_text(bare(text), typed, out, e) : read_elsewhere(bare(text), typed, out, e);
	sodium_free(text);
	return ok;
}

bool oauth_client_settle(const struct question *q, const struct answers *a, bool typed, struct secret **value, struct err *e)
{
	struct oauth_client c = {0};
	if (!q || !q->client)
		return true;
	if (!oauth_client_read(*value, typed, provider_of_client(a, q)->google, &c, e)) {
		if (!e->place)
			err_set_place(e, q->id);
		return false;
	}
	const char *id = answers_str(a, q->client);
	bool same = !c.id || !strcmp(c.id, id);
	if (same) {
		secret_free(*value);
		*value = c.secret;
		c.secret = NULL;
	} else {
		err_set(e, EXIT_CONFIG, q->id, _("Give the download of the client that the answers name, or change the ID."),
			_("this download is of the client %s, and the answers name %s."), c.id, *id ? id : "-");
	}
	oauth_client_free(&c);
	return same;
}

const struct question *oauth_client_of(const struct question *q)
{
	for (const struct question *s = questions; s->id; s++) {
		if (s->client && !strcmp(s->client, q->id))
			return s;
	}
	return NULL;
}
