/* Files on volumes, which stay when containers end. A path begins with what the volume is known by (container_kept). */
#ifndef MS_SIM_FRONT_VOLUME_H
#define MS_SIM_FRONT_VOLUME_H

#include "sim/front/container.h"

/* Is the folder on a volume? */
bool volume_holds(const struct container *k, const char *folder);
void volume_write(struct sim *s, const char *path, const void *data, size_t len);
/* The bytes, with a 0 behind them, for the caller to free; NULL where there is no such file. */
char *volume_read(struct sim *s, const char *path, size_t *len);
bool volume_delete(struct sim *s, const char *path);
/* The files whose paths begin so: [{"name": the rest behind root,"size"}], for the caller to delete. */
cJSON *volume_names(struct sim *s, const char *root, const char *prefix);

#endif
