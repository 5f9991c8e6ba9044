#include "config.h"
#include "cmd/open.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "cmd/rehearsal.h"
#include "net/credentials.h"

/* A whole first run takes about a quarter of an hour of cloud time; at this pace it can be watched in half a minute. */
enum { WATCHED_SPEED = 28, JSON_FILE_MAX = 16 << 20 };

static cJSON *read_json(const char *path, struct err *e)
{
	struct buf text = {0};
	cJSON *j = NULL;
	if (file_read(path, JSON_FILE_MAX, &text, e))
		j = json_parse(buf_text(&text), text.len, path, e);
	buf_free(&text);
	return j;
}

static struct sim *make_world(const struct cli *cli, struct err *e)
{
	cJSON *world = cli->world ? read_json(cli->world, e) : NULL;
	cJSON *faults = cli->faults && !e->exit ? read_json(cli->faults, e) : NULL;
	struct sim *sim = NULL;
	if (!e->exit)
		sim = sim_new(&(struct sim_options){.seed = cli->seed, .world = world}, e);
	if (sim && faults && !sim_faults(sim, faults, e)) {
		sim_free(sim);
		sim = NULL;
	}
	cJSON_Delete(world);
	cJSON_Delete(faults);
	return sim;
}

static struct session *open_rehearsal(const struct cli *cli, bool paced, struct err *e)
{
	struct sim *sim = make_world(cli, e);
	if (!sim)
		return NULL;
	double speed = cli->speed > 0 ? cli->speed : WATCHED_SPEED;
	struct loop *loop = loop_new(paced ? LOOP_PACED : LOOP_VIRTUAL, speed);
	struct transport *transport = rehearsal_transport(loop, sim);
	struct credentials *c = credentials_from_json(loop, transport, sim_owner_credentials(sim), _("the rehearsal's owner"), e);
	return session_new(loop, transport, c, true);
}

struct session *open_session(const struct cli *cli, bool paced, struct err *e)
{
	if (cli->rehearse)
		return open_rehearsal(cli, paced, e);
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
