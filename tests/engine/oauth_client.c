/* T3: what a human brings for an OAuth client's secret is taken apart, or refused before it is stored. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "engine/oauth_client.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <string.h>

#define ID "12-abc.apps.googleusercontent.com"
#define SECRET "GOCSPX-0123456789_abcdefghijklmno-Z"
#define DOWNLOAD                                                                                                               \
	"{\"web\":{\"client_id\":\"" ID "\",\"project_id\":\"p\",\"client_secret\":\"" SECRET                                  \
	"\",\"redirect_uris\":[\"https://h/oauth2/callback\"]}}"

static void reads(const char *bytes, size_t len, const char *id, const char *what)
{
	struct oauth_client c = {0};
	struct err e = {0};
	struct secret *s = secret_copy(bytes, len);
	bool fine = oauth_client_read(s, false, true, &c, &e);
	size_t n = 0;
	is_str(fine ? secret_open(c.secret, &n) : e.what, SECRET, what);
	if (fine)
		secret_close(c.secret);
	if (id)
		is_str(c.id, id, "with its client's ID");
	oauth_client_free(&c);
	secret_free(s);
	err_free(&e);
}

/* ASCII as UTF-16 of either order, with a mark or without. */
static void reads_wide(const char *text, bool big, bool mark)
{
	size_t len = strlen(text), n = 0;
	char *wide = xcalloc(len + 1, 2);
	if (mark)
		wide[n++] = big ? '\xfe' : '\xff', wide[n++] = big ? '\xff' : '\xfe';
	for (size_t i = 0; i < len; i++) {
		wide[n + big] = text[i];
		n += 2;
	}
	reads(wide, n, NULL, big ? "UTF-16, big end first" : mark ? "UTF-16 with its mark" : "UTF-16 without a mark");
	free(wide);
}

static void refuses(const char *text, const char *part, bool typed)
{
	struct oauth_client c = {0};
	struct err e = {0};
	struct secret *s = secret_copy(text, strlen(text));
	ok(!oauth_client_read(s, typed, true, &c, &e) && strstr(e.what, part) && !strstr(e.what, "hunter2"), "refused: %s",
	   part);
	is_int(e.exit, EXIT_CONFIG, "as a matter of the answers");
	oauth_client_free(&c);
	secret_free(s);
	err_free(&e);
}

/* Another provider's secret may begin as a path does. */
static void elsewhere(void)
{
	static const char base64[] = "/hunter2+9aZ/0123456789abcdef==", shorter[] = "/hunter";
	struct oauth_client c = {0};
	struct err e = {0};
	struct secret *s = secret_copy(base64, strlen(base64)), *other = secret_copy(shorter, strlen(shorter));
	size_t n = 0;
	bool fine = oauth_client_read(s, true, false, &c, &e);
	is_str(fine ? secret_open(c.secret, &n) : e.what, base64, "what begins with a slash is no file that is not there");
	if (fine)
		secret_close(c.secret);
	oauth_client_free(&c);
	fine = oauth_client_read(other, true, false, &c, &e);
	ok(!fine && !strstr(e.what, shorter) && (!e.place || !strstr(e.place, shorter)),
	   "and is not shown where it cannot be one: %s", fine ? "" : e.what);
	oauth_client_free(&c);
	secret_free(other);
	secret_free(s);
	err_free(&e);
}

static void settles(const char *named, bool fine, const char *what)
{
	struct err e = {0}, ignored = {0};
	struct answers *a = answers_new();
	answers_set_text(a, "auth.client_id", named, &ignored);
	struct secret *s = secret_copy(DOWNLOAD, strlen(DOWNLOAD));
	ok(oauth_client_settle(question_find("auth.client_secret"), a, false, &s, &e) == fine, "%s", what);
	if (fine)
		is_int((int)secret_length(s), (int)strlen(SECRET), "and the secret alone is kept");
	else
		ok(strstr(e.what, ID) && strstr(e.what, named), "and both are named: %s", e.what);
	secret_free(s);
	answers_free(a);
	err_free(&e);
	err_free(&ignored);
}

static void question_by_question(void)
{
	const struct question *secret = question_find("auth.client_secret");
	ok(oauth_client_of(question_find("auth.client_id")) == secret, "a client's ID leads to its secret");
	ok(!oauth_client_of(question_find("project.id")), "other questions lead to none");
	struct err e = {0};
	struct secret *s = secret_copy("yes", 3);
	ok(oauth_client_settle(question_find("project.id"), NULL, true, &s, &e) && secret_length(s) == 3,
	   "the secrets of other questions are left alone");
	secret_free(s);
}

int main(void)
{
	struct err e = {0};
	secret_init(&e);
	reads(SECRET, strlen(SECRET), NULL, "the secret alone");
	reads(" \"" SECRET "\"\r\n", strlen(SECRET) + 5, NULL, "in quotes, with a line end");
	reads("\xe2\x80\x9c" SECRET "\xe2\x80\x9d", strlen(SECRET) + 6, NULL, "in a word processor's quotes");
	reads("\xef\xbb\xbf" SECRET, strlen(SECRET) + 3, NULL, "behind a byte order mark");
	reads(DOWNLOAD, strlen(DOWNLOAD), ID, "the console's download");
	reads_wide(SECRET, false, true);
	reads_wide(SECRET, false, false);
	reads_wide(SECRET, true, true);
	reads_wide(DOWNLOAD, false, true);
	refuses("yes", "cannot be", true);
	refuses("hunter2 hunter2 hunter2", "cannot be", true);
	refuses(ID, "not its secret", true);
	refuses("{\"installed\":{\"client_id\":\"" ID "\",\"client_secret\":\"hunter2hunter2hunter2\"}}", "desktop", false);
	refuses("{\"type\":\"service_account\",\"private_key\":\"hunter2\"}", "service account", false);
	refuses("{\"web\":{\"client_id\":\"" ID "\"}}", "no client secret", false);
	refuses("{\"hunter2", "not the JSON", false);
	refuses("/nowhere/client_secret.json", "cannot be opened", true);
	refuses("/nowhere/client_secret.json", "cannot be", false);
	settles(ID, true, "a download of the client that is named");
	settles("34-other.apps.googleusercontent.com", false, "a download of another client is refused");
	elsewhere();
	question_by_question();
	return tap_done();
}
