/* Parts of a plan that are the same whatever is chosen: each adds the resources of one concern to a plan. Ids are in plan.h's sense. */
#ifndef MS_PLAN_PARTS_H
#define MS_PLAN_PARTS_H

#include "plan/plan.h"

/* "apis": switched on before anything else; those of the plan's kinds, and these (NULL-terminated, without ".googleapis.com"). */
void part_apis(struct plan *p, const char *const *services);
/* One more of them ("iap"), which no kind of the plan tells of. */
void part_api(struct plan *p, const char *service);
/* "sa/WHAT", a service account STACK-WHAT with this title; returns its e-mail for the caller to free. */
char *part_account(struct plan *p, const char *what, const char *title);
/* "iam/ID": one role for one member on one holder (kind iam.policy), at path; after is the id of the holder, or NULL. */
struct resource *part_grant(struct plan *p, const char *id, const char *holder, const char *path, const char *role,
			    const char *member, const char *after);
/* The same for several, a list that the plan owns then. */
struct resource *part_grants(struct plan *p, const char *id, const char *holder, const char *path, const char *role,
			     cJSON *members, const char *after);
/* "bucket/artifacts". Returns the bucket's name, to be freed. */
char *part_artifacts(const struct answers *a, struct plan *p);
/* "bucket/build", "repository", "source", "image": the image built from the templates by a service account of its own. Fails when the
 * templates cannot be rendered. */
bool part_image(const struct answers *a, struct plan *p, struct err *e);
/* "repository": where the stack's own images are kept. part_image adds it itself. */
void part_repository(struct plan *p);
/* "repository/quay": a remote repository, because Cloud Run cannot pull from quay.io. */
void part_quay(struct plan *p);
/* The same for Docker Hub: "repository/docker-hub". */
void part_docker_hub(struct plan *p);

/* A secret: "secret/NAME", "version/NAME". */
struct part_secret {
	const char *name;     /* the last part of its name in the cloud: STACK-NAME */
	int recipe;           /* enum secret_recipe when drawn, negative otherwise */
	const char *question; /* the question whose answer refers to it, or NULL */
	const char *text;     /* a rendered file, or NULL */
	const char *opens;    /* id of the resource whose data need it, or NULL */
	bool lasting;         /* a new one does not open what this one closed (struct resource) */
};
void part_secret(const struct answers *a, struct plan *p, const struct part_secret *s);
/* An output ("version", "made") of the version of this secret: a reference for the caller. */
cJSON *part_version(const char *secret, const char *output);

#endif
