/* Where application default credentials are looked for, in Google's order (reference/engine.md 4): GOOGLE_APPLICATION_CREDENTIALS, gcloud's
 * configuration directory, the metadata server. */
#include "config.h"
#include "net/credentials_private.h"
#include "net/gcloud.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)
#define LOGIN _("Sign in: gcloud auth application-default login.")

/* The first of these variables that is set and not empty, or NULL. */
static const char *env_of(const char *a, const char *b)
{
	const char *value = getenv(a);
	if ((!value || !*value) && b)
		value = getenv(b);
	return value && *value ? value : NULL;
}

/* Whoever can write the file can have our requests signed by someone else. */
static bool trusted(const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return err_set(e, EXIT_CONFIG, path, LOGIN, _("the credentials file is not there."));
	if (!S_ISREG(st.st_mode))
		return err_set(e, EXIT_CONFIG, path, NULL, _("the credentials file is not a file."));
	if (st.st_mode & 022)
		return err_set(e, EXIT_CONFIG, path, _("Run chmod 600 on it."), _("others can write the credentials file."));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EXIT_CONFIG, path, NULL, _("the credentials file belongs to another user."));
	return true;
}

static cJSON *read_file(const char *path, struct err *e)
{
	struct buf text = {.max = FILE_MAX};
	struct err why = {0};
	cJSON *json = NULL;
	text.data = xcalloc(1, 65536); /* room enough that a key is not copied about by growing */
	text.room = 65536;
	if (trusted(path, e) && !file_read(path, FILE_MAX, &text, &why))
		err_set(e, EXIT_CONFIG, path, why.fix, "%s", why.what);
	else if (!e->exit)
		json = json_parse(buf_text(&text), text.len, path, &why);
	if (why.exit && !e->exit)
		err_set(e, EXIT_CONFIG, why.place ? why.place : path, LOGIN, "%s", why.what);
	err_free(&why);
	sodium_memzero(text.data, text.len);
	buf_free(&text);
	return json;
}

/* cJSON's copies of the file's texts. */
static void wipe(cJSON *node)
{
	if (cJSON_IsString(node))
		sodium_memzero(node->valuestring, strlen(node->valuestring));
	for (cJSON *child = node ? node->child : NULL; child; child = child->next)
		wipe(child);
}

/* From one file. */
static struct credentials *credentials_from_file(struct loop *loop, struct transport *transport, const char *path,
						 struct err *e)
{
	cJSON *file = read_file(path, e);
	if (!file)
		return NULL;
	char *describe = xasprintf(_("%s from %s"), json_str(file, "type", ""), path);
	struct credentials *c = credentials_make(loop, transport, file, path, describe, e);
	free(describe);
	wipe(file);
	cJSON_Delete(file);
	return c;
}

/* What the environment and gcloud's configuration say beside the credentials themselves. */
static bool take_surroundings(struct credentials *c, const char *dir, struct err *e)
{
	const char *quota = env_of("GOOGLE_CLOUD_QUOTA_PROJECT", NULL),
		   *project = env_of("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT");
	if (quota && !credentials_quota_ok(quota))
		return err_set(e, EXIT_CONFIG, "GOOGLE_CLOUD_QUOTA_PROJECT", _("Set it to a project's id, or not at all."),
			       _("it is not the id of a project."));
	if (quota) {
		free(c->quota_project);
		c->quota_project = xstrdup(quota);
	}
	if (project) {
		free(c->project);
		c->project = xstrdup(project);
	}
	if (!c->project && dir)
		c->project = gcloud_setting("core", "project");
	return true;
}

/* Are we on Google's machines? The firmware says so on a VM; Cloud Run and its jobs set these variables. */
static bool on_google(void)
{
	struct buf name = {0};
	struct err e = {0};
	const char *no = env_of("NO_GCE_CHECK", NULL);
	if (no && (!strcasecmp(no, "true") || !strcmp(no, "1")))
		return false;
	bool is = env_of("GCE_METADATA_HOST", "GCE_METADATA_ROOT") || env_of("K_SERVICE", "CLOUD_RUN_JOB");
	if (!is && file_read("/sys/class/dmi/id/product_name", 256, &name, &e))
		is = text_starts(buf_text(&name), "Google");
	err_free(&e);
	buf_free(&name);
	return is;
}

static struct credentials *from_metadata(struct loop *loop, struct transport *transport, struct err *e)
{
	if (!on_google()) {
		err_set(e, EXIT_CONFIG, NULL, LOGIN, _("no Google credentials were found on this machine."));
		return NULL;
	}
	const char *host = env_of("GCE_METADATA_HOST", "GCE_METADATA_ROOT");
	if (host && host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]")]) {
		err_set(e, EXIT_CONFIG, "GCE_METADATA_HOST", _("Set it to HOST or HOST:PORT, or not at all."),
			_("it is not a host."));
		return NULL;
	}
	struct credentials *c = credentials_make(loop, transport, NULL, NULL, _("the metadata server of this machine"), e);
	c->metadata_host = xstrdup(host ? host : "169.254.169.254");
	return c;
}

/* A file that was named and is unusable is an error: nothing else is tried in its place. The variable's value is shown only once it is known to
 * be a file's name: some put the credentials themselves there. */
static struct credentials *from_named(struct loop *loop, struct transport *transport, const char *path, struct err *e)
{
	static const char variable[] = "GOOGLE_APPLICATION_CREDENTIALS";
	struct err why = {0};
	struct credentials *c = NULL;
	if (path[strspn(path, " \t\r\n")] == '{')
		err_set(e, EXIT_CONFIG, variable,
			_("Write them into a file that only you can read, and set the variable to its path."),
			_("it holds the credentials themselves where the path of their file is wanted."));
	else if (access(path, F_OK) != 0)
		err_set(e, EXIT_CONFIG, variable,
			_("Set it to the path of a credentials file; or unset it, then sign in: gcloud auth "
			  "application-default login."),
			_("the file that it names is not there."));
	else if (!(c = credentials_from_file(loop, transport, path, &why)))
		err_set(e, why.exit, why.place, why.fix, _("%s It is named by GOOGLE_APPLICATION_CREDENTIALS."), why.what);
	err_free(&why);
	return c;
}

struct credentials *credentials_find(struct loop *loop, struct transport *transport, struct err *e)
{
	const char *named = env_of("GOOGLE_APPLICATION_CREDENTIALS", NULL);
	char *dir = gcloud_dir(), *known = dir ? xasprintf("%s/application_default_credentials.json", dir) : NULL;
	struct credentials *c;
	if (named)
		c = from_named(loop, transport, named, e);
	else if (known && access(known, F_OK) == 0)
		c = credentials_from_file(loop, transport, known, e);
	else
		c = from_metadata(loop, transport, e);
	if (c && !take_surroundings(c, dir, e)) {
		credentials_free(c);
		c = NULL;
	}
	free(known);
	free(dir);
	return c;
}
