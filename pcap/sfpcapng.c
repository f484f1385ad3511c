/*
** sfpcapng.c: reading pcapng (draft-ietf-opsawg-pcapng): blocks of packets, interfaces and sections;
** blocks of other types are passed over. All interfaces of a file must have one link type.
*/
#include <assert.h>
#include <string.h>

#include "salloc.h"
#include "savefile.h"
#include "sformat.h"

#define SECTION 0x0a0d0d0au /* the same in both byte orders */
#define INTERFACE 1u
#define PACKET 2u /* obsolete */
#define SIMPLE 3u
#define ENHANCED 6u
#define ORDER 0x1a2b3c4du

#define BLOCK_MAX ((uint32_t)PK_SNAPLEN_USB + (1u << 20)) /* of a block: the longest frame and options */
#define INTERFACES_MAX 65536u

/* if_tsresol and if_tsoffset, options of an interface. */
enum { OPT_END = 0, OPT_TSRESOL = 9, OPT_TSOFFSET = 14 };

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

/* A signed number of 8 bytes, which lie in the section's byte order. */
static int64_t get64 (const pk_Reader *r, const uint8_t *p) {
  int big = r->swapped != pk_bigendian();
  return (int64_t)((uint64_t)get32(r, p + (big ? 0 : 4)) << 32 | get32(r, p + (big ? 4 : 0)));
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

/* Ticks of an interface as ns since the epoch; what does not fit is clamped. */
static int64_t ns_of (const pk_Interface *i, uint64_t ticks) {
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

/* Sets the resolution that if_tsresol gives; 0, or -1: it can not be one. */
static int set_resolution (pk_Interface *i, uint8_t code) {
  unsigned k, n = code & 0x7f;
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

/* --- blocks */

/* The options of an interface in `body` from `at` on. */
static int read_options (pk_Reader *r, pk_Interface *i, Body body, uint32_t at) {
  char a[24];
  while (body.len - at >= 4) {
    unsigned code = get16(r, body.p + at), len = get16(r, body.p + at + 2);
    at += 4;
    if (len > body.len - at)
      return pk_reader_error(r, pk_reader_at(r), "option ", pk_decimal(a, code), " reaches past its block", NULL);
    if (code == OPT_END) break;
    if (code == OPT_TSRESOL && (len < 1 || set_resolution(i, body.p[at]) < 0))
      return pk_reader_error(r, pk_reader_at(r), "bad if_tsresol, expected a power up to 10^-19 or 2^-63", NULL);
    if (code == OPT_TSOFFSET) {
      if (len != 8) return pk_reader_error(r, pk_reader_at(r), "if_tsoffset is not of 8 bytes", NULL);
      i->offset = get64(r, body.p + at);
    }
    len = (len + 3) & ~3u;
    at = len < body.len - at ? at + len : body.len;
  }
  return 0;
}

static int read_interface (pk_Reader *r, Body body) {
  pk_Interface *i;
  char a[24], b[24];
  if (body.len < 8) return pk_reader_error(r, pk_reader_at(r), "interface block too short", NULL);
  if (r->ninterfaces == INTERFACES_MAX)
    return pk_reader_error(r, pk_reader_at(r), "too many interfaces", NULL);
  i = (pk_Interface *)pk_realloc(r->interfaces, (r->ninterfaces + 1) * sizeof(*i));
  if (i == NULL) return pk_reader_error(r, pk_reader_at(r), "not enough memory", NULL);
  r->interfaces = i;
  i += r->ninterfaces;
  memset(i, 0, sizeof(*i));
  i->linktype = get16(r, body.p);
  i->snaplen = get32(r, body.p + 4);
  i->persecond = 1000000;
  if (i->snaplen == 0 || i->snaplen > INT32_MAX) i->snaplen = pk_snaplen_max(i->linktype);
  if (read_options(r, i, body, 8) < 0) return -1;
  if (!r->described) {
    r->described = 1;
    r->linktype = i->linktype;
    r->snaplen = i->snaplen;
    r->precision = i->shift > 0 || i->persecond > 1000000 ? PK_NANO : PK_MICRO;
  }
  else if (i->linktype != r->linktype)
    return pk_reader_error(r, pk_reader_at(r), "interface of link type ", pk_decimal(a, i->linktype),
                           ", expected that of the first, ", pk_decimal(b, r->linktype), NULL);
  r->ninterfaces++;
  return 0;
}

/* The interface of that number in this section, or NULL with an error. */
static const pk_Interface *find_interface (pk_Reader *r, uint32_t number) {
  char a[24];
  if (number < r->ninterfaces) return &r->interfaces[number];
  pk_reader_error(r, pk_reader_at(r), "no interface ", pk_decimal(a, number), NULL);
  return NULL;
}

/* A packet block whose fields begin with interface, time, and lengths; 1, or -1. */
static int read_packet (pk_Reader *r, uint32_t type, Body body, pk_Frame *frame) {
  const pk_Interface *i;
  uint32_t number = 0, at = 20;
  uint64_t ticks = 0;
  char a[24], b[24];
  if (body.len < (type == SIMPLE ? 4 : at))
    return pk_reader_error(r, pk_reader_at(r), "packet block too short", NULL);
  if (type == ENHANCED) number = get32(r, body.p);
  if (type == PACKET) number = get16(r, body.p);
  if ((i = find_interface(r, number)) == NULL) return -1;
  if (type == SIMPLE) {
    frame->wirelen = get32(r, body.p);
    frame->caplen = frame->wirelen < i->snaplen ? frame->wirelen : i->snaplen;
    at = 4;
  }
  else {
    ticks = (uint64_t)get32(r, body.p + 4) << 32 | get32(r, body.p + 8);
    frame->caplen = get32(r, body.p + 12);
    frame->wirelen = get32(r, body.p + 16);
  }
  if (frame->caplen > pk_snaplen_max(i->linktype))
    return pk_reader_error(r, pk_reader_at(r), "captured length ", pk_decimal(a, frame->caplen),
                           ", expected at most ", pk_decimal(b, pk_snaplen_max(i->linktype)), NULL);
  if (frame->caplen > body.len - at)
    return pk_reader_error(r, pk_reader_at(r), "captured length ", pk_decimal(a, frame->caplen),
                           ", but its block holds ", pk_decimal(b, body.len - at), " bytes", NULL);
  frame->data = (char *)(uintptr_t)(body.p + at);
  frame->raw = 0;
  frame->seconds = frame->fraction = 0;
  frame->time = type == SIMPLE ? 0 : ns_of(i, ticks);
  return 1;
}

/*
** Reads a section's begin, whose 28 bytes at least are there: its byte order holds from here on. The
** interfaces of the section before are gone.
*/
static int read_section (pk_Reader *r) {
  const uint8_t *p = r->block + r->begin;
  uint16_t major;
  char a[24];
  for (r->swapped = 0; r->swapped < 2; r->swapped++)
    if (get32(r, p + 8) == ORDER) break;
  if (r->swapped == 2) {
    r->swapped = 0;
    return pk_reader_error(r, pk_reader_at(r), "section without byte order, expected 1a2b3c4d", NULL);
  }
  major = get16(r, p + 12);
  if (major != 1)
    return pk_reader_error(r, pk_reader_at(r), "pcapng version ", pk_decimal(a, major), ", expected 1", NULL);
  r->ninterfaces = 0;
  return 0;
}

/*
** Makes a whole block available at r->begin: 1 with its type and length; 0 at the end; -1.
*/
static int read_block (pk_Reader *r, uint32_t *type, uint32_t *len) {
  uint64_t at = pk_reader_at(r);
  uint32_t least = 12;
  char a[24], b[24];
  int got = pk_reader_need(r, 12);
  if (got <= 0) {
    if (got < 0 || r->end == r->begin) return got;
    return pk_reader_error(r, at, "block cut: ", pk_decimal(a, r->end - r->begin), " bytes, expected at least 12",
                           NULL);
  }
  *type = get32(r, r->block + r->begin);
  if (*type == SECTION) {
    least = 28;
    if ((got = pk_reader_need(r, least)) < 0) return got;
    if (got == 0)
      return pk_reader_error(r, at, "section block cut: ", pk_decimal(a, r->end - r->begin),
                             " bytes, expected 28", NULL);
    if (read_section(r) < 0) return -1;
  }
  *len = get32(r, r->block + r->begin + 4);
  if (*len < least || *len % 4 != 0 || *len > BLOCK_MAX)
    return pk_reader_error(r, at, "block length ", pk_decimal(a, *len), ", expected a multiple of 4 from ",
                           pk_decimal(b, least), " on", NULL);
  if ((got = pk_reader_need(r, *len)) < 0) return got;
  if (got == 0)
    return pk_reader_error(r, at, "block cut: ", pk_decimal(a, r->end - r->begin), " bytes, expected ",
                           pk_decimal(b, *len), NULL);
  if (get32(r, r->block + r->begin + *len - 4) != *len)
    return pk_reader_error(r, at, "block length ", pk_decimal(a, *len), " at its begin, ",
                           pk_decimal(b, get32(r, r->block + r->begin + *len - 4)), " at its end", NULL);
  return 1;
}

/* Reads blocks up to the next packet, or (when `frame` is NULL) the first interface. */
static int read_until (pk_Reader *r, pk_Frame *frame) {
  for (;;) {
    uint32_t type = 0, len = 0;
    Body body;
    int got = read_block(r, &type, &len);
    if (got <= 0) return got;
    body.p = r->block + r->begin + 8;
    body.len = len - 12;
    if (type == INTERFACE) {
      if (read_interface(r, body) < 0) return -1;
    }
    else if (type == ENHANCED || type == SIMPLE || type == PACKET) {
      if (frame == NULL) return pk_reader_error(r, pk_reader_at(r), "packet before any interface", NULL);
      if (read_packet(r, type, body, frame) < 0) return -1;
    }
    r->begin += len;
    if (frame == NULL ? type == INTERFACE : type == ENHANCED || type == SIMPLE || type == PACKET) return 1;
  }
}

static int pcapng_check (pk_Reader *r, const uint8_t *begin, size_t n) {
  int got;
  if (n < 4 || pk_get32(begin, 0) != SECTION) return 0;
  r->linktype = PK_LINKTYPE_NONE;
  r->snaplen = PK_SNAPLEN_MAX;
  r->precision = PK_MICRO;
  got = read_until(r, NULL);
  return got < 0 ? -1 : 1; /* a file of sections alone is one without frames */
}

static int pcapng_next (pk_Reader *r, pk_Frame *frame) {
  return read_until(r, frame);
}

const pk_Format pk_format_pcapng = {"pcapng", pcapng_check, pcapng_next};
