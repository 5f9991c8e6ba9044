/* What helps against refusals that Google words without a cure. */
#ifndef MS_NET_CURES_H
#define MS_NET_CURES_H

/* What to do about this message of Google's, in the operator's language and static; NULL where nothing is known, or there is no message. */
const char *cure_of(const char *message);

#endif
