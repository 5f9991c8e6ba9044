"""A program's clock that is not the machine's: a library that is loaded before it."""
import os
import shutil
import subprocess

SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
	int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int result = real(id, t);
	if (id == CLOCK_REALTIME)
		t->tv_sec += atol(getenv("CLOCK_SHIFT")) ? atol(getenv("CLOCK_SHIFT")) : -t->tv_sec;
	return result;
}
time_t time(time_t *out)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}
"""


def compiler():
    """The first C compiler that is there, or None."""
    return next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)


def shifted(home, seconds):
    """The environment of a program whose clock is so many seconds ahead of the machine's; 0: nobody has set it, it is 1970."""
    library = home.file("clock.so")
    subprocess.run([compiler(), "-shared", "-fPIC", "-o", library, "-x", "c", home.file("clock.c", SOURCE), "-ldl"], check=True, timeout=60)
    return {"LD_PRELOAD": library, "CLOCK_SHIFT": str(seconds), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
