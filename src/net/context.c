#include "config.h"
#include "net/context.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/secret.h"
#include "base/yaml.h"
#include "net/kubeconfig.h"
#include "net/plugin.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKEN_MAX ((size_t)64 << 10)
#define FILE_SECONDS 60.0 /* a token's file is read again after so long, as kubectl does */
#define LEEWAY 10.0       /* before a credential expires another one is got */

struct waiter {
	context_done *done;
	void *arg;
};

struct context {
	struct contexts *owner;
	struct context *next;
	char *file, *asked; /* as they were asked for */
	struct kube_context says;
	struct secret *token, *key; /* what is shown, of a file or a program */
	char *certificate;
	double until; /* on loop_now's clock */
	struct plugin *plugin;
	struct waiter *waiters;
	size_t waiter_count, waiter_room;
};

struct contexts {
	struct loop *loop;
	struct context *list;
	char *played;
	struct secret *played_token;
};

struct contexts *contexts_new(struct loop *loop)
{
	struct contexts *c = xcalloc(1, sizeof *c);
	c->loop = loop;
	return c;
}

void contexts_play(struct contexts *c, const char *server, const char *token)
{
	free(c->played);
	secret_free(c->played_token);
	c->played = xstrdup(server);
	c->played_token = secret_copy(token, strlen(token));
}

static void context_forget_credential(struct context *x)
{
	secret_free(x->token);
	secret_free(x->key);
	free(x->certificate);
	x->token = x->key = NULL;
	x->certificate = NULL;
	x->until = 0;
}

static void context_free(struct context *x)
{
	plugin_stop(x->plugin);
	context_forget_credential(x);
	kube_context_free(&x->says);
	free(x->waiters);
	free(x->file);
	free(x->asked);
	free(x);
}

void contexts_free(struct contexts *c)
{
	if (!c)
		return;
	for (struct context *x = c->list, *next; x; x = next) {
		next = x->next;
		context_free(x);
	}
	free(c->played);
	secret_free(c->played_token);
	free(c);
}

/* Finding ------------------------------------------------------------------------------------------------------------------- */

static void context_play(struct context *x)
{
	x->says.name = xstrdup(*x->asked ? x->asked : "rehearsal");
	x->says.server = xstrdup(x->owner->played);
	x->says.token = secret_copy(secret_open(x->owner->played_token, NULL), secret_length(x->owner->played_token));
	secret_close(x->owner->played_token);
}

static bool context_read(struct context *x, struct err *e)
{
	if (x->owner->played) {
		context_play(x);
		return true;
	}
	struct kubeconfig *k = kubeconfig_load(x->file, e);
	bool fine = k && kubeconfig_read(k, x->asked, &x->says, e);
	kubeconfig_free(k);
	return fine;
}

struct context *contexts_find(struct contexts *c, const char *file, const char *name, struct err *e)
{
	file = file ? file : "";
	name = name ? name : "";
	for (struct context *x = c->list; x; x = x->next)
		if (!strcmp(x->file, file) && !strcmp(x->asked, name))
			return x;
	struct context *x = xcalloc(1, sizeof *x);
	*x = (struct context){.owner = c, .file = xstrdup(file), .asked = xstrdup(name)};
	if (!context_read(x, e)) {
		context_free(x);
		return NULL;
	}
	x->next = c->list;
	return c->list = x;
}

cJSON *contexts_list(struct contexts *c, const char *file, struct err *e)
{
	if (c->played)
		return json_make("[{'id':'rehearsal','title':%s}]", c->played);
	struct kubeconfig *k = kubeconfig_load(file, e);
	cJSON *list = k ? kubeconfig_contexts(k) : NULL, *one;
	const char *current = k ? kubeconfig_current(k) : NULL;
	cJSON_ArrayForEach(one, list)
		if (current && !strcmp(json_str(one, "id", ""), current)) {
			cJSON_InsertItemInArray(list, 0, cJSON_DetachItemViaPointer(list, one));
			break;
		}
	kubeconfig_free(k);
	return list;
}

const char *context_name(const struct context *x)
{
	return x->says.name;
}

const char *context_server(const struct context *x)
{
	return x->says.server;
}

void context_dress(const struct context *x, struct http_request *r)
{
	r->ca = x->says.ca;
	r->server_name = x->says.server_name;
	r->proxy = x->says.proxy;
	r->elsewhere = true;
}

char *context_expired(const struct context *x)
{
	const char *pem = x->says.certificate ? x->says.certificate : x->certificate;
	struct err e = {0};
	struct tm until;
	char day[16];
	bool over = false;
	if (pem && libcrypto_load(&e)) {
		BIO *bio = BIO_new_mem_buf(pem, (int)strlen(pem));
		X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
		const ASN1_TIME *end = certificate ? X509_get0_notAfter(certificate) : NULL;
		over = end && X509_cmp_current_time(end) < 0 && ASN1_TIME_to_tm(end, &until) &&
		       strftime(day, sizeof day, "%F", &until);
		X509_free(certificate);
		BIO_free(bio);
	}
	err_free(&e);
	return over ? xstrdup(day) : NULL;
}

/* Those who wait ------------------------------------------------------------------------------------------------------------ */

static const char *opened(struct secret *s)
{
	return s ? secret_open(s, NULL) : NULL;
}

static void closed(struct secret *s)
{
	if (s)
		secret_close(s);
}

/* Copies stay with who is told: whoever is told may have this credential rejected. */
static void context_show(const struct context *x, context_done *done, void *arg)
{
	struct secret *token = x->says.token && !x->says.token_file ? x->says.token : x->token,
		      *key = x->says.key ? x->says.key : x->key;
	struct secret *shown_token = token ? secret_copy(secret_open(token, NULL), secret_length(token)) : NULL,
		      *shown_key = key ? secret_copy(secret_open(key, NULL), secret_length(key)) : NULL;
	char *certificate = x->says.certificate ? xstrdup(x->says.certificate)
			    : x->certificate    ? xstrdup(x->certificate)
						: NULL;
	closed(token);
	closed(key);
	struct err none = {0};
	struct context_shown shown = {opened(shown_token), certificate, opened(shown_key)};
	done(arg, &shown, &none);
	closed(shown_token);
	closed(shown_key);
	secret_free(shown_token);
	secret_free(shown_key);
	free(certificate);
}

/* Each is told once; one that is told may ask again. */
static void context_tell(struct context *x, const struct err *e)
{
	struct waiter *waiters = x->waiters;
	size_t count = x->waiter_count;
	x->waiters = NULL;
	x->waiter_count = x->waiter_room = 0;
	for (size_t i = 0; i < count; i++) {
		struct err copy = {0};
		if (e->exit)
			err_set(&copy, e->exit, e->place, e->fix, "%s", e->what);
		if (e->exit)
			waiters[i].done(waiters[i].arg, NULL, &copy);
		else
			context_show(x, waiters[i].done, waiters[i].arg);
		err_free(&copy);
	}
	free(waiters);
}

bool context_forget(struct context *x, void *arg)
{
	for (size_t i = 0; i < x->waiter_count; i++)
		if (x->waiters[i].arg == arg) {
			x->waiters[i] = x->waiters[--x->waiter_count];
			return true;
		}
	return false;
}

bool context_renews(const struct context *x)
{
	return x->says.exec || x->says.token_file;
}

void context_reject(struct context *x)
{
	if (!x->plugin)
		context_forget_credential(x);
}

/* Getting ------------------------------------------------------------------------------------------------------------------- */

/* A file's token; the one that stands beside it where it cannot be read. */
static bool context_read_token(struct context *x, struct err *e)
{
	struct buf text = {.max = TOKEN_MAX};
	struct err why = {0};
	buf_reserve(&text, TOKEN_MAX);
	bool fine = file_read(x->says.token_file, TOKEN_MAX, &text, &why);
	size_t from = 0;
	while (fine && text.len && isspace((unsigned char)text.data[text.len - 1]))
		text.len--;
	while (fine && from < text.len && isspace((unsigned char)text.data[from]))
		from++;
	fine = fine && from < text.len;
	context_forget_credential(x);
	if (fine) {
		x->token = secret_copy(text.data + from, text.len - from);
		x->until = loop_now(x->owner->loop) + FILE_SECONDS;
	} else if (x->says.token) {
		x->token = secret_copy(secret_open(x->says.token, NULL), secret_length(x->says.token));
		secret_close(x->says.token);
		fine = true;
	} else {
		err_set(e, EXIT_CONFIG, x->says.token_file,
			why.fix ? why.fix : _("The kubeconfig file names it by tokenFile: a token has to stand in it."), "%s",
			why.what ? why.what : _("there is no token in the file."));
	}
	sodium_memzero(text.data, text.room);
	buf_free(&text);
	err_free(&why);
	return fine;
}

/* What helps where a program's output is no credential. */
static const char *context_program_fix(const struct kube_exec *exec)
{
	return exec->hint ? exec->hint : _("Run kubectl with this context: it shows the same.");
}

static bool context_take_made(struct context *x, const cJSON *made, struct err *e)
{
	const struct kube_exec *exec = x->says.exec;
	const cJSON *status = json_at(made, "status");
	const char *token = json_str(status, "token", ""), *certificate = json_str(status, "clientCertificateData", ""),
		   *key = json_str(status, "clientKeyData", ""), *until = json_str(status, "expirationTimestamp", "");
	double at = *until ? moment_read(until) : 0;
	if (strcmp(json_str(made, "kind", ""), "ExecCredential") != 0 ||
	    strcmp(json_str(made, "apiVersion", ""), exec->api_version) != 0)
		return err_set(e, EXIT_CONFIG, exec->command, context_program_fix(exec),
			       _("what it prints is no ExecCredential of %s, as the kubeconfig file says."), exec->api_version);
	if ((!*token && !*certificate) || !*certificate != !*key)
		return err_set(e, EXIT_CONFIG, exec->command, context_program_fix(exec),
			       _("what it prints holds neither a token nor a certificate with its key."));
	if (at < 0)
		return err_set(e, EXIT_CONFIG, exec->command, context_program_fix(exec),
			       _("the time until which its credential holds is none."));
	context_forget_credential(x);
	x->token = *token ? secret_copy(token, strlen(token)) : NULL;
	x->key = *key ? secret_copy(key, strlen(key)) : NULL;
	x->certificate = *certificate ? xstrdup(certificate) : NULL;
	x->until = loop_now(x->owner->loop) + (*until ? at - loop_wall(x->owner->loop) - LEEWAY : 1e9);
	return true;
}

static void context_plugin_done(void *arg, const char *output, size_t len, struct err *e)
{
	struct context *x = arg;
	const struct kube_exec *exec = x->says.exec;
	struct err why = {0}, unread = {0};
	int line = 0;
	cJSON *made = output ? json_parse(output, len, exec->command, &unread) : NULL;
	if (output && !made) /* kubectl takes YAML as well */
		made = yaml_parse_typed(output, &line);
	x->plugin = NULL;
	if (!output)
		err_move(&why, e);
	else if (!made)
		err_set(&why, EXIT_CONFIG, exec->command, context_program_fix(exec), _("what it prints is no ExecCredential."));
	else
		context_take_made(x, made, &why);
	secret_wipe_tree(made);
	cJSON_Delete(made);
	context_tell(x, &why);
	err_free(&why);
	err_free(&unread);
}

static void context_run(struct context *x)
{
	const struct kube_exec *exec = x->says.exec;
	cJSON *info = json_make("{'kind':'ExecCredential','apiVersion':%s,'spec':{'interactive':false}}", exec->api_version);
	if (exec->cluster)
		json_put(info, "spec.cluster", cJSON_Duplicate(exec->cluster, true));
	char *text = json_text(info, -1);
	struct plugin_program program = {
	    .command = exec->command, .info = text, .hint = exec->hint, .args = exec->args, .env = exec->env};
	x->plugin = plugin_start(x->owner->loop, &program, context_plugin_done, x);
	free(text);
	cJSON_Delete(info);
}

void context_credential(struct context *x, context_done *done, void *arg)
{
	struct err e = {0};
	bool fresh = x->until > loop_now(x->owner->loop);
	if (x->says.exec && !fresh) {
		x->waiters = xgrow(x->waiters, x->waiter_count, &x->waiter_room, sizeof *x->waiters);
		x->waiters[x->waiter_count++] = (struct waiter){done, arg};
		if (!x->plugin)
			context_run(x);
		return;
	}
	if (x->says.token_file && !fresh && !context_read_token(x, &e))
		done(arg, NULL, &e);
	else
		context_show(x, done, arg);
	err_free(&e);
}
