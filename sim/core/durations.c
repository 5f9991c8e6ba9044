/* How long things take: reference medians and 95th percentiles of measured traffic, in seconds. A draw is log-normal. Rows are sorted by
 * key; "latency.SERVICE.METHOD" are requests, the others operations, and "lag." how long after them the effect is seen. */
#include "config.h"
#include "sim/core/inside.h"

#include <stdlib.h>
#include <string.h>

/* A row for each kind of thing; a new API adds its own here. Measured in recorded traffic unless it says otherwise. */
static const struct duration rows[] = {
	{"appengine.app.create", 15, 40, 0, 0},
	{"appengine.app.update", 8, 20, 0, 0},
	{"appengine.service.delete", 8, 30, 0, 0},
	{"appengine.service.update", 4, 15, 0, 0},
	{"appengine.version.create", 420, 900, 0, 0},
	{"appengine.version.delete", 30, 90, 0, 0},
	{"appengine.version.update", 20, 60, 0, 0},
	{"artifactregistry.repository.create", 3, 12, 0, 0},
	{"artifactregistry.repository.delete", 3, 12, 0, 0},
	{"build.queue", 5, 10, 0, 0},
	{"build.run", 60, 300, 0, 0},
	{"certificatemanager.create", 0.3, 0.4, 0, 0},
	{"certificatemanager.delete", 0.33, 0.5, 0, 0},
	{"certificatemanager.update", 0.24, 0.28, 0, 0},
	{"compute.address.delete", 2.1, 3.3, 0, 0},
	{"compute.address.insert", 1.65, 3.0, 0, 0},
	{"compute.backendService.delete", 11, 18.1, 0, 0},
	{"compute.backendService.insert", 16.9, 18.8, 0, 0},
	{"compute.backendService.update", 10, 15, 0, 0},
	{"compute.default.delete", 2, 5, 0, 0},
	{"compute.default.insert", 2, 6, 0, 0},
	{"compute.default.update", 2, 6, 0, 0},
	{"compute.disk.delete", 1.5, 4, 0, 0},
	{"compute.disk.insert", 2, 6, 0, 0},
	{"compute.firewall.delete", 6, 11, 0, 0},
	{"compute.firewall.insert", 8, 12, 0, 0},
	{"compute.firewall.update", 6, 11, 0, 0},
	{"compute.forwardingRule.delete", 7.7, 11.2, 0, 0},
	{"compute.forwardingRule.insert", 9.9, 10.7, 0, 0},
	{"compute.forwardingRule.setTarget", 10, 10.4, 0, 0},
	{"compute.healthCheck.delete", 3.2, 4.9, 0, 0},
	{"compute.healthCheck.insert", 0.9, 1.5, 0, 0},
	{"compute.healthCheck.update", 1.5, 3, 0, 0},
	{"compute.instance.boot", 60, 150, 0, 0}, /* from the operation's end to an answer on the port; seen, not measured */
	{"compute.instance.delete", 134, 135, 0, 0},
	{"compute.instance.insert", 12, 78, 0, 0},
	{"compute.instance.start", 10, 30, 0, 0},
	{"compute.instance.stop", 40, 95, 0, 0},
	{"compute.instance.update", 3, 8, 0, 0},
	{"compute.instanceGroup.delete", 4, 10, 0, 0},
	{"compute.instanceGroup.insert", 2, 5, 0, 0},
	{"compute.neg.delete", 3, 8, 0, 0},
	{"compute.neg.insert", 3, 8, 0, 0},
	{"compute.network.addPeering", 8, 12, 0, 0},
	{"compute.network.delete", 16.8, 23.9, 0, 0},
	{"compute.network.insert", 9.3, 13.1, 0, 0},
	{"compute.network.removePeering", 8.0, 11.4, 0, 0},
	{"compute.network.update", 8, 12, 0, 0},
	{"compute.route.delete", 5, 12, 0, 0},
	{"compute.route.insert", 5, 12, 0, 0},
	{"compute.router.delete", 3, 8, 0, 0},
	{"compute.router.insert", 3, 8, 0, 0},
	{"compute.router.update", 5, 12, 0, 0},
	{"compute.setLabels", 0, 0, 0, 0},
	{"compute.sslCertificate.delete", 1.5, 4, 0, 0},
	{"compute.sslCertificate.insert", 1.2, 3, 0, 0},
	{"compute.sslCertificate.provision", 1200, 3600, 0, 0},
	{"compute.subnetwork.delete", 10, 20, 0, 0},
	{"compute.subnetwork.insert", 12, 22, 0, 0},
	{"compute.subnetwork.update", 8, 15, 0, 0},
	{"compute.targetProxy.delete", 1.3, 1.5, 0, 0},
	{"compute.targetProxy.insert", 1.14, 1.8, 0, 0},
	{"compute.targetProxy.update", 1.5, 3, 0, 0},
	{"compute.urlMap.delete", 1.15, 1.8, 0, 0},
	{"compute.urlMap.insert", 0.7, 0.83, 0, 0},
	{"compute.urlMap.update", 1, 2, 0, 0},
	{"container.cluster.create", 348, 409, 0, 0},
	{"container.cluster.create.autopilot", 450, 620, 0, 0},
	{"container.cluster.delete", 204, 284, 0, 0},
	{"container.cluster.delete.autopilot", 260, 420, 0, 0},
	{"container.cluster.update", 3.2, 3.7, 0, 0},
	{"container.nodePool.create", 21, 24, 0, 0},
	{"container.nodePool.delete", 20, 23, 0, 0},
	{"container.nodePool.update", 3.2, 3.7, 0, 0},
	{"container.nodePool.upgrade", 16.6, 16.7, 0, 0},
	{"dns.change", 5, 30, 0, 0},
	{"iam.pool.create", 2, 8, 0, 0},
	{"kubernetes.node.start", 75, 120, 0, 0},
	{"kubernetes.pod.start", 15, 60, 0, 0},
	{"lag.account.binding", 5, 60, 0, 0},
	{"lag.account.get", 2, 20, 0, 0},
	{"lag.container.count", 60, 120, 0, 0}, /* still the old number in the reply after the operation's end; seen, not measured */
	{"lag.container.measure", 300, 420, 0, 0}, /* seen after 39 to 69 seconds, and not yet after some minutes */
	{"lag.iam", 120, 420, 0, 0},
	{"lag.loadBalancer", 120, 420, 0, 0},
	{"lag.registrar", 900, 3600, 0, 0}, /* an operator who sets a record and waits for it */
	{"lag.run.name", 5, 20, 0, 0},
	{"lag.service", 15, 120, 0, 0},
	{"lag.sql.network", 302400, 345600, 0, 0}, /* about four days */
	{"lag.vpc.egress", 4900, 7200, 0, 0}, /* 77 and more than 85 minutes were seen */
	{"latency.DELETE", 0.31, 2.0, 0, 0},
	{"latency.GET", 0.124, 0.322, 0, 0},
	{"latency.PATCH", 0.40, 2.83, 0, 0},
	{"latency.POST", 0.46, 2.13, 0, 0},
	{"latency.PUT", 1.6, 5.0, 0, 0},
	{"latency.cloudresourcemanager.POST", 0.18, 0.73, 0, 0},
	{"latency.compute.DELETE", 0.59, 0.83, 0, 0},
	{"latency.compute.GET", 0.17, 0.30, 0, 0},
	{"latency.compute.POST", 0.64, 1.80, 0, 0},
	{"latency.container.POST", 1.84, 3.72, 0, 0},
	{"latency.iam.POST", 0.52, 0.69, 0, 0},
	{"latency.run.POST", 0.41, 0.69, 0, 0},
	{"latency.secretmanager.DELETE", 0.67, 0.86, 0, 0},
	{"latency.secretmanager.POST", 0.33, 0.75, 0, 0},
	{"latency.servicenetworking.GET", 0.30, 2.20, 0, 0},
	{"latency.serviceusage.POST", 0.47, 0.75, 0, 0},
	{"latency.sqladmin.GET", 0.19, 0.26, 0, 0},
	{"latency.sqladmin.POST", 0.49, 1.14, 0, 0},
	{"latency.storage.DELETE", 0.79, 1.11, 0, 0},
	{"latency.storage.POST", 0.85, 1.10, 0, 0},
	{"resourcemanager.project.create", 5, 20, 0, 0},
	{"run.job.create", 3, 8, 0, 0},
	{"run.job.execute", 25, 70, 0, 0},
	{"run.service.create", 5, 70, 60, 0.45},
	{"run.service.delete", 2, 6, 0, 0},
	{"run.service.update", 9, 20, 0, 0},
	{"servicenetworking.connect", 45, 70, 0, 0},
	{"servicenetworking.disconnect", 20, 60, 0, 0},
	{"serviceusage.disable", 8, 40, 0, 0},
	{"serviceusage.enable", 8, 40, 0, 0},
	{"serviceusage.identity", 1, 5, 0, 0},
	{"sql.backup", 60, 180, 0, 0},
	{"sql.create.mysql", 159, 215, 0, 0},
	{"sql.create.postgres", 420, 900, 0, 0},
	{"sql.create.private", 560, 1100, 0, 0},
	{"sql.create.small", 300, 700, 0, 0},
	{"sql.database", 1, 4, 0, 0},
	{"sql.delete", 93, 105, 0, 0},
	{"sql.update", 20, 60, 0, 0},
	{"sql.update.restart", 60, 180, 0, 0},
	{"sql.user.create", 0.10, 0.17, 0, 0},
	{"sql.user.delete", 0.12, 0.15, 0, 0},
	{"storage.bucket.create", 0.85, 1.1, 0, 0},
	{"vpcaccess.create", 150, 300, 0, 0},
	{"vpcaccess.delete", 100, 240, 0, 0},
};

static int by_key(const void *key, const void *row)
{
	return strcmp(key, ((const struct duration *)row)->key);
}

const struct duration *duration_find(const char *key)
{
	return bsearch(key, rows, sizeof rows / sizeof *rows, sizeof *rows, by_key);
}

const struct duration *duration_at(size_t n)
{
	return n < sizeof rows / sizeof *rows ? &rows[n] : NULL;
}
