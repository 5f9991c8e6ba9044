#include "config.h"
#include "base/libcrypto.h"

#include "base/gettext.h"
#include "base/library.h"

#include <dlfcn.h>
#include <openssl/opensslv.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_OF(number) #number
#define SONAME_OF(number) "libcrypto.so." TEXT_OF(number)
/* What these headers belong to. */
#define SONAME SONAME_OF(OPENSSL_SHLIB_VERSION)

static void *library;

bool libcrypto_load(struct err *e)
{
	if (!library)
		library = library_load(SONAME, "libssl3", NULL, 0, e);
	return library;
}

static _Noreturn void libcrypto_unusable(const char *what)
{
	fprintf(stderr, "mlflow-setup: %s\n", what);
	exit(EXIT_CONFIG);
}

void (*libcrypto_find(const char *name))(void)
{
	struct err e = {0};
	void (*found)(void);
	if (!libcrypto_load(&e))
		libcrypto_unusable(e.what);
	*(void **)&found = dlsym(library, name);
	if (!found)
		libcrypto_unusable(dlerror());
	return found;
}
