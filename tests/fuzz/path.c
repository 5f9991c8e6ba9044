/* Fuzzes the matching of paths and queries: the first byte chooses the host. */
#include "config.h"
#include "base/mem.h"
#include "sim/core/core.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {"run.googleapis.com",
					    "compute.googleapis.com",
					    "www.googleapis.com",
					    "iap.googleapis.com",
					    "storage.googleapis.com",
					    "iam.googleapis.com",
					    "metadata.google.internal",
					    "accounts.google.com",
					    "us-central1-run.googleapis.com",
					    "mlflow-abc.run.app",
					    "34.1.2.3",
					    "x.storage.googleapis.com"};
	static const char *const methods[] = {"GET", "POST", "DELETE", "PATCH", "PUT", "HEAD"};
	static struct sim *sim;
	struct err e = {0};
	if (size < 2)
		return 0;
	if (!sim) {
		mem_install();
		sim = sim_new(NULL, &e);
	}
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim)),
	     *target = xasprintf("/%.*s", (int)size - 2, (const char *)data + 2);
	struct sim_header headers[] = {{"Authorization", bearer}};
	struct sim_request q = {
	    methods[data[1] % 6], hosts[data[0] % (sizeof hosts / sizeof *hosts)], target, headers, 1, "{}", 2};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	sim_reply_free(&r);
	free(bearer);
	free(target);
	return 0;
}
