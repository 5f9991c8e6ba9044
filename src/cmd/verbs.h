/* The verbs, one file each. */
#ifndef MS_CMD_VERBS_H
#define MS_CMD_VERBS_H

#include "cmd/cli.h"

extern const struct verb verb_apply, verb_connect, verb_destroy, verb_plan, verb_questions, verb_render, verb_schema, verb_seal,
    verb_token, verb_validate;

#endif
