/* What the files of cloudbilling.googleapis.com share. */
#ifndef MS_SIM_CLOUDBILLING_H
#define MS_SIM_CLOUDBILLING_H

#include "sim/core/core.h"

/* services.skus.list: what Google's services cost, for whoever is signed in. */
sim_handler cloudbilling_skus;

#endif
