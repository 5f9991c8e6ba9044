/* Secrets: bytes in libsodium's guarded memory, wiped when freed, never printed.
 * A secret never reaches argv, a log, the screen, the answers file, a temporary file or a core. */
#ifndef MS_BASE_SECRET_H
#define MS_BASE_SECRET_H

#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct secret; /* opaque: the bytes live behind guard pages */

/* Starts libsodium and forbids cores of this process (PR_SET_DUMPABLE 0, RLIMIT_CORE 0). Call once, early in main. */
bool secret_init(struct err *e);

/* A copy of len bytes (which may be zero); the caller wipes its own. Freed with secret_free. */
struct secret *secret_copy(const void *data, size_t len);

/* How to draw one; sizes are reference/mlflow.md F2-02. */
enum secret_recipe {
	SECRET_PASSWORD, /* 32 characters of A-Z a-z 0-9 and one _ within: of every class, and needs no escaping anywhere */
	SECRET_COOKIE,   /* 32 random bytes as base64url with padding: 44 characters, oauth2-proxy's cookie_secret (C7-05) */
	SECRET_FLASK,    /* 32 random bytes in hex: 64 characters */
	SECRET_FERNET,   /* 32 random bytes as base64url with padding: a Fernet key */
	SECRET_KEK,      /* 40 characters of A-Z a-z 0-9: MLFLOW_CRYPTO_KEK_PASSPHRASE */
	SECRET_RECIPES
};
struct secret *secret_draw(enum secret_recipe recipe);

/* Opens the bytes for reading until secret_close; pairs nest. The pointer is NUL-terminated past *len. */
const char *secret_open(struct secret *s, size_t *len);
void secret_close(struct secret *s);
size_t secret_length(const struct secret *s);
/* Constant-time comparison of the whole content. */
bool secret_equal(struct secret *a, struct secret *b);
void secret_free(struct secret *s);
/* Overwrites every text of a tree that held secrets; who owns it still deletes it. */
void secret_wipe_tree(cJSON *tree);

/* Every secret that there is, for those who look whether one stands in a text; fn may open and close it. */
void secret_each(void (*fn)(void *arg, struct secret *s), void *arg);
bool secret_any(void);

/* Resolves a reference that stays on this machine: "env:NAME", "file:PATH" (at most 64 KiB; its mode must not let everybody read or
 * write it; one trailing newline is dropped). An empty one is refused. "prompt", "sealed:NAME" and "secret:projects/..." are answered by
 * the caller. Returns NULL with EXIT_CONFIG on failure. */
struct secret *secret_from_reference(const char *reference, struct err *e);

#endif
