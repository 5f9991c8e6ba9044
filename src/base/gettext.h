/* Marks of translatable texts: _() translates now, N_() marks a text in a table that is translated where it is shown. */
#ifndef MS_BASE_GETTEXT_H
#define MS_BASE_GETTEXT_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

#endif
