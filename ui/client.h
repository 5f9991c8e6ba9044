/* The OAuth client while it is being answered: what was brought is taken apart, and tried in the background. */
#ifndef MS_UI_CLIENT_H
#define MS_UI_CLIENT_H

#include "plan/answers.h"
#include "ui/screen.h"

struct client;
struct secret;
struct wizard;

/* Takes what was typed or pasted for a secret question, and frees it: the secret is kept apart from the answers. A download of the console sets the
 * client's ID too. NULL when it was taken, else why not, to be freed. */
char *client_take(struct wizard *w, const struct question *q, struct secret *brought);
/* The same for a text that was pasted where a client's ID is asked for. False: it is no download, and stays what it is. */
bool client_take_download(struct wizard *w, const struct question *id, const char *text);
/* Tries ID and secret when both are known and were not tried together so far; called after each turn. */
void client_settle(struct wizard *w);
/* Is Google being asked; does it refuse them? */
bool client_trying(const struct wizard *w);
bool client_refused(const struct wizard *w);
/* How the trying stands, in a sentence; NULL when there is nothing to say. */
const char *client_words(const struct wizard *w, enum role *role);
void client_free(struct client *c);

/* The answer to q refers to a sealed secret: what is typed for it is its passphrase. */
bool client_sealed(const struct wizard *w, const struct question *q);
/* Opens it; NULL, or why not, to be freed. The passphrase becomes its own. */
char *client_unseal(struct wizard *w, const struct question *q, struct secret *passphrase);
/* A person has to type what this question's reference stands for, before it can be stored: it is not here so far, and no passphrase in the environment opens it. */
bool client_wants(struct wizard *w, const struct question *q);

#endif
