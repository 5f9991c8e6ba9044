/* The parts of api.c: a call under way, its request, and its failure in words. */
#ifndef MS_NET_API_PRIVATE_H
#define MS_NET_API_PRIVATE_H

#include "net/api.h"

struct context;
struct contexts;

struct api_job {
	struct api *api;
	struct api_job *next;
	unsigned long id, sending; /* sending: the transport's id while a request is under way */
	loop_id timer;
	struct call call;
	struct context *context; /* of a call that is for one */
	struct api_policy policy;
	char uuid[37];
	double began, deadline;
	int tries;
	bool signed_in_again, plain; /* plain: without the quota project */
	bool waits_token, cancelled;
	char *host;
	bool scout, parked; /* of a service that comes up: one asks, the others wait for it */
	char *body;         /* what is being sent; wiped when the reply is there */
	size_t body_len;
	api_done *done;
	void *arg;
};

/* What this run knows of a host. */
struct api_host {
	char *name;
	bool met;        /* it answered, and not as one that failed */
	double given_up; /* when all patience with it had ended; negative: never */
};

struct api {
	struct loop *loop;
	struct transport *transport;
	struct credentials *credentials;
	struct contexts *contexts;
	char *quota_project;
	bool plain; /* it was denied: it is not sent any more */
	struct secret *(*secrets)(void *arg, const char *name);
	void *secrets_arg;
	bool (*uploads)(void *arg, const char *name, struct buf *out);
	void *uploads_arg;
	struct api_job *jobs;
	unsigned long last_id;
	struct api_counts counts;
	struct api_host *hosts; /* that answered, or that were given up */
	size_t host_count, host_room;
};

/* api.c */
/* "HOST:PORT" of a URL; the caller frees it. */
char *api_host(const char *url);
/* Has this host answered, other than as one that failed (5xx)? */
bool api_has_met(const struct api *a, const char *host);
/* The reply to the job that arg is. */
void api_on_reply(void *arg, struct http_reply *reply);
/* Ends it with an error, which is taken; what it called for is told. */
void api_finish_err(struct api_job *j, struct err *e);
void api_job_free(struct api_job *j);

/* api_send.c */
/* Gets what is shown to its host, and sends it; api_on_reply comes, or api_finish_err. */
void api_send(struct api_job *j);
bool api_shows_token(const struct call *c);
bool api_signs_in(const struct api_job *j);
bool api_charged(const struct api_job *j);
/* Does it change nothing? */
bool api_reads(const struct api_job *j);

/* api_words.c: context is the call's, or NULL; stranger: no good answer came from the host in this run, which it stood before. */
void api_word_failure(const struct call *c, const struct context *context, bool stranger, const struct http_reply *reply,
		      struct err *e);
void api_word_error(const struct call *c, const struct context *context, bool stranger, const struct api_error *error,
		    struct err *e);

#endif
