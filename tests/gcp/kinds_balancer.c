/* The kinds of a load balancer, its certificate and its names: requests as Google's REST references have them, replies as recorded. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/kind.h"

#include <stdlib.h>

#define MARK "managed-by=mlflow-setup stack=mlflow"
#define LABELS "\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"}"
#define COMPUTE "https://compute.googleapis.com/compute/v1/projects/demo/"
#define POOLS "https://iam.googleapis.com/v1/projects/demo/locations/global/workloadIdentityPools"
#define CERTIFICATES "https://certificatemanager.googleapis.com/v1/projects/demo/locations/global/"

static void is_call(struct call *c, const char *wanted, const char *kind, const char *what)
{
	char *body = c->body ? json_text(c->body, -1) : xstrdup("");
	char *text = xasprintf("%s %s%s%s", c->method ? c->method : "-", c->url ? c->url : "", *body ? " " : "", body);
	char *name = xasprintf("%s %s", kind, what);
	is_str(text, wanted, name);
	free(name);
	free(text);
	free(body);
	call_free(c);
}

static const struct row {
	const char *kind, *name, *spec, *reply; /* as it should stand */
	const char *observe, *create, *destroy;
	const char *changed; /* as somebody left it; NULL for none */
	const char *update;  /* what mends it; "" when it has to be replaced */
} rows[] = {
    {"compute.address", "mlflow-ip", "{'body':{'addressType':'EXTERNAL','ipVersion':'IPV4'}}",
     "{'id':'7','name':'mlflow-ip','description':'" MARK
     "','address':'203.0.113.9','addressType':'EXTERNAL','ipVersion':'IPV4','status':'IN_USE'}",
     "GET " COMPUTE "global/addresses/mlflow-ip",
     "POST " COMPUTE "global/addresses {\"addressType\":\"EXTERNAL\",\"description\":\"" MARK
     "\",\"ipVersion\":\"IPV4\",\"name\":\"mlflow-ip\"}",
     "DELETE " COMPUTE "global/addresses/mlflow-ip", NULL, NULL},
    {"compute.address", "mlflow-psc", "{'region':'r1','body':{'addressType':'INTERNAL','purpose':'GCE_ENDPOINT'}}",
     "{'description':'" MARK "','address':'10.0.0.9','addressType':'INTERNAL','purpose':'GCE_ENDPOINT','name':'mlflow-psc'}",
     "GET " COMPUTE "regions/r1/addresses/mlflow-psc",
     "POST " COMPUTE "regions/r1/addresses {\"addressType\":\"INTERNAL\",\"description\":\"" MARK
     "\",\"name\":\"mlflow-psc\",\"purpose\":\"GCE_ENDPOINT\"}",
     "DELETE " COMPUTE "regions/r1/addresses/mlflow-psc",
     "{'description':'" MARK "','address':'10.0.0.9','addressType':'INTERNAL','purpose':'VPC_PEERING','name':'mlflow-psc'}",
     ""},
    {"compute.backendService", "mlflow-be", "{'body':{'protocol':'HTTPS','iap':{'enabled':true,'oauth2ClientSecret':'x'}}}",
     "{'name':'mlflow-be','description':'" MARK
     "','fingerprint':'f=','protocol':'HTTPS','iap':{'enabled':true,'oauth2ClientSecretSha256':'y'},'sessionAffinity':'NONE'}",
     "GET " COMPUTE "global/backendServices/mlflow-be",
     "POST " COMPUTE "global/backendServices {\"description\":\"" MARK
     "\",\"iap\":{\"enabled\":true,\"oauth2ClientSecret\":\"x\"},\"name\":\"mlflow-be\",\"protocol\":\"HTTPS\"}",
     "DELETE " COMPUTE "global/backendServices/mlflow-be",
     "{'name':'mlflow-be','description':'" MARK "','fingerprint':'f=','protocol':'HTTPS'}",
     "PATCH " COMPUTE "global/backendServices/mlflow-be {\"description\":\"" MARK
     "\",\"fingerprint\":\"f=\",\"iap\":{\"enabled\":true,\"oauth2ClientSecret\":\"x\"},"
     "\"name\":\"mlflow-be\",\"protocol\":\"HTTPS\"}"},
    {"compute.backendService", "mlflow-be", "{'body':{'protocol':'HTTP'}}",
     "{'name':'mlflow-be','description':'" MARK
     "','fingerprint':'f=','protocol':'HTTP','timeoutSec':30,'iap':{'enabled':false}}",
     "GET " COMPUTE "global/backendServices/mlflow-be",
     "POST " COMPUTE "global/backendServices {\"description\":\"" MARK "\",\"name\":\"mlflow-be\",\"protocol\":\"HTTP\"}",
     "DELETE " COMPUTE "global/backendServices/mlflow-be",
     "{'name':'mlflow-be','description':'" MARK
     "','fingerprint':'f=','protocol':'HTTP','timeoutSec':3600,'healthChecks':['https://x/h'],'iap':{'enabled':true}}",
     "PATCH " COMPUTE "global/backendServices/mlflow-be {\"description\":\"" MARK
     "\",\"fingerprint\":\"f=\",\"healthChecks\":[],\"iap\":{\"enabled\":false},\"name\":\"mlflow-be\",\"protocol\":\"HTTP\","
     "\"timeoutSec\":30}"},
    {"compute.networkEndpointGroup", "mlflow-neg",
     "{'region':'r1','body':{'networkEndpointType':'SERVERLESS','cloudRun':{'service':'mlflow'}}}",
     "{'name':'mlflow-neg','description':'" MARK
     "','networkEndpointType':'SERVERLESS','cloudRun':{'service':'mlflow'},'size':0}",
     "GET " COMPUTE "regions/r1/networkEndpointGroups/mlflow-neg",
     "POST " COMPUTE "regions/r1/networkEndpointGroups {\"cloudRun\":{\"service\":\"mlflow\"},\"description\":\"" MARK
     "\",\"name\":\"mlflow-neg\",\"networkEndpointType\":\"SERVERLESS\"}",
     "DELETE " COMPUTE "regions/r1/networkEndpointGroups/mlflow-neg",
     "{'name':'mlflow-neg','description':'" MARK "','networkEndpointType':'SERVERLESS','cloudRun':{'service':'other'}}", ""},
    {"compute.forwardingRule", "mlflow-443",
     "{'body':{'loadBalancingScheme':'EXTERNAL_MANAGED','IPAddress':'projects/demo/global/addresses/"
     "mlflow-ip','portRange':'443','target':'projects/demo/global/targetHttpsProxies/mlflow-hp'}}",
     "{'name':'mlflow-443','description':'" MARK
     "','loadBalancingScheme':'EXTERNAL_MANAGED','IPAddress':'203.0.113.9','portRange':'443-443',"
     "'target':'https://www.googleapis.com/compute/v1/projects/demo/global/targetHttpsProxies/mlflow-hp'}",
     "GET " COMPUTE "global/forwardingRules/mlflow-443",
     "POST " COMPUTE
     "global/forwardingRules {\"IPAddress\":\"projects/demo/global/addresses/mlflow-ip\",\"description\":\"" MARK
     "\",\"loadBalancingScheme\":\"EXTERNAL_MANAGED\","
     "\"name\":\"mlflow-443\",\"portRange\":\"443\",\"target\":\"projects/demo/global/targetHttpsProxies/mlflow-hp\"}",
     "DELETE " COMPUTE "global/forwardingRules/mlflow-443",
     "{'name':'mlflow-443','description':'" MARK
     "','loadBalancingScheme':'EXTERNAL_MANAGED','target':'https://www.googleapis.com/compute/v1/projects/demo/global/"
     "targetHttpsProxies/other'}",
     "POST " COMPUTE
     "global/forwardingRules/mlflow-443/setTarget {\"target\":\"projects/demo/global/targetHttpsProxies/mlflow-hp\"}"},
    {"compute.router", "mlflow-router",
     "{'region':'r1','body':{'network':'projects/demo/global/networks/"
     "n','nats':[{'name':'nat','natIpAllocateOption':'AUTO_ONLY'}]}}",
     "{'name':'mlflow-router','description':'" MARK
     "','network':'https://www.googleapis.com/compute/v1/projects/demo/global/networks/n',"
     "'nats':[{'name':'nat','natIpAllocateOption':'AUTO_ONLY','type':'PUBLIC'}]}",
     "GET " COMPUTE "regions/r1/routers/mlflow-router",
     "POST " COMPUTE "regions/r1/routers {\"description\":\"" MARK
     "\",\"name\":\"mlflow-router\",\"nats\":[{\"name\":\"nat\",\"natIpAllocateOption\":\"AUTO_ONLY\"}],"
     "\"network\":\"projects/demo/global/networks/n\"}",
     "DELETE " COMPUTE "regions/r1/routers/mlflow-router",
     "{'name':'mlflow-router','description':'" MARK "','network':'projects/demo/global/networks/n'}",
     "PATCH " COMPUTE "regions/r1/routers/mlflow-router {\"description\":\"" MARK
     "\",\"name\":\"mlflow-router\",\"nats\":[{\"name\":\"nat\","
     "\"natIpAllocateOption\":\"AUTO_ONLY\"}],\"network\":\"projects/demo/global/networks/n\"}"},
    {"compute.instanceGroup", "mlflow-group",
     "{'zone':'z1','instances':['projects/demo/zones/z1/instances/"
     "mlflow'],'body':{'namedPorts':[{'name':'http','port':4180}]}}",
     "{'name':'mlflow-group','description':'" MARK "','size':1,'fingerprint':'f=','namedPorts':[{'name':'http','port':4180}]}",
     "GET " COMPUTE "zones/z1/instanceGroups/mlflow-group",
     "POST " COMPUTE "zones/z1/instanceGroups {\"description\":\"" MARK
     "\",\"name\":\"mlflow-group\",\"namedPorts\":[{\"name\":\"http\",\"port\":4180}]}",
     "DELETE " COMPUTE "zones/z1/instanceGroups/mlflow-group",
     "{'name':'mlflow-group','description':'" MARK "','size':0,'fingerprint':'f=','namedPorts':[{'name':'http','port':4180}]}",
     "POST " COMPUTE "zones/z1/instanceGroups/mlflow-group/addInstances "
     "{\"instances\":[{\"instance\":\"projects/demo/zones/z1/instances/mlflow\"}]}"},
    {"compute.instanceGroup", "mlflow-group",
     "{'zone':'z1','instances':[],'body':{'namedPorts':[{'name':'http','port':5000}]}}",
     "{'name':'mlflow-group','description':'" MARK "','size':0,'fingerprint':'f=','namedPorts':[{'name':'http','port':5000}]}",
     "GET " COMPUTE "zones/z1/instanceGroups/mlflow-group",
     "POST " COMPUTE "zones/z1/instanceGroups {\"description\":\"" MARK
     "\",\"name\":\"mlflow-group\",\"namedPorts\":[{\"name\":\"http\",\"port\":5000}]}",
     "DELETE " COMPUTE "zones/z1/instanceGroups/mlflow-group",
     "{'name':'mlflow-group','description':'" MARK "','size':0,'fingerprint':'f=','namedPorts':[{'name':'http','port':4180}]}",
     "POST " COMPUTE "zones/z1/instanceGroups/mlflow-group/setNamedPorts "
     "{\"fingerprint\":\"f=\",\"namedPorts\":[{\"name\":\"http\",\"port\":5000}]}"},
    {"compute.instance", "mlflow",
     "{'zone':'z1','body':{'tags':{'items':['mlflow']},'metadata':{'items':[{'key':'user-data','value':'new'}]}}}",
     "{'name':'mlflow','description':'" MARK
     "','status':'RUNNING','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':['"
     "mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'new'}]}}",
     "GET " COMPUTE "zones/z1/instances/mlflow",
     "POST " COMPUTE "zones/z1/instances {\"description\":\"" MARK
     "\",\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},"
     "\"metadata\":{\"items\":[{\"key\":\"user-data\",\"value\":\"new\"}]},\"name\":\"mlflow\",\"tags\":{\"items\":[\"mlflow\"]"
     "}}",
     "DELETE " COMPUTE "zones/z1/instances/mlflow",
     "{'name':'mlflow','description':'" MARK
     "','status':'RUNNING','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':['"
     "mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'old'}]}}",
     "POST " COMPUTE "zones/z1/instances/mlflow/stop"},
    {"compute.instance", "mlflow",
     "{'zone':'z1','body':{'tags':{'items':['mlflow']},'metadata':{'items':[{'key':'user-data','value':'new'}]}}}",
     "{'name':'mlflow','description':'" MARK
     "','status':'RUNNING','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':['"
     "mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'new'}]}}",
     "GET " COMPUTE "zones/z1/instances/mlflow",
     "POST " COMPUTE "zones/z1/instances {\"description\":\"" MARK
     "\",\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},"
     "\"metadata\":{\"items\":[{\"key\":\"user-data\",\"value\":\"new\"}]},\"name\":\"mlflow\",\"tags\":{\"items\":[\"mlflow\"]"
     "}}",
     "DELETE " COMPUTE "zones/z1/instances/mlflow",
     "{'name':'mlflow','description':'" MARK
     "','status':'TERMINATED','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':["
     "'mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'old'}]}}",
     "POST " COMPUTE "zones/z1/instances/mlflow/setMetadata "
     "{\"fingerprint\":\"m=\",\"items\":[{\"key\":\"ssh-keys\",\"value\":\"theirs\"},{\"key\":\"user-data\","
     "\"value\":\"new\"}]}"},
    {"compute.instance", "mlflow",
     "{'zone':'z1','body':{'tags':{'items':['mlflow']},'metadata':{'items':[{'key':'user-data','value':'new'}]}}}",
     "{'name':'mlflow','description':'" MARK
     "','status':'RUNNING','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':['"
     "mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'new'}]}}",
     "GET " COMPUTE "zones/z1/instances/mlflow",
     "POST " COMPUTE "zones/z1/instances {\"description\":\"" MARK
     "\",\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},"
     "\"metadata\":{\"items\":[{\"key\":\"user-data\",\"value\":\"new\"}]},\"name\":\"mlflow\",\"tags\":{\"items\":[\"mlflow\"]"
     "}}",
     "DELETE " COMPUTE "zones/z1/instances/mlflow",
     "{'name':'mlflow','description':'" MARK
     "','status':'TERMINATED','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':["
     "'mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'new'}]}}",
     "POST " COMPUTE "zones/z1/instances/mlflow/start"},
    {"compute.instance", "mlflow",
     "{'zone':'z1','body':{'tags':{'items':['mlflow']},'metadata':{'items':[{'key':'user-data','value':'new'}]}}}",
     "{'name':'mlflow','description':'" MARK
     "','status':'RUNNING','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':['"
     "mlflow'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'new'}]}}",
     "GET " COMPUTE "zones/z1/instances/mlflow",
     "POST " COMPUTE "zones/z1/instances {\"description\":\"" MARK
     "\",\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},"
     "\"metadata\":{\"items\":[{\"key\":\"user-data\",\"value\":\"new\"}]},\"name\":\"mlflow\",\"tags\":{\"items\":[\"mlflow\"]"
     "}}",
     "DELETE " COMPUTE "zones/z1/instances/mlflow",
     "{'name':'mlflow','description':'" MARK
     "','status':'RUNNING','labelFingerprint':'l=','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'tags':{'items':['"
     "other'],'fingerprint':'t='},'metadata':{'fingerprint':'m=','items':[{'key':'ssh-keys','value':'theirs'},{'key':'user-"
     "data','value':'new'}]}}",
     "POST " COMPUTE "zones/z1/instances/mlflow/setTags {\"fingerprint\":\"t=\",\"items\":[\"mlflow\"]}"},
    {"certificatemanager.dnsAuthorization", "mlflow-a", "{'body':{'domain':'m.example.com'}}",
     "{'name':'projects/demo/locations/global/dnsAuthorizations/mlflow-a'," LABELS
     ",'domain':'m.example.com','dnsResourceRecord':{'name':'_acme-challenge.m.example.com.','type':'CNAME','data':'x.'}}",
     "GET " CERTIFICATES "dnsAuthorizations/mlflow-a",
     "POST " CERTIFICATES "dnsAuthorizations?dnsAuthorizationId=mlflow-a {\"domain\":\"m.example.com\"," LABELS "}",
     "DELETE " CERTIFICATES "dnsAuthorizations/mlflow-a", NULL, NULL},
    {"certificatemanager.certificateMapEntry", "mlflow-e",
     "{'parent':'locations/global/certificateMaps/mlflow-m','body':{'hostname':'m.example.com','certificates':['projects/demo/"
     "locations/global/certificates/c']}}",
     "{" LABELS ",'hostname':'m.example.com','certificates':['projects/42/locations/global/certificates/c'],'state':'ACTIVE'}",
     "GET " CERTIFICATES "certificateMaps/mlflow-m/certificateMapEntries/mlflow-e",
     "POST " CERTIFICATES "certificateMaps/mlflow-m/certificateMapEntries?certificateMapEntryId=mlflow-e "
     "{\"certificates\":[\"projects/demo/locations/global/certificates/c\"],"
     "\"hostname\":\"m.example.com\"," LABELS "}",
     "DELETE " CERTIFICATES "certificateMaps/mlflow-m/certificateMapEntries/mlflow-e",
     "{" LABELS ",'hostname':'m.example.com','certificates':['projects/42/locations/global/certificates/d']}",
     "PATCH " CERTIFICATES "certificateMaps/mlflow-m/certificateMapEntries/mlflow-e?updateMask=certificates "
     "{\"certificates\":[\"projects/demo/locations/global/certificates/c\"],"
     "\"hostname\":\"m.example.com\"," LABELS "}"},
    {"iam.workloadIdentityPool", "mlflow-github", "{'body':{'displayName':'GitHub Actions'}}",
     "{'name':'projects/42/locations/global/workloadIdentityPools/mlflow-github','description':'" MARK
     "','displayName':'GitHub Actions','state':'ACTIVE'}",
     "GET " POOLS "/mlflow-github",
     "POST " POOLS "?workloadIdentityPoolId=mlflow-github {\"description\":\"" MARK "\",\"displayName\":\"GitHub Actions\"}",
     "DELETE " POOLS "/mlflow-github", "{'description':'" MARK "','displayName':'other','state':'ACTIVE'}",
     "PATCH " POOLS "/mlflow-github?updateMask=displayName {\"description\":\"" MARK "\",\"displayName\":\"GitHub Actions\"}"},
    {"iam.workloadIdentityPoolProvider", "github",
     "{'parent':'locations/global/workloadIdentityPools/p','body':{'attributeCondition':'c',"
     "'attributeMapping':{'google.subject':'assertion.sub'},'oidc':{'issuerUri':'https://i'}}}",
     "{'name':'projects/42/locations/global/workloadIdentityPools/p/providers/github','description':'" MARK
     "','attributeCondition':'c','attributeMapping':{'google.subject':'assertion.sub'},'oidc':{'issuerUri':'https://"
     "i','jwksJson':'j'},"
     "'state':'ACTIVE'}",
     "GET " POOLS "/p/providers/github",
     "POST " POOLS "/p/providers?workloadIdentityPoolProviderId=github "
     "{\"attributeCondition\":\"c\",\"attributeMapping\":{\"google.subject\":\"assertion.sub\"},\"description\":\"" MARK
     "\",\"oidc\":{\"issuerUri\":\"https://i\"}}",
     "DELETE " POOLS "/p/providers/github",
     "{'description':'" MARK "','attributeCondition':'d','attributeMapping':{'google.subject':'assertion.repository'},"
     "'oidc':{'issuerUri':'https://i'},'state':'ACTIVE'}",
     "PATCH " POOLS "/p/providers/github?updateMask=attributeCondition,attributeMapping "
     "{\"attributeCondition\":\"c\",\"attributeMapping\":{\"google.subject\":\"assertion.sub\"},\"description\":\"" MARK
     "\",\"oidc\":{\"issuerUri\":\"https://i\"}}"},
    {"dns.resourceRecordSet", "m.example.com",
     "{'zone':'z','host':'m.example.com.','type':'A','ttl':300,'data':['203.0.113.9']}",
     "{'name':'m.example.com.','type':'A','ttl':300,'rrdatas':['203.0.113.9']}",
     "GET https://dns.googleapis.com/dns/v1/projects/demo/managedZones/z/rrsets/m.example.com./A",
     "POST https://dns.googleapis.com/dns/v1/projects/demo/managedZones/z/rrsets "
     "{\"name\":\"m.example.com.\",\"rrdatas\":[\"203.0.113.9\"],\"ttl\":300,\"type\":\"A\"}",
     "DELETE https://dns.googleapis.com/dns/v1/projects/demo/managedZones/z/rrsets/m.example.com./A",
     "{'name':'m.example.com.','type':'A','ttl':60,'rrdatas':['203.0.113.9']}",
     "PATCH https://dns.googleapis.com/dns/v1/projects/demo/managedZones/z/rrsets/m.example.com./A "
     "{\"name\":\"m.example.com.\",\"rrdatas\":[\"203.0.113.9\"],\"ttl\":300,\"type\":\"A\"}"},
    {"compute.sslCertificate", "mlflow-cert-a", "{'body':{'type':'MANAGED','managed':{'domains':['mlflow.example.com']}}}",
     "{'name':'mlflow-cert-a','description':'" MARK
     "','type':'MANAGED','managed':{'domains':['mlflow.example.com'],'status':'PROVISIONING',"
     "'domainStatus':{'mlflow.example.com':'FAILED_NOT_VISIBLE'}}}",
     "GET " COMPUTE "global/sslCertificates/mlflow-cert-a",
     "POST " COMPUTE "global/sslCertificates {\"description\":\"" MARK
     "\",\"managed\":{\"domains\":[\"mlflow.example.com\"]},\"name\":\"mlflow-cert-a\",\"type\":\"MANAGED\"}",
     "DELETE " COMPUTE "global/sslCertificates/mlflow-cert-a",
     "{'name':'mlflow-cert-a','description':'" MARK
     "','type':'MANAGED','managed':{'domains':['other.example.com'],'status':'ACTIVE'}}",
     ""},
    {"compute.sslPolicy", "mlflow-tls", "{'body':{'profile':'MODERN','minTlsVersion':'TLS_1_2'}}",
     "{'name':'mlflow-tls','description':'" MARK
     "','fingerprint':'g=','profile':'MODERN','minTlsVersion':'TLS_1_2','enabledFeatures':['x']}",
     "GET " COMPUTE "global/sslPolicies/mlflow-tls",
     "POST " COMPUTE "global/sslPolicies {\"description\":\"" MARK
     "\",\"minTlsVersion\":\"TLS_1_2\",\"name\":\"mlflow-tls\",\"profile\":\"MODERN\"}",
     "DELETE " COMPUTE "global/sslPolicies/mlflow-tls",
     "{'name':'mlflow-tls','description':'" MARK "','fingerprint':'g=','profile':'COMPATIBLE','minTlsVersion':'TLS_1_0'}",
     "PATCH " COMPUTE "global/sslPolicies/mlflow-tls {\"description\":\"" MARK
     "\",\"fingerprint\":\"g=\",\"minTlsVersion\":\"TLS_1_2\",\"name\":\"mlflow-tls\",\"profile\":\"MODERN\"}"},
    {"compute.targetHttpProxy", "mlflow-http", "{'body':{'urlMap':'projects/demo/global/urlMaps/m'}}",
     "{'name':'mlflow-http','description':'" MARK
     "','urlMap':'https://www.googleapis.com/compute/v1/projects/demo/global/urlMaps/m'}",
     "GET " COMPUTE "global/targetHttpProxies/mlflow-http",
     "POST " COMPUTE "global/targetHttpProxies {\"description\":\"" MARK
     "\",\"name\":\"mlflow-http\",\"urlMap\":\"projects/demo/global/urlMaps/m\"}",
     "DELETE " COMPUTE "global/targetHttpProxies/mlflow-http", NULL, NULL},
    {"compute.targetHttpsProxy", "mlflow-https", "{'body':{'urlMap':'projects/demo/global/urlMaps/m'}}",
     "{'name':'mlflow-https','description':'" MARK
     "','urlMap':'https://www.googleapis.com/compute/v1/projects/demo/global/urlMaps/m','quicOverride':'NONE'}",
     "GET " COMPUTE "global/targetHttpsProxies/mlflow-https",
     "POST " COMPUTE "global/targetHttpsProxies {\"description\":\"" MARK
     "\",\"name\":\"mlflow-https\",\"urlMap\":\"projects/demo/global/urlMaps/m\"}",
     "DELETE " COMPUTE "global/targetHttpsProxies/mlflow-https",
     "{'name':'mlflow-https','description':'" MARK
     "','fingerprint':'h=','urlMap':'https://www.googleapis.com/compute/v1/projects/demo/global/urlMaps/n'}",
     "PATCH " COMPUTE "global/targetHttpsProxies/mlflow-https {\"description\":\"" MARK
     "\",\"fingerprint\":\"h=\",\"name\":\"mlflow-https\",\"urlMap\":\"projects/demo/global/urlMaps/m\"}"},
    {"compute.firewall", "mlflow-lb", "{'body':{'network':'projects/demo/global/networks/m','direction':'INGRESS'}}",
     "{'name':'mlflow-lb','description':'" MARK
     "','network':'projects/demo/global/networks/m','direction':'INGRESS','priority':1000}",
     "GET " COMPUTE "global/firewalls/mlflow-lb",
     "POST " COMPUTE "global/firewalls {\"description\":\"" MARK
     "\",\"direction\":\"INGRESS\",\"name\":\"mlflow-lb\",\"network\":\"projects/demo/global/networks/m\"}",
     "DELETE " COMPUTE "global/firewalls/mlflow-lb",
     "{'name':'mlflow-lb','description':'" MARK "','network':'projects/demo/global/networks/other','direction':'INGRESS'}", ""},
    {"dns.managedZone", "mlflow-sql", "{'body':{'dnsName':'r1.sql.goog.','visibility':'private'}}",
     "{'name':'mlflow-sql'," LABELS ",'description':'" MARK "','dnsName':'r1.sql.goog.','visibility':'private','id':'1'}",
     "GET https://dns.googleapis.com/dns/v1/projects/demo/managedZones/mlflow-sql",
     "POST https://dns.googleapis.com/dns/v1/projects/demo/managedZones {\"description\":\"" MARK
     "\",\"dnsName\":\"r1.sql.goog.\"," LABELS ",\"name\":\"mlflow-sql\",\"visibility\":\"private\"}",
     "DELETE https://dns.googleapis.com/dns/v1/projects/demo/managedZones/mlflow-sql", NULL, NULL},
    {"iap.settings", "client", "{'resource':'projects/42/iap_web/x','client':'c','secret':{'$secret':'s'}}",
     "{'name':'projects/42/iap_web/"
     "x','accessSettings':{'oauthSettings':{'clientId':'c','programmaticClients':['c'],'clientSecretSha256':'z'}}}",
     "GET https://iap.googleapis.com/v1/projects/42/iap_web/x:iapSettings",
     "PATCH "
     "https://iap.googleapis.com/v1/projects/42/iap_web/x:iapSettings?updateMask=iapSettings.accessSettings.oauthSettings "
     "{\"accessSettings\":{\"oauthSettings\":{\"clientId\":\"c\",\"clientSecret\":{\"$secret\":\"s\"},\"programmaticClients\":["
     "\"c\"]}},\"name\":\"projects/42/iap_web/x\"}",
     NULL, NULL, NULL},
    {"serviceusage.identity", "iap",
     "{'service':'iap.googleapis.com','holder':'service','resource':'projects/demo/locations/r1/services/"
     "m','member':'serviceAccount:a'}",
     "{'bindings':[{'role':'roles/run.invoker','members':['serviceAccount:a']}]}",
     "GET https://run.googleapis.com/v2/projects/demo/locations/r1/services/m:getIamPolicy?options.requestedPolicyVersion=3",
     "POST https://serviceusage.googleapis.com/v1beta1/projects/demo/services/iap.googleapis.com:generateServiceIdentity {}",
     NULL, "{'bindings':[]}",
     "POST https://serviceusage.googleapis.com/v1beta1/projects/demo/services/iap.googleapis.com:generateServiceIdentity {}"},
};

/* Single quotes stand for double ones. */
static cJSON *parse(const char *text)
{
	char *copy = xstrdup(text);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	cJSON *j = cJSON_Parse(copy);
	if (!j)
		printf("# bad JSON in the test: %s\n", text);
	free(copy);
	return j;
}

static enum verdict judge(const struct kind *k, const struct view *v, const char *reply, struct observation *seen,
			  struct change *change)
{
	cJSON *r = parse(reply);
	*seen = (struct observation){0};
	k->decode(v, 200, r, seen);
	cJSON_Delete(r);
	if (seen->presence == PRESENT_YES || seen->presence == PRESENT_FAILED)
		k->compare(v, seen, change);
	return change->verdict;
}

/* Google keeps the name of a deleted pool for 30 days: it is made again by bringing it back. */
static void comes_back(void)
{
	const struct kind *k = kind_find("iam.workloadIdentityPool");
	cJSON *spec = parse("{'body':{}}");
	struct view v = {
	    .project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = "mlflow-github", .spec = spec};
	struct observation seen;
	struct change change = {0};
	struct call c = {0};
	judge(k, &v, "{'description':'" MARK "','state':'DELETED'}", &seen, &change);
	ok(seen.presence == PRESENT_NO, "a deleted pool is not there");
	k->create(&v, &seen, &c);
	is_call(&c, "POST " POOLS "/mlflow-github:undelete {}", k->id, "comes back");
	observation_free(&seen);
	change_free(&change);
	cJSON_Delete(spec);
}

static void test_row(const struct row *w)
{
	const struct kind *k = kind_find(w->kind);
	cJSON *spec = parse(w->spec);
	struct view v = {.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = w->name, .spec = spec};
	struct observation seen = {0};
	struct change change = {0};
	struct call c = {0};
	k->observe(&v, &c);
	is_call(&c, w->observe, w->kind, "is read");
	k->create(&v, &seen, &c);
	is_call(&c, w->create, w->kind, "is created");
	enum verdict verdict = judge(k, &v, w->reply, &seen, &change);
	ok(verdict == VERDICT_KEEP && seen.presence == PRESENT_YES, "%s as it should stand is kept", w->kind);
	if (w->destroy) {
		k->destroy(&v, &seen, &c);
		is_call(&c, w->destroy, w->kind, "is deleted");
	}
	observation_free(&seen);
	change_free(&change);
	if (w->changed) {
		verdict = judge(k, &v, w->changed, &seen, &change);
		ok(verdict == (*w->update ? VERDICT_UPDATE : VERDICT_REPLACE), "%s changed by somebody is %s", w->kind,
		   *w->update ? "mended" : "replaced");
		if (*w->update) {
			k->update(&v, &seen, &change, &c);
			is_call(&c, w->update, w->kind, "is mended");
		}
		observation_free(&seen);
		change_free(&change);
	}
	cJSON_Delete(spec);
}

static enum presence seen_as(const char *kind, const char *spec_text, const char *reply)
{
	cJSON *spec = parse(spec_text);
	struct view v = {.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = "n", .spec = spec};
	struct observation seen = {0};
	struct change change = {0};
	judge(kind_find(kind), &v, reply, &seen, &change);
	enum presence p = seen.presence;
	observation_free(&seen);
	change_free(&change);
	cJSON_Delete(spec);
	return p;
}

static void test_states(void)
{
	static const char spec[] = "{'zone':'z','host':'m.example.com.','type':'A','ttl':300,'data':['203.0.113.9']}";
	ok(seen_as("dns.resourceRecordSet", spec, "{'type':'A','ttl':300,'rrdatas':['198.51.100.1']}") == PRESENT_STRANGER,
	   "a record with other data is somebody's");
	ok(seen_as("certificatemanager.certificate", "{'body':{}}", "{" LABELS ",'managed':{'state':'PROVISIONING'}}") ==
	       PRESENT_PENDING,
	   "a certificate is waited for");
	ok(seen_as("compute.forwardingRule", "{'region':'r1','body':{}}",
		   "{'description':'" MARK "','pscConnectionStatus':'PENDING'}") == PRESENT_PENDING,
	   "an endpoint that waits to be accepted is waited for");
	ok(seen_as("compute.forwardingRule", "{'region':'r1','body':{}}",
		   "{'description':'" MARK "','pscConnectionStatus':'REJECTED'}") == PRESENT_FAILED,
	   "a rejected one has failed");
	ok(seen_as("compute.urlMap", "{'body':{}}", "{'description':'somebody else'}") == PRESENT_STRANGER,
	   "a URL map without our mark is a stranger's");
}

int main(void)
{
	mem_install();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test_row(&rows[i]);
	test_states();
	comes_back();
	return tap_done();
}
