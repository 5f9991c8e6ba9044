/* What credentials.c and credentials_find.c share. */
#ifndef MS_NET_CREDENTIALS_PRIVATE_H
#define MS_NET_CREDENTIALS_PRIVATE_H

#include "net/credentials.h"

struct secret;

enum credentials_type { CREDENTIALS_METADATA, CREDENTIALS_USER, CREDENTIALS_SERVICE_ACCOUNT };

struct credentials_waiter {
	credentials_done *done;
	void *arg;
};

struct credentials {
	struct loop *loop;
	struct transport *transport;
	enum credentials_type type;
	char *client_id, *email, *key_id, *token_url, *metadata_host;
	struct secret *client_secret, *key; /* key: the refresh token or the private key */
	char *quota_project, *project, *describe;
	struct secret *token;
	double fresh_until, asked_at;       /* on loop_now's clock */
	int tries;
	unsigned long sending;
	loop_id timer;
	struct buf form;                    /* what is being sent */
	struct credentials_waiter *waiters;
	size_t waiter_count, waiter_room;
};

/* file NULL makes metadata server credentials, whose host the caller sets. place is for errors. */
struct credentials *credentials_make(struct loop *loop, struct transport *transport, const cJSON *file, const char *place,
				     const char *describe, struct err *e);

#endif
