/* Filters of list calls as google.aip.dev/160 and Cloud Logging have them: comparisons joined by AND, OR and NOT with parentheses; juxtaposition is AND; a
 * bare text searches the whole document. */
#ifndef MS_SIM_API_FILTER_H
#define MS_SIM_API_FILTER_H

#include "sim/core/core.h"

/* Does the document fit the filter ("": every one does)? *bad when the filter cannot be read. */
bool filter_fits(const char *filter, const cJSON *doc, bool *bad);

#endif
