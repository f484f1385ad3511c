/*
** floor.c: what a C program costs that does nothing but the job: reads blocks, looks, writes runs; or
** builds from a template, whose sums it carries forward (RFC 1624).
**
**     floor [-p] a|b IN [OUT]        -p prefetches 4 KB ahead
**     floor [-p] sum|field IN OUT
**     floor streams IN OUT           adds up the bytes of all frames, in whatever order, and copies IN.lines, which says
**                                    what streams were made
**     floor loop IN                  counts the frames of a pcap or pcapng file
**     floor copy IN OUT              writes what it reads, looking at the lengths
**     floor edit IN OUT              the same, with a time to live of 64 in IPv4 headers
**     floor ng IN OUT                the frames of a pcapng file of one interface as a pcap file
**     floor build N OUT
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "predicate.h"

#define BLOCK (256 * 1024)
static uint8_t block[BLOCK + 4096], out[BLOCK];

static void put16 (uint8_t *p, unsigned v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static void put32 (uint8_t *p, uint32_t v) {
  put16(p, v >> 16);
  put16(p + 2, v & 0xffff);
}

static uint32_t fold (uint32_t s) {
  s = (s & 0xffff) + (s >> 16);
  return (s & 0xffff) + (s >> 16);
}

static uint32_t add (uint32_t s, const uint8_t *p, size_t n) {
  size_t k;
  for (k = 0; k < n; k += 2) s += get16(p + k);
  return fold(s);
}

/*
** Frames of Ethernet, IPv4, UDP and 32 bytes, number k with source 10.0.0.0 + k, destination
** 192.168.0.0 + k % 65536, ports 1024 + k % 60000 and 5000 + k % 50000, ident k % 65536, and k µs
** after 1700000000.
*/
static int build (uint32_t n, int to) {
  static const uint8_t head[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0};
  static const uint8_t template[] =
    "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0"
    "\x45\0\0\x3c\0\0\0\0\x40\x11\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\x28\0\0" "abcdefghijklmnopqrstuvwxyz012345";
  uint32_t ip = add(0, template + 14, 20), udp = add(0x11 + 0x28, template + 34, 40), k;
  size_t used = sizeof(head);
  memcpy(out, head, sizeof(head));
  for (k = 0; k < n; k++) {
    uint32_t record[4] = {1700000000 + k / 1000000, k % 1000000, 74, 74}, source = 0x0a000000 + k,
             destination = 0xc0a80000 + k % 65536, sport = 1024 + k % 60000, dport = 5000 + k % 50000, sum;
    uint8_t *p;
    if (used + 90 > BLOCK) {
      if (write(to, out, used) < 0) return 1;
      used = 0;
    }
    memcpy(out + used, record, 16);
    p = out + used + 16;
    memcpy(p, template, 74);
    put16(p + 18, k % 65536);
    put32(p + 26, source);
    put32(p + 30, destination);
    put16(p + 34, sport);
    put16(p + 36, dport);
    sum = (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff);
    put16(p + 24, ~fold(ip + sum + k % 65536));
    sum = ~fold(udp + sum + sport + dport) & 0xffff;
    put16(p + 40, sum != 0 ? sum : 0xffff);
    used += 90;
  }
  return write(to, out, used) < 0;
}

/* The frames one after the other: those wanted are counted and copied to `to`, when that is a file. */
static unsigned long filter (int in, int to, int isb, int prefetch) {
  size_t have = 0, used = 24, outlen = 24;
  unsigned long count = 0;
  ssize_t got;
  while ((got = read(in, block + have, BLOCK - have)) > 0) {
    size_t at = used;
    have += (size_t)got;
    if (used == 24) memcpy(out, block, 24);
    for (;;) {
      uint32_t caplen;
      if (have - at < 16) break;
      memcpy(&caplen, block + at + 8, 4);
      if (have - at - 16 < caplen) break;
      if (prefetch) __builtin_prefetch(block + at + 4096);
      if (isb ? wanted_b(block + at + 16, caplen) : wanted_a(block + at + 16, caplen)) {
        count++;
        if (to >= 0) {
          if (outlen + 16 + caplen > BLOCK) {
            if (write(to, out, outlen) < 0) exit(1);
            outlen = 0;
          }
          memcpy(out + outlen, block + at, 16 + caplen);
          outlen += 16 + caplen;
        }
      }
      at += 16 + caplen;
    }
    memmove(block, block + at, have - at);
    have -= at;
    used = 0;
  }
  if (to >= 0 && write(to, out, outlen) < 0) exit(1);
  return count;
}

/* The same loop for jobs that look into each frame. */
static void look (int in, int isfield, int prefetch) {
  size_t have = 0, used = 24;
  ssize_t got;
  while ((got = read(in, block + have, BLOCK - have)) > 0) {
    size_t at = used;
    have += (size_t)got;
    for (;;) {
      uint32_t caplen;
      if (have - at < 16) break;
      memcpy(&caplen, block + at + 8, 4);
      if (have - at - 16 < caplen) break;
      if (prefetch) __builtin_prefetch(block + at + 4096);
      if (isfield)
        field_print(stdout, block + at + 16, caplen);
      else
        sum_c(block + at + 16, caplen);
      at += 16 + caplen;
    }
    memmove(block, block + at, have - at);
    have -= at;
    used = 0;
  }
  if (!isfield) sum_print();
}

/* Time to live 64, and the header's sum carried forward (RFC 1624), where they were captured. */
static void edit (uint8_t *p, size_t n) {
  size_t at = 14;
  uint32_t old;
  if (n >= 18 && get16(p + 12) == 0x8100) at = 18;
  if (n < at + 9 || get16(p + at - 2) != 0x0800 || p[at + 8] == 64) return;
  old = get16(p + at + 8);
  p[at + 8] = 64;
  if (n >= at + 12) put16(p + at + 10, ~fold((~get16(p + at + 10) & 0xffff) + (~old & 0xffff) + get16(p + at + 8)));
}

/* Passes over all records, or blocks; writes them to `to`, when that is a file. */
static unsigned long pass (int in, int to, int edits) {
  size_t have = 0, head = 24;
  unsigned long count = 0;
  int isng = 0;
  ssize_t got;
  while ((got = read(in, block + have, BLOCK - have)) > 0) {
    size_t at = head;
    have += (size_t)got;
    if (head > 0) isng = block[0] == 0x0a;
    if (isng && head > 0) at = 0;
    while (have - at >= 16) {
      uint32_t type, len;
      memcpy(&type, block + at, 4);
      memcpy(&len, block + at + (isng ? 4 : 8), 4);
      if (!isng) len += 16;
      if (have - at < len) break;
      count += !isng || type == 6;
      if (edits) edit(block + at + 16, len - 16);
      at += len;
    }
    if (to >= 0 && write(to, block, at) < 0) exit(1);
    memmove(block, block + at, have - at);
    have -= at;
    head = 0;
  }
  return count;
}

/* Enhanced packet blocks, of microseconds, as records. */
static unsigned long convert (int in, int to) {
  static const uint8_t head[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0};
  size_t have = 0, outlen = sizeof(head);
  unsigned long count = 0;
  ssize_t got;
  memcpy(out, head, sizeof(head));
  while ((got = read(in, block + have, BLOCK - have)) > 0) {
    size_t at = 0;
    have += (size_t)got;
    while (have - at >= 28) {
      uint32_t w[7];
      memcpy(w, block + at, sizeof(w));
      if (have - at < w[1]) break;
      if (w[0] == 6) {
        const uint64_t time = (uint64_t)w[3] << 32 | w[4];
        const uint32_t record[4] = {(uint32_t)(time / 1000000), (uint32_t)(time % 1000000), w[5], w[6]};
        if (outlen + 16 + w[5] > BLOCK) {
          if (write(to, out, outlen) < 0) exit(1);
          outlen = 0;
        }
        memcpy(out + outlen, record, 16);
        memcpy(out + outlen + 16, block + at + 28, w[5]);
        outlen += 16 + w[5];
        count++;
      }
      at += w[1];
    }
    memmove(block, block + at, have - at);
    have -= at;
  }
  if (write(to, out, outlen) < 0) exit(1);
  return count;
}

static int streams (int in, const char *path, const char *to) {
  static char text[1 << 16];
  uint64_t sum = 0;
  size_t have = 0, head = 24, n;
  ssize_t got;
  FILE *from, *out2;
  while ((got = read(in, block + have, BLOCK - have)) > 0) {
    size_t at = head, k;
    have += (size_t)got;
    while (have - at >= 16) {
      uint32_t len;
      memcpy(&len, block + at + 8, 4);
      if (have - at < 16 + len) break;
      for (k = 0; k + 8 <= len; k += 8) {
        uint64_t w;
        memcpy(&w, block + at + 16 + k, 8);
        sum += w;
      }
      at += 16 + len;
    }
    memmove(block, block + at, have - at);
    have -= at;
    head = 0;
  }
  snprintf(text, sizeof(text), "%s.lines", path);
  from = fopen(text, "r");
  out2 = fopen(to, "w");
  if (from == NULL || out2 == NULL || sum == 0) return 1;
  while ((n = fread(text, 1, sizeof(text), from)) > 0) fwrite(text, 1, n, out2);
  return fclose(out2) != 0;
}

int main (int argc, char **argv) {
  int prefetch = argc > 1 && strcmp(argv[1], "-p") == 0;
  int in, to = -1;
  const char *job;
  argv += prefetch;
  argc -= prefetch;
  if (argc < 3) return 2;
  job = argv[1];
  if (strcmp(job, "streams") == 0) {
    if ((in = open(argv[2], O_RDONLY)) < 0 || argc < 4) return 2;
    return streams(in, argv[2], argv[3]);
  }
  if (job[0] == 's' || job[0] == 'f') {
    if ((in = open(argv[2], O_RDONLY)) < 0 || argc < 4 || freopen(argv[3], "w", stdout) == NULL) return 2;
    look(in, job[0] == 'f', prefetch);
    return fflush(stdout) != 0;
  }
  if (argc > 3) to = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (strcmp(job, "build") == 0) return build((uint32_t)strtoul(argv[2], NULL, 10), to);
  if ((in = open(argv[2], O_RDONLY)) < 0) return 2;
  if (job[0] == 'n') {
    printf("%lu\n", convert(in, to));
    return 0;
  }
  if (job[0] == 'l' || job[0] == 'c' || job[0] == 'e') {
    printf("%lu\n", pass(in, to, job[0] == 'e'));
    return 0;
  }
  printf("%lu\n", filter(in, to, job[0] == 'b', prefetch));
  return 0;
}
