/* The luck of a rehearsal: the same seed, the same run. */
#ifndef MS_CMD_LUCK_H
#define MS_CMD_LUCK_H

#include <stdint.h>

/* Makes libsodium draw from a stream that the seed determines (names' suffix, jitter, request ids, and the secrets of a cloud that is not
 * there). Must be called before secret_init, and never when the cloud is real. */
void luck_fix(uint64_t seed);

#endif
