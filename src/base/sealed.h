/* A secret in a file that a passphrase opens: Argon2id makes the key, XChaCha20-Poly1305 seals. What they need besides stands in the file, which may be kept
 * with the answers, in a repository too. Opening takes about a second and 256 MiB for that time. */
#ifndef MS_BASE_SEALED_H
#define MS_BASE_SEALED_H

#include "base/err.h"
#include "base/secret.h"

enum { PASSPHRASE_LEAST = 12 /* bytes */ };

/* The variable that may hold the passphrase. */
#define SEALED_PASSPHRASE "MLFLOW_SETUP_PASSPHRASE"

/* Seals value for this purpose (a question's id): it opens for no other. Mode 0600. EXIT_CANTWRITE on failure, also where a file stands that is no sealed
 * one, which is left as it is; EXIT_CONFIG for a passphrase that is too short. */
bool sealed_write(const char *path, const char *purpose, struct secret *value, struct secret *passphrase, struct err *e);

/* Opens it; NULL with EXIT_CONFIG, EXIT_NOINPUT when there is no such file. The caller frees. */
struct secret *sealed_read(const char *path, const char *purpose, struct secret *passphrase, struct err *e);

/* The file of a reference "sealed:NAME" in an answers file: NAME is looked for beside that file. The caller frees. */
bool sealed_is(const char *reference);
char *sealed_path(const char *answers_file, const char *reference);
/* The name that a sealed file gets beside an answers file: "mlflow.sealed" for "mlflow.json". The caller frees. */
char *sealed_name(const char *answers_file);

/* The passphrase in $SEALED_PASSPHRASE, or NULL where it is not set. The caller frees. */
struct secret *sealed_passphrase_given(void);

#endif
