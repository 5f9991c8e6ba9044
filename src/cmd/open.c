#include "config.h"
#include "cmd/open.h"

#include "cmd/rehearsal.h"
#include "net/credentials.h"

struct session *open_session(const struct cli *cli, bool paced, struct err *e)
{
	if (cli->rehearse)
		return rehearsal_open(cli, paced, e);
	struct loop *loop = loop_new(LOOP_REAL, 1);
	struct transport *transport = transport_curl(loop, cli->cloud_proxy, cli->cloud_ca, 0);
	struct credentials *c = credentials_find(loop, transport, e);
	struct session *s = session_new(loop, transport, c, false);
	if (!c && !paced) {
		session_free(s);
		return NULL;
	}
	return s;
}
