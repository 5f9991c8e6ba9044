/* The text of the last page, for the page itself and for the normal screen afterwards. */
#ifndef MS_UI_DONE_H
#define MS_UI_DONE_H

#include "ui/doc.h"

struct wizard;

/* The page names its keys and some of the checks; what is printed names no key and all checks; where they were told as they passed, only how many. */
enum done_for { DONE_PAGE, DONE_PRINTED, DONE_TOLD };
/* Appends what came of the run: outcome, address, what to do now, proof, failures by cause, price, undo. */
void done_doc(const struct wizard *w, struct doc *d, enum done_for whom);

/* Watches the server's log for the first person who signs in, while the page is shown; called after each turn. */
void done_settle(struct wizard *w);

#endif
