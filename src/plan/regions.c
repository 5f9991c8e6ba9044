/* The regions, from Cloud Run's discovery document and cloud.google.com/run/docs/locations. */
#include "config.h"
#include "plan/regions.h"

#include "base/gettext.h"

#include <stddef.h>

const struct region regions[] = {
    {"africa-south1", N_("Johannesburg")},
    {"asia-east1", N_("Taiwan")},
    {"asia-east2", N_("Hong Kong")},
    {"asia-northeast1", N_("Tokyo")},
    {"asia-northeast2", N_("Osaka")},
    {"asia-northeast3", N_("Seoul")},
    {"asia-south1", N_("Mumbai")},
    {"asia-south2", N_("Delhi")},
    {"asia-southeast1", N_("Singapore")},
    {"asia-southeast2", N_("Jakarta")},
    {"asia-southeast3", N_("Bangkok")},
    {"australia-southeast1", N_("Sydney")},
    {"australia-southeast2", N_("Melbourne")},
    {"europe-central2", N_("Warsaw")},
    {"europe-north1", N_("Finland")},
    {"europe-north2", N_("Stockholm")},
    {"europe-southwest1", N_("Madrid")},
    {"europe-west1", N_("Belgium")},
    {"europe-west10", N_("Berlin")},
    {"europe-west12", N_("Turin")},
    {"europe-west2", N_("London")},
    {"europe-west3", N_("Frankfurt")},
    {"europe-west4", N_("Netherlands")},
    {"europe-west6", N_("Zurich")},
    {"europe-west8", N_("Milan")},
    {"europe-west9", N_("Paris")},
    {"me-central1", N_("Doha")},
    {"me-central2", N_("Dammam")},
    {"me-west1", N_("Tel Aviv")},
    {"northamerica-northeast1", N_("Montreal")},
    {"northamerica-northeast2", N_("Toronto")},
    {"northamerica-south1", N_("Mexico")},
    {"southamerica-east1", N_("Sao Paulo")},
    {"southamerica-west1", N_("Santiago")},
    {"us-central1", N_("Iowa")},
    {"us-east1", N_("South Carolina")},
    {"us-east4", N_("Northern Virginia")},
    {"us-east5", N_("Columbus")},
    {"us-south1", N_("Dallas")},
    {"us-west1", N_("Oregon")},
    {"us-west2", N_("Los Angeles")},
    {"us-west3", N_("Salt Lake City")},
    {"us-west4", N_("Las Vegas")},
    {NULL, NULL},
};
