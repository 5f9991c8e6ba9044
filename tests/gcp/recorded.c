/* Real replies of Google, as recorded: what was sent is found again in what is read afterwards, whatever the server added to it, and every kind
 * reads what stands and what does not. The recordings are not part of the project: without them this is skipped. */
#include "config.h"
#include "tests/tap.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/kind.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

/* Collections of our kinds: a part of the URL, what the body that is sent wraps the resource in, and what is not read back as it was sent. */
static const struct collection {
	const char *kind, *part, *wrapped;
	const char *const *skip;
	enum presence stands; /* a resource without our mark: a stranger's; PRESENT_YES for kinds that carry none */
} collections[] = {
    {"compute.network", "/global/networks", NULL, NULL, PRESENT_STRANGER},
    /* One request spells its region "global/regions/...". */
    {"compute.subnetwork", "/subnetworks", NULL, (const char *const[]){"region", NULL}, PRESENT_STRANGER},
    {"compute.globalAddress", "/global/addresses", NULL, (const char *const[]){"labels", NULL}, PRESENT_STRANGER},
    /* Never told: the root password. Told in other words: what replaced requireSsl, replica settings. Dropped by the server: a second zone of a
	 * zonal instance, a network that has expired. */
    {"sqladmin.instance", "/instances", NULL,
     (const char *const[]){"rootPassword", "settings.ipConfiguration.requireSsl", "replicaConfiguration",
			   "settings.settingsVersion", "settings.locationPreference.secondaryZone",
			   "settings.ipConfiguration.authorizedNetworks", NULL},
     PRESENT_STRANGER},
    {"storage.bucket", "storage/v1/b", NULL, (const char *const[]){"autoclass.toggleTime", "location", NULL}, PRESENT_STRANGER},
    {"secretmanager.secret", "/secrets", NULL, (const char *const[]){"ttl", NULL}, PRESENT_STRANGER},
    {"iam.serviceAccount", "/serviceAccounts", "serviceAccount", NULL, PRESENT_STRANGER},
    /* The server puts a socket's folder right; the instances' names are replaced in the recording. */
    {"run.job", "/jobs", NULL,
     (const char *const[]){"template.template.containers.0.volumeMounts.0.mountPath",
			   "template.template.volumes.0.cloudSqlInstance.instances", NULL},
     PRESENT_STRANGER},
};

struct event {
	char *method, *url;
	cJSON *body, *reply;
	int status;
};

static struct event *events;
static size_t count, room;
static size_t sent_checked, reads_checked, errors_checked, operations_checked, polls_checked;

static void free_events(void)
{
	for (size_t i = 0; i < count; i++) {
		free(events[i].method);
		free(events[i].url);
		cJSON_Delete(events[i].body);
		cJSON_Delete(events[i].reply);
	}
	count = 0;
}

/* The JSON between two places of an event's text, if there is any. */
static cJSON *json_between(const char *from, const char *to)
{
	const char *brace = from;
	while (brace && brace < to && !(brace[0] == '\n' && brace[1] == '{'))
		brace++;
	return brace && brace < to ? cJSON_ParseWithLength(brace, (size_t)(to - brace)) : NULL;
}

/* The line that begins with a status: "200 OK". */
static const char *status_line(const char *text, const char *end)
{
	for (const char *p = strstr(text, "\n"); p && p < end; p = strstr(p + 1, "\n"))
		if (p[1] >= '1' && p[1] <= '5' && strspn(p + 1, "0123456789") == 3 && p[4] == ' ')
			return p + 1;
	return NULL;
}

static void add_event(const char *text, const char *end)
{
	while (text < end && *text == '\n')
		text++;
	const char *status = status_line(text, end);
	size_t method = strcspn(text, " ");
	if (!status || text + method >= end)
		return;
	const char *url = text + method + 1;
	events = xgrow(events, count, &room, sizeof *events);
	events[count++] = (struct event){.method = xstrndup(text, method),
					 .url = xstrndup(url, strcspn(url, "\n?")),
					 .body = json_between(url, status),
					 .reply = json_between(status, end),
					 .status = atoi(status)};
}

static void read_log(const char *path)
{
	struct buf text = {0};
	struct err e = {0};
	if (file_read(path, (size_t)16 << 20, &text, &e)) {
		const char *at = buf_text(&text);
		for (const char *next; (next = strstr(at, "\n---\n")); at = next + 5)
			add_event(at, next);
		add_event(at, at + strlen(at));
	}
	buf_free(&text);
	err_free(&e);
}

/* Is url one object of the collection that part names (or, with a NULL name, the collection)? */
static const struct collection *collection_of(const char *url, bool object)
{
	for (size_t i = 0; i < sizeof collections / sizeof *collections; i++) {
		const struct collection *c = &collections[i];
		const char *at = strstr(url, c->part);
		const char *rest = at ? at + strlen(c->part) : NULL;
		if (!rest || (strcmp(c->kind, "sqladmin.instance") == 0) != (strstr(url, "sqladmin.") != NULL) ||
		    (strcmp(c->kind, "run.job") == 0) != (strstr(url, "run.googleapis.com/v2") != NULL))
			continue;
		if (!object && !*rest)
			return c;
		if (object && *rest == '/' && !strpbrk(rest + 1, "/:"))
			return c;
	}
	return NULL;
}

static bool within(const char *object, const char *collection)
{
	size_t len = strlen(collection);
	return !strncmp(object, collection, len) && object[len] == '/' && !strchr(object + len + 1, '/');
}

/* Names and times in the recordings were replaced by texts such as ${networkID}: they cannot be compared. */
static void drop_placeholders(cJSON *node)
{
	for (cJSON *c = node ? node->child : NULL, *next; c; c = next) {
		next = c->next;
		if (cJSON_IsString(c) && (strstr(c->valuestring, "${") || strstr(c->valuestring, "-uniqueId")))
			cJSON_Delete(cJSON_DetachItemViaPointer(node, c));
		else
			drop_placeholders(c);
	}
}

/* What was sent stands in the next successful read. */
static void check_sent(const char *log, size_t i, const struct collection *c, size_t read)
{
	cJSON *sent = json_at(events[i].body, c->wrapped ? c->wrapped : "");
	if (!cJSON_IsObject(sent))
		return;
	struct change change = {0};
	drop_placeholders(sent);
	kind_compare_leaves(sent, events[read].reply, c->skip, &change);
	sent_checked++;
	if (change.count)
		ok(false, "%s: what was sent to %s is read back", log, c->kind);
	for (size_t d = 0; d < change.count; d++)
		printf("# %s: sent %s, read %s\n", change.differences[d].path, change.differences[d].wanted,
		       change.differences[d].found);
	change_free(&change);
}

static void check_read(const char *log, const struct event *event, const struct collection *c)
{
	cJSON *spec = cJSON_CreateObject();
	struct view v = {.project = "p", .number = NULL, .stack = "mlflow", .id = "x", .name = "x", .spec = spec};
	struct observation seen = {0};
	kind_find(c->kind)->decode(&v, event->status, event->reply, &seen);
	enum presence wanted = event->status == 404 ? PRESENT_NO : c->stands;
	reads_checked++;
	if (seen.presence != wanted)
		ok(false, "%s: %s read as %d, not %d, from %d", log, c->kind, seen.presence, wanted, event->status);
	observation_free(&seen);
	cJSON_Delete(spec);
}

static void check_log(const char *log)
{
	for (size_t i = 0; i < count; i++) {
		bool get = !strcmp(events[i].method, "GET"), create = !strcmp(events[i].method, "POST");
		const struct collection *c = collection_of(events[i].url, !create);
		if (get && c && (events[i].status == 200 || events[i].status == 404))
			check_read(log, &events[i], c);
		bool changes = create || !strcmp(events[i].method, "PATCH");
		if (!changes || !c || events[i].status != 200)
			continue;
		for (size_t r = i + 1; r < count; r++) {
			bool same = create ? within(events[r].url, events[i].url) : !strcmp(events[r].url, events[i].url);
			if (same && strcmp(events[r].method, "GET") != 0)
				break;
			if (same && events[r].status == 200) {
				check_sent(log, i, c, r);
				break;
			}
		}
	}
}

/* Operations and errors ------------------------------------------------------------------------------------------------------ */

static enum dialect dialect_of(const char *url)
{
	static const struct {
		const char *host;
		enum dialect dialect;
	} hosts[] = {{"/compute/v1/", DIALECT_COMPUTE},
		     {"//sqladmin.", DIALECT_SQL},
		     {"//container.", DIALECT_CONTAINER},
		     {"//run.", DIALECT_RUN}};
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (strstr(url, hosts[i].host))
			return hosts[i].dialect;
	return DIALECT_AIP;
}

/* "${operationID}" as "operationID": what stands for a name may stand in a URL. */
static char *plain_name(const char *text)
{
	char *out = xstrdup(text), *to = out;
	for (const char *p = out; *p; p++)
		if (!strchr("${}", *p))
			*to++ = *p;
	*to = '\0';
	return out;
}

static void check_error(const char *log, const struct event *event)
{
	struct api_error e;
	bool aip = json_at(event->reply, "error.status") != NULL, list = json_at(event->reply, "error.errors") != NULL;
	api_error_decode(event->status, event->reply, NULL, &e);
	errors_checked++;
	if (!e.message || (aip && !e.status) || (list && !e.reason))
		ok(false, "%s: the error of %s %s is read", log, event->method, event->url);
	api_error_free(&e);
}

/* The same place: projects go by number or by name, and what Service Usage began in one version is read in another. */
static bool same_place(const char *a, const char *b)
{
	static const char *const pairs[][2] = {{"projectNumber", "projectId"}, {"/v1beta1/operations/", "/v1/operations/"}};
	if (!strcmp(a, b))
		return true;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *x = strstr(a, pairs[i][1]), *y = strstr(b, pairs[i][0]);
		if (!x)
			x = strstr(a, pairs[i][0]), y = strstr(b, pairs[i][1]);
		size_t left = x ? strlen(pairs[i][strncmp(x, pairs[i][0], strlen(pairs[i][0])) != 0]) : 0;
		size_t right = y ? strlen(pairs[i][strncmp(y, pairs[i][0], strlen(pairs[i][0])) != 0]) : 0;
		if (x && y && x - a == y - b && !strncmp(a, b, (size_t)(x - a)) && !strcmp(x + left, y + right))
			return true;
	}
	return false;
}

/* Where the client of the recording polled it. All operations have one name there, so that only the host tells whose it is. */
static void check_poll(const char *log, size_t i, const struct operation *op)
{
	size_t host = (size_t)(strchr(op->poll_url + strlen("https://"), '/') - op->poll_url);
	for (size_t n = i + 1; n < count; n++) {
		char *url = plain_name(events[n].url);
		const char *name = strstr(url, "/operations/");
		bool polls = name && !strcmp(events[n].method, "GET") && text_ends(op->name, strrchr(url, '/') + 1) &&
			     !strncmp(url, op->poll_url, host);
		if (polls) {
			polls_checked++;
			if (!same_place(url, op->poll_url))
				ok(false, "%s: polled at %s, we would at %s", log, url, op->poll_url);
		}
		free(url);
		if (polls)
			return;
	}
}

static void check_operation(const char *log, size_t i)
{
	cJSON *reply = cJSON_Duplicate(events[i].reply, true);
	char *name = plain_name(json_str(reply, "name", "")), *url = plain_name(events[i].url);
	struct operation op;
	bool status_like = text_ends(json_str(reply, "kind", ""), "#operation") || json_at(reply, "operationType");
	bool is = status_like || strstr(name, "operations/");
	json_put_str(reply, "name", name);
	bool read = operation_decode(dialect_of(url), url, reply, &op);
	operations_checked += is;
	if (read != is)
		ok(false, "%s: %s %s answers with an operation: %d, read: %d", log, events[i].method, url, is, read);
	else if (read && !op.done)
		check_poll(log, i, &op);
	operation_free(&op);
	free(url);
	free(name);
	cJSON_Delete(reply);
}

static void check_calls(const char *log)
{
	for (size_t i = 0; i < count; i++) {
		if (events[i].status >= 400)
			check_error(log, &events[i]);
		else if (strcmp(events[i].method, "GET") && cJSON_IsObject(events[i].reply))
			check_operation(log, i);
	}
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_F && text_ends(path, "_http.log")) {
		read_log(path);
		check_calls(path);
		check_log(path);
		free_events();
	}
	return 0;
}

int main(void)
{
	mem_install();
	const char *contract = getenv("MLFLOW_SETUP_CONTRACT"), *top = getenv("TOP_SRCDIR");
	char *dir = contract ? xasprintf("%s/recorded/log", contract)
			     : xasprintf("%s/../shared/contract/recorded/log", top ? top : ".");
	if (access(dir, R_OK) != 0) {
		printf("1..0 # SKIP no recorded traffic: set MLFLOW_SETUP_CONTRACT\n");
		free(dir);
		return 0;
	}
	nftw(dir, visit, 16, FTW_PHYS);
	free(events);
	free(dir);
	ok(sent_checked > 20, "what was sent in %zu recorded requests is read back", sent_checked);
	ok(reads_checked > 100, "%zu recorded reads are understood", reads_checked);
	ok(errors_checked > 50, "%zu recorded errors are understood", errors_checked);
	ok(operations_checked > 100 && polls_checked > 50, "%zu recorded operations are, and %zu are polled where they were",
	   operations_checked, polls_checked);
	return tap_done();
}
