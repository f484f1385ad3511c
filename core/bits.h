/*
** bits.h: numbers of 1 to 64 bits at any bit. In big-endian order bits are counted from the most
** significant one of each byte, in little-endian order from the least, on over byte borders.
*/
#ifndef pktcraft_bits_h
#define pktcraft_bits_h

#include <stdint.h>

#include "api.h"

PK_BEGIN

/*
** The number of `n` bits from bit `bit` (0 to 7) of `p` on; bytes up to (bit + n + 7) / 8 are read,
** or written: no bit but those `n` changes.
*/
PK_API uint64_t pk_bits_get (const uint8_t *p, unsigned bit, unsigned n, int little);
PK_API void pk_bits_set (uint8_t *p, unsigned bit, unsigned n, int little, uint64_t value);

/* The low `n` bits, 0 to 64, of a number. */
static inline uint64_t pk_bits_mask (unsigned n) {
  return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

/* A number of `n` bits, 1 to 64, read as two's complement. */
static inline int64_t pk_bits_signed (uint64_t value, unsigned n) {
  uint64_t top = (uint64_t)1 << (n - 1);
  return (int64_t)((value ^ top) - top);
}

PK_END

#endif
