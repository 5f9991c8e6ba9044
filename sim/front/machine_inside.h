/* Between the files that follow a machine's metadata (machine_follow.c): its shell, its units, what it runs, what it asks of Google. */
#ifndef MS_SIM_FRONT_MACHINE_INSIDE_H
#define MS_SIM_FRONT_MACHINE_INSIDE_H

#include "sim/front/machine.h"

struct machine {
	struct sim *sim;
	const struct sim_object *vm;
	struct sim_object *told; /* the same while it comes up, when it may write guest attributes; else NULL */
	const char *journal;     /* what the unit that failed has written, while that is told of */
	const char *project, *principal;
	bool cos, docker, login, google, internet, all_scopes;
	int depth;
	cJSON *env, *files, *containers, *open;
	cJSON *started;      /* units, as names: one that is active is not started again */
	cJSON *facts;        /* of what pip has installed */
	const char *unit;    /* whose commands these are, or NULL */
	const char *restart; /* of that unit */
	const char *who;     /* "startup-script", "cloud-init" */
	struct buf *serial;
};

/* machine_follow.c: follows all that the machine is given, into m, for machine_forget; its containers and open ports are the caller's. told: where it may
 * write guest attributes, or NULL. What the scripts say on the way goes to serial, a line each. */
void machine_follow(struct machine *m, struct sim *s, const struct sim_object *vm, struct sim_object *told, struct buf *serial);
void machine_forget(struct machine *m);
/* A template (container.h) of the containers and programs that the machine starts: from a container declaration, cloud-init's user data and the startup
 * script. Each container has besides "host" (the machine's own network), "publish" [{"host","container"}], "restart" and, for a program
 * without a container, "native" with its "facts"; the template has "open", the ports that the machine's own firewall lets in
 * ("*" for all, "5000 RANGE" for who comes from there). The caller deletes. */
cJSON *machine_template(struct sim *s, const struct sim_object *vm, struct sim_object *told, struct buf *serial);

/* machine_shell.c: a line of the console, as the journal writes it; the same of the unit or script that is followed. */
void machine_console_line(struct buf *serial, const char *name, const char *text);
void machine_say(struct machine *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts a text under a name that may hold dots; what a file of the machine holds, or NULL; a path's last part. */
void machine_put(cJSON *object, const char *name, const char *value);
const char *machine_file(const struct machine *m, const char *path);
const char *machine_program(const char *path);
/* The value of an option among words: "--name VALUE" or "--name=VALUE"; NULL. */
const char *machine_option(const cJSON *words, const char *name);
/* Follows a script; commands between operators, whose last output is the caller's to free (NULL: none); a package manager's install. */
void machine_script(struct machine *m, const char *text);
char *machine_commands(struct machine *m, const cJSON *words);
void machine_packages(struct machine *m, const cJSON *words);

/* machine_units.c */
void machine_start_unit(struct machine *m, const char *name);
/* What follows the end of the unit: its ExecStopPost. */
void machine_unit_stopped(struct machine *m, const char *name);

/* machine_docker.c: docker; a program without a container, false when it is none that counts; what pip has installed. */
void machine_docker(struct machine *m, const cJSON *words);
bool machine_run_native(struct machine *m, const cJSON *words);
void machine_pip(struct machine *m, const cJSON *words);
/* A container that has nothing yet but its unit, and keeping it. */
cJSON *machine_spec(const struct machine *m);
void machine_keep(struct machine *m, cJSON *spec);

/* machine_metadata.c: the value of a key of the machine's metadata, or NULL. */
const char *machine_metadata(const struct sim_object *vm, const char *key);
/* What "gcloud secrets versions access", curl and wget write, for the caller to free; NULL for nothing. */
char *machine_gcloud_secret(struct machine *m, const cJSON *words);
char *machine_fetch(struct machine *m, const cJSON *words);

#endif
