#include "config.h"
#include "gcp/kubernetes_trouble.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define LOG_LINES "40"
#define EVENTS_MOST 8

enum turn { TURN_PODS, TURN_EVENTS, TURN_LOG };

/* Pods ----------------------------------------------------------------------------------------------------------------------- */

/* Pods and events of a workload are called after it: "mlflow-7c9d-x2", "migrate-x2". */
static bool belongs(const char *name, const char *workload)
{
	size_t len = strlen(workload);
	return text_starts(name, workload) && (!name[len] || name[len] == '-');
}

/* Why a container is not well, in Kubernetes' words; NULL when it is. */
static char *ailment(const cJSON *container)
{
	const cJSON *waiting = json_at(container, "state.waiting"), *ended = json_at(container, "state.terminated"),
		    *before = json_at(container, "lastState.terminated");
	const char *reason = json_str(waiting, "reason", ""), *message = json_str(waiting, "message", "");
	if (!ended && before && (waiting || !json_bool(container, "ready", false)))
		ended = before;
	bool starting = !strcmp(reason, "ContainerCreating") || !strcmp(reason, "PodInitializing");
	if (json_num(ended, "exitCode", 0) > 0)
		return xasprintf(_("ended with status %d (%s)"), (int)json_num(ended, "exitCode", 0),
				 json_str(ended, "reason", ""));
	if (*reason && !starting)
		return xasprintf("%s%s%s", reason, *message ? ": " : "", message);
	return NULL;
}

/* Notes the first container of the pod that is not well, and says so. */
static bool examine(const cJSON *pod, cJSON *notes, struct buf *out)
{
	static const char *const lists[] = {"status.initContainerStatuses", "status.containerStatuses"};
	const char *name = json_str(pod, "metadata.name", "");
	const cJSON *c;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		cJSON_ArrayForEach(c, json_at(pod, lists[i])) {
			char *why = ailment(c);
			if (!why)
				continue;
			buf_printf(out, _("Pod %s, container %s: %s\n"), name, json_str(c, "name", ""), why);
			json_put_str(notes, "pod", name);
			json_put_str(notes, "container", json_str(c, "name", ""));
			/* What runs has a log of its own; what waits to be started again has one of the time before. */
			json_put_bool(notes, "logs",
				      json_at(c, "state.running") || json_at(c, "state.terminated") ||
					  json_at(c, "lastState.terminated"));
			json_put_bool(notes, "previous", json_at(c, "state.waiting") && json_at(c, "lastState.terminated"));
			free(why);
			return true;
		}
	return false;
}

/* One that runs and is never ready is asked for its log as well. */
static void note_running(const cJSON *pod, cJSON *notes)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(pod, "status.containerStatuses"))
		if (json_at(c, "state.running") && !json_bool(c, "ready", false) && !json_at(notes, "pod")) {
			json_put_str(notes, "pod", json_str(pod, "metadata.name", ""));
			json_put_str(notes, "container", json_str(c, "name", ""));
			json_put_bool(notes, "logs", true);
		}
}

static void read_pods(const char *workload, cJSON *notes, const cJSON *reply, struct buf *out)
{
	const cJSON *pod;
	cJSON_ArrayForEach(pod, json_at(reply, "items"))
		if (belongs(json_str(pod, "metadata.name", ""), workload) && examine(pod, notes, out))
			return;
	cJSON_ArrayForEach(pod, json_at(reply, "items"))
		if (belongs(json_str(pod, "metadata.name", ""), workload))
			note_running(pod, notes);
}

/* Events --------------------------------------------------------------------------------------------------------------------- */

/* The last warnings, each once. */
static void read_events(const char *workload, const cJSON *reply, struct buf *out)
{
	const cJSON *e;
	int count = 0;
	cJSON *said = cJSON_CreateObject();
	for (int i = cJSON_GetArraySize(json_at(reply, "items")) - 1; i >= 0 && count < EVENTS_MOST; i--) {
		e = cJSON_GetArrayItem(json_at(reply, "items"), i);
		bool ours = belongs(json_str(e, "involvedObject.name", ""), workload);
		char *line = xasprintf("%s: %s", json_str(e, "reason", ""), json_str(e, "message", ""));
		if (ours && strcmp(json_str(e, "type", ""), "Normal") != 0 && !cJSON_HasObjectItem(said, line)) {
			cJSON_AddTrueToObject(said, line);
			buf_printf(out, "%s\n", line);
			count++;
		}
		free(line);
	}
	cJSON_Delete(said);
}

/* Turns ---------------------------------------------------------------------------------------------------------------------- */

bool trouble_ask(const cJSON *notes, int turn, struct call *out)
{
	switch (turn) {
	case TURN_PODS:
		call_add(out, "/pods");
		return true;
	case TURN_EVENTS:
		call_add(out, "/events");
		return true;
	case TURN_LOG:
		if (!json_bool(notes, "logs", false))
			return false;
		call_add(out, "/pods/%s/log?container=%s", json_str(notes, "pod", ""), json_str(notes, "container", ""));
		call_tail(out, json_bool(notes, "previous", false) ? "&tailLines=" LOG_LINES "&previous=true"
								   : "&tailLines=" LOG_LINES);
		return true;
	default:
		return false;
	}
}

char *trouble_told(const char *name, cJSON *notes, int turn, const cJSON *reply, const char *text)
{
	struct buf out = {0};
	if (turn == TURN_PODS)
		read_pods(name, notes, reply, &out);
	else if (turn == TURN_EVENTS)
		read_events(name, reply, &out);
	else if (text && *text)
		buf_printf(&out, "%s%s", text, text_ends(text, "\n") ? "" : "\n");
	return out.len ? buf_take(&out) : NULL;
}
