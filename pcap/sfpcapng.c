/*
** sfpcapng.c: reading pcapng (draft-ietf-opsawg-pcapng): sections, each of its byte order, interfaces,
** which may come late, and the three blocks of packets. Blocks of other types are passed over, or given whole.
*/
#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "savefile.h"
#include "sformat.h"

/* Bytes of a block's body, already read. */
typedef struct Body {
  const uint8_t *p;
  uint32_t len;
} Body;

static uint16_t get16 (const pk_Reader *r, const uint8_t *p) {
  return pk_get16(p, r->swapped);
}

static uint32_t get32 (const pk_Reader *r, const uint8_t *p) {
  return pk_get32(p, r->swapped);
}

/* --- time */

/* a * b >> n, for n from 1 to 63 and a < 2^n. */
static uint64_t multiply_shift (uint64_t a, uint64_t b, unsigned n) {
  uint64_t alow = a & 0xffffffff, ahigh = a >> 32, blow = b & 0xffffffff, bhigh = b >> 32;
  uint64_t low = alow * blow, mid = ahigh * blow + (low >> 32), mid2 = alow * bhigh + (mid & 0xffffffff);
  uint64_t high = ahigh * bhigh + (mid >> 32) + (mid2 >> 32);
  low = mid2 << 32 | (low & 0xffffffff);
  return high << (64 - n) | low >> n;
}

int64_t pk_interface_time (const pk_Interface *i, uint64_t ticks) {
  const int64_t limit = INT64_MAX / 1000000000 - 1;
  uint64_t seconds, fraction;
  int64_t s;
  if (i->shift > 0) {
    seconds = i->shift < 64 ? ticks >> i->shift : 0;
    fraction = multiply_shift(ticks & (((uint64_t)1 << i->shift) - 1), 1000000000, i->shift);
  }
  else {
    seconds = ticks / i->persecond;
    fraction = ticks % i->persecond;
    fraction = i->persecond <= 1000000000 ? fraction * (1000000000 / i->persecond)
                                          : fraction / (i->persecond / 1000000000);
  }
  if (i->offset > limit || i->offset < -limit)
    return i->offset > 0 ? INT64_MAX : INT64_MIN;
  if (seconds > (uint64_t)limit) return INT64_MAX;
  s = (int64_t)seconds + i->offset;
  if (s > limit) return INT64_MAX;
  return s * 1000000000 + (int64_t)fraction;
}

/* ns as ticks of a power of two, such that they are that many ns again: rounded up. */
static uint64_t binary_fraction (uint64_t ns, unsigned shift) {
  uint64_t low = 0, high = (uint64_t)1 << shift;
  while (low < high) { /* the least whose ns are not fewer */
    const uint64_t middle = low + (high - low) / 2;
    if (multiply_shift(middle, 1000000000, shift) < ns)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The ticks of a time, and whether they are that. */
static uint64_t ticks_of (const pk_Interface *i, int64_t time, int *holds) {
  int64_t seconds = time / 1000000000, ns = time % 1000000000;
  uint64_t whole, fraction;
  if (ns < 0) {
    seconds--;
    ns += 1000000000;
  }
  *holds = 0;
  if (i->offset < 0 ? seconds > INT64_MAX + i->offset : seconds < INT64_MIN + i->offset) return i->offset < 0 ? UINT64_MAX : 0;
  seconds -= i->offset;
  if (seconds < 0) return 0;
  whole = (uint64_t)seconds;
  if (i->shift > 0) {
    if (whole >= UINT64_MAX >> i->shift) return UINT64_MAX;
    *holds = 1;
    return (whole << i->shift) + binary_fraction((uint64_t)ns, i->shift);
  }
  fraction = i->persecond <= 1000000000 ? (uint64_t)ns / (1000000000 / i->persecond)
                                        : (uint64_t)ns * (i->persecond / 1000000000);
  if (whole > (UINT64_MAX - fraction) / i->persecond) return UINT64_MAX;
  *holds = 1;
  return whole * i->persecond + fraction;
}

uint64_t pk_interface_ticks (const pk_Interface *i, int64_t time) {
  int holds;
  return ticks_of(i, time, &holds);
}

int pk_interface_holds (const pk_Interface *i, int64_t time) {
  int holds;
  ticks_of(i, time, &holds);
  return holds;
}

int pk_interface_resolve (pk_Interface *i, uint8_t code) {
  unsigned k, n = code & 0x7f;
  i->resolution = code;
  if (code & 0x80) {
    if (n > 63) return -1;
    i->shift = (uint8_t)n;
    i->persecond = 1; /* 2^0: when shift is 0 */
    return 0;
  }
  if (n > 19) return -1;
  i->shift = 0;
  for (i->persecond = 1, k = 0; k < n; k++) i->persecond *= 10;
  return 0;
}

/* --- sections and interfaces */

/* A copy of a block that is kept, or NULL with an error. */
static uint8_t *keep_block (pk_Reader *r, const uint8_t *block, uint32_t len) {
  uint8_t *copy;
  char a[24], b[24];
  if (len > PK_HEAD_MAX) {
    pk_reader_error(r, pk_reader_at(r), "block of ", pk_decimal(a, len), " bytes that describes, expected at most ",
                    pk_decimal(b, PK_HEAD_MAX), NULL);
    return NULL;
  }
  if (r->kept + len + sizeof(pk_Interface) > PK_KEPT_MAX) {
    pk_reader_error(r, pk_reader_at(r), "sections and interfaces of more than ", pk_decimal(a, PK_KEPT_MAX), " bytes",
                    NULL);
    return NULL;
  }
  copy = (uint8_t *)pk_realloc(NULL, len);
  if (copy == NULL) {
    pk_reader_error(r, pk_reader_at(r), "not enough memory", NULL);
    return NULL;
  }
  memcpy(copy, block, len);
  r->kept += len + sizeof(pk_Interface);
  return copy;
}

int pk_reader_addinterface (pk_Reader *r, const pk_Interface *i, const uint8_t *block, uint32_t len) {
  pk_Interface *to;
  uint8_t *copy = NULL;
  if (r->ninterfaces == PK_INTERFACES_MAX) return pk_reader_error(r, pk_reader_at(r), "too many interfaces", NULL);
  if ((r->ninterfaces & (r->ninterfaces - 1)) == 0) { /* full: of none, or a power of two */
    const size_t room = r->ninterfaces == 0 ? 1 : (size_t)r->ninterfaces * 2;
    to = (pk_Interface *)pk_realloc(r->interfaces, room * sizeof(*to));
    if (to == NULL) return pk_reader_error(r, pk_reader_at(r), "not enough memory", NULL);
    r->interfaces = to;
  }
  if (block != NULL && (copy = keep_block(r, block, len)) == NULL) return -1;
  to = &r->interfaces[r->ninterfaces++];
  *to = *i;
  to->block = copy;
  to->len = copy != NULL ? len : 0;
  return 0;
}

/* Checks the options in `body` from `at` on; of an interface (`i`), takes what its times want. */
static int read_options (pk_Reader *r, pk_Interface *i, Body body, uint32_t at) {
  char a[24];
  while (body.len - at >= 4) {
    unsigned code = get16(r, body.p + at), len = get16(r, body.p + at + 2);
    at += 4;
    if (len > body.len - at)
      return pk_reader_error(r, pk_reader_at(r), "option ", pk_decimal(a, code), " reaches past its block", NULL);
    if (code == 0) break;
    if (i != NULL && code == PK_NG_OPT_TSRESOL && (len < 1 || pk_interface_resolve(i, body.p[at]) < 0))
      return pk_reader_error(r, pk_reader_at(r), "bad if_tsresol, expected a power up to 10^-19 or 2^-63", NULL);
    if (i != NULL && code == PK_NG_OPT_TSOFFSET) {
      if (len != 8) return pk_reader_error(r, pk_reader_at(r), "if_tsoffset is not of 8 bytes", NULL);
      i->offset = (int64_t)pk_get64(body.p + at, r->swapped);
    }
    len = (len + 3) & ~3u;
    at = len < body.len - at ? at + len : body.len;
  }
  return 0;
}

/* The interface whose block lies at `at`, where one does: they are in the order of the file. */
static uint32_t known_interface (const pk_Reader *r, uint64_t at) {
  uint32_t low = 0, high = r->ninterfaces - 1;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (r->interfaces[middle].at < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The section that begins at `at`, or -1: it is new. */
static int64_t known_section (const pk_Reader *r, uint64_t at) {
  uint32_t low = 0, high = r->nsections;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (r->sections[middle].at < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low < r->nsections ? (int64_t)low : -1;
}

/* An interface's block: which of the file's it describes, or -1. It may be known from a first reading. */
static int64_t read_interface (pk_Reader *r, Body body) {
  const uint64_t at = pk_reader_at(r);
  pk_Interface i;
  if (body.len < 8) return pk_reader_error(r, at, "interface block too short", NULL);
  if (r->ninterfaces > 0 && at <= r->interfaces[r->ninterfaces - 1].at) return known_interface(r, at);
  memset(&i, 0, sizeof(i));
  i.linktype = get16(r, body.p);
  i.snaplen = get32(r, body.p + 4);
  i.persecond = 1000000;
  i.resolution = 6;
  i.section = r->section;
  i.swapped = r->swapped;
  i.at = at;
  if (i.snaplen == 0 || i.snaplen > INT32_MAX) i.snaplen = pk_snaplen_max(i.linktype);
  if (read_options(r, &i, body, 8) < 0) return -1;
  if (r->ninterfaces == 0) {
    r->linktype = i.linktype;
    r->snaplen = i.snaplen;
    r->precision = i.shift > 0 || i.persecond > 1000000 ? PK_NANO : PK_MICRO;
  }
  if (pk_reader_addinterface(r, &i, body.p - 8, body.len + 12) < 0) return -1;
  return (int64_t)r->ninterfaces - 1;
}

/* The section's interface of that number: which of the file's, or -1 with an error. */
static int64_t find_interface (pk_Reader *r, uint32_t number) {
  char a[24];
  const uint32_t first = r->sections[r->section].first;
  const uint32_t end = r->section + 1 < r->nsections ? r->sections[r->section + 1].first : r->ninterfaces;
  if (number < end - first) return (int64_t)first + number;
  return pk_reader_error(r, pk_reader_at(r), "no interface ", pk_decimal(a, number), NULL);
}

/*
** Reads a section's begin, whose 28 bytes at least are there: its byte order holds from here on.
*/
static int read_order (pk_Reader *r) {
  const uint8_t *p = r->block + r->begin;
  uint16_t major;
  char a[24];
  for (r->swapped = 0; r->swapped < 2; r->swapped++)
    if (get32(r, p + 8) == PK_NG_ORDER) break;
  if (r->swapped == 2) {
    r->swapped = 0;
    return pk_reader_error(r, pk_reader_at(r), "section without byte order, expected 1a2b3c4d", NULL);
  }
  major = get16(r, p + 12);
  if (major != 1)
    return pk_reader_error(r, pk_reader_at(r), "pcapng version ", pk_decimal(a, major), ", expected 1", NULL);
  return 0;
}

/* A section's whole block: it becomes the current one. */
static int read_section (pk_Reader *r, Body body) {
  const uint64_t at = pk_reader_at(r);
  pk_Section *s;
  const int64_t known = known_section(r, at);
  if (known >= 0) { /* from a first reading */
    r->section = (uint32_t)known;
    return 0;
  }
  if (read_options(r, NULL, body, 16) < 0) return -1;
  if ((r->nsections & (r->nsections - 1)) == 0) {
    const size_t room = r->nsections == 0 ? 1 : (size_t)r->nsections * 2;
    s = (pk_Section *)pk_realloc(r->sections, room * sizeof(*s));
    if (s == NULL) return pk_reader_error(r, at, "not enough memory", NULL);
    r->sections = s;
  }
  s = &r->sections[r->nsections];
  s->at = at;
  s->first = r->ninterfaces;
  s->swapped = r->swapped;
  s->len = body.len + 12;
  s->block = keep_block(r, body.p - 8, s->len);
  if (s->block == NULL) return -1;
  r->section = r->nsections++;
  return 0;
}

/* --- packets */

/* The captured length of a packet's block whose fields begin with interface, time, and lengths; or -1. */
static int check_caplen (pk_Reader *r, const pk_Interface *i, const pk_Frame *frame, uint32_t room) {
  char a[24], b[24];
  if (frame->caplen > pk_snaplen_max(i->linktype))
    return pk_reader_error(r, pk_reader_at(r), "captured length ", pk_decimal(a, frame->caplen),
                           ", expected at most ", pk_decimal(b, pk_snaplen_max(i->linktype)), NULL);
  if (frame->caplen > room)
    return pk_reader_error(r, pk_reader_at(r), "captured length ", pk_decimal(a, frame->caplen),
                           ", but its block holds ", pk_decimal(b, room), " bytes", NULL);
  return 0;
}

/* 1 with the frame of a packet's block, or -1. */
static int read_packet (pk_Reader *r, uint32_t type, Body body, pk_Frame *frame) {
  const pk_Interface *i;
  uint32_t number = 0, at = type == PK_NG_SIMPLE ? 4 : 20;
  uint64_t ticks = 0;
  int64_t interface;
  if (body.len < at) return pk_reader_error(r, pk_reader_at(r), "packet block too short", NULL);
  if (type == PK_NG_ENHANCED) number = get32(r, body.p);
  if (type == PK_NG_PACKET) number = get16(r, body.p);
  if ((interface = find_interface(r, number)) < 0) return -1;
  i = &r->interfaces[interface];
  if (type == PK_NG_SIMPLE) {
    frame->wirelen = get32(r, body.p);
    frame->caplen = frame->wirelen < i->snaplen ? frame->wirelen : i->snaplen;
  }
  else {
    ticks = (uint64_t)get32(r, body.p + 4) << 32 | get32(r, body.p + 8);
    frame->caplen = get32(r, body.p + 12);
    frame->wirelen = get32(r, body.p + 16);
  }
  if (check_caplen(r, i, frame, body.len - at) < 0) return -1;
  frame->record = body.p - 8;
  frame->recordlen = body.len + 12;
  frame->data = (char *)(uintptr_t)(body.p + at);
  frame->raw = 0;
  frame->seconds = frame->fraction = 0;
  frame->timeless = type == PK_NG_SIMPLE;
  frame->time = frame->timeless ? 0 : pk_interface_time(i, ticks);
  frame->interface = (uint32_t)interface;
  frame->linktype = i->linktype;
  frame->swapped = r->swapped;
  frame->type = type;
  at += (frame->caplen + 3) & ~3u;
  frame->optionslen = type != PK_NG_SIMPLE && at < body.len ? body.len - at : 0;
  if (frame->optionslen > 0) {
    frame->options = body.p + at;
    return read_options(r, NULL, body, at) < 0 ? -1 : 1;
  }
  return 1;
}

/* --- blocks */

/* The block's length in its header, or -1. */
static int check_length (pk_Reader *r, uint32_t len, uint32_t least) {
  char a[24], b[24];
  if (len >= least && len % 4 == 0 && len <= PK_BLOCK_MAX) return 0;
  return pk_reader_error(r, pk_reader_at(r), "block length ", pk_decimal(a, len), ", expected a multiple of 4 from ",
                         pk_decimal(b, least), " on", NULL);
}

/*
** Makes a whole block available at r->begin: 1 with its type and length; 0 at the end; -1.
*/
static int read_block (pk_Reader *r, uint32_t *type, uint32_t *len) {
  uint64_t at = pk_reader_at(r);
  uint32_t least = 12;
  char a[24], b[24];
  int got = 1;
  if (r->end - r->begin < 12 && (got = pk_reader_need(r, 12)) <= 0) {
    if (got < 0 || r->end == r->begin) return got;
    return pk_reader_error(r, at, "block cut: ", pk_decimal(a, r->end - r->begin), " bytes, expected at least 12",
                           NULL);
  }
  *type = get32(r, r->block + r->begin);
  if (*type == PK_NG_SECTION) {
    least = 28;
    if ((got = pk_reader_need(r, least)) < 0) return got;
    if (got == 0)
      return pk_reader_error(r, at, "section block cut: ", pk_decimal(a, r->end - r->begin),
                             " bytes, expected 28", NULL);
    if (read_order(r) < 0) return -1;
  }
  *len = get32(r, r->block + r->begin + 4);
  if (check_length(r, *len, least) < 0) return -1;
  if (r->end - r->begin < *len && (got = pk_reader_need(r, *len)) < 0) return got;
  if (got == 0)
    return pk_reader_error(r, at, "block cut: ", pk_decimal(a, r->end - r->begin), " bytes, expected ",
                           pk_decimal(b, *len), NULL);
  if (get32(r, r->block + r->begin + *len - 4) != *len)
    return pk_reader_error(r, at, "block length ", pk_decimal(a, *len), " at its begin, ",
                           pk_decimal(b, get32(r, r->block + r->begin + *len - 4)), " at its end", NULL);
  return 1;
}

static int is_packet (uint32_t type) {
  return type == PK_NG_ENHANCED || type == PK_NG_SIMPLE || type == PK_NG_PACKET;
}

static int pcapng_next (pk_Reader *r, pk_Frame *frame) {
  for (;;) {
    uint32_t type = 0, len = 0;
    Body body;
    int got = read_block(r, &type, &len);
    if (got <= 0) return got;
    body.p = r->block + r->begin + 8;
    body.len = len - 12;
    if (is_packet(type))
      got = read_packet(r, type, body, frame);
    else if (type == PK_NG_INTERFACE)
      got = read_interface(r, body) < 0 ? -1 : 0;
    else
      got = type == PK_NG_SECTION ? read_section(r, body) : 0;
    if (got < 0) return -1;
    if (got == 0 && r->passing != NULL) r->passing(r->watcher, type, body.p - 8, len);
    r->begin += len;
    __builtin_prefetch(r->block + r->begin);
    if (got > 0) return 1;
  }
}

static int pcapng_block (pk_Reader *r, pk_Block *block) {
  uint32_t type = 0, len = 0;
  Body body;
  int got = read_block(r, &type, &len);
  if (got <= 0) return got;
  body.p = r->block + r->begin + 8;
  body.len = len - 12;
  if (type == PK_NG_SECTION && read_section(r, body) < 0) return -1;
  if (type == PK_NG_INTERFACE) {
    const int64_t interface = read_interface(r, body);
    if (interface < 0) return -1;
    block->interface = (uint32_t)interface;
  }
  if (is_packet(type)) {
    if (read_packet(r, type, body, &block->frame) < 0) return -1;
    block->isframe = 1;
  }
  block->type = type;
  block->bytes = r->block + r->begin;
  block->len = len;
  block->at = pk_reader_at(r);
  block->swapped = r->swapped;
  block->section = r->section;
  r->begin += len;
  return 1;
}

/* Looks ahead to the first interface, or packet; all is read again from the file's begin on. */
static int pcapng_check (pk_Reader *r, const uint8_t *begin, size_t n) {
  const size_t start = r->begin;
  int got = 1;
  if (n < 4 || pk_get32(begin, 0) != PK_NG_SECTION) return 0;
  r->linktype = PK_LINKTYPE_NONE;
  r->snaplen = PK_SNAPLEN_MAX;
  r->precision = PK_MICRO;
  r->pinned = 1;
  while (r->begin - start < PK_HEAD_MAX) {
    uint32_t type = 0, len = 0;
    Body body;
    if ((got = read_block(r, &type, &len)) <= 0) break;
    body.p = r->block + r->begin + 8;
    body.len = len - 12;
    if (type == PK_NG_SECTION && (got = read_section(r, body)) < 0) break;
    if (type == PK_NG_INTERFACE) got = read_interface(r, body) < 0 ? -1 : 1;
    if (is_packet(type)) got = pk_reader_error(r, pk_reader_at(r), "packet before any interface", NULL);
    if (type == PK_NG_INTERFACE || is_packet(type)) break;
    r->begin += len;
  }
  r->pinned = 0;
  if (got == -1) return -1;
  r->begin = start;
  if (got < 0) return got; /* a signal: all of it again */
  r->section = 0;
  r->swapped = r->sections[0].swapped;
  return 1; /* a file of sections alone is one without frames */
}

const pk_Format pk_format_pcapng = {"pcapng", pcapng_check, pcapng_next, pcapng_block};
