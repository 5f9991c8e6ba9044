#include "config.h"
#include "net/kubeconfig.h"

#include "base/encode.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/yaml.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)8 << 20)
#define PEM_MAX ((size_t)1 << 20)
#define FOLDER "(folder)" /* of the file that says it: no key of Kubernetes' */
#define MEND_IT N_("Mend it there, or let the tool of the cluster's provider write it again.")

struct kubeconfig {
	cJSON *clusters, *users, *contexts; /* arrays of {"name","cluster"|"user"|"context",FOLDER} */
	char *current;
	char *place; /* for errors */
};

/* Reading ------------------------------------------------------------------------------------------------------------------- */

/* A text that says something, by its spelling where YAML makes a number or a truth of it: a name may be 7, or on. */
static const char *said(const cJSON *node, const char *key)
{
	const cJSON *value = node ? cJSON_GetObjectItemCaseSensitive(node, key) : NULL;
	const char *text = value && !cJSON_IsNull(value) ? value->valuestring : NULL;
	return text && *text ? text : NULL;
}

/* What is wrong with the file, or with what the context says, and is mended there. */
static bool kubeconfig_wrong(const char *place, struct err *e, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool kubeconfig_wrong(const char *place, struct err *e, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *what = xvasprintf(format, args);
	va_end(args);
	err_set(e, EXIT_CONFIG, place, _(MEND_IT), "%s", what);
	free(what);
	return false;
}

/* Whoever may write it may have programs run as this user. */
static bool kubeconfig_is_safe(const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return err_set(e, EXIT_NOINPUT, path, _("Name another one by gke.kubeconfig, or by KUBECONFIG."),
			       _("the kubeconfig file is not there, or cannot be reached."));
	if (!S_ISREG(st.st_mode))
		return err_set(e, EXIT_CONFIG, path, _("Name another one by gke.kubeconfig, or by KUBECONFIG."),
			       _("the kubeconfig file is not a file."));
	if (st.st_mode & 022)
		return err_set(e, EXIT_CONFIG, path, _("Run chmod 600 on it."),
			       _("others can write the kubeconfig file, which may name programs that are run."));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EXIT_CONFIG, path, _("Copy it, and name the copy by gke.kubeconfig, or by KUBECONFIG."),
			       _("the kubeconfig file belongs to another user."));
	return true;
}

static bool kubeconfig_has_form(const char *path, const cJSON *doc, struct err *e)
{
	const char *kind = said(doc, "kind"), *version = said(doc, "apiVersion");
	if (cJSON_IsNull(doc))
		return true; /* an empty file is an empty configuration */
	if (!cJSON_IsObject(doc) || (kind && strcmp(kind, "Config") != 0) || (version && strcmp(version, "v1") != 0))
		return kubeconfig_wrong(path, e, _("it is no kubeconfig file: apiVersion v1, kind Config."));
	return true;
}

static cJSON *kubeconfig_parse(const char *path, struct err *e)
{
	struct buf text = {.max = FILE_MAX};
	struct err why = {0};
	cJSON *doc = NULL;
	int line = 0;
	if (!kubeconfig_is_safe(path, e))
		return NULL;
	buf_reserve(&text, (size_t)64 << 10); /* a key is not copied about by growing */
	if (!file_read(path, FILE_MAX, &text, &why))
		err_set(e, why.exit, path, why.fix, "%s", why.what);
	else if (text.len && memchr(text.data, 0, text.len))
		kubeconfig_wrong(path, e, _("it is no text."));
	else if (!(doc = yaml_parse_typed(buf_text(&text), &line))) {
		char *place = xasprintf("%s:%d", path, line);
		kubeconfig_wrong(place, e, _("it is no YAML of plain data, or larger than any kubeconfig file is."));
		free(place);
	}
	if (doc && !kubeconfig_has_form(path, doc, e)) {
		secret_wipe_tree(doc);
		cJSON_Delete(doc);
		doc = NULL;
	}
	err_free(&why);
	if (text.data)
		sodium_memzero(text.data, text.room);
	buf_free(&text);
	return doc;
}

/* Joining ------------------------------------------------------------------------------------------------------------------- */

static cJSON *named(const cJSON *list, const char *name)
{
	cJSON *one;
	cJSON_ArrayForEach(one, list) {
		const char *its = said(one, "name");
		if (its && !strcmp(its, name))
			return one;
	}
	return NULL;
}

/* Moves the entries of a file's list into ours: those of earlier files count. A name that stands twice in one file is refused, as by kubectl. */
static bool kubeconfig_join_list(cJSON *into, cJSON *doc, const char *list, const char *path, const char *folder, struct err *e)
{
	cJSON *from = cJSON_GetObjectItemCaseSensitive(doc, list), *fresh = cJSON_CreateArray(), *one;
	bool fine = true;
	while (fine && cJSON_IsArray(from) && (one = cJSON_DetachItemFromArray(from, 0))) {
		const char *name = said(one, "name");
		if (name && named(fresh, name))
			fine = kubeconfig_wrong(path, e, _("the name \"%s\" stands twice in \"%s\"."), name, list);
		if (fine && name) {
			cJSON_AddStringToObject(one, FOLDER, folder);
			cJSON_AddItemToArray(fresh, one);
		} else {
			secret_wipe_tree(one);
			cJSON_Delete(one);
		}
	}
	while ((one = cJSON_DetachItemFromArray(fresh, 0))) {
		if (!named(into, said(one, "name"))) {
			cJSON_AddItemToArray(into, one);
			continue;
		}
		secret_wipe_tree(one);
		cJSON_Delete(one);
	}
	cJSON_Delete(fresh);
	return fine;
}

static bool kubeconfig_add(struct kubeconfig *k, const char *path, struct err *e)
{
	cJSON *doc = kubeconfig_parse(path, e);
	if (!doc)
		return false;
	const char *slash = strrchr(path, '/'), *current = said(doc, "current-context");
	char *folder = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	bool fine = kubeconfig_join_list(k->clusters, doc, "clusters", path, folder, e) &&
		    kubeconfig_join_list(k->users, doc, "users", path, folder, e) &&
		    kubeconfig_join_list(k->contexts, doc, "contexts", path, folder, e);
	if (fine && current && !k->current)
		k->current = xstrdup(current);
	secret_wipe_tree(doc);
	cJSON_Delete(doc);
	free(folder);
	return fine;
}

/* Those of a list that are there. */
static bool kubeconfig_add_list(struct kubeconfig *k, const char *list, struct err *e)
{
	bool fine = true;
	for (const char *at = list; fine && *at;) {
		size_t len = strcspn(at, ":");
		char *path = xstrndup(at, len);
		fine = !len || access(path, F_OK) != 0 || kubeconfig_add(k, path, e);
		free(path);
		at += len + (at[len] == ':');
	}
	return fine;
}

/* "~/kube/config" of an answer is as in a shell. */
static char *kubeconfig_at_home(const char *path)
{
	const char *home = getenv("HOME");
	return text_starts(path, "~/") && home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
}

struct kubeconfig *kubeconfig_load(const char *path, struct err *e)
{
	struct kubeconfig *k = xcalloc(1, sizeof *k);
	const char *list = getenv("KUBECONFIG");
	bool listed = !*path && list && *list;
	char *file = kubeconfig_at_home(*path ? path : "~/.kube/config");
	*k = (struct kubeconfig){
	    .clusters = cJSON_CreateArray(), .users = cJSON_CreateArray(), .contexts = cJSON_CreateArray()};
	k->place = xstrdup(listed ? "KUBECONFIG" : file);
	bool fine = listed ? kubeconfig_add_list(k, list, e) : kubeconfig_add(k, file, e);
	free(file);
	if (fine)
		return k;
	kubeconfig_free(k);
	return NULL;
}

void kubeconfig_free(struct kubeconfig *k)
{
	if (!k)
		return;
	secret_wipe_tree(k->users);
	cJSON_Delete(k->clusters);
	cJSON_Delete(k->users);
	cJSON_Delete(k->contexts);
	free(k->current);
	free(k->place);
	free(k);
}

const char *kubeconfig_current(const struct kubeconfig *k)
{
	return k->current;
}

cJSON *kubeconfig_contexts(const struct kubeconfig *k)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *c;
	cJSON_ArrayForEach(c, k->contexts) {
		const char *name = said(json_at(c, "context"), "cluster");
		const cJSON *cluster = name ? named(k->clusters, name) : NULL;
		const char *server = said(json_at(cluster, "cluster"), "server");
		cJSON_AddItemToArray(list, json_make("{'id':%s,'title':%s}", said(c, "name"), server ? server : ""));
	}
	return list;
}

/* What a context says ------------------------------------------------------------------------------------------------------- */

/* A path of a file's is meant from that file's folder. */
static char *kubeconfig_beside(const cJSON *entry, const char *path)
{
	return *path == '/' ? xstrdup(path) : xasprintf("%s/%s", json_str(entry, FOLDER, "."), path);
}

static bool kubeconfig_lack(const char *place, const char *what, struct err *e)
{
	return kubeconfig_wrong(place, e, _("the kubeconfig file lacks %s."), what);
}

/* A PEM text that stands in the file, as base64, or in a file of its own; NULL where neither is said. False with e when it is not there, or both are said,
 * which kubectl does not take either. */
static bool kubeconfig_pem(const cJSON *entry, const cJSON *body, const char *key, const char *place, struct secret **out,
			   struct err *e)
{
	char *data_key = xasprintf("%s-data", key);
	const char *data = said(body, data_key), *path = said(body, key);
	struct buf text = {.max = PEM_MAX};
	struct err why = {0};
	if (data && path)
		kubeconfig_wrong(place, e, _("%s and %s are both there: one of them goes."), key, data_key);
	buf_reserve(&text, (size_t)64 << 10);
	char *file = !data && path ? kubeconfig_beside(entry, path) : NULL, *decoded = data ? decode_base64(data) : NULL;
	if (decoded) {
		buf_puts(&text, decoded);
		sodium_memzero(decoded, strlen(decoded));
	} else if (file && !file_read(file, PEM_MAX, &text, &why)) {
		err_set(e, EXIT_CONFIG, file, why.fix ? why.fix : _(MEND_IT), _("%s It is named by %s of %s."), why.what, key,
			place);
	}
	if ((data || path) && !e->exit && !strstr(buf_text(&text), "-----BEGIN "))
		kubeconfig_wrong(place, e, _("%s is no text in PEM form."), data ? data_key : key);
	*out = !e->exit && text.len ? secret_copy(text.data, text.len) : NULL;
	sodium_memzero(text.data, text.room);
	buf_free(&text);
	err_free(&why);
	free(decoded);
	free(file);
	free(data_key);
	return !e->exit;
}

/* The same of what is no secret. */
static bool kubeconfig_public_pem(const cJSON *entry, const cJSON *body, const char *key, const char *place, char **out,
				  struct err *e)
{
	struct secret *pem = NULL;
	bool fine = kubeconfig_pem(entry, body, key, place, &pem, e);
	*out = pem ? xstrdup(secret_open(pem, NULL)) : NULL;
	if (pem)
		secret_close(pem);
	secret_free(pem);
	return fine;
}

/* A truth, which is not told by a text or a number. */
static bool kubeconfig_truth(const cJSON *node, const char *key, const char *place, bool *out, struct err *e)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(node, key);
	*out = cJSON_IsTrue(value);
	return !value || cJSON_IsBool(value) || cJSON_IsNull(value) ||
	       kubeconfig_wrong(place, e, _("its %s is neither true nor false."), key);
}

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define SERVER_CHARACTERS NAME_CHARACTERS "~:/[]%"

/* A proxy's URL for libcurl; NULL when it is none that kubectl takes. kubectl lets a proxy of SOCKS 5 look up the host's name, whoever else may not know it. */
static char *kubeconfig_proxy(const char *url)
{
	static const struct {
		const char *theirs, *ours;
	} schemes[] = {{"http://", "http://"}, {"https://", "https://"}, {"socks5://", "socks5h://"}};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		const char *rest = url + strlen(schemes[i].theirs);
		if (text_starts(url, schemes[i].theirs) && *rest && !strchr("/?#:", *rest))
			return xasprintf("%s%s", schemes[i].ours, rest);
	}
	return NULL;
}

static bool kubeconfig_take_cluster(const cJSON *entry, struct kube_context *out, const char *place, struct err *e)
{
	const cJSON *body = json_at(entry, "cluster");
	const char *server = said(body, "server"), *name = said(body, "tls-server-name"), *proxy = said(body, "proxy-url");
	bool unchecked = false;
	if (!server)
		return kubeconfig_lack(place, "cluster.server", e);
	if (text_starts(server, "http://"))
		return err_set(e, EXIT_CONFIG, place,
			       _("Name its address with https://: an API server has one. A kubectl proxy is no way in."),
			       _("its server, %s, is asked without TLS: nothing is sent there."), server);
	if (name && name[strspn(name, NAME_CHARACTERS)])
		return kubeconfig_wrong(place, e, _("its tls-server-name, %s, is no host's name."), name);
	if (!kubeconfig_truth(body, "insecure-skip-tls-verify", place, &unchecked, e))
		return false;
	if (unchecked)
		return err_set(
		    e, EXIT_CONFIG, place,
		    _("Put the cluster's authority there (certificate-authority-data), or the name on its certificate "
		      "(tls-server-name)."),
		    _("it has insecure-skip-tls-verify: whoever stands between could take the credentials, so nothing is "
		      "sent there."));
	size_t len = strlen(server);
	while (len && server[len - 1] == '/')
		len--;
	out->server = text_starts(server, "https://") ? xstrndup(server, len) : xasprintf("https://%.*s", (int)len, server);
	const char *rest = out->server + strlen("https://");
	if (!*rest || *rest == '/' || rest[strspn(rest, SERVER_CHARACTERS)])
		return kubeconfig_wrong(place, e, _("its server, %s, is no address of an API server."), server);
	out->server_name = name ? xstrdup(name) : NULL;
	if (proxy && !(out->proxy = kubeconfig_proxy(proxy))) {
		char *shown = text_without_login(proxy);
		kubeconfig_wrong(
		    place, e, _("its proxy-url, %s, is none: http://HOST:PORT, https://HOST:PORT and socks5://HOST:PORT are."),
		    shown);
		free(shown);
		return false;
	}
	return kubeconfig_public_pem(entry, body, "certificate-authority", place, &out->ca, e);
}

/* Programs ------------------------------------------------------------------------------------------------------------------ */

#define CLIENT_API "client.authentication.k8s.io/"

static void kube_exec_free(struct kube_exec *x)
{
	if (!x)
		return;
	free(x->api_version);
	free(x->command);
	free(x->hint);
	cJSON_Delete(x->args);
	cJSON_Delete(x->env);
	cJSON_Delete(x->cluster);
	free(x);
}

/* What a program is told of the cluster, in that API's words. */
static cJSON *kubeconfig_told_cluster(const cJSON *entry, const struct kube_context *c)
{
	cJSON *told = json_make("{'server':%s,'config':%j}", said(json_at(entry, "cluster"), "server"), NULL);
	const char *proxy = said(json_at(entry, "cluster"), "proxy-url");
	const cJSON *extension;
	if (c->server_name)
		json_put_str(told, "tls-server-name", c->server_name);
	if (proxy)
		json_put_str(told, "proxy-url", proxy);
	if (c->ca) {
		char *coded = encode_base64(c->ca, strlen(c->ca));
		json_put_str(told, "certificate-authority-data", coded);
		free(coded);
	}
	cJSON_ArrayForEach(extension, json_at(entry, "cluster.extensions"))
		if (!strcmp(json_str(extension, "name", ""), CLIENT_API "exec") &&
		    cJSON_GetObjectItemCaseSensitive(extension, "extension"))
			json_put(told, "config",
				 cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(extension, "extension"), true));
	return told;
}

/* Arguments as texts. */
static cJSON *kubeconfig_arguments(const cJSON *x)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(x, "args"))
		if (one->valuestring)
			cJSON_AddItemToArray(all, cJSON_CreateString(one->valuestring));
	return all;
}

/* [{"name","value"}...], or NULL with e. */
static cJSON *kubeconfig_environment(const cJSON *x, const char *place, struct err *e)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(x, "env")) {
		const char *name = said(one, "name"), *value = said(one, "value");
		if (!name || strchr(name, '=')) {
			cJSON_Delete(all);
			kubeconfig_wrong(place, e, _("a variable of its exec has no name."));
			return NULL;
		}
		cJSON_AddItemToArray(all, json_make("{'name':%s,'value':%s}", name, value ? value : ""));
	}
	return all;
}

static bool kubeconfig_take_mode(const char *mode, bool v1, const char *place, struct err *e)
{
	if (!mode)
		return !v1 || kubeconfig_lack(place, "user.exec.interactiveMode", e);
	if (!strcmp(mode, "Always"))
		return err_set(e, EXIT_CONFIG, place,
			       _("Sign in with that program first, and use a context whose interactiveMode is IfAvailable or "
				 "Never."),
			       _("its exec wants to ask on a terminal (interactiveMode: Always), which it does not get here."));
	return !strcmp(mode, "IfAvailable") || !strcmp(mode, "Never") ||
	       kubeconfig_wrong(place, e, _("its interactiveMode, %s, is none: Never, IfAvailable and Always are."), mode);
}

static bool kubeconfig_take_exec(const cJSON *user, const cJSON *cluster, const cJSON *x, struct kube_context *out,
				 const char *place, struct err *e)
{
	const char *version = said(x, "apiVersion"), *command = said(x, "command"), *mode = said(x, "interactiveMode"),
		   *hint = said(x, "installHint");
	bool v1 = version && !strcmp(version, CLIENT_API "v1"), told = false;
	if (!command)
		return kubeconfig_lack(place, "user.exec.command", e);
	if (!v1 && (!version || strcmp(version, CLIENT_API "v1beta1") != 0))
		return err_set(e, EXIT_CONFIG, place,
			       _("Update the program that wrote it, and let it write the context again."),
			       _("its exec speaks %s, which is not Kubernetes' any more: v1 or v1beta1 of "
				 "client.authentication.k8s.io are."),
			       version ? version : "\"\"");
	if (!kubeconfig_take_mode(mode, v1, place, e) || !kubeconfig_truth(x, "provideClusterInfo", place, &told, e))
		return false;
	struct kube_exec *made = out->exec = xcalloc(1, sizeof *made);
	made->api_version = xstrdup(version);
	made->command = strchr(command, '/') ? kubeconfig_beside(user, command) : xstrdup(command);
	made->hint = hint ? xstrdup(hint) : NULL;
	made->args = kubeconfig_arguments(x);
	made->cluster = told ? kubeconfig_told_cluster(cluster, out) : NULL;
	return (made->env = kubeconfig_environment(x, place, e)) != NULL;
}

/* Who asks ------------------------------------------------------------------------------------------------------------------ */

static bool kubeconfig_refuses_user(const cJSON *body, const char *place, struct err *e)
{
	if (said(body, "username") || said(body, "password"))
		return !err_set(e, EXIT_CONFIG, place, _("Use a token, a client certificate or exec."),
				_("it signs in by name and password, which Kubernetes has not known since 1.19."));
	if (cJSON_IsObject(json_at(body, "auth-provider")))
		return !err_set(
		    e, EXIT_CONFIG, place,
		    _("Let your provider's tool write the context again: it uses exec now (for GKE: gcloud components "
		      "install gke-gcloud-auth-plugin; for OpenID Connect: kubectl oidc-login)."),
		    _("its auth-provider \"%s\" is not supported: kubectl itself has taken out such ones, but for oidc, with "
		      "1.26."),
		    json_str(body, "auth-provider.name", ""));
	if (said(body, "as") || said(body, "as-uid") || cJSON_GetArraySize(json_at(body, "as-groups")) ||
	    cJSON_GetArraySize(json_at(body, "as-user-extra")))
		return !err_set(e, EXIT_CONFIG, place, _("Use a context that signs in as who acts."),
				_("it acts as somebody else (as), which is not supported."));
	return false;
}

static bool kubeconfig_take_user(const cJSON *user, const cJSON *cluster, struct kube_context *out, const char *place,
				 struct err *e)
{
	const cJSON *body = json_at(user, "user"), *exec = json_at(body, "exec");
	const char *token = said(body, "token"), *file = said(body, "tokenFile");
	if (kubeconfig_refuses_user(body, place, e))
		return false;
	if (token && token[strcspn(token, " \t\r\n")])
		return kubeconfig_wrong(place, e, _("its token has a space or a line end in it."));
	out->token = token ? secret_copy(token, strlen(token)) : NULL;
	out->token_file = file ? kubeconfig_beside(user, file) : NULL;
	if (!kubeconfig_public_pem(user, body, "client-certificate", place, &out->certificate, e) ||
	    !kubeconfig_pem(user, body, "client-key", place, &out->key, e))
		return false;
	if (!out->certificate != !out->key)
		return kubeconfig_lack(place, out->key ? "user.client-certificate" : "user.client-key", e);
	if (cJSON_IsObject(exec) && !kubeconfig_take_exec(user, cluster, exec, out, place, e))
		return false;
	if (out->exec && (token || file)) { /* as with kubectl, it has not to be run then */
		kube_exec_free(out->exec);
		out->exec = NULL;
	}
	return token || file || out->certificate || out->exec ||
	       kubeconfig_lack(place, _("a credential: token, tokenFile, client-certificate or exec"), e);
}

/* The entry that a context names in another list. */
static const cJSON *kubeconfig_follow(const struct kubeconfig *k, const cJSON *context, const char *key, const cJSON *list,
				      struct err *e)
{
	const char *name = said(json_at(context, "context"), key);
	const cJSON *entry = name ? named(list, name) : NULL;
	if (!name)
		err_set(e, EXIT_CONFIG, k->place, _("See what it says: kubectl config view"),
			_("the context \"%s\" names no %s."), said(context, "name"), key);
	else if (!entry)
		err_set(e, EXIT_CONFIG, k->place, _("See what is there: kubectl config view"),
			_("the context \"%s\" names a %s \"%s\" that is not there."), said(context, "name"), key, name);
	return entry;
}

bool kubeconfig_read(const struct kubeconfig *k, const char *name, struct kube_context *out, struct err *e)
{
	const char *wanted = *name ? name : k->current;
	const cJSON *context = wanted ? named(k->contexts, wanted) : NULL, *cluster, *user;
	if (!wanted)
		return err_set(e, EXIT_CONFIG, k->place, _("Name one by gke.context: kubectl config get-contexts"),
			       _("there is no current context."));
	if (!context)
		return err_set(e, EXIT_CONFIG, k->place, _("See which there are: kubectl config get-contexts"),
			       _("there is no context \"%s\"."), wanted);
	cluster = kubeconfig_follow(k, context, "cluster", k->clusters, e);
	user = cluster ? kubeconfig_follow(k, context, "user", k->users, e) : NULL;
	if (!user)
		return false;
	char *place = xasprintf(_("context %s of %s"), wanted, k->place);
	out->name = xstrdup(wanted);
	bool fine = kubeconfig_take_cluster(cluster, out, place, e) && kubeconfig_take_user(user, cluster, out, place, e);
	free(place);
	return fine;
}

void kube_context_free(struct kube_context *c)
{
	free(c->name);
	free(c->server);
	free(c->ca);
	free(c->server_name);
	free(c->proxy);
	secret_free(c->token);
	free(c->token_file);
	free(c->certificate);
	secret_free(c->key);
	kube_exec_free(c->exec);
	*c = (struct kube_context){0};
}
