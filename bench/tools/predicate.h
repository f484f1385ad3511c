/*
** predicate.h: the filters of the jobs, written by hand; every tool's result is checked against them.
*/
#ifndef predicate_h
#define predicate_h

#include <stddef.h>
#include <stdint.h>

static inline unsigned get16 (const uint8_t *p) {
  return (unsigned)p[0] << 8 | p[1];
}

/* a: UDP to port 53 over IPv4 (first fragments) or IPv6, with at most one 802.1Q tag. */
static inline int wanted_a (const uint8_t *p, size_t n) {
  size_t at = 14;
  unsigned type;
  if (n < 14) return 0;
  type = get16(p + 12);
  if (type == 0x8100) {
    if (n < 18) return 0;
    type = get16(p + 16);
    at = 18;
  }
  if (type == 0x0800) {
    if (n < at + 20 || p[at + 9] != 17 || (get16(p + at + 6) & 0x1fff) != 0) return 0;
    at += 4 * (size_t)(p[at] & 15);
    return n >= at + 4 && get16(p + at + 2) == 53;
  }
  return type == 0x86dd && n >= at + 44 && p[at + 6] == 17 && get16(p + at + 42) == 53;
}

/* b: IPv4 TCP with SYN and without ACK, time to live below 64, total length over 40. */
static inline int wanted_b (const uint8_t *p, size_t n) {
  size_t tcp;
  if (n < 34 || get16(p + 12) != 0x0800 || p[23] != 6 || (get16(p + 20) & 0x1fff) != 0) return 0;
  tcp = 14 + 4 * (size_t)(p[14] & 15);
  return n >= tcp + 14 && (p[tcp + 13] & 0x12) == 2 && p[22] < 64 && get16(p + 16) > 40;
}

#endif
