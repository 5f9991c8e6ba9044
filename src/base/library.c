#include "config.h"
#include "base/library.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SEGMENTS_MAX = 32 };

static void *unusable(const char *soname, const char *package, struct err *e)
{
	const char *why = dlerror();
	char *fix = xasprintf(_("Install it (Debian's package: %s)."), package);
	err_set(e, EXIT_CONFIG, soname, fix, _("the library cannot be used (%s)."), why ? why : "?");
	free(fix);
	return NULL;
}

static bool has_text_relocations(const struct dl_phdr_info *object)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		if (object->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
		for (; entry->d_tag != DT_NULL; entry++)
			if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL)))
				return true;
	}
	return false;
}

/* The headers stand in the first of the pages that go: read after that, they would bring it back, and its neighbours with it. */
static int let_go(struct dl_phdr_info *object, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	ElfW(Phdr) segments[SEGMENTS_MAX];
	if (has_text_relocations(object) || object->dlpi_phnum > SEGMENTS_MAX)
		return 0;
	memcpy(segments, object->dlpi_phdr, object->dlpi_phnum * sizeof *segments);
	for (const ElfW(Phdr) *segment = segments; segment < segments + object->dlpi_phnum; segment++) {
		if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
			continue;
		uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
		uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
		madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void library_trim(void)
{
	dl_iterate_phdr(let_go, NULL);
}

void *library_load(const char *soname, const char *package, const struct library_row *rows, size_t count, struct err *e)
{
	library_trim();
	void *handle = dlopen(soname, RTLD_NOW);
	if (!handle)
		return unusable(soname, package, e);
	for (size_t i = 0; i < count; i++)
		if (!(*rows[i].slot = dlsym(handle, rows[i].symbol)))
			return unusable(soname, package, e);
	library_trim();
	return handle;
}

void library_unload(void *handle)
{
	dlclose(handle);
	library_trim();
}
