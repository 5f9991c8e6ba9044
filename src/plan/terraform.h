/* A stack as Terraform has it, with blocks that import what stands. Pure: no cloud is asked. */
#ifndef MS_PLAN_TERRAFORM_H
#define MS_PLAN_TERRAFORM_H

#include "base/buf.h"
#include "base/err.h"
#include "plan/plan.h"

/* The texts of the files; all of it is freed by terraform_free. No secret is in them. They are in English, as all files that are rendered. */
struct terraform {
	struct buf main, imports, variables;
	cJSON *data; /* for their templates: what is not in them, and why */
};

/* Fills out (zero before) from a sealed plan and what the answers keep as resolved. False with EXIT_BUG in e where something would stand in them that must not, or
 * that Terraform could not read. */
bool terraform_make(const struct plan *p, const cJSON *resolved, struct terraform *out, struct err *e);
void terraform_free(struct terraform *t);

#endif
