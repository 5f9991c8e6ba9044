/* Fuzzes the check of JSON bodies and query parameters against the contract: the first byte chooses the method. */
#include "config.h"
#include "base/mem.h"
#include "sim/core/core.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *method, *host, *target;
} targets[] = {
    {"POST", "run.googleapis.com", "/v2/projects/demo-proj/locations/us-central1/services?serviceId=s"},
    {"POST", "us-central1-run.googleapis.com", "/apis/serving.knative.dev/v1/namespaces/demo-proj/services"},
    {"POST", "compute.googleapis.com", "/compute/v1/projects/demo-proj/zones/us-central1-a/instances"},
    {"POST", "sqladmin.googleapis.com", "/sql/v1beta4/projects/demo-proj/instances"},
    {"POST", "storage.googleapis.com", "/storage/v1/b?project=demo-proj"},
    {"POST", "container.googleapis.com", "/v1/projects/demo-proj/locations/us-central1/clusters"},
    {"POST", "secretmanager.googleapis.com", "/v1/projects/demo-proj/secrets?secretId=s"},
    {"POST", "cloudbuild.googleapis.com", "/v1/projects/demo-proj/locations/us-central1/builds"},
    {"POST", "oauth2.googleapis.com", "/token"},
    {"POST", "sts.googleapis.com", "/v1/token"},
    {"POST", "storage.googleapis.com", "/upload/storage/v1/b/b/o?uploadType=multipart"},
    {"PATCH", "artifactregistry.googleapis.com",
     "/v1/projects/demo-proj/locations/us-central1/repositories/r?updateMask=labels"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim *sim;
	struct err e = {0};
	if (!size)
		return 0;
	if (!sim) {
		mem_install();
		sim = sim_new(NULL, &e);
	}
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"Authorization", bearer}, {"Content-Type", "application/json"}};
	size_t n = data[0] % (sizeof targets / sizeof *targets);
	struct sim_request q = {targets[n].method,      targets[n].host, targets[n].target, headers, 2,
				(const char *)data + 1, size - 1};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	sim_reply_free(&r);
	free(bearer);
	return 0;
}
