/* The way to a stack in a cluster: a port-forward to a pod of its Deployment, as kubectl's, which this program speaks itself. The API server is asked which
 * pod is ready, then for a WebSocket to its port. In a message the first byte says the channel: 0 carries the connection, 1 what went wrong; the first two
 * bytes of each channel are the port. Whoever comes has to be somebody to the API server: the operator, by their own access token.
 * The reach's with: {"host","ca" (PEM of the only ones that vouch for it, or ""),"namespace","app","port"}. */
#include "config.h"
#include "engine/socket_passage.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "net/credentials.h"

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SUBPROTOCOL "v4.channel.k8s.io"
#define MESSAGE_MOST ((size_t)16 << 10)
/* Of what comes that is no part of a reply. */
#define BESIDES_MAX ((uint64_t)2 << 20)
#define POD_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.-"

/* Of bytes, and of what went wrong. */
enum channel { CHANNEL_DATA, CHANNELS = 2 };

struct cluster_way {
	struct passages way; /* first: it is cast back */
	char *pods, *app;    /* URL of the namespace's pods, and the label by which ours are found */
	char *ca;            /* NULL: those that vouch for everybody, or the context's */
	int port;
};

struct cluster_passage {
	struct socket_passage socket; /* first: it is cast back; below is the question for pods before the channel */
	char *bearer;                 /* NULL: no token is shown */
	char *certificate, *key;      /* NULL: none is shown */
	size_t begun[CHANNELS];       /* bytes that came on each, as far as the port's two */
};

static const struct cluster_way *cluster_way(const struct cluster_passage *p)
{
	return (const struct cluster_way *)p->socket.passage.way;
}

static void cluster_drop(struct passage *passage)
{
	struct cluster_passage *p = (struct cluster_passage *)passage;
	if (p->bearer)
		sodium_memzero(p->bearer, strlen(p->bearer));
	if (p->key)
		sodium_memzero(p->key, strlen(p->key));
	free(p->bearer);
	free(p->certificate);
	free(p->key);
	socket_drop(passage);
}

/* How the API server is reached, and what is shown to it besides a token. */
static struct http_request cluster_how(const struct cluster_passage *p)
{
	struct http_request how = {.ca = cluster_way(p)->ca, .certificate = p->certificate, .key = p->key};
	if (cluster_way(p)->way.context)
		context_dress(cluster_way(p)->way.context, &how);
	return how;
}

static void cluster_fail(struct cluster_passage *p, enum http_failure failure, const char *why)
{
	passage_fail(&p->socket.passage, failure, why);
}

static void cluster_late(void *arg)
{
	struct cluster_passage *p = arg;
	p->socket.passage.timer = 0;
	cluster_fail(p, HTTP_TIMEOUT, _("no reply in time"));
}

/* The pod's reply ----------------------------------------------------------------------------------------------------------- */

/* What the kubelet says went wrong. */
static void cluster_complained(struct cluster_passage *p, const char *data, size_t len)
{
	struct buf words = {0};
	outside_text(&words, data, len, false, 200);
	char *why = xasprintf(_("the pod's port takes no connection: %s"), buf_text(&words));
	cluster_fail(p, HTTP_UNREACHABLE, why);
	free(why);
	buf_free(&words);
}

static bool cluster_heard_channel(struct socket_passage *socket, const char *data, size_t len)
{
	struct cluster_passage *p = (struct cluster_passage *)socket;
	unsigned channel = len ? (unsigned char)data[0] : CHANNELS;
	if (channel >= CHANNELS) {
		cluster_fail(p, HTTP_BROKEN, _("the cluster speaks on a channel that nobody opened"));
		return false;
	}
	data++;
	len--;
	size_t port = 2 - p->begun[channel];
	port = port < len ? port : len;
	p->begun[channel] += port;
	if (len == port)
		return true;
	if (channel == CHANNEL_DATA)
		return socket_received(socket, data + port, len - port);
	cluster_complained(p, data + port, len - port);
	return false;
}

static void cluster_shut(struct socket_passage *p, const char *data, size_t len)
{
	(void)data;
	(void)len;
	socket_closed(p);
}

/* Opening ------------------------------------------------------------------------------------------------------------------- */

static void cluster_opened(struct socket_passage *p)
{
	const struct buf *request = &p->exchange.request;
	for (size_t at = 0; at < request->len;) {
		struct buf message = {0}, frame = {0};
		size_t n = request->len - at < MESSAGE_MOST ? request->len - at : MESSAGE_MOST;
		buf_putc(&message, CHANNEL_DATA);
		buf_add(&message, request->data + at, n);
		ws_frame(&frame, WS_BINARY, message.data, message.len);
		socket_say(p, &frame);
		sodium_memzero(message.data, message.len);
		buf_free(&message);
		buf_free(&frame);
		at += n;
	}
}

/* The API server has no other answer: a refusal of its, or what keeps it from being reached. */
static void cluster_turned_down(struct cluster_passage *p, const struct http_reply *reply)
{
	p->socket.passage.below = 0;
	if (reply->failure != HTTP_OK) {
		cluster_fail(p, reply->failure, reply->failure_text ? reply->failure_text : "");
		return;
	}
	const struct passages *way = p->socket.passage.way;
	if (reply->status == 401 && way->who == PROVER && way->context)
		context_reject(way->context);
	else if (reply->status == 401 && way->who == PROVER)
		credentials_reject(session_credentials(way->run->session));
	passage_refuse(&p->socket.passage, reply->status);
}

static void cluster_socket_refused(struct socket_passage *p, const struct http_reply *reply)
{
	cluster_turned_down((struct cluster_passage *)p, reply);
}

static const struct socket_kind cluster_socket = {.subprotocol = SUBPROTOCOL,
						  .opened = cluster_opened,
						  .turned_down = cluster_socket_refused,
						  .message = cluster_heard_channel,
						  .shut = cluster_shut,
						  .besides = BESIDES_MAX};

static void cluster_forward(struct cluster_passage *p, const char *pod)
{
	char *url = xasprintf("%s/%s/portforward?ports=%d", cluster_way(p)->pods, pod, cluster_way(p)->port);
	struct http_request how = cluster_how(p);
	socket_open(&p->socket, &cluster_socket, url, p->bearer, &how);
	free(url);
}

/* Which pod ----------------------------------------------------------------------------------------------------------------- */

static bool cluster_ready(const cJSON *pod)
{
	const cJSON *c;
	const char *name = json_str(pod, "metadata.name", "");
	bool sound = *name && !name[strspn(name, POD_CHARACTERS)] && !json_at(pod, "metadata.deletionTimestamp");
	cJSON_ArrayForEach(c, json_at(pod, "status.conditions"))
		if (!strcmp(json_str(c, "type", ""), "Ready"))
			return sound && !strcmp(json_str(c, "status", ""), "True");
	return false;
}

static void cluster_listed(void *arg, struct http_reply *reply)
{
	struct cluster_passage *p = arg;
	if (reply->failure != HTTP_OK || reply->status != 200) {
		cluster_turned_down(p, reply);
		return;
	}
	p->socket.passage.below = 0;
	cJSON *list = cJSON_ParseWithLength(buf_text(&reply->body), reply->body.len);
	const cJSON *pod = json_at(list, "items") ? json_at(list, "items")->child : NULL;
	while (pod && !cluster_ready(pod))
		pod = pod->next;
	if (pod)
		cluster_forward(p, json_str(pod, "metadata.name", ""));
	else
		cluster_fail(p, HTTP_UNREACHABLE, _("none of the server's pods is ready"));
	cJSON_Delete(list);
}

static void cluster_go(struct passage *passage, const struct context_shown *shown)
{
	struct cluster_passage *p = (struct cluster_passage *)passage;
	struct transport *under = passage_under(passage);
	static char authorization[] = "Authorization";
	char *url = xasprintf("%s?labelSelector=app%%3D%s", cluster_way(p)->pods, cluster_way(p)->app);
	p->bearer = shown->token ? xasprintf("Bearer %s", shown->token) : NULL;
	p->certificate = shown->certificate ? xstrdup(shown->certificate) : NULL;
	p->key = shown->key ? xstrdup(shown->key) : NULL;
	struct header header = {authorization, p->bearer};
	passage_patience(passage, 60, cluster_late);
	struct http_request request = cluster_how(p);
	request.method = "GET";
	request.url = url;
	request.headers = &header;
	request.header_count = p->bearer != NULL;
	request.anonymous = !p->bearer && !p->certificate;
	passage->below = under->send(under, &request, cluster_listed, p);
	free(url);
}

static void cluster_close(struct passages *passages)
{
	struct cluster_way *w = (struct cluster_way *)passages;
	free(w->pods);
	free(w->app);
	free(w->ca);
}

static const struct passage_kind cluster_passages = {.size = sizeof(struct cluster_passage),
						     .take = socket_take,
						     .go = cluster_go,
						     .drop = cluster_drop,
						     .close = cluster_close};

/* The API server's address; NULL with e where no credential is for it. */
static char *cluster_server(const cJSON *with, const struct context *context, struct err *e)
{
	const char *host = json_str(with, "host", "");
	char *server = context ? xstrdup(context_server(context)) : xasprintf("https://%s", host);
	if (context || *json_str(with, "ca", "") || call_is_cluster(server))
		return server;
	free(server);
	err_set(e, EXIT_BUG, host, NULL, _("nothing is sent there: it is not a host that the credentials are for."));
	return NULL;
}

static struct transport *cluster_open(struct run *r, const cJSON *with, enum who who, struct err *e)
{
	const char *ca = json_str(with, "ca", ""), *name = json_str(with, "context", NULL);
	struct context *context = name ? contexts_find(session_contexts(r->session), json_str(with, "kubeconfig", ""), name, e)
				       : NULL;
	char *server = e->exit ? NULL : cluster_server(with, context, e);
	if (!server)
		return NULL;
	struct cluster_way *w = (struct cluster_way *)passages_open(&cluster_passages, sizeof(struct cluster_way), r, who);
	w->way.context = context;
	w->pods = xasprintf("%s/api/v1/namespaces/%s/pods", server, json_str(with, "namespace", ""));
	free(server);
	w->app = xstrdup(json_str(with, "app", ""));
	w->ca = *ca ? xstrdup(ca) : NULL;
	w->port = (int)json_num(with, "port", 0);
	return &w->way.transport;
}

const struct reach_way reach_cluster = {.id = "cluster", .open = cluster_open};
