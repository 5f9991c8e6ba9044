/* Requests and replies of the front door: headers, cookies, pages. */
#ifndef MS_SIM_FRONT_HTTP_H
#define MS_SIM_FRONT_HTTP_H

#include "sim/api/shared.h"

/* Where everybody who visits a front end asks from. */
#define VISIT_ADDRESS "203.0.113.7"

/* A request taken apart, for one answer. */
struct visit {
	struct sim *sim;
	const struct sim_request *q;
	char *path;        /* decoded, without query; owned */
	const char *query; /* after '?', or ""; borrowed */
	cJSON *params;     /* of the query; owned */
	cJSON *told;       /* headers that a front end has put in, or has taken away (""); owned */
	const char *host;  /* the Host header as sent, or the name that was asked */
	struct {
		const char *project, *type, *log; /* passing texts; project NULL: nowhere */
		cJSON *labels;                    /* owned */
		bool wrapped;
	} writes; /* where in Cloud Logging it is found what the container writes that answers it */
};
void visit_begin(struct visit *v, struct sim *s, const struct sim_request *q);
void visit_end(struct visit *v);
const char *visit_header(const struct visit *v, const char *name); /* or NULL */
/* A header as a front end hands it on; visit_untell takes away what speaks in IAP's name. */
void visit_tell(struct visit *v, const char *name, const char *value);
void visit_untell(struct visit *v);
/* Says where its container's lines go (labels is taken; wrapped: as jsonPayload.message, by an agent that reads docker's files), and writes one. */
void visit_writes(struct visit *v, const char *project, const char *type, cJSON *labels, const char *log, bool wrapped);
void visit_write(const struct visit *v, const char *text);
const char *visit_param(const struct visit *v, const char *name); /* or "" */
/* A cookie's value, for the caller to free; NULL when it was not sent. */
char *visit_cookie(const struct visit *v, const char *name);

void answer_set(struct sim_reply *out, int status, const char *type, const void *data, size_t len);
void answer_text(struct sim_reply *out, int status, const char *type, const char *text);
void answer_json(struct sim_reply *out, int status, cJSON *body); /* takes body */
void answer_header(struct sim_reply *out, const char *name, const char *value);
void answer_redirect(struct sim_reply *out, int status, const char *location);
/* HMAC-SHA256 in URL-safe base64; valid for a while (sim_tmp). */
const char *http_sign(const char *key, const char *text);

#endif
