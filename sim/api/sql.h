/* What the files of Cloud SQL share. */
#ifndef MS_SIM_API_SQL_H
#define MS_SIM_API_SQL_H

#include "sim/api/resource.h"

#define SQL_BASE "https://sqladmin.googleapis.com/v1/"

/* Answers with a document of ours; its links are spelled in the version that was asked (v1 or sql/v1beta4). doc is then the core's. */
void sql_ok(struct sim_call *c, cJSON *doc);
/* The same as a row's `seen`. */
cJSON *sql_seen(const struct sim_call *c, const struct sim_object *o);
/* What lies within an instance: one that is there, and one that runs (a row's `within`); for writes, one to which nothing else is being done. */
extern const struct sim_resource sql_there, sql_runs;
#define SQL_INSTANCE "projects/{project}/instances/{instances}"
/* 400 "Invalid request: ..."; false. */
bool sql_invalid(struct sim_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The instance that the call names, or NULL after a 404. child: for what lies within one, where a missing instance is 403. */
struct sim_object *sql_instance(struct sim_call *c, bool child);
/* The same, which must be running. */
struct sim_object *sql_running(struct sim_call *c);
/* Something is being done to it: answered with 409, true. */
bool sql_busy(struct sim_call *c, const struct sim_object *instance);
bool sql_is_mysql(const struct sim_object *instance);

/* Begins an operation on the instance for so many seconds (0: DONE at once) and answers the call with it. target is the link's rest after
 * the instance ("/databases/x"). finish gets {"op","instance"} and calls sql_end; NULL for nothing but the end. Returns the operation. */
struct sim_object *sql_begin(struct sim_call *c, const char *instance_key, const char *type, const char *target, double seconds,
			     void (*finish)(struct sim *s, const cJSON *arg));
/* The same without an answer to the call. */
struct sim_object *sql_operation(struct sim_call *c, const char *instance_key, const char *type, const char *target,
				 double seconds, void (*finish)(struct sim *s, const cJSON *arg));
/* Ends it, with error code and message or NULL. */
void sql_end(struct sim *s, const cJSON *arg, const char *code, const char *message);

/* Fills in what Google fills in, and checks the rules of editions, tiers, backups, addresses. old: the instance before, or NULL. False when
 * answered. */
bool sql_settle(struct sim_call *c, cJSON *doc, const struct sim_object *old);
/* Has Cloud SQL a database flag of this name for the engine? */
bool sql_flag_known(const char *name, bool postgres);
/* Does such a flag take this value, by its type and range? */
bool sql_flag_takes(const char *name, bool postgres, const char *value);
/* Gives an instance its addresses and its final state once it is made; NULL, or why that failed (static). */
const char *sql_make(struct sim *s, struct sim_object *o);
/* A new certificate authority for an instance, or a certificate for a public key (PEM; NULL: a new one) of it, as an SslCert. */
cJSON *sql_certificate(struct sim *s, const char *instance, const char *common_name, const char *public_key, double seconds);
/* Keeps a copy in projects/P/backups; days 0 for no end. Returns its name, owned by the store. */
const char *sql_keep_backup(struct sim *s, const struct sim_object *instance, const char *type, const char *description,
			    double days);
/* The instance whose Private Service Connect attachment this link names; NULL. */
struct sim_object *sql_behind(struct sim *s, const char *attachment);
/* Makes an instance of a settled document, which is taken, by an operation of this type; one that is not NULL holds what it is born with: its key. */
void sql_create(struct sim_call *c, cJSON *doc, const char *type, const char *origin);
/* Copies users, databases and what is in them. */
void sql_copy(struct sim *s, const struct sim_object *from, const struct sim_object *to);
/* All that stands in an instance's databases, for the caller to keep; and the way back to it: what came since is gone. */
cJSON *sql_held(struct sim *s, const struct sim_object *instance);
void sql_bring_back(struct sim *s, const struct sim_object *instance, const cJSON *was);
/* Is this new instance no replica, or may it be one of what it names? It is completed then; false: answered. */
bool sql_replica(struct sim_call *c, cJSON *doc);
/* A replica that was made is known to its primary and holds what that holds; one that ends is forgotten there. */
void sql_follow(struct sim *s, struct sim_object *o);
void sql_unfollow(struct sim *s, struct sim_object *o);
/* Removes what belongs to an instance: users, databases, backup runs. */
void sql_forget(struct sim *s, const char *instance_key);
/* A database of the instance, which is there at once; borrowed texts. */
void sql_database_put(struct sim *s, const struct sim_object *instance, const char *name, const char *charset,
		      const char *collation);
/* The users and databases that an instance is born with. */
void sql_populate(struct sim *s, struct sim_object *o, const char *root_password);

#endif
