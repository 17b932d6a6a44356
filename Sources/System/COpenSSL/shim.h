// The digests of the system's libcrypto (Debian: libssl-dev).
#include <openssl/evp.h>
