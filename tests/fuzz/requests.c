/* Fuzzes the simulated cloud with a few requests to a project where every API is on: lines of "METHOD HOST TARGET BODY", time passing
 * between them, on a cloud of their own so that an input alone brings a failure back. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/sim.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_REQUESTS = 6 };

/* The next word of the line, or what is left of it. */
static const char *word(char **line)
{
	char *from = *line, *end = strchr(from, ' ');
	*line = end ? end + 1 : from + strlen(from);
	if (end)
		*end = '\0';
	return from;
}

static void ask(struct sim *sim, char *line)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"Authorization", bearer}, {"Content-Type", "application/json"}};
	struct sim_request q = {.headers = headers, .header_count = 2};
	q.method = word(&line);
	q.host = word(&line);
	q.target = word(&line);
	q.body = line;
	q.body_len = strlen(line);
	struct sim_reply r;
	if (*q.target == '/')
		sim_handle(sim, &q, &r), sim_reply_free(&r);
	sim_advance(sim, sim_next(sim) < 1e9 ? sim_next(sim) : 0);
	free(bearer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static cJSON *world;
	if (!world) {
		mem_install();
		world = json_make("{'services':['*']}");
	}
	struct err e = {0};
	struct sim *sim = sim_new(&(struct sim_options){.world = world}, &e);
	char *text = xstrndup((const char *)data, size), *line = text;
	for (int i = 0; i < MOST_REQUESTS && line; i++) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		ask(sim, line);
		line = end ? end + 1 : NULL;
	}
	free(text);
	sim_free(sim);
	return 0;
}
