/* What things cost in a region: estimates, pure data. */
#ifndef MS_GCP_PRICES_H
#define MS_GCP_PRICES_H

/* What is priced: hours of machines, databases, pods; Cloud Run's seconds, and those that wait for requests. */
enum priced { PRICED_MACHINE, PRICED_RUN, PRICED_RUN_IDLE };

/* The price in the region as a multiple of us-central1's. A region that is not in the table is taken as one of the dearer ones. */
double price_factor(enum priced what, const char *region);

#endif
