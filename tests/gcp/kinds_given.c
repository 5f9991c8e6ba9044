/* Kinds that look at what was there before the stack: what is as it is needed is kept, the rest is refused with its reason, and nothing is written. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/ip_range.h"
#include "gcp/kind.h"

#include <stdlib.h>

static cJSON *parse(const char *text)
{
	return text ? cJSON_Parse(text) : NULL;
}

static const struct row {
	const char *kind, *name, *spec;
	int http;
	const char *reply, *more; /* NULL: there is no second read */
	const char *why;          /* part of the refusal; NULL: it is kept */
} rows[] = {
    {"compute.givenNetwork", "corp", "{}", 200, "{\"name\":\"corp\"}", NULL, NULL},
    {"compute.givenNetwork", "corp", "{}", 404, "{}", NULL, "there is no network corp in project demo."},
    {"compute.givenNetwork", "corp", "{\"home\":\"net\",\"peered\":true}", 200, "{\"name\":\"corp\"}", NULL,
     "network corp of project net has no private services access"},
    {"compute.givenNetwork", "corp", "{\"home\":\"net\",\"peered\":true}", 200,
     "{\"peerings\":[{\"name\":\"servicenetworking-googleapis-com\",\"state\":\"ACTIVE\"}]}", NULL, NULL},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\",\"largest\":26}", 200,
     "{\"network\":\"https://x/networks/corp\",\"ipCidrRange\":\"10.1.0.0/26\"}", NULL, NULL},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\",\"largest\":26}", 200,
     "{\"network\":\"https://x/networks/corp\",\"ipCidrRange\":\"10.1.0.0/28\"}", NULL, "it takes a /26 or a larger one"},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"network\":\"https://x/networks/corp-2\",\"ipCidrRange\":\"10.1.0.0/24\"}", NULL, "is of network corp-2, not of corp"},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"network\":\"https://x/networks/corp\",\"ipCidrRange\":\"10.1.0.0/24\",\"purpose\":\"REGIONAL_MANAGED_PROXY\"}", NULL,
     "is kept for REGIONAL_MANAGED_PROXY"},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"network\":\"https://x/networks/corp\",\"ipCidrRange\":\"10.1.0.0/24\",\"purpose\":\"PRIVATE_RFC_1918\"}", NULL, NULL},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\",\"google\":true}", 200,
     "{\"network\":\"https://x/networks/corp\",\"ipCidrRange\":\"10.1.0.0/24\"}", NULL, "--enable-private-ip-google-access"},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\",\"ranges\":[\"pods\"]}", 200,
     "{\"network\":\"https://x/networks/corp\",\"ipCidrRange\":\"10.1.0.0/24\"}", NULL, "has no secondary range pods"},
    {"compute.givenSubnetwork", "s", "{\"region\":\"r1\",\"network\":\"corp\"}", 404, "{}", NULL,
     "there is no subnet s in region r1"},
    {"compute.freeRange", "10.1.0.0/20", "{\"network\":\"corp\",\"own\":\"mlflow-services\"}", 200,
     "{\"items\":[{\"name\":\"r\",\"network\":\"https://x/networks/corp\",\"destRange\":\"10.1.8.0/"
     "24\",\"nextHopPeering\":\"peer\"}]}",
     "{}", "overlaps 10.1.8.0/24, which network corp has for r: 10.0.0.0/20 is free there."},
    {"compute.freeRange", "10.1.0.0/20", "{\"network\":\"corp\",\"own\":\"mlflow-services\"}", 200,
     "{\"items\":[{\"name\":\"r\",\"network\":\"https://x/networks/corp\",\"destRange\":\"10.0.0.0/9\"}]}",
     "{\"items\":[{\"name\":\"a\",\"network\":\"https://x/networks/corp\",\"address\":\"10.128.0.0\",\"prefixLength\":16}]}",
     "overlaps 10.0.0.0/9, which network corp has for r: 10.129.0.0/20 is free there."},
    {"compute.freeRange", "10.1.0.0/20", "{\"network\":\"corp\",\"own\":\"mlflow-services\"}", 200,
     "{\"items\":[{\"name\":\"d\",\"network\":\"https://x/networks/corp\",\"destRange\":\"0.0.0.0/0\"},"
     "{\"name\":\"p\",\"network\":\"https://x/networks/corp\",\"destRange\":\"10.1.0.0/"
     "24\",\"nextHopPeering\":\"servicenetworking-googleapis-com\"},"
     "{\"name\":\"o\",\"network\":\"https://x/networks/other\",\"destRange\":\"10.1.0.0/24\"}]}",
     "{\"items\":[{\"name\":\"mlflow-services\",\"network\":\"https://x/networks/"
     "corp\",\"address\":\"10.1.0.0\",\"prefixLength\":20}]}",
     NULL},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 403,
     "{\"error\":{\"details\":[{\"reason\":\"SERVICE_DISABLED\",\"metadata\":{\"consumer\":\"projects/42\"}}]}}", NULL,
     "there is no VPC connector c in region r1"},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 404, "{}", NULL,
     "there is no VPC connector c in region r1"},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"state\":\"ERROR\",\"network\":\"corp\"}", NULL, "its state is ERROR"},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"state\":\"READY\",\"network\":\"other\"}", NULL, "leads to network other, not to corp"},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"state\":\"READY\",\"subnet\":{\"name\":\"s\"}}", "{\"network\":\"https://x/networks/other\"}",
     "leads to network other, not to corp"},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"state\":\"READY\",\"subnet\":{\"name\":\"s\",\"projectId\":\"host\"}}",
     "{\"network\":\"https://x/projects/host/global/networks/corp\"}",
     "leads to network projects/host/global/networks/corp, not to corp"},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"state\":\"READY\",\"subnet\":{\"name\":\"s\",\"projectId\":\"demo\"}}",
     "{\"network\":\"https://x/projects/demo/global/networks/corp\"}", NULL},
    {"vpcaccess.givenConnector", "c", "{\"region\":\"r1\",\"network\":\"corp\"}", 200,
     "{\"state\":\"READY\",\"network\":\"corp\"}", NULL, NULL},
    {"dns.givenZone", "z", "{\"host\":\"mlflow.example.com\"}", 404, "{}", NULL,
     "there is no zone z in Cloud DNS of project demo."},
    {"dns.givenZone", "z", "{\"host\":\"mlflow.example.com\"}", 200,
     "{\"dnsName\":\"example.com.\",\"visibility\":\"private\"}", NULL, "is private"},
    {"dns.givenZone", "z", "{\"host\":\"mlflow.example.com\"}", 200, "{\"dnsName\":\"ample.com.\",\"visibility\":\"public\"}",
     NULL, "mlflow.example.com is none of them"},
    {"dns.givenZone", "z", "{\"host\":\"mlflow.example.com\"}", 200,
     "{\"dnsName\":\"mlflow.example.com.\",\"visibility\":\"public\"}", NULL, NULL},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, NULL},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "says that it is the issuer"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"http://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a?x=1#y\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\",\"verifies\":true}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "auth.issuer_vouches=true"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\",\"verifies\":true}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\",\\\"claims_supported\\\":[\\\"sub\\\",\\\"email\\\"]}\"}",
     NULL, "auth.issuer_vouches=true"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\",\"verifies\":true}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\",\\\"claims_supported\\\":[\\\"sub\\\",\\\"email_verified\\\"]}\"}",
     NULL, NULL},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://169.254.169.254/"
     "latest\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://metadata.google.internal/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://localhost:8443/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://2130706433/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://0x7f.0x1/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://metadata/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://localhost./t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/k\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\",\\\"userinfo_endpoint\\\":\\\"http://id.example.com/u\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\",\\\"userinfo_endpoint\\\":\\\"https://10.0.0.1/u\\\"}\"}",
     NULL, "lacks a public address by https"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200,
     "{\"text\":\"{\\\"issuer\\\":\\\"https://id.example.com/\\\",\\\"authorization_endpoint\\\":\\\"https://id.example.com/"
     "a\\\",\\\"token_endpoint\\\":\\\"https://id.example.com/t\\\",\\\"jwks_uri\\\":\\\"https://id.example.com/"
     "k\\\",\\\"userinfo_endpoint\\\":\\\"https://other.example.com/u\\\"}\"}",
     NULL, NULL},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 302,
     "{\"location\":\"https://evil.example.net/\",\"text\":\"\"}", NULL, "is no OpenID Connect issuer"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 404, "{\"text\":\"<html>\"}", NULL,
     "is no OpenID Connect issuer"},
    {"openid.issuer", "https://id.example.com/", "{\"issuer\":\"https://id.example.com/\"}", 200, "{\"text\":\"<html>\"}", NULL,
     "is no OpenID Connect issuer"},
    {"iam.givenServiceAccount", "ci@other.iam.gserviceaccount.com", "{\"home\":\"other\"}", 404, "{}", NULL,
     "there is no service account ci@other.iam"},
    {"iam.givenServiceAccount", "ci@other.iam.gserviceaccount.com", "{\"home\":\"other\"}", 403,
     "{\"error\":{\"message\":\"Permission denied\"}}", NULL, NULL},
    {"iam.givenServiceAccount", "ci@other.iam.gserviceaccount.com", "{\"home\":\"other\"}", 200,
     "{\"email\":\"ci@other.iam.gserviceaccount.com\"}", NULL, NULL},
    {"iam.givenRole", "roles/nope.user", "{}", 404, "{}", NULL, "there is no role roles/nope.user."},
    {"iam.givenRole", "projects/p/roles/x", "{\"custom\":true}", 200, "{\"name\":\"projects/p/roles/x\",\"deleted\":true}",
     NULL, "there is no role projects/p/roles/x."},
    {"iam.givenRole", "projects/p/roles/x", "{\"custom\":true}", 403, "{}", NULL, NULL},
    {"iam.givenRole", "roles/bigquery.user", "{}", 200, "{\"name\":\"roles/bigquery.user\"}", NULL, NULL},
    {"secretmanager.givenVersion", "projects/p/secrets/s/versions/5", "{}", 404, "{}", NULL,
     "there is no projects/p/secrets/s/versions/5 in Secret Manager."},
    {"secretmanager.givenVersion", "projects/p/secrets/s/versions/5", "{}", 200, "{\"state\":\"DESTROYED\"}", NULL,
     "projects/p/secrets/s/versions/5 is disabled or destroyed: name a version that can be read."},
    {"secretmanager.givenVersion", "projects/p/secrets/s/versions/5", "{}", 403, "{}", NULL, NULL},
    {"secretmanager.givenVersion", "projects/p/secrets/s/versions/5", "{}", 200, "{\"state\":\"ENABLED\"}", NULL, NULL},
    {"artifactregistry.givenImage", "0a", "{\"region\":\"us\",\"image\":\"p/r/i\"}", 404, "{}", NULL,
     "there is no image p/r/i with this digest in the registry of us."},
    {"artifactregistry.givenImage", "0a", "{\"region\":\"us\",\"image\":\"p/r/i\"}", 403, "{}", NULL, NULL},
    {"artifactregistry.givenImage", "0a", "{\"region\":\"us\",\"image\":\"p/r/i\"}", 200, "{\"schemaVersion\":2}", NULL, NULL},
    {"compute.sharedVpc", "net", "{}", 200, "{}", NULL, "associated-projects add demo --host-project=net"},
    {"compute.sharedVpc", "net", "{}", 200, "{\"name\":\"other\"}", NULL, "attached to host project other, not to net"},
    {"compute.sharedVpc", "net", "{}", 200, "{\"name\":\"net\"}", NULL, NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200,
     "{\"bindings\":[{\"role\":\"roles/compute.networkUser\",\"members\":[\"serviceAccount:a\"]}]}", NULL, NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200, "{}",
     "{\"bindings\":[{\"role\":\"roles/compute.networkUser\",\"members\":[\"serviceAccount:a\"]}]}", NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200, "{}",
     "{}", "serviceAccount:a may not use subnet s of project net"},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 403, "{}",
     "{}", NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200,
     "{\"bindings\":[{\"role\":\"roles/compute.networkUser\",\"members\":[\"group:g\"]}]}", "{}", NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200,
     "{\"bindings\":[{\"role\":\"roles/"
     "compute.networkUser\",\"members\":[\"serviceAccount:a\"],\"condition\":{\"expression\":\"x\"}}]}",
     "{}", NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200,
     "{\"bindings\":[{\"role\":\"projects/net/roles/own\",\"members\":[\"serviceAccount:a\"]}]}", "{}", NULL},
    {"compute.networkUsers", "s",
     "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}", 200,
     "{\"bindings\":[{\"role\":\"roles/compute.networkUser\",\"members\":[\"serviceAccount:b\"]}]}",
     "{\"bindings\":[{\"role\":\"roles/compute.networkViewer\",\"members\":[\"serviceAccount:a\"]}]}", "may not use subnet s"},
};

/* A third read, where there is one. */
static bool read_again(const struct kind *k, const struct view *v, struct observation *seen, const char *reply)
{
	struct call c = {0};
	cJSON *state = json_make(reply);
	if (k->observe_more && seen->presence == PRESENT_YES)
		k->observe_more(v, seen, &c);
	bool asked = c.method != NULL;
	if (asked)
		k->decode_more(v, 200, state, seen);
	call_free(&c);
	cJSON_Delete(state);
	return asked;
}

/* Before the service is on there is no agent who could be let in: what then fails is not the operator's to mend. */
static void test_no_agents(void)
{
	const struct kind *k = kind_find("compute.networkUsers");
	cJSON *spec = parse(
		  "{\"home\":\"net\",\"region\":\"r1\",\"members\":[\"serviceAccount:a\"],\"service\":\"run.googleapis.com\"}"),
	      *policy = cJSON_CreateObject();
	struct view v = {.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = "s", .spec = spec};
	struct observation seen = {0};
	k->decode(&v, 200, policy, &seen);
	k->decode_more(&v, 200, policy, &seen);
	ok(read_again(k, &v, &seen, "{'state':'DISABLED'}") && seen.presence == PRESENT_PENDING, "no agent can be let in yet");
	observation_free(&seen);
	cJSON_Delete(spec);
	cJSON_Delete(policy);
}

static void test(const struct row *r)
{
	const struct kind *k = kind_find(r->kind);
	cJSON *spec = parse(r->spec), *reply = parse(r->reply), *more = parse(r->more);
	struct view v = {.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = r->name, .spec = spec};
	struct observation seen = {0};
	struct change change = {0};
	struct call c = {0};
	k->observe(&v, &c);
	ok(c.url && !strcmp(c.method, "GET"), "%s is read", r->kind);
	call_free(&c);
	k->decode(&v, r->http, reply, &seen);
	c = (struct call){0};
	if (k->observe_more && seen.presence == PRESENT_YES)
		k->observe_more(&v, &seen, &c);
	ok((c.method != NULL) == (r->more != NULL), "%s: %s second read", r->kind, r->more ? "a" : "no");
	if (c.method)
		k->decode_more(&v, 200, more, &seen);
	call_free(&c);
	read_again(k, &v, &seen, "{'state':'ENABLED'}");
	k->compare(&v, &seen, &change);
	ok(change.verdict == (r->why ? VERDICT_REFUSE : VERDICT_KEEP), "%s is %s", r->kind, r->why ? "refused" : "kept");
	if (r->why && !ok(change.reason && strstr(change.reason, r->why), "with its reason: %s", r->why))
		printf("# %s\n", change.reason ? change.reason : "");
	ok(!k->create && !k->update && !k->destroy && k->stays, "%s is never written", r->kind);
	change_free(&change);
	observation_free(&seen);
	cJSON_Delete(spec);
	cJSON_Delete(reply);
	cJSON_Delete(more);
}

static void test_ranges(void)
{
	static const char *const bad[] = {"",         "10.0.0.0",  "10.0.0.1/24",  "10.0.0.0/33", "10.0.0.0/x",
					  "10.0.0/8", "10.0.0.0/", "10.0.0.0/008", NULL};
	struct ip_range a, b;
	for (size_t i = 0; bad[i]; i++)
		ok(!ip_range_parse(bad[i], &a), "\"%s\" is no range", bad[i]);
	ok(ip_range_parse("10.0.0.0/8", &a) && ip_range_parse("10.255.0.0/16", &b) && ip_ranges_overlap(a, b) &&
	       ip_range_holds(a, b) && !ip_range_holds(b, a),
	   "one holds the other");
	ok(ip_range_parse("172.32.0.0/16", &a) && !ip_range_private(a) && ip_range_parse("172.16.0.0/12", &a) &&
	       ip_range_private(a),
	   "what is private");
	ok(ip_range_parse("0.0.0.0/0", &a) && a.bits == 0 && !a.base, "all addresses are a range");
}

/* Where it cannot be told who stands in the range, nothing of it goes. */
static void test_unseen(const struct kind *k, const struct view *v, const cJSON *found, int http, const cJSON *instances)
{
	struct observation seen = {0};
	struct call c = {0};
	k->decode(v, 200, found, &seen);
	k->decode_more(v, http, instances, &seen);
	k->destroy(v, &seen, &c);
	ok(!c.method && seen.presence == PRESENT_YES, "what cannot be seen (%d) may stand in it: it is left", http);
	call_free(&c);
	observation_free(&seen);
}

static void test_connection(void)
{
	const struct kind *k = kind_find("servicenetworking.connection");
	cJSON *spec = parse("{\"network\":\"corp\",\"ranges\":[\"ours\"],\"instance\":\"db\"}");
	struct view v = {.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = "n", .spec = spec};
	cJSON *theirs = parse(
	    "{\"connections\":[{\"peering\":\"servicenetworking-googleapis-com\",\"reservedPeeringRanges\":[\"theirs\"]}]}");
	cJSON *both = parse("{\"connections\":[{\"peering\":\"servicenetworking-googleapis-com\",\"reservedPeeringRanges\":["
			    "\"theirs\",\"ours\"]}]}");
	cJSON *alone = parse(
	    "{\"connections\":[{\"peering\":\"servicenetworking-googleapis-com\",\"reservedPeeringRanges\":[\"ours\"]}]}");
	cJSON *used = parse("{\"items\":[{\"name\":\"stranger\",\"settings\":{\"ipConfiguration\":{\"privateNetwork\":"
			    "\"projects/demo/global/networks/corp\"}}}]}");
	cJSON *own = parse("{\"items\":[{\"name\":\"db\",\"settings\":{\"ipConfiguration\":{\"privateNetwork\":\"projects/demo/"
			   "global/networks/corp\"}}}]}");
	cJSON *forbidden = parse("{\"error\":{\"code\":403,\"status\":\"PERMISSION_DENIED\",\"message\":\"no\"}}"),
	      *page = parse("{\"items\":[],\"nextPageToken\":\"2\"}");
	struct observation seen = {0};
	struct call c = {0};
	k->decode(&v, 200, theirs, &seen);
	k->create(&v, &seen, &c);
	char *body = json_text(c.body, -1);
	ok(seen.presence == PRESENT_NO && !strcmp(c.method, "PATCH") && strstr(body, "[\"ours\",\"theirs\"]"),
	   "a connection of others gets our range beside theirs: %s", body);
	ok(!strstr(c.url, "force"), "and nothing that came meanwhile is dropped: %s", c.url);
	free(body);
	call_free(&c);
	observation_free(&seen);
	k->decode(&v, 200, both, &seen);
	k->decode_more(&v, 200, own, &seen);
	c = (struct call){0};
	k->destroy(&v, &seen, &c);
	body = c.body ? json_text(c.body, -1) : xstrdup("");
	ok(c.method && !strcmp(c.method, "PATCH") && strstr(body, "[\"theirs\"]"), "and is left with theirs: %s", body);
	ok(c.url && strstr(c.url, "force=true"), "which Google does when it is forced");
	free(body);
	call_free(&c);
	observation_free(&seen);
	k->decode(&v, 200, alone, &seen);
	k->decode_more(&v, 200, used, &seen);
	c = (struct call){0};
	k->destroy(&v, &seen, &c);
	ok(!c.method && k->holds && k->holds(spec), "what somebody else's database stands in is left, and its range with it");
	ok(seen.error && strstr(seen.error, "stranger"), "and it is said whose: %s", seen.error ? seen.error : "");
	call_free(&c);
	observation_free(&seen);
	k->decode(&v, 200, alone, &seen);
	k->decode_more(&v, 200, own, &seen);
	c = (struct call){0};
	k->destroy(&v, &seen, &c);
	ok(c.method && !strcmp(c.method, "POST") && !seen.error, "one that is ours alone is ended properly");
	call_free(&c);
	c = (struct call){0};
	v.way = 1;
	k->destroy(&v, &seen, &c);
	ok(!c.method, "and never cut");
	call_free(&c);
	observation_free(&seen);
	v.way = 0;
	test_unseen(k, &v, both, 403, forbidden);
	test_unseen(k, &v, both, 200, page);
	cJSON_Delete(forbidden), cJSON_Delete(page);
	cJSON_Delete(theirs), cJSON_Delete(both), cJSON_Delete(alone), cJSON_Delete(used), cJSON_Delete(own),
	    cJSON_Delete(spec);
}

int main(void)
{
	mem_install();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test(&rows[i]);
	test_no_agents();
	test_ranges();
	test_connection();
	return tap_done();
}
