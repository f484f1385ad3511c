/*
** predicate.h: the jobs on one frame, written by hand; every tool's result is checked against them.
*/
#ifndef predicate_h
#define predicate_h

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* TCP or UDP whose header was captured: not in a later fragment, at most one tag. */
typedef struct Segment {
  const uint8_t *source; /* its address */
  int family;
  int protocol;
  const uint8_t *header;
  uint32_t bytes; /* of payload, as the headers tell */
} Segment;

static inline int segment_of (const uint8_t *p, size_t n, Segment *s) {
  size_t at = 14, ip;
  unsigned type, length;
  if (n < 14) return 0;
  type = get16(p + 12);
  if (type == 0x8100) {
    if (n < 18) return 0;
    type = get16(p + 16);
    at = 18;
  }
  ip = at;
  if (type == 0x0800) {
    if (n < at + 20 || (get16(p + at + 6) & 0x1fff) != 0) return 0;
    at += 4 * (size_t)(p[ip] & 15);
    length = get16(p + ip + 2) - 4u * (p[ip] & 15u);
    s->protocol = p[ip + 9];
    s->source = p + ip + 12;
    s->family = AF_INET;
  }
  else {
    if (type != 0x86dd || n < at + 40) return 0;
    at += 40;
    length = get16(p + ip + 4);
    s->protocol = p[ip + 6];
    s->source = p + ip + 8;
    s->family = AF_INET6;
  }
  s->header = p + at;
  if (s->protocol == 17 && n >= at + 8) {
    s->bytes = length - 8;
    return 1;
  }
  if (s->protocol == 6 && n >= at + 20) {
    s->bytes = length - 4u * (p[at + 12] >> 4);
    return 1;
  }
  return 0;
}

/* c: the sums by source address, in a table of open addressing that is large enough. */
#define SUMS 65536
static struct Sum {
  int family;
  uint8_t source[16];
  uint64_t bytes;
} sums[SUMS];

static inline void sum_c (const uint8_t *p, size_t n) {
  Segment s;
  uint32_t tail, k;
  size_t len;
  if (!segment_of(p, n, &s)) return;
  len = s.family == AF_INET ? 4 : 16;
  memcpy(&tail, s.source + len - 4, 4);
  k = tail * 2654435769u >> 16;
  while (sums[k].family != 0 && (sums[k].family != s.family || memcmp(sums[k].source, s.source, len) != 0))
    k = (k + 1) % SUMS;
  sums[k].family = s.family;
  memcpy(sums[k].source, s.source, len);
  sums[k].bytes += s.bytes;
}

static inline void sum_print (void) {
  char text[INET6_ADDRSTRLEN];
  size_t k;
  for (k = 0; k < SUMS; k++)
    if (sums[k].family != 0)
      printf("%s %llu\n", inet_ntop(sums[k].family, sums[k].source, text, sizeof(text)),
             (unsigned long long)sums[k].bytes);
}

/* field: IPv4 source, UDP ports and length of each UDP frame, a line each, tabs between. */
static inline void field_print (FILE *out, const uint8_t *p, size_t n) {
  Segment s;
  if (segment_of(p, n, &s) && s.family == AF_INET && s.protocol == 17)
    fprintf(out, "%u.%u.%u.%u\t%u\t%u\t%u\n", s.source[0], s.source[1], s.source[2], s.source[3], get16(s.header),
            get16(s.header + 2), get16(s.header + 4));
}

#endif
