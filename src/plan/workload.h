/* The workload: the MLflow server in neutral words, made once from the answers by the axes together. A target spells it as its platform does
 * (a service, a Deployment, units); nothing of MLflow is spelled twice. Text and references in it: gcp/reference.h. */
#ifndef MS_PLAN_WORKLOAD_H
#define MS_PLAN_WORKLOAD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* An HTTP probe on the container's port; path NULL: none. Times are seconds. */
struct probe {
	const char *path;
	int delay, period, timeout, failures;
};
/* As Kubernetes says it, and Cloud Run; for the caller. */
cJSON *probe_words(const struct probe *probe, int port);

/* A variable: a value (a text, or a reference), or a secret of the workload by its name. */
struct variable {
	char *name;
	cJSON *value; /* NULL for a secret */
	char *secret; /* NULL for a value */
};

/* A disk that outlives whatever container has it; one container at a time. */
struct disk {
	char *name; /* "artifacts"; the resource that stands for it is "volume/NAME" */
	int gib;
	const char *question; /* whose answer decides about it */
};

/* A disk in a container: the folder where it is found. */
struct disk_mount {
	char *disk, *folder;
};

/* A file that holds a secret and nothing else, readable by the container's user alone or by any user of a container of its own. */
struct mount {
	char *secret, *folder, *file;
};

struct container {
	char *name;            /* "mlflow", "oauth2-proxy" */
	cJSON *image;          /* a text or a reference */
	const char *source;    /* id of the resource that it is pulled from, or NULL */
	cJSON *command, *args; /* lists of texts; NULL: the image's own */
	struct variable *variables;
	size_t variable_count, variable_room;
	struct mount *mounts;
	size_t mount_count, mount_room;
	struct disk_mount *disks;
	size_t disk_count, disk_room;
	int port;     /* that it listens on; 0: none */
	int user;     /* the number of the user that it runs as; 0: the one of the stack's own image */
	cJSON *ready; /* a command that succeeds while it serves, of what answers no HTTP; NULL: none */
	struct probe started, alive;
	const char *cpu, *memory; /* limits: "1", "512Mi" */
	const char *after;        /* the container that must have started before, or NULL */
};

/* A secret that the containers use: kept in Secret Manager as STACK-NAME, readable by the server's identity. */
struct workload_secret {
	char *name;
	char *text; /* a file made of the answers: it changes with them. NULL: drawn or typed once */
};

/* Who is asked first, before a request gets to the front container. */
enum door {
	DOOR_OPEN, /* nobody: the wall stands inside */
	DOOR_IAM,  /* Google's check of the caller's role */
	DOOR_IAP   /* Identity-Aware Proxy */
};

/* From where requests may come. */
enum ingress { INGRESS_ALL, INGRESS_BALANCER, INGRESS_INTERNAL };

struct workload {
	struct container **containers; /* the first is MLflow */
	size_t count, room;
	struct container *migration; /* runs to its end before any server of this image starts */
	struct container *database;  /* where it runs beside the server; NULL: it does not */
	struct container *cleanup;   /* works and ends, each time its schedule says so; NULL: none */
	struct disk *disks;
	size_t disk_count, disk_room;
	cJSON *migration_once; /* a text or a reference: the migration is made again when it differs */
	const char *front;     /* the container that gets what comes from outside */
	enum door door;
	enum ingress ingress;
	char *connection; /* PROJECT:REGION:INSTANCE when Google's connector is used, else NULL */
	struct workload_secret *secrets;
	size_t secret_count, secret_room;
	cJSON *needs, *migration_needs; /* ids of resources that must stand before */
};

struct workload *workload_new(void);
void workload_free(struct workload *w);

/* Appends a container; image is owned by it then. Texts are copied here and below. */
struct container *workload_container(struct workload *w, const char *name, cJSON *image);
/* The container that migrates; there is one. */
struct container *workload_migration(struct workload *w, cJSON *image);
/* The container that is the database; there is one at the most. */
struct container *workload_database(struct workload *w, const char *name, cJSON *image);
/* Appends a disk of so many GiB, as that question is answered. */
void workload_disk(struct workload *w, const char *name, int gib, const char *question);
/* The container that cleans up; there is one at the most. */
struct container *workload_cleanup(struct workload *w, cJSON *image);
/* The container with this name, or NULL. */
struct container *workload_find(const struct workload *w, const char *name);
/* Appends a variable: a text, a value (owned by it then), a secret. */
void container_set(struct container *c, const char *name, const char *value);
void container_set_value(struct container *c, const char *name, cJSON *value);
void container_set_secret(struct container *c, const char *name, const char *secret);
/* Appends a file: FOLDER/FILE holds the secret. A folder is one secret's. */
void container_mount(struct container *c, const char *secret, const char *folder, const char *file);
/* Appends a disk of the workload, as a folder. */
void container_keep(struct container *c, const char *disk, const char *folder);
/* The variables that are plain texts, as a list of {name, value} for the templates; the caller deletes it. */
cJSON *container_texts(const struct container *c);
/* The resource with this id must stand before the server (the migration) starts. */
void workload_needs(struct workload *w, const char *id);
void workload_migration_needs(struct workload *w, const char *id);
void workload_secret(struct workload *w, const char *name, const char *text);

#endif
