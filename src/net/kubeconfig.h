/* Kubeconfig files as kubectl reads them: one file, or those of $KUBECONFIG together, and what a context in them says of an API server and of who
 * asks it. Nothing is asked of anybody here; what cannot be used is refused with the reason. */
#ifndef MS_NET_KUBECONFIG_H
#define MS_NET_KUBECONFIG_H

#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct secret;
struct kubeconfig;

/* The file at path; path "" those that kubectl takes: of $KUBECONFIG, where the first that says something counts and missing ones are passed over, else
 * ~/.kube/config. NULL with e (EXIT_CONFIG, EXIT_NOINPUT) when one is no kubeconfig file, or others may write it: it names programs to be run. */
struct kubeconfig *kubeconfig_load(const char *path, struct err *e);
void kubeconfig_free(struct kubeconfig *k);
/* The current context, or NULL. */
const char *kubeconfig_current(const struct kubeconfig *k);
/* [{"id": a context's name,"title": its server}...], in the files' order; the caller deletes. */
cJSON *kubeconfig_contexts(const struct kubeconfig *k);

/* A program that gets a credential (client.authentication.k8s.io). */
struct kube_exec {
	char *api_version, *command,
	    *hint;         /* command: what is run, found by PATH when it has no slash; hint: how it is installed, or NULL */
	cJSON *args, *env; /* arrays of texts, and of {"name","value"}; NULL for none */
	cJSON *cluster;    /* what it is told of the cluster; NULL: nothing */
};

/* What a context says; NULL is what it does not say. */
struct kube_context {
	char *name;
	char *server;              /* "https://HOST:PORT/PATH", without a slash at the end */
	char *ca;                  /* PEM */
	char *server_name, *proxy; /* the name on the server's certificate; a proxy's URL, "http://HOST:PORT" */
	struct secret *token;      /* a bearer token */
	char *token_file;          /* or the file that holds it now */
	char *certificate;         /* PEM, with the key */
	struct secret *key;
	struct kube_exec *exec;
};
/* Reads a context (name "": the current one) into out, which is empty before, for kube_context_free; also after false, with e set: it is not there, or
 * names what is not, or wants what is refused (no TLS, TLS that is not checked, basic auth, an auth-provider). */
bool kubeconfig_read(const struct kubeconfig *k, const char *name, struct kube_context *out, struct err *e);
void kube_context_free(struct kube_context *c);

#endif
