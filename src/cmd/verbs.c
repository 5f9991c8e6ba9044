#include "config.h"
#include "cmd/verbs.h"

const struct verb *const verbs[] = {
    &verb_plan, &verb_apply,    &verb_connect, &verb_token,     &verb_destroy, &verb_render,
    &verb_seal, &verb_validate, &verb_schema,  &verb_questions, NULL,
};
