/* Would a Cloud Run template run? */
#ifndef MS_SIM_FRONT_JUDGE_H
#define MS_SIM_FRONT_JUDGE_H

#include "sim/api/run.h"

/* Goes through what stops a real instance of the template. v is filled in, for run_verdict_free. */
void judge(struct sim *s, const char *project, const char *region, const cJSON *template, bool job, struct run_verdict *v);

#endif
