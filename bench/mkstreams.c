/*
** mkstreams.c: writes a deterministic capture of many TCP streams at once (classic pcap, Ethernet, little-endian,
** microseconds), and beside it what each side of each has sent.
**
**     mkstreams N FILE    N frames of N / 100 streams; FILE.lines gets "address port bytes crc" of each side
**
** A stream is a handshake, 94 segments of 1 to 1460 bytes (most from the server), and two FINs with a last ACK. Two in
** a hundred segments are lost: sent again after 3 to 10 others of that stream; two in a hundred overtaken by 1 to 3.
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS 94
#define LATER 32

static uint64_t state = 0x9e3779b97f4a7c15u;

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

static void put16 (uint8_t *p, uint32_t v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static void put32 (uint8_t *p, uint32_t v) {
  put16(p, v >> 16);
  put16(p + 2, v);
}

static uint32_t add (uint32_t s, const uint8_t *p, uint32_t n) {
  uint32_t k;
  for (k = 0; k + 1 < n; k += 2) s += (uint32_t)p[k] << 8 | p[k + 1];
  if (n & 1) s += (uint32_t)p[n - 1] << 8;
  s = (s & 0xffff) + (s >> 16);
  return (s & 0xffff) + (s >> 16);
}

/* Byte `off` of what a side of a stream sends. */
static uint8_t byte_of (uint32_t stream, int side, uint32_t off) {
  uint64_t w = ((uint64_t)stream << 33 | (uint64_t)side << 32 | off >> 3) * 0xbf58476d1ce4e5b9u;
  return (uint8_t)((w ^ w >> 29) >> 8 * (off & 7));
}

typedef struct Segment {
  uint32_t due, off, len;
  int side;
} Segment;

typedef struct Stream {
  uint32_t isn[2], sent[2];
  uint32_t step, made; /* frames written, segments made */
  uint32_t nlater, turn;
  Segment later[LATER];
} Stream;

static FILE *out;
static uint32_t micro = 0;

/* What a side has got without a hole. */
static uint32_t got (const Stream *s, int from) {
  uint32_t n = s->sent[from], k;
  for (k = 0; k < s->nlater; k++)
    if (s->later[k].side == from && s->later[k].off < n) n = s->later[k].off;
  return n;
}

static void frame (uint32_t id, const Stream *s, int side, uint32_t flags, uint32_t seq, uint32_t off, uint32_t len) {
  static uint8_t f[1600];
  const uint32_t client = 0x0a000000 + id % 5000, server = 0xc0a80000 + id % 97, cport = 1024 + id / 5000 * 97 + id % 89, total = 40 + len;
  uint32_t record[4], sum, k;
  uint8_t *ip = f + 14, *tcp = f + 34;
  memset(f, 0, 54);
  put32(f, 0x02000000);
  put32(f + 6, 0x02000001);
  put16(f + 12, 0x0800);
  ip[0] = 0x45;
  put16(ip + 2, total);
  put16(ip + 4, rnd());
  put16(ip + 6, 0x4000);
  ip[8] = 64;
  ip[9] = 6;
  put32(ip + 12, side == 0 ? client : server);
  put32(ip + 16, side == 0 ? server : client);
  put16(ip + 10, ~add(0, ip, 20) & 0xffff);
  put16(tcp, side == 0 ? cport : 80);
  put16(tcp + 2, side == 0 ? 80 : cport);
  put32(tcp + 4, seq);
  if (flags & 0x10) put32(tcp + 8, s->isn[1 - side] + 1 + got(s, 1 - side) + ((flags & 0x100) != 0));
  tcp[12] = 0x50;
  tcp[13] = (uint8_t)flags;
  put16(tcp + 14, 65535);
  for (k = 0; k < len; k++) tcp[20 + k] = byte_of(id, side, off + k);
  sum = add(0, ip + 12, 8) + 6 + 20 + len;
  put16(tcp + 16, ~add(sum, tcp, 20 + len) & 0xffff);
  micro += 1 + below(20);
  record[0] = 1700000000 + micro / 1000000;
  record[1] = micro % 1000000;
  record[2] = record[3] = 14 + total;
  fwrite(record, sizeof(record), 1, out);
  fwrite(f, 14 + total, 1, out);
}

static void data (uint32_t id, const Stream *s, const Segment *g) {
  frame(id, s, g->side, 0x18, s->isn[g->side] + 1 + g->off, g->off, g->len);
}

/* The next frame of a stream; 0: it has ended. */
static int next (uint32_t id, Stream *s) {
  uint32_t k;
  const uint32_t step = s->step++;
  if (step == 0) {
    s->isn[0] = rnd();
    s->isn[1] = rnd();
    frame(id, s, 0, 0x02, s->isn[0], 0, 0);
    return 1;
  }
  if (step == 1) frame(id, s, 1, 0x12, s->isn[1], 0, 0);
  if (step == 2) frame(id, s, 0, 0x10, s->isn[0] + 1, 0, 0);
  if (step <= 2) return 1;
  for (;;) {
    Segment g;
    uint32_t luck;
    for (k = 0; k < s->nlater; k++)
      if (s->later[k].due <= s->turn || s->made == SEGMENTS) {
        g = s->later[k];
        s->later[k] = s->later[--s->nlater];
        s->turn++;
        data(id, s, &g);
        return 1;
      }
    if (s->made == SEGMENTS) break;
    s->made++;
    g.side = below(4) != 0;
    g.len = below(4) == 0 ? 1460 : 1 + below(900);
    g.off = s->sent[g.side];
    s->sent[g.side] += g.len;
    luck = below(100);
    if (luck < 4 && s->nlater < LATER) {
      g.due = s->turn + (luck < 2 ? 3 + below(8) : 1 + below(3));
      s->later[s->nlater++] = g;
      continue;
    }
    s->turn++;
    data(id, s, &g);
    return 1;
  }
  if (s->turn < 1u << 30) {
    s->turn = 1u << 30;
    frame(id, s, 1, 0x11, s->isn[1] + 1 + s->sent[1], 0, 0);
    return 1;
  }
  if (s->turn == 1u << 30) {
    s->turn++;
    frame(id, s, 0, 0x111, s->isn[0] + 1 + s->sent[0], 0, 0);
    return 1;
  }
  frame(id, s, 1, 0x110, s->isn[1] + 2 + s->sent[1], 0, 0);
  return 0;
}

static uint32_t crc_of (uint32_t id, int side, uint32_t n) {
  static uint32_t table[256];
  uint32_t crc = 0xffffffff, k, bit;
  if (table[1] == 0)
    for (k = 0; k < 256; k++) {
      uint32_t c = k;
      for (bit = 0; bit < 8; bit++) c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0);
      table[k] = c;
    }
  for (k = 0; k < n; k++) crc = crc >> 8 ^ table[(crc ^ byte_of(id, side, k)) & 0xff];
  return ~crc;
}

int main (int argc, char **argv) {
  const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
  uint32_t n, k, left, *live;
  char path[4096];
  Stream *streams;
  FILE *lines;
  if (argc != 3 || strlen(argv[2]) > sizeof(path) - 8 || (out = fopen(argv[2], "wb")) == NULL) {
    fputs("usage: mkstreams N FILE\n", stderr);
    return 2;
  }
  n = left = (uint32_t)strtoul(argv[1], NULL, 10) / 100;
  streams = (Stream *)calloc(n > 0 ? n : 1, sizeof(*streams));
  live = (uint32_t *)malloc((n > 0 ? n : 1) * sizeof(*live));
  if (streams == NULL || live == NULL) return 1;
  for (k = 0; k < n; k++) live[k] = k;
  fwrite(header, sizeof(header), 1, out);
  while (left > 0) {
    const uint32_t at = below(left);
    if (!next(live[at], &streams[live[at]])) live[at] = live[--left];
  }
  strcpy(path, argv[2]);
  strcat(path, ".lines");
  if ((lines = fopen(path, "w")) == NULL) return 1;
  for (k = 0; k < n; k++) {
    const uint32_t client = 0x0a000000 + k % 5000, server = 0xc0a80000 + k % 97, cport = 1024 + k / 5000 * 97 + k % 89;
    fprintf(lines, "10.%u.%u.%u %u 192.168.%u.%u 80 %u %08x\n", client >> 16 & 255, client >> 8 & 255, client & 255, cport,
            server >> 8 & 255, server & 255, streams[k].sent[0], crc_of(k, 0, streams[k].sent[0]));
    fprintf(lines, "192.168.%u.%u 80 10.%u.%u.%u %u %u %08x\n", server >> 8 & 255, server & 255, client >> 16 & 255, client >> 8 & 255,
            client & 255, cport, streams[k].sent[1], crc_of(k, 1, streams[k].sent[1]));
  }
  free(streams);
  free(live);
  return fclose(lines) == 0 && fclose(out) == 0 ? 0 : 1;
}
