/* Says what the simulated oauth2-proxy makes of configurations, for tests/real/gate.py, which asks the real one. Arguments: configuration files;
 * a line each: "ok" or why it is refused. Files that a configuration names are read from the disk. */
#include "config.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "sim/front/oauth2_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *content(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b = {0};
	char part[4096];
	size_t n;
	if (!f)
		return NULL;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	return buf_take(&b);
}

/* Every path in quotes that can be read is there for the container. */
static void mount(struct container *k, const char *config)
{
	for (const char *p = config; (p = strstr(p, "\"/")) != NULL; p++) {
		char *path = xstrndup(p + 1, strcspn(p + 1, "\"")), *text = content(path);
		if (text && !cJSON_GetObjectItemCaseSensitive(k->files, path))
			cJSON_AddStringToObject(k->files, path, text);
		free(text);
		free(path);
	}
}

int main(int argc, char **argv)
{
	mem_install();
	for (int i = 1; i < argc; i++) {
		char *text = content(argv[i]), *flag = xasprintf("--config=%s", argv[i]);
		struct container k = {.name = "gate",
				      .argv = json_make("['oauth2-proxy',%s]", flag),
				      .env = cJSON_CreateObject(),
				      .files = cJSON_CreateObject()};
		struct gate g;
		struct scratch passing;
		if (text) {
			cJSON_AddStringToObject(k.files, argv[i], text);
			mount(&k, text);
		}
		scratch_begin(&passing);
		gate_load(&k, &g);
		for (char *p = g.error; p && *p; p++)
			if (*p == '\n')
				*p = ' ';
		puts(g.error && !g.late ? g.error : "ok"); /* as --config-test */
		gate_free(&g);
		scratch_end(&passing);
		container_free(&k);
		free(flag);
		free(text);
	}
	return 0;
}
