/* The flight recorder: every exchange of a run as a JSON object a line,
 * {"time","method","url","headers","request","reply","status"}, the form of the simulated cloud's own log. What is secret and
 * who people are is replaced by stand-ins before anything is written (net/standin.h). */
#ifndef MS_NET_RECORDER_H
#define MS_NET_RECORDER_H

#include "base/err.h"
#include "net/loop.h"
#include "net/transport.h"

struct recorder;

/* Makes the file, mode 0600; one that is there is never written to. max: bytes after which nothing more is recorded; 0 means 64
 * MiB. NULL with EXIT_CANTWRITE on failure. */
struct recorder *recorder_open(const char *path, size_t max, struct err *e);
/* A transport that sends through inner, which it then owns, and records; the recorder must outlive it. time is seconds on loop.
 */
struct transport *recorder_transport(struct recorder *r, struct transport *inner, struct loop *loop);
/* How many exchanges are in the file; *why says why not all are (a constant phrase, to be translated), or is NULL. */
unsigned long recorder_count(const struct recorder *r, const char **why);
void recorder_close(struct recorder *r); /* NULL is allowed */

#endif
