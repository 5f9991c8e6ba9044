#include "config.h"
#include "net/libcurl.h"

#include "base/gettext.h"

#include <dlfcn.h>

/* The soname that libcurl has had since 2006; its functions are only ever added to. */
#define SONAME "libcurl.so.4"

static struct libcurl lib;

static const struct {
	const char *symbol;
	void **slot;
} rows[] = {
#define ROW(name) {"curl_" #name, (void **)&lib.name}
	ROW(global_init),	ROW(easy_init),	      ROW(easy_setopt),	  ROW(easy_getinfo),	 ROW(easy_strerror),
	ROW(easy_cleanup),	ROW(slist_append),    ROW(slist_free_all), ROW(multi_init),	 ROW(multi_add_handle),
	ROW(multi_remove_handle), ROW(multi_perform), ROW(multi_poll),	  ROW(multi_info_read), ROW(multi_cleanup),
#undef ROW
};

const struct libcurl *libcurl_load(struct err *e)
{
	static bool loaded;
	if (loaded)
		return &lib;
	void *handle = dlopen(SONAME, RTLD_NOW);
	bool whole = handle;
	for (size_t i = 0; whole && i < sizeof rows / sizeof *rows; i++)
		whole = (*rows[i].slot = dlsym(handle, rows[i].symbol));
	if (!whole || lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		const char *why = dlerror();
		err_set(e, EXIT_CONFIG, SONAME, _("Install libcurl (Debian: libcurl4)."), _("libcurl cannot be used (%s)."),
			why ? why : _("it does not start"));
		return NULL;
	}
	loaded = true;
	return &lib;
}
