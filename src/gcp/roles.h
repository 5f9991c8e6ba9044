/* Which of Google's predefined roles holds a permission: for the line that an administrator is sent. */
#ifndef MS_GCP_ROLES_H
#define MS_GCP_ROLES_H

#include "base/buf.h"

#include <stdbool.h>

/* The narrowest of Google's predefined roles that this program knows to hold the permission ("secretmanager.secrets.create":
 * "roles/secretmanager.admin"), or NULL when the service is not known. A literal. */
const char *role_holding(const char *permission);
/* The same for who only looks, NULL where that is granted on single resources, or not at all. */
const char *role_reading(const char *permission);
/* Can it be given on a project, or on what is above it, and on nothing below, so that what the project tells of it holds? Who makes something new is asked
 * for it where that will stand. */
bool permission_is_of_project(const char *permission);
/* A bucket's own first policy gives these to the project's owners and editors, whose roles on the project lack them. */
bool permission_given_by_bucket(const char *permission);
/* Adds the role that holds a permission to a list with blanks between them, once. */
void roles_add(struct buf *roles, const char *permission);
/* The same of all permissions that a text names. */
void roles_add_named(struct buf *roles, const char *text);
/* The line for a shell by which whoever administers the project gives these roles (blanks between them) to who ("ada@example.com"; "" or NULL where that is not
 * known). The caller frees. */
char *roles_command(const char *roles, const char *project, const char *who);
/* The first permission that a text of Google's names ("Permission 'run.services.create' denied on..."): three words or more joined by dots of which
 * the last is a verb, no host name. Freed by the caller; NULL when there is none. */
char *permission_named(const char *text);

#endif
