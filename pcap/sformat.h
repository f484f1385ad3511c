/*
** sformat.h: what the formats of capture files share.
*/
#ifndef sformat_h
#define sformat_h

#include "savefile.h"

/*
** Makes `n` bytes available from r->begin on; what lay there may move. 1, 0: the file ends first (what
** is there is available), -1 with r->err.
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

/* The longest frame of a link type. */
uint32_t pk_snaplen_max (uint32_t linktype);

extern const pk_Format pk_format_pcap;

#define PK_PCAP_HEADER 24 /* bytes of a classic file's header */
#define PK_PCAP_RECORD 16 /* and of a record's */
#define PK_PCAP_MICRO 0xa1b2c3d4u
#define PK_PCAP_NANO 0xa1b23c4du

#endif
