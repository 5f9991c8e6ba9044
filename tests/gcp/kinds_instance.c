/* A machine: which change re-creates it, which stops it, and which it does not notice. */
#include "config.h"
#include "tests/gcp/seeing.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MARK "managed-by=mlflow-setup stack=mlflow"

/* Which change of a machine does what: the request while it runs, and the one once it is stopped ("-": none is needed, it runs on). */
static const struct machine_row {
	const char *body, *running, *stopped;
} machine_rows[] = {
    {"{}", NULL, "start"},
    {"{'tags':{'items':['b']}}", "setTags", "-"},
    {"{'scheduling':{'automaticRestart':false}}", "setScheduling", "-"},
    {"{'metadata':{'items':[{'key':'user-data','value':'new'}]}}", "stop", "setMetadata"},
    {"{'machineType':'zones/z1/machineTypes/e2-medium'}", "stop", "setMachineType"},
    {"{'serviceAccounts':[{'email':'b@p','scopes':['s']}]}", "stop", "setServiceAccount"},
    {"{'serviceAccounts':[{'email':'a@p','scopes':['more']}]}", "stop", "setServiceAccount"},
    {"{'shieldedInstanceConfig':{'enableSecureBoot':true}}", "stop", "updateShieldedInstanceConfig"},
    /* The disk is what it was made of: a newer image, or another size, is no reason to lose a machine. */
    {"{'disks':[{'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/cos-121-lts','diskSizeGb':'50'}}]}",
     NULL, "start"},
    {"{'networkInterfaces':[{'network':'global/networks/other'}]}", "REPLACE", "REPLACE"},
};

static void machine_found(const char *status, const cJSON *spec, const char *wanted)
{
	static const char id[] = "compute.instance";
	struct view v = view_of("mlflow", spec);
	struct change change;
	char *reply = xasprintf(
	    "{'name':'mlflow','description':'" MARK "','status':'%s','labels':{'managed-by':'mlflow-setup','stack':"
	    "'mlflow'},'tags':{'items':['a'],'fingerprint':'t='},'machineType':'zones/z1/machineTypes/e2-standard-2',"
	    "'metadata':{'fingerprint':'m=','items':[{'key':'user-data','value':'old'}]},'serviceAccounts':[{'email':'a@p',"
	    "'scopes':['s']}],'shieldedInstanceConfig':{'enableSecureBoot':false},'scheduling':{'automaticRestart':true},"
	    "'networkInterfaces':[{'network':'global/networks/mlflow'}],'disks':[{'source':'zones/z1/disks/mlflow'}]}",
	    status);
	struct observation seen = see(id, &v, 200, reply, &change);
	struct call c = {0};
	if (change.verdict == VERDICT_UPDATE)
		kind_find(id)->update(&v, &seen, &change, &c);
	const char *method = c.url ? strrchr(c.url, '/') + 1 : change.verdict == VERDICT_REPLACE ? "REPLACE" : "";
	char *body = json_text(json_at(spec, "body"), -1);
	ok(!strcmp(method, wanted), "%s, wanted %s: %s", status, body, *wanted ? wanted : "nothing");
	if (strcmp(method, wanted) != 0)
		printf("# %s\n", method);
	ok(change.verdict != VERDICT_UPDATE || (kind_find(id)->downtime(spec, &change) != NULL) == !strncmp(wanted, "st", 2) ||
	       strcmp(status, "RUNNING") != 0,
	   "and it is said when it stops");
	call_free(&c);
	observation_free(&seen);
	change_free(&change);
	free(body);
	free(reply);
}

/* A change that failed while it was stopped: what a stopped machine alone takes is put back, then it runs. */
static void machine_back(void)
{
	static const char was[] = "{'status':'RUNNING','shieldedInstanceConfig':{'enableSecureBoot':false,'enableVtpm':true}}";
	const struct kind *k = kind_find("compute.instance");
	cJSON *spec = parse("{'zone':'z1','body':{}}"), *before = parse(was);
	struct view v = view_of("mlflow", spec);
	struct call c = {0};
	v.before = before;
	struct observation seen = {.found = parse("{'status':'TERMINATED','shieldedInstanceConfig':{'enableSecureBoot':true,"
						  "'enableVtpm':true}}")};
	k->back(&v, &seen, &c);
	ok(c.method && !strcmp(c.method, "PATCH") && strstr(c.url, "/mlflow/updateShieldedInstanceConfig") &&
	       json_equal(c.body, json_at(before, "shieldedInstanceConfig")),
	   "the way back of a machine: its Shielded VM options as before");
	call_free(&c);
	c = (struct call){0};
	json_put(seen.found, "shieldedInstanceConfig", cJSON_Duplicate(json_at(before, "shieldedInstanceConfig"), true));
	k->back(&v, &seen, &c);
	ok(c.method && !strcmp(c.method, "POST") && strstr(c.url, "/mlflow/start"), "then it is started");
	call_free(&c);
	observation_free(&seen);
	cJSON_Delete(before);
	cJSON_Delete(spec);
}

static void machine_changes(void)
{
	for (size_t i = 0; i < sizeof machine_rows / sizeof *machine_rows; i++) {
		const struct machine_row *row = &machine_rows[i];
		cJSON *spec = json_make("{'zone':'z1','body':%j}", parse(row->body));
		machine_found("RUNNING", spec, row->running ? row->running : "");
		if (strcmp(row->stopped, "-") != 0)
			machine_found("TERMINATED", spec, row->stopped);
		cJSON_Delete(spec);
	}
	cJSON *spec = parse("{'zone':'z1','body':{}}");
	machine_found("SUSPENDED", spec, "resume");
	cJSON_Delete(spec);
}

int main(void)
{
	machine_changes();
	machine_back();
	return tap_done();
}
