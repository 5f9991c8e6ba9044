/* How a kind is spelled in Terraform, for `render` (plan/terraform.h): a row of its struct. Its arguments are the body that it would be created with, in
 * Google's words: the writer makes them Terraform's (camelCase to snake_case, objects to blocks, maps by their names), and the row says only what is
 * otherwise. In texts with braces stand, between them, "project", "number", "name" (the resource's), "key" (see each) or a path in the spec; "host/" is a
 * path in the spec that may be absent, and then its slash is too. */
#ifndef MS_GCP_TERRAFORM_H
#define MS_GCP_TERRAFORM_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct view;

struct kind_terraform {
	/* Either: why Terraform has no resource for it, a sentence for the README beside the files ... */
	const char *none;
	/* ... and then, if others refer to it: its value by what the answers keep of it (NULL: nothing so far), to be freed, which becomes a variable with
	 * that default. */
	char *(*value)(const struct view *v, const char *recorded);

	/* Or: what it is there. */
	const char *type;                             /* "google_compute_network" */
	const char *(*type_of)(const struct view *v); /* where it depends on the spec; NULL: it has none there */
	bool data;                                    /* it is only read: a data source, which is not imported */
	const char *import;                           /* its id: "projects/{project}/global/networks/{name}" */
	char *(*import_of)(const struct view *v,
			   const char *key); /* where no pattern tells: the same, to be freed; NULL: import */
	const char *name;                    /* the argument that holds its name: NULL for "name", "" for none */
	const char *place;                   /* the argument that holds the spec's region or zone; NULL for none */
	const char *const
	    *moves; /* paths in the body, in pairs FROM, TO, in Google's words; TO "" drops; NULL-terminated, NULL for none */
	const char *const *
	    takes; /* paths in the spec and the arguments that they make, in pairs, where the body lacks them; NULL-terminated, NULL for none */
	const char *
	    adds; /* arguments that Google does not know, as for json_make without values: "{'disableOnDestroy':false}"; NULL for none */
	const char *
	    ignores; /* what an import does not take over, or only Google sets: arguments for ignore_changes, ", " between them */
	const char *comment; /* why, or what else is to be known: lines above it; NULL for none */
	/* pairs OUTPUT, EXPRESSION, in which @ is the resource's address (or the variable's); NULL-terminated */
	const char *const *outputs;
	/* The arguments, where create's body is not what is needed; NULL: that body. The caller owns the object. */
	cJSON *(*body)(const struct view *v);
	/* It is one resource there for each of these texts, a list that the caller owns: its body then has the expression each.key. */
	cJSON *(*each)(const struct view *v);
	const struct kind_terraform
	    *also; /* what Google has in one object and Terraform in two: the second, which others do not refer to; or NULL */
};

/* An import takes over no labels: the first plan would write those that are there already. */
#define TERRAFORM_LABELS "labels"

#endif
