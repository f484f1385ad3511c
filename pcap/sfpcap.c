/*
** sfpcap.c: reading the classic format (draft-ietf-opsawg-pcap): a header of 24 bytes, and records of
** 16 bytes and the frame; in Kuznetzov's variant of 24 bytes, the last 8 of which (interface, protocol,
** kind of packet) are passed over.
*/
#include <assert.h>
#include <string.h>

#include "savefile.h"
#include "sformat.h"

static uint32_t get32 (const pk_Reader *r, const uint8_t *p) {
  return pk_get32(p, r->swapped);
}

static uint16_t get16 (const pk_Reader *r, const uint8_t *p) {
  return pk_get16(p, r->swapped);
}

/* Byte order, precision and kind of record from the magic number: 1 or 0. */
static int read_magic (pk_Reader *r, const uint8_t *begin) {
  for (r->swapped = 0; r->swapped < 2; r->swapped++) {
    const uint32_t magic = get32(r, begin);
    if (magic == PK_PCAP_MICRO || magic == PK_PCAP_NANO || magic == PK_PCAP_MODIFIED) {
      r->precision = magic == PK_PCAP_NANO ? PK_NANO : PK_MICRO;
      r->recordhead = magic == PK_PCAP_MODIFIED ? PK_PCAP_RECORD + 8 : PK_PCAP_RECORD;
      return 1;
    }
  }
  return 0;
}

static int pcap_check (pk_Reader *r, const uint8_t *begin, size_t n) {
  uint16_t major, minor;
  pk_Interface only;
  char a[24], b[24];
  if (n < 4 || !read_magic(r, begin)) return 0;
  if (n < PK_PCAP_HEADER)
    return pk_reader_error(r, 0, "file header cut: ", pk_decimal(a, n), " bytes, expected 24", NULL);
  major = get16(r, begin + 4);
  minor = get16(r, begin + 6);
  if (!((major == 2 && minor <= 4) || (major == 543 && minor == 0)))
    return pk_reader_error(r, 0, "pcap version ", pk_decimal(a, major), ".", pk_decimal(b, minor),
                           " at byte 4, expected 2.0 to 2.4", NULL);
  if (major == 543 || minor < 3)
    r->lengths = PK_WIRELEN_FIRST;
  else
    r->lengths = minor == 3 ? PK_SMALLER_IS_CAPLEN : PK_CAPLEN_FIRST;
  r->linktype = get32(r, begin + 20) & 0x03ffffff;
  r->linkmore = get32(r, begin + 20) & 0xfc000000;
  r->snaplen = get32(r, begin + 16);
  if (r->snaplen == 0 || r->snaplen > INT32_MAX) r->snaplen = pk_snaplen_max(r->linktype);
  r->maxlen = pk_snaplen_max(r->linktype);
  memcpy(r->head, begin, PK_PCAP_HEADER);
  memset(&only, 0, sizeof(only));
  only.linktype = r->linktype;
  only.snaplen = r->snaplen;
  pk_interface_resolve(&only, r->precision == PK_NANO ? 9 : 6);
  if (pk_reader_addinterface(r, &only, NULL, 0) < 0) return -1;
  r->begin += PK_PCAP_HEADER;
  return 1;
}

/* The file ends in a record's header. */
static int cut_header (pk_Reader *r) {
  char a[24], b[24];
  const size_t n = r->end - r->begin;
  if (n == 0) return 0;
  return pk_reader_error(r, pk_reader_at(r), "record header cut: ", pk_decimal(a, n), " bytes, expected ",
                         pk_decimal(b, r->recordhead), NULL);
}

static int too_long (pk_Reader *r, uint32_t caplen) {
  char a[24], b[24];
  return pk_reader_error(r, pk_reader_at(r), "captured length ", pk_decimal(a, caplen), ", expected at most ",
                         pk_decimal(b, r->maxlen), NULL);
}

static int cut_frame (pk_Reader *r, uint32_t caplen) {
  char a[24], b[24];
  return pk_reader_error(r, pk_reader_at(r), "frame cut: ", pk_decimal(a, r->end - r->begin - r->recordhead),
                         " bytes, expected ", pk_decimal(b, caplen), NULL);
}

/* All that is read of the reader is read first, and once: what is stored may lie there, for all the compiler knows. */
static int pcap_next (pk_Reader *r, pk_Frame *frame) {
  const uint8_t *p;
  uint32_t seconds, fraction, caplen, wirelen, linktype;
  size_t len = r->recordhead;
  int got, swapped, unit;
  if (r->end - r->begin < len && (got = pk_reader_need(r, len)) <= 0) return got < 0 ? got : cut_header(r);
  p = r->block + r->begin;
  seconds = pk_get32(p, 0);
  fraction = pk_get32(p + 4, 0);
  caplen = pk_get32(p + 8, 0);
  wirelen = pk_get32(p + 12, 0);
  swapped = r->swapped;
  if (swapped) {
    seconds = get32(r, p);
    fraction = get32(r, p + 4);
    caplen = get32(r, p + 8);
    wirelen = get32(r, p + 12);
  }
  if (r->lengths != PK_CAPLEN_FIRST && (r->lengths == PK_WIRELEN_FIRST || caplen > wirelen)) {
    uint32_t t = caplen;
    caplen = wirelen;
    wirelen = t;
  }
  if (caplen > r->maxlen) return too_long(r, caplen); /* whatever the header promises */
  len += caplen;
  if (r->end - r->begin < len) {
    if ((got = pk_reader_need(r, len)) <= 0) return got < 0 ? got : cut_frame(r, caplen);
    p = r->block + r->begin;
  }
  linktype = r->linktype;
  unit = r->precision == PK_NANO ? 1 : 1000;
  frame->data = (char *)p + r->recordhead;
  r->begin += len;
  frame->record = p;
  frame->time = (int64_t)seconds * 1000000000 + (int64_t)fraction * unit;
  frame->caplen = caplen;
  frame->wirelen = wirelen;
  frame->seconds = seconds;
  frame->fraction = fraction;
  frame->recordlen = (uint32_t)len;
  frame->linktype = linktype;
  frame->swapped = swapped;
  frame->raw = 1;
  frame->interface = 0;
  frame->timeless = 0;
  frame->optionslen = 0;
  __builtin_prefetch(p + len); /* the next record comes while this frame is looked at: 1-4 ns */
  return 1;
}

/* Records as they mostly are: in the machine's order, or not, and whole in the block. */
uint32_t pk_reader_skip (pk_Reader *r, int (*skips) (void *arg, const uint8_t *bytes, size_t len), void *arg,
                         uint32_t most) {
  const uint8_t *p = r->block + r->begin, *end = r->block + r->end;
  const uint32_t maxlen = r->maxlen;
  const int swapped = r->swapped;
  uint32_t n = 0;
  if (r->format != &pk_format_pcap || r->lengths != PK_CAPLEN_FIRST || r->recordhead != PK_PCAP_RECORD || r->failed) return 0;
  if (r->offset + r->begin >= r->stop) return 0;
  if (r->stop - r->offset < r->end) end = r->block + (r->stop - r->offset); /* the record that goes beyond is not passed */
  while (n < most && (size_t)(end - p) >= PK_PCAP_RECORD) {
    const uint32_t caplen = pk_get32(p + 8, swapped);
    if (caplen > maxlen || caplen > (size_t)(end - p) - PK_PCAP_RECORD) break;
    __builtin_prefetch(p + PK_PCAP_RECORD + caplen); /* the next one */
    if (!skips(arg, p + PK_PCAP_RECORD, caplen)) break;
    p += PK_PCAP_RECORD + caplen;
    n++;
  }
  r->begin = (size_t)(p - r->block);
  r->frames += n;
  return n;
}

const pk_Format pk_format_pcap = {"pcap", pcap_check, pcap_next, NULL};
