/* whoami FILE CONTEXT [patient|late] ("" for what kubectl takes; patient: with the program's usual budget; late: so, and each time that it sends, the other
 * side may have ended the connection meanwhile, as on a machine that has much to do): who the API server of a context says that asks, through the program's own floor net, as one JSON line:
 * {"server","user","groups"}, or {"place","what","fix","tries"} and the error's exit code. For contexts.py, which holds it against kubectl. */
#include "config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "net/api.h"
#include "net/context.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool late;

/* libcurl's, since this program shows its symbols to the libraries that it loads. */
ssize_t send(int fd, const void *data, size_t len, int flags)
{
	struct pollfd ended = {.fd = fd};
	if (late)
		poll(&ended, 1, 300);
	return sendto(fd, data, len, flags, NULL, 0);
}

struct asking {
	bool told;
	int exit;
};

static void print(cJSON *line)
{
	char *text = json_text(line, -1);
	puts(text);
	free(text);
	cJSON_Delete(line);
}

static void on_answer(void *arg, const struct api_result *result)
{
	struct asking *a = arg;
	const struct err *e = &result->err;
	a->told = true;
	a->exit = e->exit;
	if (e->exit)
		print(json_make("{'place':%s,'what':%s,'fix':%s,'tries':%d}", e->place ? e->place : "", e->what ? e->what : "",
				e->fix ? e->fix : "", result->tries));
	else
		print(json_make("{'user':%s,'groups':%j}", json_str(result->reply, "status.userInfo.username", ""),
				cJSON_Duplicate(json_at(result->reply, "status.userInfo.groups"), true)));
}

int main(int argc, char **argv)
{
	struct err e = {0};
	struct asking a = {0};
	mem_install();
	if (argc < 3 || !secret_init(&e))
		return 99;
	late = argc > 3 && !strcmp(argv[3], "late");
	struct loop *loop = loop_new(LOOP_REAL, 1);
	struct transport *transport = transport_curl(loop, NULL, NULL, 0);
	struct contexts *contexts = contexts_new(loop);
	struct api *api = api_new(loop, transport, NULL, NULL);
	api_set_contexts(api, contexts);
	struct call call = {0};
	call_set_url(&call, DIALECT_NONE, "POST",
		     json_make("{'apiVersion':'authentication.k8s.io/v1','kind':'SelfSubjectReview'}"),
		     CALL_CONTEXT_SERVER "/apis/authentication.k8s.io/v1/selfsubjectreviews");
	call.audience = AUDIENCE_CONTEXT;
	call.kubeconfig = argv[1];
	call.context = argv[2];
	api_call(api, &call, &(struct api_policy){.budget = argc > 3 ? 0 : 1}, on_answer, &a);
	while (!a.told)
		loop_turn(loop, 1, -1);
	call.kubeconfig = call.context = NULL;
	call_free(&call);
	api_free(api);
	contexts_free(contexts);
	transport->free(transport);
	loop_free(loop);
	return a.exit;
}
