/* A rehearsal opened: the world it takes place in, and a session in it. */
#include "config.h"
#include "cmd/rehearsal.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/libcrypto.h"
#include "cmd/rehearsal_private.h"
#include "net/credentials.h"
#include "net/recorder.h"

#include <string.h>

#define START 1767258000. /* seconds since 1970 at which a rehearsal begins */

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

/* before: the seconds that have passed in it. */
static struct sim *make_world(const struct cli *cli, bool *handy, double *before, struct err *e)
{
	cJSON *world = cli->world ? read_json(cli->world, e) : rehearsal_world(cli);
	cJSON *faults = cli->faults && !e->exit ? read_json(cli->faults, e) : NULL;
	cJSON *deeds = cli->world ? NULL : cJSON_DetachItemFromObject(world, "deeds");
	struct sim *sim = NULL;
	*before = deeds ? REHEARSAL_PAST : 0;
	*handy = strcmp(json_str(world, "dns", ""), "nobody") != 0;
	if (!e->exit && libcrypto_load(e))
		sim = sim_new(&(struct sim_options){.seed = cli->seed, .world = world, .start = START - *before}, e);
	if (sim && deeds)
		rehearsal_past(sim, deeds);
	if (sim && faults && !sim_faults(sim, faults, e)) {
		sim_free(sim);
		sim = NULL;
	}
	cJSON_Delete(deeds);
	cJSON_Delete(world);
	cJSON_Delete(faults);
	return sim;
}

/* Whatever context the answers name is a cluster of the simulated world. */
static void play_contexts(struct session *s, struct sim *sim)
{
	cJSON *contexts = sim_kubeconfig(sim, "https://" SIM_ELSEWHERE_HOST);
	session_play_context(s, "https://" SIM_ELSEWHERE_HOST, json_str(contexts, "users.0.user.token", ""));
	cJSON_Delete(contexts);
}

struct session *rehearsal_open(const struct cli *cli, bool paced, struct err *e)
{
	bool handy;
	double before;
	struct sim *sim = make_world(cli, &handy, &before, e);
	if (!sim)
		return NULL;
	double speed = cli->speed > 0 ? cli->speed : WATCHED_SPEED;
	struct loop *loop = loop_new(paced ? LOOP_PACED : LOOP_VIRTUAL, speed);
	struct transport *cloud = rehearsal_transport(loop, sim, before);
	struct transport *transport = cli->recorder ? recorder_transport(cli->recorder, cloud, loop) : cloud;
	struct credentials *c = credentials_from_json(loop, transport, sim_owner_credentials(sim), _("the rehearsal's owner"),
						      e);
	struct session *s = session_new(loop, transport, c, true);
	play_contexts(s, sim);
	if (handy)
		session_watch(s, rehearsal_hand, cloud);
	return s;
}

bool rehearsal_there(struct err *e)
{
	(void)e;
	return true;
}
