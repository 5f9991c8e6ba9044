/* Signs that lines are wanted. A screen reader itself is never looked for. */
#include "config.h"
#include "ui/accessible.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MAX = 65536 };

static bool is_true(const char *text, size_t len)
{
	static const char *const words[] = {"true", "1", "yes", "on", "y"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i]) == len && !strncasecmp(words[i], text, len))
			return true;
	}
	return false;
}

static char *gcloud_folder(void)
{
	const char *given = getenv("CLOUDSDK_CONFIG"), *home = getenv("HOME");
	return given && *given ? xstrdup(given) : xasprintf("%s/.config/gcloud", home ? home : "");
}

/* A file's text, "" when it cannot be read; freed by the caller. */
static char *text_of(const char *folder, const char *name)
{
	struct buf text = {0};
	struct err ignored = {0};
	char *path = xasprintf("%s/%s", folder, name);
	file_read(path, FILE_MAX, &text, &ignored);
	err_free(&ignored);
	free(path);
	return buf_take(&text);
}

/* The value of screen_reader in the section accessibility of an INI file. */
static bool says_so(char *ini)
{
	bool section = false;
	char *rest;
	for (char *line = strtok_r(ini, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
		line += strspn(line, " \t");
		if (*line == '[')
			section = !strncmp(line, "[accessibility]", strlen("[accessibility]"));
		size_t name = strcspn(line, " \t=:");
		if (!section || name != strlen("screen_reader") || strncmp(line, "screen_reader", name) != 0)
			continue;
		const char *value = line + name + strspn(line + name, " \t=:");
		return is_true(value, strcspn(value, " \t;#"));
	}
	return false;
}

static bool gcloud_says_so(void)
{
	const char *variable = getenv("CLOUDSDK_ACCESSIBILITY_SCREEN_READER"), *active = getenv("CLOUDSDK_ACTIVE_CONFIG_NAME");
	if (variable && *variable)
		return is_true(variable, strlen(variable));
	char *folder = gcloud_folder(), *name = active && *active ? xstrdup(active) : text_of(folder, "active_config");
	name[strcspn(name, " \r\n/")] = '\0';
	char *file = xasprintf("configurations/config_%s", *name ? name : "default"), *ini = text_of(folder, file);
	bool wanted = says_so(ini);
	free(ini);
	free(file);
	free(name);
	free(folder);
	return wanted;
}

bool accessible_wanted(void)
{
	const char *term = getenv("TERM"), *accessible = getenv("ACCESSIBLE");
	if (!term || !*term || !strcmp(term, "dumb"))
		return true;
	if (accessible && *accessible)
		return strcmp(accessible, "0") != 0 && strcasecmp(accessible, "false") != 0;
	return gcloud_says_so();
}
