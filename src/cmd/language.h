/* The operator's language. */
#pragma once

/* Takes the locale of the environment for words and characters only: numbers stay as JSON and HTTP want them. Where that locale was never made
 * on this system, as in a bare container, the characters are UTF-8's if it says so, and the words still come from the translation (gettext's
 * LANGUAGE). To be called once, first, before there are threads: it may set LANGUAGE. */
void language_begin(void);
