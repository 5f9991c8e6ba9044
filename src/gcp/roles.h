/* Which of Google's predefined roles holds a permission: for the line that an administrator is sent. */
#ifndef MS_GCP_ROLES_H
#define MS_GCP_ROLES_H

/* The narrowest of Google's predefined roles that this program knows to hold the permission ("secretmanager.secrets.create":
 * "roles/secretmanager.admin"), or NULL when the service is not known. A literal. */
const char *role_holding(const char *permission);
/* The same for who only looks, NULL where that is granted on single resources, or not at all. */
const char *role_reading(const char *permission);
/* The first permission that a text of Google's names ("Permission 'run.services.create' denied on..."): three words or more joined by dots of which
 * the last is a verb, no host name. Freed by the caller; NULL when there is none. */
char *permission_named(const char *text);

#endif
