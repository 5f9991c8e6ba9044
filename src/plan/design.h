/* A plan in the making: what the choices on the axes tell each other while design_make asks them in turn. */
#ifndef MS_PLAN_DESIGN_H
#define MS_PLAN_DESIGN_H

#include "base/buf.h"
#include "plan/plan.h"
#include "plan/workload.h"

/* The network that joins server and database, as network_mode's plan sets it. All is owned by the design. */
struct network {
	char *name; /* of the network and of the subnetwork, as a service in this project writes them: short, or a whole path */
	char *subnet;
	char *path;                  /* projects/PROJECT/global/networks/NAME */
	cJSON *link;                 /* the same for a spec: a text, or a reference to what is planned */
	char *need, *subnet_need;    /* ids of the resources that make or check them, or NULL */
	bool given;                  /* others stand in it: what is made for all of it is made for the stack alone */
	bool foreign;                /* it is another project's, whose administrators make what is made in it */
	bool routed;                 /* machines without addresses of their own reach the internet from it */
	const char *connector;       /* of Serverless VPC Access, by which the target gets into it; NULL or empty: straight */
	const char *pods, *services; /* names of the subnet's secondary ranges for a cluster; NULL or empty: it makes its own */
};

/* Who is let in there is said by bindings at this policy: kind iam.policy's holder and path, and the role that lets in. */
struct gate {
	const char *holder, *role;
	char *path;    /* NULL: there is no such gate, or refers says where */
	cJSON *refers; /* the path where it is known only once the front stands: text and references; else NULL */
};

/* What answers requests: a service, a load balancer's backend, a machine. */
struct front {
	char *id;           /* the resource; grants at iap come after it */
	char *invoked;      /* the same for invoke; it stays where it is when something is put in front */
	struct gate invoke; /* Google's check of roles: whom DOOR_IAM lets in */
	struct gate iap;    /* whom DOOR_IAP lets in */
};

struct design {
	const struct answers *answers;
	struct plan *plan;
	struct axes axes;
	struct workload *workload;
	const char *suffix;
	char *account;          /* e-mail of the account that the server runs as; NULL where it is none */
	char *identity;         /* the server as a member of policies: "serviceAccount:EMAIL", "principal://..." */
	char *identified;       /* id of the resource that must stand before it can be named, or NULL */
	char *bucket;           /* of the artifacts, once it is planned; or NULL */
	char *instance;         /* the Cloud SQL instance's name; its resource is "sql" */
	bool connected;         /* the server reaches the database by Google's connector */
	bool passwordless;      /* ...and logs in as its account, by tokens */
	char *database_user;    /* as whom it logs in */
	struct network network; /* empty where none is needed */
	struct front front;
};

/* Fills p (project, number, stack, region, render are set) with what the answers want. False with e set. */
bool design_make(const struct answers *a, struct plan *p, struct err *e);

/* For the axes. ---------------------------------------------------------------------------------------------------------------- */

/* A grant of a role to the server at a policy: "iam/ID"; the server waits for it. after is the id of the holder, or NULL. */
void design_grant(struct design *d, const char *id, const char *holder, const char *path, const char *role, const char *after);
/* A secret that the server may read; its version's id is "version/NAME". */
struct secret_want {
	const char *name;     /* the last part of its name in the cloud: STACK-NAME */
	int recipe;           /* enum secret_recipe when it is drawn, negative otherwise */
	const char *question; /* the question whose answer refers to it, or NULL */
	const char *text;     /* what it holds when it is a rendered file, or NULL */
	bool opens_data;      /* what is in the database cannot be read without it */
	bool lasting;         /* nor with another in its place: a key, where a password could be set anew */
};
void design_secret(struct design *d, const struct secret_want *want);
/* The same for one of the plan's files, by its name. */
bool design_secret_file(struct design *d, const char *name, const char *file, struct err *e);
/* "sa/prover": the account that the proof, `token` and clients speak as. Who may make tokens of it, and of no other account, is the answers' to say. */
void design_prover(struct design *d);
/* "bucket/artifacts", whose name d->bucket is then. */
void design_bucket(struct design *d);
/* Appends a text to a list of the templates' data (templates/README.md): "requirements", "flags", "before", "migrations". */
void design_line(struct design *d, const char *list, const char *text);
/* Appends to "needed" or "asked" that the server must not start without this variable. */
void design_ask(struct design *d, const char *list, const char *variable);

#endif
