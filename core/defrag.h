/*
** defrag.h: datagrams put together again from their fragments (RFC 791, section 3.2; RFC 8200, section 4.5; RFC 5722).
** A layout says by the fields ident, fragoffset (in 8 bytes) and flagmf that it may be of a fragment.
*/
#ifndef pktcraft_defrag_h
#define pktcraft_defrag_h

#include "api.h"
#include "flow.h"
#include "piece.h"

PK_BEGIN

/* What becomes of a packet. */
typedef enum pk_Fragment {
  PK_FRAG_NONE,       /* it is no fragment */
  PK_FRAG_WHOLE,      /* the last one that was lacking: the datagram is ready */
  PK_FRAG_INCOMPLETE, /* others are lacking */
  PK_FRAG_TRUNCATED,  /* not all of it was captured: lost */
  PK_FRAG_MISALIGNED, /* not the last one, and no multiple of 8 bytes: lost */
  PK_FRAG_TOOLARGE,   /* it goes on past the largest datagram: lost with all others */
  PK_FRAG_OVERLAP,    /* it overlaps another, which the policy forbids: lost with all others */
  PK_FRAG_BADEND,     /* it and others do not agree where the datagram ends: lost with all others */
  PK_FRAG_NOMEMORY    /* lost */
} pk_Fragment;

typedef enum pk_Policy { PK_OVERLAP_RFC, PK_OVERLAP_FIRST, PK_OVERLAP_LAST, PK_OVERLAP_DROP } pk_Policy;

/* Datagrams of which something is lacking. */
typedef struct pk_Datagram {
  pk_Flow flow; /* of its ends in the order of sending, its identification for ports */
  pk_Pieces pieces;
  uint8_t *head; /* the first fragment's frame up to its payload; or NULL */
  uint32_t headlen;
  uint32_t have;  /* bytes */
  uint32_t total; /* once the last fragment is there; else 0 */
  uint8_t dead;   /* what comes of it is lost */
} pk_Datagram;

typedef struct pk_DefragCounts {
  uint64_t fragments, whole, timeouts, evicted, truncated, misaligned, toolarge, overlapping, badend;
} pk_DefragCounts;

typedef struct pk_Defrag {
  pk_Flows table;
  int64_t timeout; /* ns after its first fragment that a datagram is given up */
  size_t maxheld;  /* bytes of fragments in all, with what each costs: then the oldest datagrams are given up */
  size_t held;
  pk_Policy policy; /* of overlaps; RFC: the first ones count where the layout has addresses of its own (IPv4), else DROP */
  pk_Overlap overlap;
  pk_DefragCounts counts;
  int64_t now;
  uint8_t *frame; /* the datagram that is whole, until the next call */
  size_t len;
} pk_Defrag;

PK_API void pk_defrag_init (pk_Defrag *d, uint64_t seed);
PK_API void pk_defrag_free (pk_Defrag *d);

/*
** Adds a packet whose layers have been found and measured, and that came at `time` (ns). With PK_FRAG_WHOLE `frame`
** holds the headers of the first fragment with all of the payload, lengths and sums up to it being right; a header that
** only fragments have is left out. With all others it is NULL.
*/
PK_API pk_Fragment pk_defrag_add (pk_Defrag *d, const pk_Packet *p, const pk_Bindings *b, int64_t time);

PK_END

#endif
