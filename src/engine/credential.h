/* What the proof shows at the wall, as the plan's struct wall says. */
#ifndef MS_ENGINE_CREDENTIAL_H
#define MS_ENGINE_CREDENTIAL_H

#include "engine/run_private.h"

struct credential;

struct credential *credential_new(struct run *r);
void credential_free(struct credential *c);

/* Gets it, anew each time; done comes once, possibly before this returns. why is NULL when it is there; else passing tells whether it may come later. */
typedef void credential_done(void *arg, const char *why, bool passing);
void credential_get(struct credential *c, credential_done *done, void *arg);

/* The value of the Authorization header with it, or with one that looks like it and is none; to be wiped and freed. NULL where nothing is shown. */
char *credential_header(const struct credential *c, bool forged);

#endif
