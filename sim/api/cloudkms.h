/* Between the files of cloudkms.googleapis.com; what other APIs ask of keys is in shared.h. */
#ifndef MS_SIM_API_CLOUDKMS_H
#define MS_SIM_API_CLOUDKMS_H

#include "sim/api/shared.h"

#define KMS_KEYS "cloudkms.cryptoKeys"
#define KMS_VERSIONS "cloudkms.cryptoKeyVersions"

/* cryptoKeys.encrypt and .decrypt. */
sim_handler kms_encrypt, kms_decrypt;

#endif
