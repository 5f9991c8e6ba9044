/* Every file of templates/ is embedded as it is. */
#include "config.h"
#include "base/templates.h"

#include "base/file.h"
#include "base/mem.h"
#include "tests/tap.h"

#include <glob.h>
#include <stdlib.h>

static void is_embedded(const char *path, const char *name)
{
	struct buf file = {0};
	struct err e = {0};
	size_t len = 0;
	const char *text = template_find(name, &len);
	bool same = file_read(path, 1 << 20, &file, &e) && text && len == file.len && strlen(text) == len &&
		    !memcmp(text, file.data, len);
	ok(same, "%s is embedded as it is", name);
	err_free(&e);
	buf_free(&file);
}

int main(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char *folder = xasprintf("%s/templates/", top ? top : "."), *pattern = xasprintf("%s*/*.mustache", folder);
	glob_t found;
	if (glob(pattern, 0, NULL, &found)) {
		ok(false, "there are templates in %s", folder);
	} else {
		for (size_t i = 0; i < found.gl_pathc; i++)
			is_embedded(found.gl_pathv[i], found.gl_pathv[i] + strlen(folder));
		globfree(&found);
	}
	ok(!template_find("run/nothing.mustache", NULL), "another name gives nothing");
	free(folder);
	free(pattern);
	return tap_done();
}
