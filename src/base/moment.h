/* Times as clouds and clusters write them. */
#ifndef MS_BASE_MOMENT_H
#define MS_BASE_MOMENT_H

/* Seconds since 1970 of an RFC 3339 time ("2026-11-30T09:00:00Z", with a fraction or an offset too); negative when it is none. NULL is none. */
double moment_read(const char *text);

#endif
