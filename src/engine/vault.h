/* The vault: the secrets that calls name as {"$secret":NAME}, in guarded memory, each got when it is first needed: from its keeper in Secret
 * Manager when that stands, else from the operator's reference, else drawn. */
#ifndef MS_ENGINE_VAULT_H
#define MS_ENGINE_VAULT_H

#include "base/err.h"
#include "plan/plan.h"

struct vault;
struct api;
struct secret;

/* All are borrowed. prompt answers what only a person can tell ("prompt", "sealed:NAME") and may be NULL; the answers tell to which OAuth client a secret has to belong. */
struct vault *vault_new(const struct plan *plan, const struct answers *answers, struct api *api,
			bool (*prompt)(void *arg, const char *question, struct secret **out, struct err *e), void *arg);
void vault_free(struct vault *v);

/* Gets every secret that body names; done is called with e empty when all are there. It may be called before this returns. */
typedef void vault_done(void *arg, struct err *e);
void vault_need(struct vault *v, const cJSON *body, vault_done *done, void *arg);
/* Gets those that the operator refers to on this machine (a variable, a file, what is typed) and that fresh says are to be stored: what is wrong with one
 * is known before anything is made. NULL, or the keeper of the first that cannot be had, with e set. */
const char *vault_try(struct vault *v, bool (*fresh)(void *arg, const char *keeper), void *arg, struct err *e);
/* Nobody wants to hear of what is still being got. */
void vault_forget(struct vault *v, void *arg);

/* The secret with this name once it is there, else NULL: for api_set_secrets. */
struct secret *vault_lookup(void *vault, const char *name);

/* The keeper with this id stands under this resource name ("projects/P/secrets/S/versions/3"). ours: it holds what is in the vault, because this run
 * put it there and heard so; else what it holds is read when it is needed. */
void vault_kept(struct vault *v, const char *keeper, const char *version_name, bool ours);

#endif
