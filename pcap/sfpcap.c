/*
** sfpcap.c: reading the classic format (draft-ietf-opsawg-pcap): a header of 24 bytes, and records of
** 16 bytes and the frame.
*/
#include <assert.h>
#include <string.h>

#include "savefile.h"
#include "sformat.h"

/* Which of a record's lengths comes first: versions before 2.3 had the wire's first, some 2.3 too. */
enum { CAPLEN_FIRST, WIRELEN_FIRST, SMALLER_IS_CAPLEN };

static uint32_t get32 (const pk_Reader *r, const uint8_t *p) {
  return pk_get32(p, r->swapped);
}

static uint16_t get16 (const pk_Reader *r, const uint8_t *p) {
  return pk_get16(p, r->swapped);
}

static int pcap_check (pk_Reader *r, const uint8_t *begin, size_t n) {
  uint16_t major, minor;
  char a[24], b[24];
  if (n < 4) return 0;
  for (r->swapped = 0; r->swapped < 2; r->swapped++) {
    uint32_t magic = get32(r, begin);
    if (magic == PK_PCAP_MICRO || magic == PK_PCAP_NANO) {
      r->precision = magic == PK_PCAP_NANO ? PK_NANO : PK_MICRO;
      break;
    }
  }
  if (r->swapped == 2) return 0;
  if (n < PK_PCAP_HEADER)
    return pk_reader_error(r, 0, "file header cut: ", pk_decimal(a, n), " bytes, expected 24", NULL);
  major = get16(r, begin + 4);
  minor = get16(r, begin + 6);
  if (!((major == 2 && minor <= 4) || (major == 543 && minor == 0)))
    return pk_reader_error(r, 0, "pcap version ", pk_decimal(a, major), ".", pk_decimal(b, minor),
                           " at byte 4, expected 2.0 to 2.4", NULL);
  if (major == 543 || minor < 3)
    r->lengths = WIRELEN_FIRST;
  else
    r->lengths = minor == 3 ? SMALLER_IS_CAPLEN : CAPLEN_FIRST;
  r->linktype = get32(r, begin + 20) & 0x03ffffff;
  r->linkmore = get32(r, begin + 20) & 0xfc000000;
  r->snaplen = get32(r, begin + 16);
  if (r->snaplen == 0 || r->snaplen > INT32_MAX) r->snaplen = pk_snaplen_max(r->linktype);
  r->maxlen = pk_snaplen_max(r->linktype);
  r->begin += PK_PCAP_HEADER;
  return 1;
}

/* The file ends in a record's header. */
static int cut_header (pk_Reader *r) {
  char a[24];
  const size_t n = r->end - r->begin;
  if (n == 0) return 0;
  return pk_reader_error(r, pk_reader_at(r), "record header cut: ", pk_decimal(a, n), " bytes, expected 16", NULL);
}

static int too_long (pk_Reader *r, uint32_t caplen) {
  char a[24], b[24];
  return pk_reader_error(r, pk_reader_at(r), "captured length ", pk_decimal(a, caplen), ", expected at most ",
                         pk_decimal(b, r->maxlen), NULL);
}

static int cut_frame (pk_Reader *r, uint32_t caplen) {
  char a[24], b[24];
  return pk_reader_error(r, pk_reader_at(r), "frame cut: ", pk_decimal(a, r->end - r->begin - PK_PCAP_RECORD),
                         " bytes, expected ", pk_decimal(b, caplen), NULL);
}

static int pcap_next (pk_Reader *r, pk_Frame *frame) {
  const uint8_t *p;
  uint32_t seconds, fraction, caplen, wirelen;
  int got;
  if (r->end - r->begin < PK_PCAP_RECORD && (got = pk_reader_need(r, PK_PCAP_RECORD)) <= 0)
    return got < 0 ? got : cut_header(r);
  p = r->block + r->begin;
  seconds = pk_get32(p, 0);
  fraction = pk_get32(p + 4, 0);
  caplen = pk_get32(p + 8, 0);
  wirelen = pk_get32(p + 12, 0);
  if (r->swapped) {
    seconds = get32(r, p);
    fraction = get32(r, p + 4);
    caplen = get32(r, p + 8);
    wirelen = get32(r, p + 12);
  }
  if (r->lengths != CAPLEN_FIRST && (r->lengths == WIRELEN_FIRST || caplen > wirelen)) {
    uint32_t t = caplen;
    caplen = wirelen;
    wirelen = t;
  }
  if (caplen > r->maxlen) return too_long(r, caplen); /* whatever the header promises */
  if (r->end - r->begin < PK_PCAP_RECORD + (size_t)caplen &&
      (got = pk_reader_need(r, PK_PCAP_RECORD + (size_t)caplen)) <= 0)
    return got < 0 ? got : cut_frame(r, caplen);
  frame->data = (char *)r->block + r->begin + PK_PCAP_RECORD;
  frame->caplen = caplen;
  frame->wirelen = wirelen;
  frame->raw = 1;
  frame->seconds = seconds;
  frame->fraction = fraction;
  frame->time = (int64_t)seconds * 1000000000 + (int64_t)fraction * (r->precision == PK_NANO ? 1 : 1000);
  r->begin += PK_PCAP_RECORD + (size_t)caplen;
  __builtin_prefetch(r->block + r->begin); /* the next record comes while this frame is looked at: 1-4 ns */
  return 1;
}

const pk_Format pk_format_pcap = {"pcap", pcap_check, pcap_next};
