#include "config.h"
#include "base/library.h"
#include "tests/tap.h"

/* KB that this process maps of the first pages of a file whose name has this part; -1 when it maps none, or the system does not say. */
static long head_of(const char *part)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	char line[4096];
	long found = -1;
	bool inside = false;
	while (maps && found < 0 && fgets(line, sizeof line, maps)) {
		if (strstr(line, " r--p 00000000 "))
			inside = strstr(line, part);
		else if (inside && !strncmp(line, "Rss:", 4))
			sscanf(line, "Rss: %ld", &found);
	}
	if (maps)
		fclose(maps);
	return found;
}

int main(void)
{
	struct err e = {0};
	void *handle = library_load("libcurl.so.4", "libcurl4", NULL, 0, &e);
	long head = head_of("libcurl.so");
	if (head < 0)
		skip("what a library leaves", handle ? "the system does not tell what is mapped" : "libcurl is not there");
	else
		is_int(head, 0, "of a library that was loaded and not called yet, not even the headers stay mapped");
	err_free(&e);
	return tap_done();
}
