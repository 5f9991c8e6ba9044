#include "config.h"
#include "cmd/open.h"

#include "cmd/rehearsal.h"
#include "net/credentials.h"
#include "net/recorder.h"
#include "net/trust.h"

#include <stdlib.h>

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
