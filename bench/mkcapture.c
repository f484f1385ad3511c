/*
** mkcapture.c: writes a deterministic Ethernet capture (classic pcap, little-endian, microseconds).
**
**     mkcapture traffic N FILE    sizes and protocols after real traffic
**     mkcapture dns N FILE        small DNS queries and answers
**
** Sizes follow quantiles of real traffic (10 % 60, 25 % 66, 50 % 101, 75 % 252, 90 % 1436, 95 % 1514 bytes).
** 91 % IPv4, 5 % IPv6, 2 % with one 802.1Q tag, 1 % ARP, 1 % others; TCP, UDP (1 % of all to port 53), ICMP;
** some IPv4 options, fragments and cut frames.
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 0x853c49e6748fea9bu;

/* xorshift64*: the same on every machine. */
static uint32_t rnd (void) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (uint32_t)(state * 0x2545f4914f6cdd1du >> 32);
}

static uint32_t below (uint32_t n) {
  return (uint32_t)((uint64_t)rnd() * n >> 32);
}

static uint32_t size_of_frame (void) {
  static const struct { uint32_t permille, size; } q[] = {
    {0, 60}, {100, 60}, {250, 66}, {500, 101}, {750, 252}, {900, 1436}, {950, 1514}, {1000, 1514}};
  uint32_t p = below(1000), k = 1;
  while (p >= q[k].permille) k++;
  return q[k - 1].size + (q[k].size - q[k - 1].size) * (p - q[k - 1].permille) / (q[k].permille - q[k - 1].permille);
}

static void put16 (uint8_t *p, uint32_t v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static void put32 (uint8_t *p, uint32_t v) {
  put16(p, v >> 16);
  put16(p + 2, v);
}

static uint16_t sum (const uint8_t *p, uint32_t n) {
  uint32_t s = 0, k;
  for (k = 0; k < n; k += 2) s += (uint32_t)p[k] << 8 | p[k + 1];
  s = (s & 0xffff) + (s >> 16);
  return (uint16_t)~(s + (s >> 16));
}

/* A transport header at `p`, of a packet whose rest has `n` bytes; returns the protocol's number. */
static uint8_t transport (uint8_t *p, uint32_t n, int dns) {
  uint32_t what = below(100);
  if (dns || what >= 75) {
    if (!dns && what >= 97) {
      p[0] = 8;
      return 1;
    }
    put16(p, 1024 + below(60000));
    put16(p + 2, dns ? 53 : 1024 + below(60000));
    put16(p + 4, n);
    return 17;
  }
  put16(p, 1024 + below(60000));
  put16(p + 2, below(2) ? 443 : 80);
  put32(p + 4, rnd());
  put32(p + 8, rnd());
  p[12] = 0x50;
  p[13] = below(20) == 0 ? 0x02 : below(20) == 0 ? 0x12 : 0x10; /* SYN, SYN and ACK, ACK */
  put16(p + 14, 65535);
  return 6;
}

static void make_ipv4 (uint8_t *p, uint32_t n, int dns) {
  uint32_t ihl = !dns && below(100) == 0 && n >= 60 ? 6 + below(3) : 5, k;
  p[0] = (uint8_t)(0x40 | ihl);
  put16(p + 2, n);
  put16(p + 4, rnd());
  put16(p + 6, below(100) > 0 ? 0x4000 : below(2) ? 0x2000 : 1 + below(180)); /* DF, first, later part */
  p[8] = (uint8_t)(30 + below(100));
  put32(p + 12, 0x0a000000 | below(2000));
  put32(p + 16, 0xc0a80000 | below(2000));
  for (k = 20; k < ihl * 4; k++) p[k] = 1; /* no operation */
  p[9] = transport(p + ihl * 4, n - ihl * 4, dns);
  put16(p + 10, sum(p, ihl * 4));
}

static void make_ipv6 (uint8_t *p, uint32_t n, int dns) {
  put32(p, 0x60000000 | (rnd() & 0xfffff));
  put16(p + 4, n - 40);
  p[7] = (uint8_t)(30 + below(100));
  put32(p + 8, 0x20010db8);
  put32(p + 20, below(2000));
  put32(p + 24, 0x20010db8);
  put32(p + 36, below(2000));
  p[6] = transport(p + 40, n - 40, dns);
}

int main (int argc, char **argv) {
  static uint8_t frame[2048];
  const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
  uint32_t n, k, micro = 0;
  int dnsonly;
  FILE *out;
  if (argc != 4 || (out = fopen(argv[3], "wb")) == NULL) {
    fputs("usage: mkcapture traffic|dns N FILE\n", stderr);
    return 2;
  }
  dnsonly = strcmp(argv[1], "dns") == 0;
  n = (uint32_t)strtoul(argv[2], NULL, 10);
  fwrite(header, sizeof(header), 1, out);
  for (k = 0; k < n; k++) {
    uint32_t what = below(100), size = dnsonly ? 70 + below(80) : size_of_frame(), cap, record[4];
    uint32_t at = 14;
    int dns = dnsonly || below(100) == 0;
    if (what >= 91 && what < 96 && size < 94) size = 94; /* room for IPv6 and TCP */
    memset(frame, 0, size);
    put32(frame, 0x02000000);
    put16(frame + 4, below(200));
    put32(frame + 6, 0x02000001);
    put16(frame + 10, below(200));
    if (what < 93 || dnsonly) { /* two in a hundred of all carry a tag */
      if (what >= 91) {
        put16(frame + 12, 0x8100);
        put16(frame + 14, 1 + below(4000));
        at = 18;
      }
      put16(frame + at - 2, 0x0800);
      make_ipv4(frame + at, size - at, dns);
    }
    else if (what < 98) {
      put16(frame + 12, 0x86dd);
      if (size < 94) size = 94;
      make_ipv6(frame + 14, size - 14, dns);
    }
    else
      put16(frame + 12, what == 98 ? 0x0806 : 0x88cc);
    cap = below(100) == 0 && size > 40 ? 20 + below(size - 20) : size;
    micro += below(20);
    record[0] = 1700000000 + micro / 1000000;
    record[1] = micro % 1000000;
    record[2] = cap;
    record[3] = size;
    fwrite(record, sizeof(record), 1, out);
    fwrite(frame, cap, 1, out);
  }
  return fclose(out) == 0 ? 0 : 1;
}
