#include "config.h"
#include "net/libcurl.h"

#include "base/gettext.h"
#include "base/library.h"

#include <dlfcn.h>

/* The soname that libcurl has had since 2006; its functions are only ever added to. */
#define SONAME "libcurl.so.4"

static struct libcurl lib;
static void *library;

static const struct library_row rows[] = {
#define ROW(name)                                                                                                              \
	{                                                                                                                      \
		"curl_" #name, (void **)&lib.name                                                                              \
	}
    ROW(global_init),  ROW(easy_init),       ROW(easy_setopt),      ROW(easy_getinfo),        ROW(easy_strerror),
    ROW(easy_cleanup), ROW(easy_send),       ROW(easy_recv),        ROW(slist_append),        ROW(slist_free_all),
    ROW(multi_init),   ROW(multi_setopt),    ROW(multi_add_handle), ROW(multi_remove_handle), ROW(multi_perform),
    ROW(multi_poll),   ROW(multi_info_read), ROW(multi_cleanup),
#undef ROW
};

const struct libcurl *libcurl_load(struct err *e)
{
	static bool loaded;
	if (loaded)
		return &lib;
	if (!(library = library_load(SONAME, "libcurl4", rows, sizeof rows / sizeof *rows, e)))
		return NULL;
	if (lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(e, EXIT_CONFIG, SONAME, NULL, _("libcurl does not start."));
		return NULL;
	}
	library_trim();
	loaded = true;
	return &lib;
}

void (*libcurl_find(const char *name))(void)
{
	void (*found)(void);
	*(void **)&found = dlsym(library, name); /* looks through what libcurl needs as well */
	return found;
}
