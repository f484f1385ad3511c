/*
** Fuzz target: segments of TCP and fragments of IP, made of eight bytes each with what follows as data, or any bytes. All
** that streams and datagrams deliver can be read, streams lose and repeat no byte by their own count, what is held is
** counted right, and nothing is left at the end.
*/
#include <string.h>

#include "defrag.h"
#include "layouts.h"
#include "stream.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MAXFRAME 600

static uint8_t frame[MAXFRAME];
static volatile uint8_t sink;

static void put16 (uint8_t *p, unsigned v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static void put_ip (unsigned hosts, unsigned protocol, size_t total) {
  memset(frame, 0, 40);
  frame[0] = 0x45;
  put16(frame + 2, (unsigned)total);
  frame[8] = 64;
  frame[9] = (uint8_t)protocol;
  frame[12] = frame[16] = 10;
  frame[15] = (uint8_t)(hosts & 1);
  frame[19] = (uint8_t)(~hosts & 1);
}

/* A segment, a fragment, or any bytes, as the first byte says; returns its length. */
static size_t make_frame (const uint8_t *control, const uint8_t *data, size_t n) {
  const unsigned kind = control[0] & 7;
  if (n > 255) n = 255;
  if (kind < 4) {
    put_ip(control[0] >> 3, 6, 40 + n);
    put16(frame + 20, control[0] >> 4 & 1);
    put16(frame + 22, 7);
    frame[26] = control[1]; /* sequence: near the wrap, with the sign of the first */
    frame[24] = frame[25] = control[1] & 1 ? 0xff : 0;
    frame[27] = control[2];
    frame[30] = control[3];
    frame[28] = frame[29] = control[3] & 1 ? 0xff : 0;
    frame[31] = control[4];
    frame[32] = 0x50;
    frame[33] = control[5] & 0x3f;
    memcpy(frame + 40, data, n);
    return 40 + n;
  }
  if (kind < 7) {
    if (control[1] & 1) n -= n % 8;
    put_ip(0, 17, 20 + n);
    frame[5] = control[1] >> 1 & 3;
    put16(frame + 6, (unsigned)((control[2] & 1) << 13) | (control[2] >> 1 & 15) | (unsigned)(control[3] & 1) << 12);
    memcpy(frame + 20, data, n);
    return 20 + n;
  }
  memcpy(frame, data, n);
  return n;
}

static void read_all (const uint8_t *bytes, size_t n) {
  while (n-- > 0) sink ^= bytes[n];
}

/* What the pieces of all streams cost. */
static size_t held_by_streams (const pk_Streams *s) {
  const pk_Flow *f;
  size_t sum = 0;
  for (f = s->flows.oldest; f != NULL; f = f->newer)
    sum += ((const pk_Stream *)f)->half[0].pieces.held + ((const pk_Stream *)f)->half[1].pieces.held;
  return sum;
}

static void drain (pk_Streams *s, int some) {
  pk_StreamEvent e;
  while (pk_streams_next(s, &e) > 0) {
    if (e.kind == PK_STREAM_DATA) {
      assert(e.len > 0 && e.offset + e.len == e.stream->half[e.side].offset);
      read_all(e.bytes, e.len);
    }
    if (e.kind == PK_STREAM_GAP) assert(e.len > 0);
    if (some) break; /* a caller that leaves in the middle */
  }
  assert(s->held == held_by_streams(s));
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  pk_Streams s;
  pk_Defrag d;
  int64_t now = 0;
  if (bindings == NULL) begin(228);
  pk_streams_init(&s, 1);
  pk_defrag_init(&d, 1);
  if (size > 0) {
    s.overlaplast = data[0] & 1;
    s.maxheld = data[0] & 2 ? 900 : SIZE_MAX;
    s.maxflows = data[0] & 4 ? 2 : UINT32_MAX;
    s.timeout = data[0] & 8 ? 200 : INT64_MAX;
    d.policy = (pk_Policy)(data[0] >> 4 & 3);
    d.maxheld = data[0] & 64 ? 2000 : SIZE_MAX;
    d.timeout = data[0] & 128 ? 200 : INT64_MAX;
    data++;
    size--;
  }
  while (size >= 8) {
    const uint8_t *control = data;
    size_t n = control[6] < size - 8 ? control[6] : size - 8, len;
    pk_Packet p;
    len = make_frame(control, data + 8, n);
    data += 8 + n;
    size -= 8 + n;
    now += control[7];
    pk_packet_init(&p, NULL);
    pk_packet_dissect(&p, bindings, first, frame, len, len + (control[7] & 1));
    if (pk_streams_add(&s, &p, now)) drain(&s, control[5] >> 7);
    pk_packet_dissect(&p, bindings, first, frame, len, len);
    if (pk_defrag_add(&d, &p, bindings, now) == PK_FRAG_WHOLE) read_all(d.frame, d.len);
  }
  pk_streams_forget(&s);
  pk_streams_flush(&s);
  drain(&s, 0);
  assert(s.held == 0 && s.flows.n == 0 && s.first == NULL);
  pk_streams_free(&s);
  pk_defrag_free(&d);
  assert(d.held == 0);
  return 0;
}
