/* What credentials.c, credentials_find.c and credentials_external.c share. */
#ifndef MS_NET_CREDENTIALS_PRIVATE_H
#define MS_NET_CREDENTIALS_PRIVATE_H

#include "net/credentials.h"

struct secret;

#define CREDENTIALS_SCOPE "https://www.googleapis.com/auth/cloud-platform"

enum credentials_type {
	CREDENTIALS_METADATA,
	CREDENTIALS_USER,
	CREDENTIALS_SERVICE_ACCOUNT,
	CREDENTIALS_IMPERSONATED, /* a service account's token, got with that of `source` */
	CREDENTIALS_EXTERNAL      /* somebody else's token, exchanged */
};

struct credentials_waiter {
	credentials_done *done;
	void *arg;
};

/* Where an external account's own token comes from: a file, or a URL with headers. */
struct subject {
	char *file, *url;
	struct header *headers;
	size_t header_count;
	char *field;                     /* of a JSON answer; NULL: the text is the token */
	char *audience, *type, *options; /* what the exchange is told */
};

struct credentials {
	struct loop *loop;
	struct transport *transport;
	enum credentials_type type;
	char *client_id, *email, *key_id, *token_url, *metadata_host;
	struct secret *client_secret, *key; /* key: the refresh token or the private key */
	struct credentials *source;
	char *delegates; /* a JSON array */
	double lifetime; /* seconds that an impersonated token is asked for */
	struct subject subject;
	char *quota_project, *project, *describe;
	struct secret *token,
	    *shown; /* shown: the assertion or foreign token that was sent last: an echo must not bring it to light */
	double fresh_until, asked_at; /* on loop_now's clock */
	int tries;
	bool asks_source;
	unsigned long sending;
	loop_id timer;
	struct buf form; /* what is being sent */
	struct credentials_waiter *waiters;
	size_t waiter_count, waiter_room;
};

/* file NULL makes metadata server credentials, whose host the caller sets. place is for errors. */
struct credentials *credentials_make(struct loop *loop, struct transport *transport, const cJSON *file, const char *place,
				     const char *describe, struct err *e);

/* Fields of a credentials file; NULL when absent or empty. */
char *credentials_text(const cJSON *file, const char *field);
struct secret *credentials_secret(const cJSON *file, const char *field);
/* Records that a field lacks; false. */
bool credentials_lack(const char *place, const char *type, const char *field, struct err *e);

/* Can this be a quota project? It becomes part of a header. */
bool credentials_quota_ok(const char *project);

/* Appends "name=value" of a form. */
void credentials_field(struct buf *b, const char *name, const char *value);
/* Sends a request whose reply holds a token; body is taken over and wiped. bearer may be NULL. */
void credentials_post(struct credentials *c, const char *url, const char *type, const char *bearer, struct buf *body);
/* Those who wait get the failure. */
void credentials_fail(struct credentials *c, struct err *e);
/* The request got no reply, or a refusal: tried again or told. */
void credentials_no_reply(struct credentials *c, const struct http_reply *reply);
void credentials_refused(struct credentials *c, const struct http_reply *reply, const cJSON *json);

/* credentials_external.c: reads the two types, and begins to get a token of theirs. */
bool credentials_take_impersonated(struct credentials *c, const cJSON *file, const char *place, struct err *e);
bool credentials_take_external(struct credentials *c, const cJSON *file, const char *place, struct err *e);
void credentials_refresh_impersonated(struct credentials *c);
void credentials_refresh_external(struct credentials *c);
void credentials_free_external(struct credentials *c);

#endif
