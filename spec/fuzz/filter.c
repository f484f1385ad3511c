/*
** Fuzz target: an expression, a zero, and frames. Whatever the text is, it compiles or ends with an error; a filter that has
** learnt what frames look like gives the answers of one that sees each for the first time; nothing past a frame is
** read; columns lie in the frame.
*/
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "layouts.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static int value (void *arg, const char *list, const char *name, size_t len, uint32_t k, int64_t *v) {
  (void)arg;
  (void)list;
  *v = len > 1 ? (name[1] & 15) + (int)k : 0;
  return len > 1 && name[0] == 'v' && k < 2;
}

static const char *display (void *arg, const char *name, size_t len) {
  (void)arg;
  return len == 2 && memcmp(name, "ip", 2) == 0 ? "ipv4" : len == 7 && memcmp(name, "ip.addr", 7) == 0 ? "ipv4.source ipv4.destination" : NULL;
}

static void write_nothing (void *arg, const char *text, size_t len) {
  *(size_t *)arg += len + (size_t)text[0] / 256;
}

static void check_columns (pk_FilterState *s, const pk_FilterFrame *frame, uint32_t n) {
  pk_Column values[8];
  uint32_t k;
  pk_filter_columns(s, values);
  for (k = 0; k < n; k++) {
    if (values[k].kind == PK_COLUMN_ASK) pk_filter_column(s, k, &values[k]);
    if (values[k].kind == PK_COLUMN_BYTES || values[k].kind == PK_COLUMN_ADDRESS) {
      volatile uint8_t sum = 0;
      size_t j;
      for (j = 0; j < values[k].len; j++) sum = (uint8_t)(sum + values[k].bytes[j]);
    }
  }
  (void)frame;
}

/* Asks of one frame, in a block of its very size. */
static void ask (pk_Filter *learning, pk_Filter *fresh, const uint8_t *bytes, size_t len, size_t wirelen, uint32_t ncolumns) {
  static unsigned version = 1;
  uint8_t *block = (uint8_t *)malloc(len > 0 ? len : 1);
  pk_FilterState *a, *b;
  pk_FilterFrame frame = {block, len, wirelen, 5, 1, 7, 1, 1};
  int rejects, one, two;
  memcpy(block, bytes, len);
  a = pk_filter_state(learning, bindings, 0, first);
  b = pk_filter_state(fresh, bindings, ++version, first);
  assert(a != NULL && b != NULL);
  rejects = pk_filter_rejects(a, block, len);
  one = pk_filter_match(a, &frame);
  two = pk_filter_match(b, &frame);
  assert(one == two);
  assert(!rejects || !one);
  if (one) {
    check_columns(a, &frame, ncolumns);
    check_columns(b, &frame, ncolumns);
  }
  free(block);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static const char *const columns[] = {"ipv4.source|ipv6.source", "udp.length", "tcp.options.mss", "payload", "frame.number",
                                        "dns.questions.name", "arp.senderhardware", "frame[3:4]"};
  const uint8_t *end = (const uint8_t *)memchr(data, 0, size), *p;
  pk_FilterNames names = {layouts, 0, value, display, NULL};
  pk_Filter *learning, *fresh;
  char err[PK_ERRSIZE];
  size_t text, total = 0;
  uint32_t n;
  int k;
  if (bindings == NULL) begin(1);
  names.nlayouts = nlayouts;
  text = end != NULL ? (size_t)(end - data) : size;
  n = size % 9;
  learning = pk_filter_compile(&names, (const char *)data, text, columns, n, (int)(size & 1), err);
  fresh = pk_filter_compile(&names, (const char *)data, text, columns, n, (int)(size & 1), err);
  assert((learning == NULL) == (fresh == NULL));
  if (learning == NULL) return 0;
  for (k = 0; k < 40; k++) /* a frame: its length, what was sent more, its bytes */
    for (p = data + text + (end != NULL); p < data + size;) {
      const size_t left = (size_t)(data + size - p), len = left > 2 && p[0] < left - 2 ? p[0] : left > 2 ? left - 2 : 0;
      const size_t more = left > 1 ? p[1] : 0;
      if (left > 2) ask(learning, fresh, p + 2, len, len + more, n);
      p += 2 + len;
      if (left <= 2) break;
    }
  pk_filter_dump(learning, write_nothing, &total);
  pk_filter_free(learning);
  pk_filter_free(fresh);
  return 0;
}
