/* The way to a stack in a cluster: its API server's proxy to the Service. Whoever comes has to be somebody to the API server: the operator, by their own
 * access token. The reach's with: {"host","path"}, which stand in place of the stack's URL, and
 * "ca": PEM of the only ones that vouch for the host, or "". */
#include "config.h"
#include "engine/passage.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct cluster_way {
	struct passages way; /* first: it is cast back */
	char *base, *ca;     /* ca NULL: those that vouch for everybody */
};

struct cluster_passage {
	struct passage passage; /* first: it is cast back */
	char *method, *url;
	struct header *headers;
	struct http_request request; /* its texts are the passage's; its body is the caller's */
};

static void cluster_drop(struct passage *passage)
{
	struct cluster_passage *p = (struct cluster_passage *)passage;
	for (size_t i = 0; i < p->request.header_count; i++) {
		sodium_memzero(p->headers[i].value, strlen(p->headers[i].value));
		free(p->headers[i].name);
		free(p->headers[i].value);
	}
	free(p->headers);
	free(p->method);
	free(p->url);
}

static void cluster_replied(void *arg, struct http_reply *reply)
{
	struct passage *p = arg;
	p->below = 0;
	passage_end(p, reply);
}

static void cluster_header(struct cluster_passage *p, const char *name, char *value)
{
	p->headers[p->request.header_count++] = (struct header){xstrdup(name), value};
}

static void cluster_go(struct passage *passage, const char *token)
{
	struct cluster_passage *p = (struct cluster_passage *)passage;
	struct transport *under = passage_under(passage);
	if (token)
		cluster_header(p, "Authorization", xasprintf("Bearer %s", token));
	passage->below = under->send(under, &p->request, cluster_replied, p);
}

/* The same request to the API server's address of it. */
static void cluster_take(struct passage *passage, const struct http_request *r)
{
	struct cluster_passage *p = (struct cluster_passage *)passage;
	const char *path = strstr(r->url, "://") + strlen("://");
	path += strcspn(path, "/");
	p->method = xstrdup(r->method);
	p->url = xasprintf("%s%s", ((struct cluster_way *)passage->way)->base, path);
	p->headers = xcalloc(r->header_count + 1, sizeof *p->headers);
	p->request = *r;
	p->request.method = p->method;
	p->request.url = p->url;
	p->request.headers = p->headers;
	p->request.header_count = 0;
	p->request.ca = ((struct cluster_way *)passage->way)->ca;
	for (size_t i = 0; i < r->header_count; i++)
		cluster_header(p, r->headers[i].name, xstrdup(r->headers[i].value));
}

static void cluster_close(struct passages *w)
{
	free(((struct cluster_way *)w)->base);
	free(((struct cluster_way *)w)->ca);
}

static const struct passage_kind cluster_passages = {.size = sizeof(struct cluster_passage),
						     .take = cluster_take,
						     .go = cluster_go,
						     .drop = cluster_drop,
						     .close = cluster_close};

static struct transport *cluster_open(struct run *r, const cJSON *with, enum who who, struct err *e)
{
	char *base = xasprintf("https://%s%s", json_str(with, "host", ""), json_str(with, "path", ""));
	const char *ca = json_str(with, "ca", "");
	if (!*ca && !call_is_cluster(base)) {
		free(base);
		err_set(e, EXIT_BUG, json_str(with, "host", ""), NULL,
			_("nothing is sent there: it is not a host that the credentials are for."));
		return NULL;
	}
	struct passages *w = passages_open(&cluster_passages, sizeof(struct cluster_way), r, who);
	((struct cluster_way *)w)->base = base;
	((struct cluster_way *)w)->ca = *ca ? xstrdup(ca) : NULL;
	return &w->transport;
}

const struct reach_way reach_cluster = {.id = "cluster", .open = cluster_open, .hides_host = true};
