/*
** checksum.c: sums over wide words. The one's complement sum does not depend on the width of the
** words nor, but for a swap at the end, on their byte order (RFC 1071, section 2).
*/
#include "checksum.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#define ODD 0x10000u

static int islittle (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

static uint32_t swap16 (uint32_t x) {
  return (x & 0xff) << 8 | (x >> 8 & 0xff);
}

static uint32_t fold (uint64_t x) {
  x = (x & 0xffffffff) + (x >> 32);
  x = (x & 0xffffffff) + (x >> 32);
  x = (x & 0xffff) + (x >> 16);
  x = (x & 0xffff) + (x >> 16);
  return (uint32_t)x;
}

/* The folded sum of the 16-bit words, in the machine's byte order; a last odd byte is padded. */
static uint32_t sumwords (const unsigned char *p, size_t n) {
  uint64_t a = 0, b = 0, c = 0, d = 0; /* no carry is lost below 2^33 bytes a round */
  while (n >= 32) {
    size_t round = n < (size_t)1 << 30 ? n & ~(size_t)31 : (size_t)1 << 30;
    const unsigned char *end = p + round;
    n -= round;
    for (; p < end; p += 32) {
      uint32_t w[8];
      memcpy(w, p, sizeof(w));
      a += (uint64_t)w[0] + w[4];
      b += (uint64_t)w[1] + w[5];
      c += (uint64_t)w[2] + w[6];
      d += (uint64_t)w[3] + w[7];
    }
    a = (uint64_t)fold(a) + fold(b) + fold(c) + fold(d);
    b = c = d = 0;
  }
  for (; n >= 2; n -= 2, p += 2) {
    uint16_t w;
    memcpy(&w, p, sizeof(w));
    a += w;
  }
  if (n > 0) {
    unsigned char last[2] = {0, 0};
    uint16_t w;
    last[0] = *p;
    memcpy(&w, last, sizeof(w));
    a += w;
  }
  return fold(a);
}

pk_Sum pk_sum_add (pk_Sum sum, const void *bytes, size_t n) {
  uint32_t more;
  if (n == 0) return sum;
  assert(bytes != NULL);
  more = sumwords((const unsigned char *)bytes, n);
  if (islittle()) more = swap16(more);
  return pk_sum_join(sum, more | (n & 1 ? ODD : 0));
}

pk_Sum pk_sum_join (pk_Sum a, pk_Sum b) {
  uint32_t more = b & 0xffff;
  if (a & ODD) more = swap16(more); /* every byte of b stands at the other place of its word */
  return fold((uint64_t)(a & 0xffff) + more) | ((a ^ b) & ODD);
}

pk_Sum pk_sum_pseudo4 (const uint8_t source[4], const uint8_t destination[4], uint8_t protocol,
                       uint16_t length) {
  pk_Sum sum = pk_sum_add(pk_sum_add(0, source, 4), destination, 4);
  return fold((uint64_t)sum + protocol + length);
}

pk_Sum pk_sum_pseudo6 (const uint8_t source[16], const uint8_t destination[16], uint8_t protocol,
                       uint32_t length) {
  pk_Sum sum = pk_sum_add(pk_sum_add(0, source, 16), destination, 16);
  return fold((uint64_t)sum + protocol + (length >> 16) + (length & 0xffff));
}

uint16_t pk_sum_update (uint16_t checksum, pk_Sum before, pk_Sum after) {
  uint64_t sum = (uint64_t)(uint16_t)~checksum + (uint16_t)~before + (after & 0xffff);
  return (uint16_t)~fold(sum);
}

/* --- CRC-32c: polynomial 0x1edc6f41, reflected */

#define POLYNOMIAL 0x82f63b78u

static uint32_t table[8][256]; /* [k][b]: the CRC of byte b followed by k zero bytes */
static pthread_once_t tableonce = PTHREAD_ONCE_INIT;

static void maketable (void) {
  int k, b, bit;
  for (b = 0; b < 256; b++) {
    uint32_t crc = (uint32_t)b;
    for (bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    table[0][b] = crc;
  }
  for (k = 1; k < 8; k++)
    for (b = 0; b < 256; b++)
      table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
}

static uint32_t crc_table (uint32_t crc, const unsigned char *p, size_t n) {
  pthread_once(&tableonce, maketable);
  for (; n >= 8; n -= 8, p += 8) {
    crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    crc = table[7][crc & 0xff] ^ table[6][crc >> 8 & 0xff] ^ table[5][crc >> 16 & 0xff] ^
          table[4][crc >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
  }
  for (; n > 0; n--, p++) crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
  return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
/* The instruction of SSE 4.2, where the processor has it. */
__attribute__((target("sse4.2")))
static uint32_t crc_sse42 (uint32_t crc, const unsigned char *p, size_t n) {
  uint64_t wide = crc;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    wide = __builtin_ia32_crc32di(wide, w);
  }
  crc = (uint32_t)wide;
  for (; n > 0; n--, p++) crc = __builtin_ia32_crc32qi(crc, *p);
  return crc;
}

static int has_sse42 (void) {
  return __builtin_cpu_supports("sse4.2");
}
#else
#define has_sse42() 0
#define crc_sse42 crc_table
#endif

uint32_t pk_crc32c (uint32_t crc, const void *bytes, size_t n) {
  const unsigned char *p = (const unsigned char *)bytes;
  if (n == 0) return crc;
  assert(bytes != NULL);
  return ~(has_sse42() ? crc_sse42(~crc, p, n) : crc_table(~crc, p, n));
}

uint32_t pk_crc32c_portable (uint32_t crc, const void *bytes, size_t n) {
  return n > 0 ? ~crc_table(~crc, (const unsigned char *)bytes, n) : crc;
}
