/*
** sformat.h: what the formats of capture files share.
*/
#ifndef pktcraft_sformat_h
#define pktcraft_sformat_h

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

/* Whether a reader's format is one of these, for those who are not of the library and do not have them. */
static inline int pk_format_isclassic (const pk_Format *f) {
  return f != NULL && strcmp(f->name, "pcap") == 0;
}

static inline int pk_format_isng (const pk_Format *f) {
  return f != NULL && strcmp(f->name, "pcapng") == 0;
}

/* Whether the machine is big-endian. */
static inline int pk_bigendian (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 0;
}

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

#define PK_PCAP_HEADER 24 /* bytes of a classic file's header */
#define PK_PCAP_RECORD 16 /* and of a record's */
#define PK_PCAP_MICRO 0xa1b2c3d4u
#define PK_PCAP_NANO 0xa1b23c4du
#define PK_PCAP_MODIFIED 0xa1b2cd34u /* Kuznetzov's */

/* Types of pcapng blocks (draft-ietf-opsawg-pcapng). */
#define PK_NG_SECTION 0x0a0d0d0au /* the same in both byte orders */
#define PK_NG_INTERFACE 1u
#define PK_NG_PACKET 2u /* obsolete */
#define PK_NG_SIMPLE 3u
#define PK_NG_ENHANCED 6u
#define PK_NG_ORDER 0x1a2b3c4du
#define PK_NG_OPT_TSRESOL 9
#define PK_NG_OPT_TSOFFSET 14

/* A number of 8 bytes in a file's byte order. */
static inline uint64_t pk_get64 (const uint8_t *p, int swapped) {
  const uint64_t first = pk_get32(p, swapped), second = pk_get32(p + 4, swapped);
  return swapped != pk_bigendian() ? first << 32 | second : second << 32 | first;
}

static inline void pk_put32 (void *p, uint32_t w, int swapped) {
  w = pk_get32((const uint8_t *)&w, swapped);
  memcpy(p, &w, sizeof(w));
}

static inline void pk_put16 (void *p, uint16_t w, int swapped) {
  w = pk_get16((const uint8_t *)&w, swapped);
  memcpy(p, &w, sizeof(w));
}

/* Adds to the reader's interfaces; the block is copied. 0 or -1 with r->err. */
int pk_reader_addinterface (pk_Reader *r, const pk_Interface *i, const uint8_t *block, uint32_t len);

/* Of merged files: see merge.c. */
int pk_merge_begin (pk_Reader *r);
void pk_merge_free (struct pk_Merge *m);
int pk_merge_hasstdin (const struct pk_Merge *m);
int pk_merge_isfile (const struct pk_Merge *m, uint64_t dev, uint64_t ino);
void pk_merge_watch (struct pk_Merge *m, pk_Watch *w);
void pk_merge_position (struct pk_Merge *m, uint64_t *at, uint64_t *size);

/* Waits for what a pipe brings, till the watch is due: 0, or PK_INTERRUPTED. See watch.c. */
int pk_watch_wait (pk_Watch *w, int fd);

#endif
