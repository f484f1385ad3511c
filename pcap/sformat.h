/*
** sformat.h: what the formats of capture files share.
*/
#ifndef sformat_h
#define sformat_h

#include <string.h>

#include "savefile.h"

/*
** Makes `n` bytes available from r->begin on; what lay there may move. 1, 0: the file ends first (what
** is there is available), -1 with r->err, or PK_INTERRUPTED.
*/
int pk_reader_need (pk_Reader *r, size_t n);

/* Sets r->err: name, frame, byte, and the texts up to NULL; returns -1. `at` is where in the file. */
#if defined(__GNUC__)
__attribute__((sentinel))
#endif
int pk_reader_error (pk_Reader *r, uint64_t at, ...);

/* The place of r->begin in the file. */
static inline uint64_t pk_reader_at (const pk_Reader *r) {
  return r->offset + r->begin;
}

/* A number as text. */
const char *pk_decimal (char text[24], uint64_t n);

extern const pk_Format pk_format_pcap;
extern const pk_Format pk_format_pcapng;

/* Numbers as they lie in a file whose byte order is the machine's, or (swapped) is not. */
static inline uint16_t pk_get16 (const uint8_t *p, int swapped) {
  uint16_t w;
  memcpy(&w, p, sizeof(w));
  if (!swapped) return w;
  return (uint16_t)((unsigned)w << 8 | w >> 8);
}

static inline uint32_t pk_get32 (const uint8_t *p, int swapped) {
  uint32_t w;
  memcpy(&w, p, sizeof(w));
  return swapped ? w >> 24 | (w >> 8 & 0xff00) | (w << 8 & 0xff0000) | w << 24 : w;
}

/* Whether the machine is big-endian. */
static inline int pk_bigendian (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 0;
}

#define PK_PCAP_HEADER 24 /* bytes of a classic file's header */
#define PK_PCAP_RECORD 16 /* and of a record's */
#define PK_PCAP_MICRO 0xa1b2c3d4u
#define PK_PCAP_NANO 0xa1b23c4du

#endif
