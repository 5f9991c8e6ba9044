/* The contract's tables: finding methods by path, schemas and fields by name. */
#include "config.h"
#include "sim/core/contract.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The tables stand in the program as they are; their pages are only read when an API is asked for. */
#define CONTRACT(symbol, file)                                                                                                 \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" CONTRACT_DIR "/" file "\"\n.byte 0\n" #symbol                 \
		"_end:\n.popsection\n");                                                                                       \
	extern const char symbol[], symbol##_end[]

CONTRACT(tbl_appengine_v1, "appengine.v1.tbl");
CONTRACT(tbl_artifactregistry_v1, "artifactregistry.v1.tbl");
CONTRACT(tbl_certificatemanager_v1, "certificatemanager.v1.tbl");
CONTRACT(tbl_cloudbilling_v1, "cloudbilling.v1.tbl");
CONTRACT(tbl_cloudbuild_v1, "cloudbuild.v1.tbl");
CONTRACT(tbl_cloudkms_v1, "cloudkms.v1.tbl");
CONTRACT(tbl_cloudresourcemanager_v1, "cloudresourcemanager.v1.tbl");
CONTRACT(tbl_cloudresourcemanager_v3, "cloudresourcemanager.v3.tbl");
CONTRACT(tbl_cloudscheduler_v1, "cloudscheduler.v1.tbl");
CONTRACT(tbl_compute_v1, "compute.v1.tbl");
CONTRACT(tbl_container_v1, "container.v1.tbl");
CONTRACT(tbl_containeranalysis_v1, "containeranalysis.v1.tbl");
CONTRACT(tbl_dns_v1, "dns.v1.tbl");
CONTRACT(tbl_iam_v1, "iam.v1.tbl");
CONTRACT(tbl_iamcredentials_v1, "iamcredentials.v1.tbl");
CONTRACT(tbl_iap_v1, "iap.v1.tbl");
CONTRACT(tbl_logging_v2, "logging.v2.tbl");
CONTRACT(tbl_monitoring_v1, "monitoring.v1.tbl");
CONTRACT(tbl_monitoring_v3, "monitoring.v3.tbl");
CONTRACT(tbl_oauth2_v2, "oauth2.v2.tbl");
CONTRACT(tbl_orgpolicy_v2, "orgpolicy.v2.tbl");
CONTRACT(tbl_pubsub_v1, "pubsub.v1.tbl");
CONTRACT(tbl_run_v1, "run.v1.tbl");
CONTRACT(tbl_run_v2, "run.v2.tbl");
CONTRACT(tbl_secretmanager_v1, "secretmanager.v1.tbl");
CONTRACT(tbl_servicenetworking_v1, "servicenetworking.v1.tbl");
CONTRACT(tbl_serviceusage_v1, "serviceusage.v1.tbl");
CONTRACT(tbl_sqladmin_v1, "sqladmin.v1.tbl");
CONTRACT(tbl_sqladmin_v1beta4, "sqladmin.v1beta4.tbl");
CONTRACT(tbl_storage_v1, "storage.v1.tbl");
CONTRACT(tbl_sts_v1, "sts.v1.tbl");
CONTRACT(tbl_vpcaccess_v1, "vpcaccess.v1.tbl");

#define HOSTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define API(id, ver, words, pack, dialect, ...)                                                                                \
	{                                                                                                                      \
		.name = #id, .version = #ver, .service = #id ".googleapis.com", .title = words, .package = pack,               \
		.errors = dialect, .text = tbl_##id##_##ver, .end = tbl_##id##_##ver##_end, .hosts = HOSTS(__VA_ARGS__)        \
	}

static const struct contract_api contract_apis[] = {
    API(appengine, v1, "App Engine Admin API", "google.appengine.v1", SIM_ERRORS_AIP, "appengine.googleapis.com"),
    API(artifactregistry, v1, "Artifact Registry API", "google.devtools.artifactregistry.v1", SIM_ERRORS_AIP,
	"artifactregistry.googleapis.com"),
    API(certificatemanager, v1, "Certificate Manager API", "google.cloud.certificatemanager.v1", SIM_ERRORS_AIP,
	"certificatemanager.googleapis.com"),
    API(cloudbilling, v1, "Cloud Billing API", "google.cloud.billing.v1", SIM_ERRORS_AIP, "cloudbilling.googleapis.com"),
    API(cloudbuild, v1, "Cloud Build API", "google.devtools.cloudbuild.v1", SIM_ERRORS_AIP, "cloudbuild.googleapis.com"),
    API(cloudkms, v1, "Cloud Key Management Service (KMS) API", "google.cloud.kms.v1", SIM_ERRORS_AIP,
	"cloudkms.googleapis.com"),
    API(cloudresourcemanager, v1, "Cloud Resource Manager API", "google.cloud.resourcemanager.v1", SIM_ERRORS_AIP,
	"cloudresourcemanager.googleapis.com"),
    API(cloudresourcemanager, v3, "Cloud Resource Manager API", "google.cloud.resourcemanager.v3", SIM_ERRORS_AIP,
	"cloudresourcemanager.googleapis.com"),
    API(cloudscheduler, v1, "Cloud Scheduler API", "google.cloud.scheduler.v1", SIM_ERRORS_AIP,
	"cloudscheduler.googleapis.com"),
    API(compute, v1, "Compute Engine API", "google.cloud.compute.v1", SIM_ERRORS_LEGACY, "compute.googleapis.com",
	"www.googleapis.com"),
    API(container, v1, "Kubernetes Engine API", "google.container.v1", SIM_ERRORS_BOTH, "container.googleapis.com"),
    API(containeranalysis, v1, "Container Analysis API", "grafeas.v1", SIM_ERRORS_AIP, "containeranalysis.googleapis.com"),
    API(dns, v1, "Cloud DNS API", "google.cloud.dns.v1", SIM_ERRORS_LEGACY, "dns.googleapis.com", "www.googleapis.com"),
    API(iam, v1, "Identity and Access Management (IAM) API", "google.iam.admin.v1", SIM_ERRORS_BOTH, "iam.googleapis.com"),
    API(iamcredentials, v1, "IAM Service Account Credentials API", "google.iam.credentials.v1", SIM_ERRORS_AIP,
	"iamcredentials.googleapis.com"),
    API(iap, v1, "Cloud Identity-Aware Proxy API", "google.cloud.iap.v1", SIM_ERRORS_AIP, "iap.googleapis.com"),
    API(logging, v2, "Cloud Logging API", "google.logging.v2", SIM_ERRORS_AIP, "logging.googleapis.com"),
    API(monitoring, v1, "Cloud Monitoring API", "google.monitoring.dashboard.v1", SIM_ERRORS_AIP, "monitoring.googleapis.com"),
    API(monitoring, v3, "Cloud Monitoring API", "google.monitoring.v3", SIM_ERRORS_AIP, "monitoring.googleapis.com"),
    {.name = "oauth2",
     .version = "v2",
     .service = "oauth2.googleapis.com",
     .title = "Google OAuth2 API",
     .package = "google.oauth2.v2",
     .errors = SIM_ERRORS_BOTH,
     .text = tbl_oauth2_v2,
     .end = tbl_oauth2_v2_end,
     .anonymous = true,
     .hosts = HOSTS("www.googleapis.com", "oauth2.googleapis.com")},
    API(orgpolicy, v2, "Organization Policy API", "google.cloud.orgpolicy.v2", SIM_ERRORS_AIP, "orgpolicy.googleapis.com"),
    API(pubsub, v1, "Cloud Pub/Sub API", "google.pubsub.v1", SIM_ERRORS_AIP, "pubsub.googleapis.com"),
    API(run, v1, "Cloud Run Admin API", "google.cloud.run.v1", SIM_ERRORS_AIP, "run.googleapis.com"),
    API(run, v2, "Cloud Run Admin API", "google.cloud.run.v2", SIM_ERRORS_AIP, "run.googleapis.com"),
    API(secretmanager, v1, "Secret Manager API", "google.cloud.secretmanager.v1", SIM_ERRORS_AIP,
	"secretmanager.googleapis.com"),
    API(servicenetworking, v1, "Service Networking API", "google.cloud.servicenetworking.v1", SIM_ERRORS_AIP,
	"servicenetworking.googleapis.com"),
    API(serviceusage, v1, "Service Usage API", "google.api.serviceusage.v1", SIM_ERRORS_AIP, "serviceusage.googleapis.com"),
    API(sqladmin, v1, "Cloud SQL Admin API", "google.cloud.sql.v1", SIM_ERRORS_LEGACY, "sqladmin.googleapis.com"),
    API(sqladmin, v1beta4, "Cloud SQL Admin API", "google.cloud.sql.v1beta4", SIM_ERRORS_LEGACY, "sqladmin.googleapis.com",
	"www.googleapis.com"),
    API(storage, v1, "Cloud Storage JSON API", "google.storage.v1", SIM_ERRORS_LEGACY, "storage.googleapis.com",
	"www.googleapis.com"),
    {.name = "sts",
     .version = "v1",
     .service = "sts.googleapis.com",
     .title = "Security Token Service API",
     .package = "google.identity.sts.v1",
     .errors = SIM_ERRORS_AIP,
     .text = tbl_sts_v1,
     .end = tbl_sts_v1_end,
     .anonymous = true,
     .hosts = HOSTS("sts.googleapis.com")},
    API(vpcaccess, v1, "Serverless VPC Access API", "google.cloud.vpcaccess.v1", SIM_ERRORS_AIP, "vpcaccess.googleapis.com"),
    {.name = NULL},
};
enum { APIS = sizeof contract_apis / sizeof *contract_apis - 1 };

/* Betas that clients ask for what v1 serves as well. */
static const struct {
	const char *service, *beta, *stable;
} betas[] = {
    {"container.googleapis.com", "/v1beta1/", "/v1/"},
    {"compute.googleapis.com", "/compute/beta/", "/compute/v1/"},
    {"dns.googleapis.com", "/dns/v1beta2/", "/dns/v1/"},
    {"vpcaccess.googleapis.com", "/v1beta1/", "/v1/"},
};

struct index {
	struct contract_method *methods;
	struct span *schemas; /* names, sorted; the fields follow each in the text */
	size_t method_count, schema_count;
	bool built;
};
static struct index indices[APIS];
static size_t memory;

static struct span word(const char **p)
{
	while (**p == ' ')
		++*p;
	struct span s = {*p, strcspn(*p, " \n")};
	*p += s.n;
	return s.n == 1 && *s.p == '-' ? (struct span){s.p, 0} : s;
}

static const char *next_line(const char *p, const char *end)
{
	const char *eol = memchr(p, '\n', (size_t)(end - p));
	return eol ? eol + 1 : end;
}

static int by_name(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int d = memcmp(x->p, y->p, n);
	return d ? d : (x->n > y->n) - (x->n < y->n);
}

static void count_lines(const struct contract_api *a, struct index *x)
{
	for (const char *p = a->text; p < a->end && *p; p = next_line(p, a->end)) {
		x->method_count += p[0] == 'm' && p[1] == ' ';
		x->schema_count += p[0] == 's' && p[1] == ' ';
	}
	x->methods = xcalloc(x->method_count + 1, sizeof *x->methods);
	x->schemas = xcalloc(x->schema_count + 1, sizeof *x->schemas);
	memory += (x->method_count + 1) * sizeof *x->methods + (x->schema_count + 1) * sizeof *x->schemas;
}

static const struct index *index_of(const struct contract_api *a)
{
	struct index *x = &indices[a - contract_apis];
	if (x->built)
		return x;
	count_lines(a, x);
	struct contract_method *m = x->methods;
	struct span *s = x->schemas;
	for (const char *p = a->text; p < a->end && *p; p = next_line(p, a->end)) {
		const char *w = p + 1;
		if (p[0] == 's' && p[1] == ' ') {
			*s++ = word(&w);
		} else if (p[0] == 'm' && p[1] == ' ') {
			*m = (struct contract_method){.api = a};
			m->id = word(&w);
			m->verb = word(&w);
			m->template = word(&w);
			m->request = word(&w);
			m->reply = word(&w);
			m->flags = word(&w);
			m->params = next_line(w, a->end);
			m++;
		}
	}
	qsort(x->schemas, x->schema_count, sizeof *x->schemas, by_name);
	x->built = true;
	return x;
}

const struct contract_method *contract_methods(size_t api, size_t *count)
{
	if (api >= APIS)
		return NULL;
	const struct index *x = index_of(&contract_apis[api]);
	*count = x->method_count;
	return x->methods;
}

size_t contract_memory(void)
{
	return memory;
}

bool contract_next(const char **at, const char *end, struct contract_field *out)
{
	const char *p = *at;
	if (p >= end || *p != ' ')
		return false;
	out->name = word(&p);
	out->type = word(&p);
	out->flags = word(&p);
	*at = next_line(p, end);
	return true;
}

void contract_snake(struct buf *b, const char *camel, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (isupper((unsigned char)camel[i]) && i)
			buf_putc(b, '_');
		buf_putc(b, (char)tolower((unsigned char)camel[i]));
	}
}

/* Does the JSON name, in camel case, answer to this name, which may be the proto's own in snake case? */
static bool same_name(struct span camel, const char *name)
{
	if (span_is(camel, name))
		return true;
	const char *p = name;
	size_t i = 0;
	for (; *p; p++) {
		bool up = *p == '_' && islower((unsigned char)p[1]);
		p += up;
		if (i == camel.n || camel.p[i] != (up ? toupper((unsigned char)*p) : *p))
			return false;
		i++;
	}
	return i == camel.n;
}

static bool find_field(const char *at, const char *end, const char *name, struct contract_field *out)
{
	const char *start = at;
	while (contract_next(&at, end, out))
		if (span_is(out->name, name) || span_is(out->name, "*"))
			return true;
	if (!strchr(name, '_'))
		return false;
	while (contract_next(&start, end, out))
		if (same_name(out->name, name))
			return true;
	return false;
}

bool contract_param(const struct contract_method *m, const char *name, struct contract_field *out)
{
	return find_field(m->params, m->api->end, name, out);
}

bool contract_field(const struct contract_api *api, const char *fields, const char *name, struct contract_field *out)
{
	return find_field(fields, api->end, name, out);
}

const char *contract_schema(const struct contract_api *api, struct span name)
{
	const struct index *x = index_of(api);
	const struct span *found = bsearch(&name, x->schemas, x->schema_count, sizeof name, by_name);
	return found ? next_line(found->p, api->end) : NULL;
}

/* Paths. A template is literals and {variables}: {x} is one segment, {x=a/STAR/b} that many, two stars any number from one on; a
 * ":verb" may end it. */
struct match {
	const char *t, *tend; /* the template left */
	const char *p;        /* the path left */
	int score;            /* segments that the template names: the more, the better, however it is written */
};

static const char *segment_end(const char *p)
{
	return p + strcspn(p, "/");
}

/* The end of what a variable with this pattern takes of the path; stop is where the path's verb begins, or its end. */
static const char *take_pattern(struct span pattern, const char *p, const char *stop, int *score)
{
	const char *q = pattern.p, *qend = pattern.p + pattern.n;
	for (;;) {
		const char *slash = memchr(q, '/', (size_t)(qend - q));
		size_t n = (size_t)((slash ? slash : qend) - q);
		const char *end = segment_end(p);
		if (end > stop)
			end = stop;
		if (n == 2 && !memcmp(q, "**", 2) && !slash)
			return stop > p ? stop : NULL;
		bool star = n == 1 && *q == '*';
		if (end == p || (!star && ((size_t)(end - p) != n || memcmp(p, q, n))))
			return NULL;
		*score += !star;
		if (!slash)
			return end;
		if (*end != '/')
			return NULL;
		p = end + 1;
		q = slash + 1;
	}
}

static bool take_variable(struct match *m, const char *stop, cJSON *params)
{
	const char *close = memchr(m->t, '}', (size_t)(m->tend - m->t));
	const char *equals = close ? memchr(m->t, '=', (size_t)(close - m->t)) : NULL;
	if (!close)
		return false;
	struct span name = {m->t + 1, (size_t)((equals ? equals : close) - m->t - 1)};
	struct span pattern = equals ? (struct span){equals + 1, (size_t)(close - equals - 1)} : (struct span){"*", 1};
	bool last = !memchr(close, '/', (size_t)(m->tend - close));
	const char *end = take_pattern(pattern, m->p, last ? stop : m->p + strlen(m->p), &m->score);
	if (!end)
		return false;
	if (params) {
		char *key = span_text(name), *value = xstrndup(m->p, (size_t)(end - m->p));
		if (text_unpercent(value))
			cJSON_AddStringToObject(params, key, value);
		free(key);
		free(value);
	}
	m->t = close + 1;
	m->p = end;
	return true;
}

/* Does this path match the template; params may be NULL. */
static bool contract_match(struct span template, const char *path, cJSON *params, int *score)
{
	struct match m = {template.p, template.p + template.n, path, 0};
	/* The template's verb, and where it stands in the path. */
	const char *brace = NULL;
	for (const char *t = m.t; t < m.tend; t++)
		if (*t == '}')
			brace = t;
	const char *colon = brace ? memchr(brace, ':', (size_t)(m.tend - brace)) : NULL;
	size_t len = strlen(path), verb = colon && !memchr(colon, '/', (size_t)(m.tend - colon)) ? (size_t)(m.tend - colon) : 0;
	const char *stop = path + len;
	if (verb) {
		if (len <= verb || memcmp(stop - verb, colon, verb))
			return false;
		stop -= verb;
		m.score += 2;
	}
	while (m.t < m.tend) {
		if (*m.t == '{') {
			if (!take_variable(&m, stop, params))
				return false;
		} else if (*m.t == *m.p) {
			m.score += *m.t != '/' && (m.t == template.p || m.t[-1] == '/');
			m.t++;
			m.p++;
		} else {
			return false;
		}
	}
	*score = m.score;
	return !*m.p;
}

/* "us-central1-run.googleapis.com", "secretmanager.us-central1.rep.googleapis.com" and mTLS hosts are their service's. */
static bool host_serves(const char *host, const char *served)
{
	if (!strcmp(host, served))
		return true;
	static const char domain[] = ".googleapis.com";
	if (!text_ends(host, domain) || !text_ends(served, domain))
		return false;
	size_t n = strlen(host) - strlen(domain), name = strlen(served) - strlen(domain);
	if (n > name && host[n - name - 1] == '-' && !memcmp(host + n - name, served, name) && !memchr(host, '.', n))
		return true;
	return n > name && !memcmp(host, served, name) && host[name] == '.' &&
	       ((n - name == 5 && !memcmp(host + name, ".mtls", 5)) || (n > 4 && !memcmp(host + n - 4, ".rep", 4)));
}

static bool api_hosts(const struct contract_api *a, const char *host)
{
	for (const char *const *h = a->hosts; *h; h++)
		if (host_serves(host, *h))
			return true;
	return false;
}

static const struct contract_method *best_method(const struct contract_api *a, const char *verb, const char *path, int *best)
{
	const struct index *x = index_of(a);
	const struct contract_method *found = NULL;
	for (size_t i = 0; i < x->method_count; i++) {
		const struct contract_method *m = &x->methods[i];
		int score;
		if (span_is(m->verb, verb) && contract_match(m->template, path, NULL, &score) && score > *best) {
			*best = score;
			found = m;
		}
	}
	return found;
}

/* Uploads and downloads are the same methods under a prefix. */
static const char *plain_path(const struct contract_api *a, const char *path)
{
	static const char *const prefixes[] = {"/resumable/upload/", "/upload/", "/download/"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (!strcmp(a->name, "storage") && text_starts(path, prefixes[i]))
			return path + strlen(prefixes[i]);
	return path + 1;
}

static char *stable_path(const char *host, const char *path)
{
	for (size_t i = 0; i < sizeof betas / sizeof *betas; i++)
		if ((host_serves(host, betas[i].service) || !strcmp(host, "www.googleapis.com")) &&
		    text_starts(path, betas[i].beta))
			return xasprintf("%s%s", betas[i].stable, path + strlen(betas[i].beta));
	return NULL;
}

bool contract_find(const char *host, const char *verb, const char *path, struct contract_method *out, cJSON *params,
		   bool *known)
{
	char *stable = stable_path(host, path);
	const char *asked = stable ? stable : path;
	const struct contract_method *found = NULL;
	int best = -1;
	*known = false;
	for (const struct contract_api *a = contract_apis; a->name && *asked == '/'; a++) {
		if (!api_hosts(a, host))
			continue;
		*known = true;
		const struct contract_method *m = best_method(a, verb, plain_path(a, asked), &best);
		if (m)
			found = m;
	}
	if (found) {
		*out = *found;
		out->lenient = stable != NULL;
		contract_match(found->template, plain_path(found->api, asked), params, &best);
	}
	free(stable);
	return found != NULL;
}
