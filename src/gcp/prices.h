/* What things cost in a region: estimates, pure data. */
#ifndef MS_GCP_PRICES_H
#define MS_GCP_PRICES_H

/* What is priced: hours of machines, databases, pods; Cloud Run's seconds, and those that wait for requests. */
enum priced { PRICED_MACHINE, PRICED_RUN, PRICED_RUN_IDLE };

/* The price in the region as a multiple of us-central1's. A region that is not in the table is taken as one of the dearer ones. */
double price_factor(enum priced what, const char *region);

/* Dollars a month of all of a project's forwarding rules of load balancers, up to five: Google takes 0.025 an hour for the five together, in every region for a
 * global balancer. What passes through comes on top. */
#define USD_MONTH_BALANCER (0.025 * 730)
/* And of one Private Service Connect endpoint. */
#define USD_MONTH_ENDPOINT (0.01 * 730)

#endif
