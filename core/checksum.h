/*
** checksum.h: the Internet checksum (RFC 1071), its incremental update (RFC 1624), pseudo-headers,
** and CRC-32c (RFC 3309, RFC 3720).
*/
#ifndef pktcraft_checksum_h
#define pktcraft_checksum_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"

PK_BEGIN

/*
** An unfinished Internet checksum: the one's complement sum of the big-endian 16-bit words so far,
** folded to bits 0 to 15, and in bit 16 whether the number of bytes so far is odd. 0 is no bytes.
*/
typedef uint32_t pk_Sum;

/* The sum of `n` more bytes: those of `sum` stand before them. */
PK_API pk_Sum pk_sum_add (pk_Sum sum, const void *bytes, size_t n);

/* The sum of the bytes of `a` followed by those of `b`. */
PK_API pk_Sum pk_sum_join (pk_Sum a, pk_Sum b);

/* The checksum: the complement, as the field holds it. */
static inline uint16_t pk_sum_finish (pk_Sum sum) {
  return (uint16_t)~sum;
}

/*
** The pseudo-header of an upper layer of `length` bytes: IPv4's (RFC 768, RFC 9293) with addresses
** of 4 bytes, IPv6's (RFC 8200, section 8.1) with addresses of 16.
*/
PK_API pk_Sum pk_sum_pseudo4 (const uint8_t source[4], const uint8_t destination[4], uint8_t protocol,
                       uint16_t length);
PK_API pk_Sum pk_sum_pseudo6 (const uint8_t source[16], const uint8_t destination[16], uint8_t protocol,
                       uint32_t length);

/*
** The checksum of data in which bytes that summed up to `before` are replaced by others that sum up
** to `after`, at an even offset (RFC 1624, equation 3). A wrong checksum stays as wrong.
*/
PK_API uint16_t pk_sum_update (uint16_t checksum, pk_Sum before, pk_Sum after);

/* CRC-32c of `n` more bytes after those of `crc`; 0 is no bytes. */
PK_API uint32_t pk_crc32c (uint32_t crc, const void *bytes, size_t n);

/* The same by tables alone, whatever the processor can: an oracle for tests. */
PK_API uint32_t pk_crc32c_portable (uint32_t crc, const void *bytes, size_t n);

PK_END

#endif
