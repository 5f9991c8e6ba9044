/* What a program shows at the wall, as the plan's struct wall says: the proof, and `token`. */
#ifndef MS_ENGINE_CREDENTIAL_H
#define MS_ENGINE_CREDENTIAL_H

#include "engine/vault.h"
#include "net/api.h"
#include "net/loop.h"
#include "plan/plan.h"

struct credential;

/* All are borrowed. vault is asked for passwords alone, and may be NULL where the wall wants none. */
struct credential_means {
	const struct plan *plan;
	struct api *api;
	struct loop *loop;
	struct vault *vault;
};
struct credential *credential_new(const struct credential_means *with);
void credential_free(struct credential *c);

/* Gets it, anew each time; done comes once, possibly before this returns. why is NULL when it is there; else passing tells whether it may come later. */
typedef void credential_done(void *arg, const struct err *why, bool passing);
void credential_get(struct credential *c, credential_done *done, void *arg);

/* The token that came last; the credential's own. NULL where none came, or another thing is shown. */
struct secret *credential_token(const struct credential *c);

/* The value of the Authorization header with it, or with one that looks like it and is none; to be wiped and freed. NULL where nothing is shown. */
char *credential_header(const struct credential *c, bool forged);

#endif
