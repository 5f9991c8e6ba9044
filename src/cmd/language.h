/* The operator's language. */
#pragma once

/* Takes the locale of the environment for words and characters only: numbers stay as JSON and HTTP want them. Where that locale was never made
 * on this system, as in a bare container, the characters are UTF-8's if it says so, and the words still come from the translation below dir
 * where the C library allows it (gettext's LANGUAGE; from glibc 2.37 on it does not). Returns NULL, or the name of the locale, borrowed from the environment,
 * for whose want a translation that is there cannot be used. To be called once, first, before there are threads: it may set LANGUAGE. */
const char *language_begin(const char *dir);
