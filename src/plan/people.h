/* Who may enter: the questions that the walls made of Google accounts share. */
#ifndef MS_PLAN_PEOPLE_H
#define MS_PLAN_PEOPLE_H

#include "plan/answers.h"
#include "plan/design.h"

/* Google's sign-in page: what follows is a version of its protocol's. */
#define GOOGLE_SIGN_IN "https://accounts.google.com/o/oauth2/"

extern const struct question people_questions[];

/* For struct choice's check: somebody has to be able to sign in. */
void people_check(const struct answers *a, problem_fn *found, void *arg);
/* Is any person or domain named? */
bool people_named(const struct answers *a);
/* All who are named, as members of a policy: "user:ada@example.com", where they are Google accounts; the caller deletes the list. */
cJSON *people_members(const struct answers *a);
/* Adds who applies the stack, unless they are among them: the operator, where it is known who that is, and a workflow's account. */
void people_add_operators(const struct answers *a, cJSON *members);
/* Who may make tokens of the prover, as members; the caller deletes the list. */
cJSON *people_token_makers(const struct answers *a);
/* Where the gate's bindings stand, as a value of a spec. */
cJSON *gate_path(const struct gate *gate);
/* "given/ADDRESS" for each service account that is named and is not the stack's own: is it there? */
void people_look(struct design *d);
/* Has each policy that names one of those wait until it was seen: Google refuses a member that is not there in words by which it also speaks of one that was
 * made a moment ago, and a run would ask again for a quarter of an hour. Once the plan has all its policies. */
void people_wait(struct design *d);
/* "iam/people": all of them, and the prover where there is one, are let in at this gate, once the resource with the id after stands. */
void people_let_in(struct design *d, const struct gate *gate, const char *after);

#endif
