/* Kubeconfig files as kubectl reads them: joined, followed, refused with the reason; and what is shown of a context. */
#include "config.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "net/context.h"
#include "net/kubeconfig.h"
#include "tests/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/mlflow-setup-kubeconfig-XXXXXX";

/* A file of the folder, with this mode; its path for the caller to free. */
static char *file(const char *name, const char *text, mode_t mode)
{
	struct err e = {0};
	char *path = xasprintf("%s/%s", folder, name);
	ok(file_write(path, text, strlen(text), mode, &e) && chmod(path, mode) == 0, "%s is written", name);
	err_free(&e);
	return path;
}

#define CLUSTER(rest) "clusters: [{name: c, cluster: {server: 'https://10.0.0.1:6443'" rest "}}]\n"
#define CONTEXT "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
#define USER(what) "users: [{name: u, user: {" what "}}]\n"
#define WHOLE(cluster, user) CLUSTER(cluster) CONTEXT USER(user)
#define EXEC(what) USER("exec: {command: get-token, " what "}")
#define TOKEN USER("token: t-1")

static const struct {
	const char *what, *text, *words; /* words NULL: it is read */
} files[] = {
    {"a token", WHOLE("", "token: t-1"), NULL},
    {"aliases", "a: &c {server: 'https://h'}\nclusters: [{name: c, cluster: *c}]\n" CONTEXT TOKEN, NULL},
    {"JSON",
     "{\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"https://h\"}}],\"contexts\":[{\"name\":\"x\",\"context\":{"
     "\"cluster\":\"c\",\"user\":\"u\"}}],\"current-context\":\"x\",\"users\":[{\"name\":\"u\",\"user\":{\"token\":\"a\"}}]}",
     NULL},
    {"nothing", "", "no current context"},
    {"a comment", "# nothing\n", "no current context"},
    {"a list", "- a\n- b\n", "no kubeconfig file"},
    {"another kind", "kind: Secret\n" CLUSTER("") CONTEXT TOKEN, "no kubeconfig file"},
    {"no YAML", "a: [1\n", "no YAML"},
    {"a tag", "a: !!python/object:os.system [x]\n", "no YAML"},
    {"what holds itself", "a: &a {b: *a}\n", "no YAML"},
    {"lists that are none", "clusters: 3\nusers: {a: b}\ncontexts: x\ncurrent-context: x\n", "no context \"x\""},
    {"a name twice", "clusters: [{name: c}, {name: c}]\n", "stands twice"},
    {"no such context", CLUSTER("") TOKEN "current-context: y\n", "no context \"y\""},
    {"no such cluster", "contexts: [{name: x, context: {cluster: q, user: u}}]\ncurrent-context: x\n" TOKEN,
     "names a cluster \"q\""},
    {"no such user", CLUSTER("") "contexts: [{name: x, context: {cluster: c, user: q}}]\ncurrent-context: x\n",
     "names a user \"q\""},
    {"no server", "clusters: [{name: c, cluster: {}}]\n" CONTEXT TOKEN, "lacks cluster.server"},
    {"no TLS", "clusters: [{name: c, cluster: {server: 'http://h'}}]\n" CONTEXT TOKEN, "without TLS"},
    {"no address", "clusters: [{name: c, cluster: {server: 'https://a b'}}]\n" CONTEXT TOKEN, "no address of an API server"},
    {"somebody in the address", "clusters: [{name: c, cluster: {server: 'https://a@b'}}]\n" CONTEXT TOKEN, "no address"},
    {"TLS that is not checked", WHOLE(", insecure-skip-tls-verify: true", "token: a"), "insecure-skip-tls-verify"},
    {"TLS that is checked", WHOLE(", insecure-skip-tls-verify: false", "token: a"), NULL},
    {"a name that is none", WHOLE(", tls-server-name: 'a/b'", "token: a"), "tls-server-name"},
    {"an authority that is none", WHOLE(", certificate-authority-data: aGFsbG8=", "token: a"), "PEM"},
    {"an authority that is not there", WHOLE(", certificate-authority: gone.pem", "token: a"), "gone.pem"},
    {"a password", WHOLE("", "username: a, password: b"), "has not known since 1.19"},
    {"an auth-provider", WHOLE("", "auth-provider: {name: gcp}"), "\"gcp\" is not supported"},
    {"nobody", WHOLE("", ""), "lacks a credential"},
    {"null", WHOLE("", "token: null"), "lacks a credential"},
    {"somebody else", WHOLE("", "token: a, as: admin"), "acts as somebody else"},
    {"a key without a certificate", WHOLE("", "client-key-data: LS0tLS1CRUdJTiBLRVktLS0tLQ=="),
     "lacks user.client-certificate"},
    {"exec", CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1beta1"), NULL},
    {"exec v1", CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never"), NULL},
    {"exec v1 without a mode", CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1"), "interactiveMode"},
    {"exec of old", CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1alpha1"), "v1alpha1"},
    {"exec that asks", CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always"),
     "terminal"},
    {"exec and a token",
     CLUSTER("") CONTEXT USER("token: a, exec: {command: b, apiVersion: client.authentication.k8s.io/v1beta1}"), NULL},
    {"exec with a nameless variable",
     CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1beta1, env: [{value: a}]"), "has no name"},
    {"exec with another mode",
     CLUSTER("") CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: Often"), "Often"},
    {"names that YAML makes others of",
     "clusters: [{name: on, cluster: {server: 'https://h'}}]\ncontexts: [{name: 7, context: {cluster: on, user: ~x}}]\n"
     "current-context: 7\nusers: [{name: ~x, user: {token: 12}}]\n",
     NULL},
    {"a merge", "a: &a {token: t}\n" CLUSTER("") CONTEXT USER("<<: *a"), NULL},
    {"a truth that is a text", WHOLE(", insecure-skip-tls-verify: 'true'", "token: a"), "neither true nor false"},
    {"a proxy that is none", WHOLE(", proxy-url: 'h:3128'", "token: a"), "proxy-url"},
    {"a proxy that is none, and who signs in to it", WHOLE(", proxy-url: 'ftp://ann:s3cret@h:21'", "token: a"),
     "proxy-url, ftp://...@h:21, is"},
    {"a proxy of SOCKS", WHOLE(", proxy-url: 'socks5://h:1080'", "token: a"), NULL},
    {"data and a file", WHOLE(", certificate-authority: a, certificate-authority-data: aGFsbG8=", "token: a"), "both there"},
    {"a token of two lines", WHOLE("", "token: \"a\\nb\""), "line end"},
};

static void reads(const char *what, const char *path, const char *name, const char *words)
{
	struct err e = {0};
	struct kube_context c = {0};
	struct kubeconfig *k = kubeconfig_load(path, &e);
	bool fine = k && kubeconfig_read(k, name, &c, &e);
	char *said = err_text(&e);
	ok(words ? !fine && strstr(said, words) : fine, "%s: %s (%s)", what, words ? words : "is read", said);
	free(said);
	kube_context_free(&c);
	kubeconfig_free(k);
	err_free(&e);
}

static void forms(void)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *path = file("config", files[i].text, 0600);
		reads(files[i].what, path, "", files[i].words);
		free(path);
	}
	char *path = file("open", WHOLE("", "token: t-1"), 0666);
	reads("a file that others write", path, "", "others can write");
	free(path);
	path = file("shared", WHOLE("", "token: t-1"), 0644);
	reads("a file that others read", path, "", NULL);
	free(path);
	reads("a folder", folder, "", "not a file");
	reads("a file that is not there", "/nowhere/config", "", "not there");
}

/* Aliases of aliases would be a thousand million nodes. */
static void bombs(void)
{
	struct buf b = {0};
	buf_puts(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++)
		buf_printf(&b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1,
			   i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	char *path = file("bomb", buf_text(&b), 0600);
	reads("aliases of aliases", path, "", "no YAML");
	free(path);
	buf_clear(&b);
	for (int i = 0; i < 5000; i++)
		buf_puts(&b, "[");
	path = file("deep", buf_text(&b), 0600);
	reads("five thousand brackets", path, "", "no YAML");
	free(path);
	buf_free(&b);
}

/* Of several files the first that says something counts; paths are beside the file that says them. */
static void joined(void)
{
	struct err e = {0};
	char *one = file("one", "current-context: x\nusers: [{name: u, user: {tokenFile: here}}]\n", 0600),
	     *two = file(
		 "two",
		 CLUSTER("") "contexts: [{name: x, context: {cluster: c, user: u}}, {name: z}]\ncurrent-context: z\n" TOKEN,
		 0600);
	char *list = xasprintf("/nowhere/else::%s:%s", one, two);
	setenv("KUBECONFIG", list, 1);
	struct kubeconfig *k = kubeconfig_load("", &e);
	struct kube_context c = {0};
	ok(k && !strcmp(kubeconfig_current(k), "x"), "the first file's current context counts");
	ok(k && kubeconfig_read(k, "", &c, &e) && c.token_file && !c.token && strstr(c.token_file, folder),
	   "and its user, beside it");
	is_str(c.server, "https://10.0.0.1:6443", "and the second's cluster");
	cJSON *names = k ? kubeconfig_contexts(k) : NULL;
	ok(cJSON_GetArraySize(names) == 2, "both files' contexts are listed");
	cJSON_Delete(names);
	kube_context_free(&c);
	kubeconfig_free(k);
	err_free(&e);
	free(list);
	free(one);
	free(two);
}

/* What is shown --------------------------------------------------------------------------------------------------------------- */

struct seen {
	int times;
	char token[64], error[512];
};

static void on_shown(void *arg, const struct context_shown *shown, struct err *e)
{
	struct seen *s = arg;
	s->times++;
	snprintf(s->token, sizeof s->token, "%s", shown && shown->token ? shown->token : "");
	char *text = shown ? NULL : err_text(e);
	snprintf(s->error, sizeof s->error, "%s", text ? text : "");
	free(text);
}

static void wait_for(struct loop *loop, const struct seen *s, int times)
{
	for (int i = 0; i < 500 && s->times < times; i++)
		loop_turn(loop, 0.1, -1);
}

/* A program that counts its calls in a file and prints what the shell makes of body. */
static char *program(const char *body)
{
	char *text = xasprintf("#!/bin/sh\ncd %s\necho x >> calls\n%s\n", folder, body), *path = file("get-token", text, 0700);
	free(text);
	return path;
}

static void programs(void)
{
#define MADE(status)                                                                                                           \
	"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{" status "}}'"
	static const struct {
		const char *what, *body, *token, *error;
	} rows[] = {
	    {"a token", MADE("\"token\":\"made\""), "made", ""},
	    {"args and env, no shell", "test \"$1\" = '$(id); x' && test \"$EXTRA\" = 'a b' && " MADE("\"token\":\"made\""),
	     "made", ""},
	    {"what it is told",
	     "echo \"$KUBERNETES_EXEC_INFO\" | grep -q '10.0.0.1:6443.*\"interactive\":false' && " MADE("\"token\":\"made\""),
	     "made", ""},
	    {"no terminal", "test ! -t 0 && " MADE("\"token\":\"made\""), "made", ""},
	    {"a failure", "echo 'token s3cret expired' >&2; exit 3", "", "exit code 3: token s3cret expired"},
	    {"another version", "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'", "",
	     "no ExecCredential"},
	    {"no JSON", "echo hello", "", "no ExecCredential"},
	    {"neither token nor certificate", MADE(""), "", "neither a token"},
	    {"a time that is none", MADE("\"token\":\"made\",\"expirationTimestamp\":\"soon\""), "", "the time until which"},
	    {"more than any credential", "yes | head -c 3000000", "", "more than any credential"},
	};
	static const char config[] = CLUSTER("")
	    CONTEXT EXEC("apiVersion: client.authentication.k8s.io/v1beta1, args: ['$(id); x'], env: [{name: EXTRA, "
			 "value: 'a b'}], provideClusterInfo: true");
	char *relative = xstrdup(config), *at = strstr(relative, "get-token");
	struct buf text = {0};
	buf_printf(&text, "%.*s./%s", (int)(at - relative), relative, at);
	char *path = file("exec", buf_text(&text), 0600);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e = {0};
		struct seen s = {0};
		free(program(rows[i].body));
		struct loop *loop = loop_new(LOOP_REAL, 1);
		struct contexts *all = contexts_new(loop);
		struct context *x = contexts_find(all, path, "", &e);
		if (x)
			context_credential(x, on_shown, &s);
		wait_for(loop, &s, 1);
		ok(x && s.times == 1 && !strcmp(s.token, rows[i].token) &&
		       (*rows[i].error ? strstr(s.error, rows[i].error) != NULL : !*s.error),
		   "a program: %s (%s)", rows[i].what, s.error);
		contexts_free(all);
		loop_free(loop);
		err_free(&e);
	}
	buf_free(&text);
	free(relative);
	free(path);
}

static int calls(void)
{
	struct buf b = {0};
	struct err e = {0};
	char *path = xasprintf("%s/calls", folder);
	file_read(path, 1 << 20, &b, &e);
	int n = (int)b.len / 2;
	buf_free(&b);
	err_free(&e);
	free(path);
	return n;
}

/* One run serves all who wait, and those who come while its credential holds; a refusal makes it run again; a stop ends it. */
static void runs(void)
{
	struct err e = {0};
	struct seen a = {0}, b = {0}, c = {0};
	char *path = xasprintf("%s/exec", folder);
	free(program(MADE("\"token\":\"made\",\"expirationTimestamp\":\"2999-01-01T00:00:00.5+01:00\"")));
	int before = calls();
	struct loop *loop = loop_new(LOOP_REAL, 1);
	struct contexts *all = contexts_new(loop);
	struct context *x = contexts_find(all, path, "x", &e);
	context_credential(x, on_shown, &a);
	context_credential(x, on_shown, &b);
	wait_for(loop, &b, 1);
	context_credential(x, on_shown, &c);
	ok(a.times == 1 && b.times == 1 && c.times == 1 && !strcmp(c.token, "made") && calls() == before + 1,
	   "one run is enough while its token holds");
	context_reject(x);
	context_credential(x, on_shown, &c);
	wait_for(loop, &c, 2);
	ok(c.times == 2 && calls() == before + 2, "a refusal makes it run again");
	context_reject(x);
	free(program("sleep 600"));
	context_credential(x, on_shown, &a);
	ok(context_forget(x, &a) && !context_forget(x, &a), "who waits may go");
	contexts_free(all);
	loop_free(loop);
	ok(a.times == 1, "and is told nothing when the program is ended");
	free(path);
	err_free(&e);
}

static void token_files(void)
{
	struct err e = {0};
	struct seen s = {0};
	char *path = file("by-file", CLUSTER("") CONTEXT USER("tokenFile: token"), 0600);
	free(file("token", "first\n", 0600));
	struct loop *loop = loop_new(LOOP_REAL, 1);
	struct contexts *all = contexts_new(loop);
	struct context *x = contexts_find(all, path, "", &e);
	context_credential(x, on_shown, &s);
	is_str(s.token, "first", "a token's file is read, without its line end");
	free(file("token", "second\n", 0600));
	context_reject(x);
	context_credential(x, on_shown, &s);
	is_str(s.token, "second", "and read again where its token was refused");
	free(file("token", "\n", 0600));
	context_reject(x);
	context_credential(x, on_shown, &s);
	ok(strstr(s.error, "no token in the file") != NULL, "an empty one is said");
	contexts_free(all);
	loop_free(loop);
	err_free(&e);
	free(path);
}

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e) || !mkdtemp(folder))
		return 99;
	unsetenv("KUBECONFIG");
	forms();
	bombs();
	joined();
	programs();
	runs();
	token_files();
	char *sweep = xasprintf("rm -rf %s", folder);
	ok(system(sweep) == 0, "nothing is left");
	free(sweep);
	return tap_done();
}
