/* What a virtual machine tells: its serial port's output, and the guest attributes that it wrote to its metadata server. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void compute_instances_serial(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (!o)
		return;
	const char *name = json_str(o->doc, "name", "");
	struct buf b = {0};
	bool up = json_num(o->hidden, "booted", 1e18) <= sim_now(c->sim);
	if (!strcmp(json_str(o->doc, "status", ""), "RUNNING"))
		buf_printf(
		    &b,
		    "SeaBIOS (version 1.8.2-google)\r\nBooting from Hard Disk 0...\r\n[    0.000000] Linux version 6.12.46+\r\n"
		    "[    4.120000] systemd[1]: Hostname set to <%s>.\r\n",
		    name);
	if (up)
		buf_printf(&b,
			   "[   11.500000] cloud-init[812]: Cloud-init v. 25.1 finished. Datasource DataSourceGCELocal.  Up "
			   "11.50 seconds\r\n%s login: ",
			   name);
	buf_printf(&b, "%s%s", up ? "\r\n" : "", json_str(o->hidden, "serial", ""));
	long long start = strtoll(sim_param(c, "start"), NULL, 10);
	size_t from = start > 0 && (size_t)start < b.len ? (size_t)start : start > 0 ? b.len : 0;
	char next[24], begin[24];
	const char *self = sim_tmp("%s/serialPort", json_str(o->doc, "selfLink", ""));
	snprintf(next, sizeof next, "%zu", b.len);
	snprintf(begin, sizeof begin, "%zu", from);
	sim_ok(c, json_make("{'kind':'compute#serialPortOutput','selfLink':%s,'contents':%s,'start':%s,'next':%s}", self,
			    buf_text(&b) + from, begin, next));
	buf_free(&b);
}

/* What the machine has told of itself by its metadata server: one attribute by its key, or all below a path. */
static void compute_instances_guest(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (!o)
		return;
	const char *key = sim_param(c, "variableKey"), *path = sim_param(c, "queryPath"), *wanted = *key ? key : path;
	const cJSON *all = json_at(o->hidden, "guest"), *one;
	cJSON *items = cJSON_CreateArray();
	cJSON_ArrayForEach(one, all)
		if (*key ? !strcmp(one->string, key) : text_starts(one->string, path)) {
			const char *slash = strchr(one->string, '/');
			cJSON_AddItemToArray(items, json_make("{'namespace':%s,'key':%s,'value':%s}",
							      sim_tmp("%.*s", (int)(slash - one->string), one->string),
							      slash + 1, one->valuestring));
		}
	const char *self = sim_tmp("%s/guestAttributes/%s", json_str(o->doc, "selfLink", ""), wanted);
	if (!items->child)
		sim_fail(c, "NOT_FOUND", "notFound", "The resource '%s' of type 'Guest Attribute' was not found.", wanted);
	else if (*key)
		sim_ok(c, json_make("{'kind':'compute#guestAttributes','selfLink':%s,'variableKey':%s,'variableValue':%s}",
				    self, key, json_str(items, "0.value", "")));
	else
		sim_ok(c, json_make("{'kind':'compute#guestAttributes','selfLink':%s,'queryPath':%s,'queryValue':{'items':%j}}",
				    self, path, cJSON_Duplicate(items, true)));
	cJSON_Delete(items);
}

static const struct sim_route routes[] = {
    {"compute.instances.getSerialPortOutput", compute_instances_serial, "compute.instances.getSerialPortOutput", NULL},
    {"compute.instances.getGuestAttributes", compute_instances_guest, "compute.instances.getGuestAttributes", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_instance_output, routes, NULL);
