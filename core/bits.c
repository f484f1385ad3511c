/*
** bits.c: numbers at any bit, byte by byte: the first byte's rest, whole bytes, the last byte's begin.
*/
#include "bits.h"

#include <assert.h>
#include <string.h>

static int islittle (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

/* Whole bytes of a size that a machine word has. */
#if defined(__GNUC__)
#define SWAP16(x) __builtin_bswap16(x)
#define SWAP32(x) __builtin_bswap32(x)
#define SWAP64(x) __builtin_bswap64(x)
#else
#define SWAP16(x) ((uint16_t)((x) << 8 | (x) >> 8))
#define SWAP32(x) ((uint32_t)SWAP16((uint16_t)(x)) << 16 | SWAP16((uint16_t)((x) >> 16)))
#define SWAP64(x) ((uint64_t)SWAP32((uint32_t)(x)) << 32 | SWAP32((uint32_t)((x) >> 32)))
#endif

static uint64_t get_big (const uint8_t *p, unsigned bit, unsigned n) {
  unsigned rest = 8 - bit;
  uint64_t value = *p & (0xffu >> bit);
  if (n <= rest) return value >> (rest - n);
  for (n -= rest, p++; n >= 8; n -= 8, p++) value = value << 8 | *p;
  if (n > 0) value = value << n | *p >> (8 - n);
  return value;
}

static uint64_t get_little (const uint8_t *p, unsigned bit, unsigned n) {
  unsigned got = 8 - bit;
  uint64_t value = *p >> bit;
  if (n <= got) return value & pk_bits_mask(n);
  for (p++; n - got >= 8; got += 8, p++) value |= (uint64_t)*p << got;
  if (got < n) value |= (*p & pk_bits_mask(n - got)) << got;
  return value;
}

uint64_t pk_bits_get (const uint8_t *p, unsigned bit, unsigned n, int little) {
  assert(bit < 8 && 1 <= n && n <= 64);
  if (bit == 0) {
    int swap = little != islittle();
    switch (n) {
      case 8: return *p;
      case 16: {
        uint16_t w;
        memcpy(&w, p, sizeof(w));
        return swap ? SWAP16(w) : w;
      }
      case 32: {
        uint32_t w;
        memcpy(&w, p, sizeof(w));
        return swap ? SWAP32(w) : w;
      }
      case 64: {
        uint64_t w;
        memcpy(&w, p, sizeof(w));
        return swap ? SWAP64(w) : w;
      }
      default: break;
    }
  }
  return little ? get_little(p, bit, n) : get_big(p, bit, n);
}

/* Puts the bits of `mask` in `value` into a byte. */
static void put (uint8_t *p, unsigned value, unsigned mask) {
  *p = (uint8_t)((*p & ~mask) | (value & mask));
}

static void set_big (uint8_t *p, unsigned bit, unsigned n, uint64_t value) {
  unsigned rest = 8 - bit;
  if (n <= rest) {
    put(p, (unsigned)value << (rest - n), (unsigned)pk_bits_mask(n) << (rest - n));
    return;
  }
  n -= rest;
  put(p++, (unsigned)(value >> n), 0xffu >> bit);
  for (; n >= 8; p++) {
    n -= 8;
    *p = (uint8_t)(value >> n);
  }
  if (n > 0) put(p, (unsigned)value << (8 - n), 0xffu << (8 - n) & 0xffu);
}

static void set_little (uint8_t *p, unsigned bit, unsigned n, uint64_t value) {
  unsigned done = 8 - bit;
  if (n <= done) {
    put(p, (unsigned)value << bit, (unsigned)pk_bits_mask(n) << bit);
    return;
  }
  put(p++, (unsigned)value << bit, 0xffu << bit & 0xffu);
  for (; n - done >= 8; done += 8, p++) *p = (uint8_t)(value >> done);
  if (done < n) put(p, (unsigned)(value >> done), (unsigned)pk_bits_mask(n - done));
}

void pk_bits_set (uint8_t *p, unsigned bit, unsigned n, int little, uint64_t value) {
  assert(bit < 8 && 1 <= n && n <= 64);
  value &= pk_bits_mask(n);
  if (little)
    set_little(p, bit, n, value);
  else
    set_big(p, bit, n, value);
}
