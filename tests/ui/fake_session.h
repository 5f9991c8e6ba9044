/* A session without a cloud: surveys answer at the next turn, runs walk the real plan by a script. For tests of the faces. */
#ifndef MS_TESTS_UI_FAKE_SESSION_H
#define MS_TESTS_UI_FAKE_SESSION_H

#include "engine/session.h"

struct session *fake_session(bool rehearsal);
/* This survey fails with these words from now on; NULL mends it. */
void fake_fail_survey(struct session *s, const char *what, const char *sentence, const char *fix);
/* From now on the checks find this (owned from then on). */
void fake_findings(struct session *s, cJSON *findings);
/* The step of this id fails in the next run. */
void fake_fail_step(struct session *s, const char *id);
/* The step that fails is an optional one: a run that is to leave it out skips it. */
void fake_optional(struct session *s, bool optional);
/* From now on plans replace the resource of this id, and keep all others. */
void fake_replace(struct session *s, const char *id);
/* From now on plans give the database of this id another size, and keep all others. */
void fake_resize(struct session *s, const char *id);
/* Did the last run have consent to what destroys data? */
bool fake_consented(const struct session *s);
/* From now on runs play these events (owned from then on), pace of them a turn. */
void fake_stream(struct session *s, cJSON *events, int pace);
/* In a stream the steps whose ids begin so fail with these words when they are changed; NULL for none. */
void fake_stream_fail(struct session *s, const char *ids, const char *message, const char *fix);
/* Reads recorded events, one JSON object a line. */
cJSON *fake_stream_read(const char *path);
/* From now on Google refuses OAuth clients. */
void fake_refuse_client(struct session *s, bool refuse);
/* From now on a run begins with 200 steps that the cloud works on, and one of them then says so many numbered lines a second until so many were said; only then
 * it goes on. */
void fake_flood(struct session *s, double lines_a_second, int lines);
/* Who is watched waits by this instead of poll: for at most so many seconds, true when the keyboard can be read. */
void fake_wait(struct session *s, bool (*wait)(void *arg, double seconds, int keyboard_fd), void *arg);
/* No run that changes something can begin: another one is under way. */
void fake_lock(struct session *s, bool locked);
/* Surveys wait until they are let go. */
void fake_hold(struct session *s, bool hold);

#endif
