/* Between the files of iam.googleapis.com and iamcredentials.googleapis.com: accounts and their keys. */
#ifndef MS_SIM_API_IAM_H
#define MS_SIM_API_IAM_H

#include "sim/api/identity.h"

/* An account by its email or 21-digit id, or NULL. */
struct sim_object *sim_account(struct sim *s, const char *email_or_id);
/* The account that the call's path names ("projects/-" too), when the caller has the permission on it; NULL: the call was
 * answered. */
struct sim_object *sim_account_for(struct sim_call *c, const char *permission);
/* Answers a request to disable or enable an account or a key; nothing when it was not found, which was said already. */
void sim_set_disabled(struct sim_call *c, struct sim_object *o, bool disabled);
/* The project of an account by its address, also of one that does not exist; NULL when it is none of ours. */
const char *sim_account_project(struct sim *s, const char *email);
/* The account's name in the IAM store; a passing text. */
const char *sim_account_holder(const struct sim_object *account);
/* 403 as IAM says it. */
void sim_account_denied(struct sim_call *c, const char *permission);
/* The keys of a deleted account. */
void sim_account_keys_gone(struct sim *s, const char *account_key);

#endif
