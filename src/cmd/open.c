#include "config.h"
#include "cmd/open.h"

#include "cmd/rehearsal.h"
#include "net/credentials.h"
#include "net/gcloud.h"
#include "net/recorder.h"
#include "net/trust.h"

#include <stdlib.h>

/* The environment's proxy, with what it excepts, is curl's to find; where it names none, gcloud's own is gone through. */
static void take_gcloud_proxy(struct transport *t)
{
	static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *value = getenv(variables[i]);
		if (value && *value)
			return;
	}
	char *proxy = gcloud_proxy();
	if (proxy)
		transport_curl_fallback(t, proxy);
	free(proxy);
}

struct session *open_session(const struct cli *cli, bool paced, struct err *e)
{
	if (cli->rehearse)
		return rehearsal_open(cli, paced, e);
	char *ca = NULL;
	if (!trust_file(cli->cloud_ca, &ca, e))
		return NULL;
	struct loop *loop = loop_new(LOOP_REAL, 1);
	struct transport *transport = transport_curl(loop, cli->cloud_proxy, ca, 0);
	free(ca);
	if (!cli->cloud_proxy)
		take_gcloud_proxy(transport);
	if (cli->recorder)
		transport = recorder_transport(cli->recorder, transport, loop);
	struct credentials *c = credentials_find(loop, transport, e);
	struct session *s = session_new(loop, transport, c, false);
	if (cli->cloud_proxy && cli->speed > 0)
		session_hasten(s, cli->speed);
	if (!c && !paced) {
		session_free(s);
		return NULL;
	}
	return s;
}
