/* A tiny parent process owns the terminal and restores it however the child ends: by return, by a signal, by kill -9. */
#ifndef MS_UI_GUARD_H
#define MS_UI_GUARD_H

#include <stdbool.h>

/* Forks. In the child, runs body(arg) and exits with what it returns. In the parent, waits, passes signals and stops on, restores the
 * terminal when the child did not, prints hint on stderr then, and returns the child's exit code (128 + the signal that killed it). screen: the
 * child shows one, so that more than the settings of its lines may have been changed; else no escape sequence is written. */
int guard_run(int (*body)(void *arg), void *arg, const char *hint, bool screen);

#endif
