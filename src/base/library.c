#include "config.h"
#include "base/library.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <dlfcn.h>
#include <stdlib.h>

static bool unusable(const char *soname, const char *package, struct err *e)
{
	const char *why = dlerror();
	char *fix = xasprintf(_("Install it (Debian's package: %s)."), package);
	err_set(e, EXIT_CONFIG, soname, fix, _("the library cannot be used (%s)."), why ? why : "?");
	free(fix);
	return false;
}

bool library_load(const char *soname, const char *package, const struct library_row *rows, size_t count, struct err *e)
{
	void *handle = dlopen(soname, RTLD_NOW);
	if (!handle)
		return unusable(soname, package, e);
	for (size_t i = 0; i < count; i++)
		if (!(*rows[i].slot = dlsym(handle, rows[i].symbol)))
			return unusable(soname, package, e);
	return true;
}
