/* The axes: what a stack is a choice on each of. A choice is one file that ends in one const struct, whose first member says what every choice
 * says, and a row of axes.tbl. Nobody else knows its name: whoever needs to know asks the struct. Which choices go together is pairs.tbl. */
#ifndef MS_PLAN_AXES_H
#define MS_PLAN_AXES_H

#include "plan/design.h"

/* What every target's image is made of beside its Dockerfile: rows of `renders`. */
#define RENDERS_OF_IMAGE                                                                                                       \
	{"shared/requirements.txt.mustache", "requirements.txt", ESCAPE_LINE, 0644, true},                                     \
	    {"shared/constraints.txt.mustache", "constraints.txt", ESCAPE_LINE, 0644, true},                                   \
	    {"shared/start.sh.mustache", "start.sh", ESCAPE_SHELL, 0755, true},                                                \
	    {"shared/migrate.sh.mustache", "migrate.sh", ESCAPE_SHELL, 0755, true},                                            \
	    {"shared/gc.sh.mustache", "gc.sh", ESCAPE_SHELL, 0755, true},                                                      \
	    {"shared/login.py.mustache", "login.py", ESCAPE_LINE, 0644, true},                                                 \
	{                                                                                                                      \
		"shared/login.txt.mustache", "login.txt", ESCAPE_LINE, 0644, true                                              \
	}

/* Where the server runs. It spells the workload (plan/workload.h) as its platform does. */
struct target {
	struct choice choice;
	const struct render_row
	    *renders; /* the files that its image or its manifests are made of, in that order; ended by a NULL template */
	/* What it applies that no template makes, for `render`: the file's name and its text, which holds no secret; resolved is of earlier runs. Both or
	 * neither. */
	const char *manifests_file;
	void (*manifests)(const struct plan *p, const cJSON *resolved, struct buf *out);
	int request_mib;     /* the largest request that it passes on, in MiB; 0: no limit */
	const char *listens; /* the address on which MLflow listens for probes and whoever is before it; NULL: the loopback */
	bool networked;      /* it stands in a network whatever the database's path is */
	bool (*housed)(
	    const struct answers
		*a);       /* it stands in what is there already, and so in a network that is not the stack's. NULL: never */
	int subnet_bits;   /* the longest prefix of a subnet that has room for it; 0: any */
	bool routed;       /* it needs a way to the internet for machines without addresses of their own */
	bool by_connector; /* it may get into the network by a Serverless VPC Access connector */
	bool ranged;       /* it takes secondary ranges of the subnet */
	/* Google's agents that must be let into a subnet of a host project, what follows "service-NUMBER" in their addresses; NULL: it cannot stand in one. */
	const char *const *agents;
	int (*instances)(const struct answers *a); /* how many servers run at the most; NULL: one */
	/* The host name under which it is reached without a domain, known before anything is made: to be freed. NULL where it has none. */
	char *(*host)(const struct design *d);
	/* Who the server is for Google where it needs no account: plans it, sets d->identity and d->identified. NULL: an account of its own, always. */
	void (*identity)(struct design *d);
	/* The server reaches Cloud SQL by Google's connector: adds to the workload what runs it; returns the address for the server's driver, a value
	 * for a variable. NULL: there is none. It is asked where the path has no address of its own, or the target wants it always. */
	cJSON *(*connector)(struct design *d);
	bool connects; /* always */
	/* The kind whose object remembers what an earlier run resolved, and the reading of it into an answers' resolved part: for a file that lost it. */
	const struct kind *remembers;
	void (*recall)(const cJSON *found, cJSON *resolved);
	/* Plans the workload, and says in d->front what answers. */
	bool (*spell)(struct design *d, struct err *e);
	/* Called after spell where a load balancer is to stand before d->front: plans what it sends to, and adds to body, a compute.v1 BackendService,
	 * what follows from that: backends, protocol, health checks. NULL: this target cannot stand behind one. */
	bool (*backend)(struct design *d, cJSON *body, struct err *e);
	/* The same where the target makes its load balancer itself: address is the name of a global address that is planned ("address"), for the plan's first
	 * host. It plans what makes the balancer and its certificate, and says in d->front what people meet then. NULL: it makes none. */
	void (*balance)(struct design *d, const char *address);
	bool disks;         /* it has disks for containers, and runs a database beside the server (plan/workload.h) */
	bool keeps_secrets; /* secrets are copied into it: the server itself reads none from where they are kept */
	/* Where a stack without an address is reached through the target's own door: names the way there in out (struct reach); the lines for a shell that open it at the plan's url. NULL: there is no such door. */
	void (*reach)(const struct design *d, struct reach *out);
	void (*tunnel)(const struct plan *p, struct buf *out);
	/* Lets members of policies ("user:EMAIL") through the target's own check, besides d->front.invoke; owned by the callee. NULL: there is none. */
	void (*admit)(struct design *d, cJSON *members);
	/* How a person who may invoke it opens it in a browser, as lines that begin with #. NULL: there is no way but the exposure's. */
	void (*browse)(const struct plan *p, struct buf *out);
};

/* Who lets people in. */
struct auth_mode {
	struct choice choice;
	enum door door;                   /* who is asked before a request gets to the front container */
	const struct render_row *renders; /* files of its own, or NULL */
	/* Called in this order while a plan is made; each but wall may be NULL. */
	bool (*prepare)(struct design *d, struct err *e); /* accounts, human tasks, data of its templates */
	bool (*secrets)(struct design *d, struct err *e);
	void (*join)(struct design *d);  /* its containers, variables and resources, the door that it needs */
	void (*guard)(struct design *d); /* grants on what answers (d->front), which is planned by then */
	/* What a stranger gets, and what a program shows: all of plan.h's struct wall. */
	void (*wall)(const struct design *d, struct wall *out);
	/* What a client has to know beside its credential (plan/connect.h): lines that begin with #. NULL: nothing. */
	void (*connect)(const struct plan *p, struct buf *out);
};

/* How people reach it. */
struct exposure {
	struct choice choice;
	enum ingress ingress;
	/* Sets the plan's hosts (the first is the one that is used) and url. */
	bool (*address)(struct design *d, struct err *e);
	/* What stands between people and d->front, which it may replace by its own. NULL: nothing. */
	bool (*plan)(struct design *d, struct err *e);
	/* Seconds until the name answers with its own certificate, once everything stands: the proof takes one that is not there yet for "not yet" so
	 * long. 0: at once. */
	double settles;
	/* How requests of this machine get there: names a row of engine/reaches.tbl and what it has to know, with references. NULL: straight. */
	void (*reach)(const struct design *d, struct reach *out);
	/* What has to run beside a client: lines that begin with #. NULL: nothing. */
	void (*connect)(const struct plan *p, struct buf *out);
};

/* A flag of Cloud SQL. */
enum flag_type { FLAG_BOOL, FLAG_INT, FLAG_FLOAT, FLAG_TEXT };
struct database_flag {
	const char *name;
	enum flag_type type;
	double least, most; /* of a number; NAN: no bound */
	const char *values; /* of a text, blanks between them; "": any */
};

/* SQLAlchemy's plugin in the image (templates/shared/login.py.mustache) that shows a token of the server's account in place of a password. */
#define DATABASE_PLUGIN "mlflow_setup_login"

/* The database's engine. */
struct database {
	struct choice choice;
	const struct choice *versions; /* Cloud SQL's words for them, ended by a NULL id */
	const char *version;           /* the default among them */
	const char *driver;            /* the requirement that the image installs: "psycopg2-binary==2.9.13" */
	int port;
	const char *
	    socket; /* what its socket is called in the folder that a connector makes; NULL: the folder's name is the socket's */
	const char *charset, *collation; /* of the database */
	const char *user_host;           /* from where its user may come, or NULL where the engine does not ask */
	const char *host_variable;       /* by which the server gets the address */
	const char *password_variable;   /* by which the server gets the password */
	const char *iam_flag;            /* Cloud SQL's flag that lets accounts of IAM log in */
	const char *iam_role; /* what such an account is made a member of, so that it may do what the stack's own user may */
	/* What Cloud SQL calls the user of a service account, by its e-mail; to be freed. */
	char *(*iam_user)(const char *email);
	bool iam_by_email; /* ...who is made by the whole e-mail all the same */
	const char *const
	    *before; /* lines of shell before the server or a migration starts, ended by NULL: what its driver wants as files */
	const char *const *variables;         /* those that the server must not start without, ended by NULL */
	int (*connections)(const char *tier); /* that this tier allows by default */
	const struct database_flag *flags;    /* that Cloud SQL knows for it, ended by a NULL name */
	const char *const *own_flags;         /* those that follow from answers, ended by NULL */
	/* Appends the flags that log queries slower than so many milliseconds. NULL: it cannot. */
	void (*slow_queries)(cJSON *flags, int ms);
	/* Adds to Cloud SQL's settings what is this engine's own: flags, how its backups are kept. */
	void (*settings)(const struct answers *a, cJSON *settings);
	/* The instance is planned ("sql"): closes what this engine leaves open in a new one. Returns the id of what has to be done before the stack's
	 * own user is made. NULL: nothing is open. */
	const char *(*closes)(struct design *d, struct resource *instance);
	/* Adds the variables by which MLflow finds the database, all but address and password; where d->passwordless, what shows tokens instead. */
	void (*server)(const struct design *d, struct container *c);
	/* Adds the variable that holds the address: host is a text or a reference, and is owned by the variable. */
	void (*address)(struct container *c, cJSON *host);
};

/* How the server reaches the database. */
struct database_path {
	struct choice choice;
	bool networked;    /* it needs a network */
	bool peers;        /* the network must be peered with Google's */
	const char *range; /* the question whose answer is a range of the network that it takes; or NULL */
	/* Adds the database to the workload, as a container with a disk, in place of an instance of Cloud SQL's; its disk, which the workload calls
	 * "database", then holds the data. NULL: there is an instance. */
	void (*beside)(struct design *d);
	const char *connector_flag; /* for Google's connector, where it is used: "--private-ip", "--psc"; NULL: none */
	/* Nothing but server and database are on the way, which speak without encryption. */
	bool plain;
	/* Plans what must stand before the instance, and returns Cloud SQL's ipConfiguration; *after gets the id that the instance waits for. */
	cJSON *(*settings)(struct design *d, const char **after);
	/* Plans what comes after the instance ("sql"). NULL: nothing. */
	void (*plan)(struct design *d);
	/* The address as the server sees it: a text or a reference. NULL as a function: only a connector gets in. */
	cJSON *(*address)(const struct design *d);
};

/* The network that joins server and database: sets d->network, and plans it or what checks it. */
struct network_mode {
	struct choice choice;
	bool foreign; /* it is another project's */
	bool (*plan)(struct design *d, struct err *e);
};

/* How files travel. */
struct artifact_mode {
	struct choice choice;
	bool served;         /* through the server: clients need no rights on the bucket */
	bool kept_by_target; /* on a disk of the target's, and in no bucket */
	/* Where files are kept (design_bucket, or a disk), and who may do what with them; lines of the templates' lists. */
	void (*plan)(struct design *d);
	/* Adds the variables by which the server keeps files. */
	void (*server)(const struct design *d, struct container *c);
	char *(*sources)(
	    const struct design
		*d); /* what else a model version's source may begin with, as a regular expression, to be freed; or NULL */
	/* What a client needs beside its sign-in: lines that begin with #. NULL: nothing. */
	void (*connect)(const struct plan *p, struct buf *out);
};

/* Every choice's struct: target_run, auth_mode_oauth2_proxy, ... */
#define CHOICE(axis, name) extern const struct axis axis##_##name;
#define LATER(axis, id, title, help)
#include "plan/axes.tbl"
#undef CHOICE
#undef LATER

/* The questions that choose, and the choices in their order: what struct question's nth and fallback want. */
extern const char *const axis_questions[];
const struct choice *axis_target(size_t i);
const struct choice *axis_exposure(size_t i);
const struct choice *axis_auth_mode(size_t i);
const struct choice *axis_database(size_t i);
const struct choice *axis_database_path(size_t i);
const struct choice *axis_network_mode(size_t i);
const struct choice *axis_artifact_mode(size_t i);
/* The versions of every engine, for the question of the version. */
const struct choice *axis_version(size_t i);

/* What the answers choose. Where they choose what is not there yet, the default. */
struct axes axes_of(const struct answers *a);
/* The target alone: for a choice that is asked whether it is possible, since what the other axes fall back to may depend on its answer. */
const struct target *axes_target(const struct answers *a);
/* The choices, one for each axis in the order of asking: NULL after the last. */
const struct choice *axes_nth(const struct axes *x, size_t i);
/* Does a choice that is made bring this question, or ask it? */
bool axes_ask(const struct answers *a, const struct question *q);

/* Does server or database stand in a network that is this stack's to choose? */
bool axes_networked(const struct axes *x, const struct answers *a);

/* Why this choice of the question cannot be made with these answers (not yet there, pairs.tbl, its own refusal): an N_() sentence, or NULL. */
const char *axis_refuses(const struct question *q, const struct answers *a, const char *id);
/* The choice that is recommended with these answers, else the one that pairs.tbl prefers, else the first that is not refused. */
const struct choice *axis_default(const struct question *q, const struct answers *a);

#endif
