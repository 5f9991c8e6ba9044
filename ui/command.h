/* Shell commands on the screen: found in a sentence that tells them, and broken into rows so that all of it can be taken and pasted. */
#ifndef MS_UI_COMMAND_H
#define MS_UI_COMMAND_H

#include "ui/screen.h"

/* What a text in any language tells to run with gcloud, without the sentence around it; several are joined to one line. PROJECT stands for the
 * project's id. What has other signs of the shell's in it, outside of quotes, is left out. Freed by the caller; NULL when there is none. */
char *command_told(const char *text, const char *project);

/* The bytes of the command that begins in a text at this place, "gcloud", "kubectl" or "mlflow-setup" with what it is given; 0 where none does. */
size_t command_begins(const char *text, const char *at);

/* The rows that a command takes at a width, and one of them, counted from 0: broken at blanks with a backslash, at an option where that is possible, and
 * never within quotes. */
int command_rows(const char *command, int width);
void put_command_row(int y, int x, int width, enum role role, const char *command, int row);

#endif
