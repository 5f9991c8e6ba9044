/* A rehearsal opened: the world it takes place in, and a session in it. */
#include "config.h"
#include "cmd/rehearsal.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "cmd/rehearsal_private.h"
#include "net/credentials.h"
#include "net/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
static struct sim *make_world(const struct cli *cli, cJSON *world, double *before, struct err *e)
{
	cJSON *faults = cli->faults ? read_json(cli->faults, e) : NULL;
	cJSON *deeds = cli->world ? NULL : cJSON_DetachItemFromObject(world, "deeds");
	struct sim *sim = NULL;
	*before = deeds ? REHEARSAL_PAST : 0;
	if (!e->exit && libcrypto_load(e))
		sim = sim_new(&(struct sim_options){.seed = cli->seed, .world = world, .start = START - *before}, e);
	if (sim && deeds)
		rehearsal_past(sim, deeds);
	if (sim && faults && !sim_faults(sim, faults, e)) {
		sim_free(sim);
		sim = NULL;
	}
	cJSON_Delete(deeds);
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

/* The world begins anew, as one in which there is what told says too: nothing was changed in it so far. Whoever was signed in to it signs in again. */
static void begin_anew(struct rehearsal *r, cJSON *world, const char *told)
{
	struct err ignored = {0};
	double before;
	struct sim *sim = make_world(r->cli, world, &before, &ignored);
	if (sim) {
		sim_free(r->sim);
		r->sim = sim;
		r->before = before;
		rehearsal_advance(r);
		play_contexts(r->session, sim);
		credentials_reject(r->credentials);
		free(r->told);
		r->told = xstrdup(told);
	}
	err_free(&ignored);
}

/* Until something is made in it, the world is that of the answers as they are now: what is named on the screen is there like what a file names. */
static void learn(void *arg, const struct answers *a, bool begins)
{
	struct rehearsal *r = arg;
	if (!r->told)
		return;
	cJSON *world = rehearsal_world(a, r->home);
	char *told = json_text(world, -1);
	if (strcmp(told, r->told) != 0)
		begin_anew(r, world, told);
	if (begins) {
		free(r->told);
		r->told = NULL;
	}
	free(told);
	cJSON_Delete(world);
}

/* Without a world of its own a rehearsal takes place in the project that the file names, where all is there that the answers count on, so that any
 * file can be rehearsed. A file that is not there yet, or has a fault, is whoever reads its answers to say. */
static cJSON *first_world(const struct cli *cli, struct err *e)
{
	struct err ignored = {0};
	if (cli->world)
		return read_json(cli->world, e);
	struct answers *a = cli->file && access(cli->file, R_OK) == 0 ? cli_answers(cli, &ignored) : NULL;
	cJSON *world = rehearsal_world(a, NULL);
	answers_free(a);
	err_free(&ignored);
	return world;
}

struct session *rehearsal_open(const struct cli *cli, bool paced, struct err *e)
{
	double before = 0;
	cJSON *world = first_world(cli, e);
	char *told = cli->world ? NULL : json_text(world, -1);
	bool handy = strcmp(json_str(world, "dns", ""), "nobody") != 0;
	struct sim *sim = e->exit ? NULL : make_world(cli, world, &before, e);
	cJSON_Delete(world);
	if (!sim) {
		free(told);
		return NULL;
	}
	double speed = cli->speed > 0 ? cli->speed : WATCHED_SPEED;
	struct loop *loop = loop_new(paced ? LOOP_PACED : LOOP_VIRTUAL, speed);
	struct transport *cloud = rehearsal_transport(loop, sim, before);
	struct transport *transport = cli->recorder ? recorder_transport(cli->recorder, cloud, loop) : cloud;
	struct credentials *c = credentials_from_json(loop, transport, sim_owner_credentials(sim), _("the rehearsal's owner"),
						      e);
	struct session *s = session_new(loop, transport, c, true);
	struct rehearsal *r = (struct rehearsal *)cloud;
	r->cli = cli;
	r->session = s;
	r->credentials = c;
	r->home = xstrdup(sim_project(sim));
	r->told = told;
	session_teach(s, learn, r);
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
