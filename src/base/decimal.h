/* Numbers with a fraction as people read them: with the decimal sign of the operator's locale. Never for JSON, files or commands. */
#ifndef MS_BASE_DECIMAL_H
#define MS_BASE_DECIMAL_H

enum { DECIMAL_SIZE = 32 };

/* "51.39", or "51,39" where that is how it is written, with so many digits after the sign; into DECIMAL_SIZE bytes, which are returned. */
char *decimal_fixed(double value, int digits, char *into);
/* The same without zeros at its end: "0.5", "2". */
char *decimal_short(double value, char *into);

#endif
