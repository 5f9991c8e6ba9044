/* What a cluster's API server refuses as invalid: complaints, and the checks that rows name (kubernetes_rules.c), by what they are about. */
#ifndef MS_SIM_API_KUBERNETES_RULES_H
#define MS_SIM_API_KUBERNETES_RULES_H

#include "sim/api/kubernetes.h"

/* Complaints: "spec.selector: Required value" and the like. */
struct rules {
	cJSON *causes;
	const cJSON *doc, *before;
	const struct kubernetes_resource *resource;
};

void rule_broken(struct rules *r, const char *field, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void rule_invalid(struct rules *r, const char *field, const cJSON *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void rule_required(struct rules *r, const char *field, const char *more);
void rule_forbidden(struct rules *r, const char *field, const char *why);

/* A value's text, "" where it is none; its number, 0 where it is none. */
const char *rule_text(const cJSON *v);
double rule_number(const cJSON *v);
/* A selector in Go's words; the caller frees. */
char *rule_selector_text(const cJSON *s);

/* Is the value, at this field, as it must be? Each complains where it is not. */
typedef void rule_check(struct rules *r, const cJSON *v, const char *field);
/* Names, ports and metadata: kubernetes_rules_names.c. */
rule_check rule_label, rule_subdomain, rule_dns1035, rule_host, rule_port_name, rule_port, rule_port_or_name, rule_not_negative,
    rule_labels, rule_annotations;
/* Pods and what makes them: kubernetes_rules_pods.c. */
rule_check rule_selector, rule_template_selector, rule_names_unique, rule_containers_there, rule_mount, rule_mounts_unique,
    rule_env_name, rule_env_source, rule_resources, rule_probe, rule_volume, rule_job_restart, rule_always_restart,
    rule_template_meta, rule_int_or_percent, rule_strategy, rule_deadline, rule_schedule, rule_time_zone;
/* Services, ingresses, data and policies: kubernetes_rules_services.c. */
rule_check rule_service, rule_service_ports, rule_service_port_name, rule_node_port, rule_cluster_ip, rule_ingress,
    rule_ingress_backend, rule_ingress_path, rule_paths_there, rule_managed_domain, rule_data, rule_immutable_data,
    rule_secret_type, rule_budget, rule_policy_types, rule_cidr, rule_peer;
/* Sets with pods of their own names, whose pods are looked at once they are made, and claims: kubernetes_rules_volumes.c. */
rule_check rule_management, rule_set_kept, rule_access_modes, rule_claim_size, rule_claim_kept;

#endif
