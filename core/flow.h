/*
** flow.h: conversations: the two ends of a packet, the same whichever of them sent it, and a table of them.
*/
#ifndef pktcraft_flow_h
#define pktcraft_flow_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "packet.h"

PK_BEGIN

/* Two ends in the order of their bytes: address, then port. Bytes that an address does not have are 0. */
typedef struct pk_FlowKey {
  uint8_t low[16], high[16];
  uint16_t lowport, highport; /* 0 where the transport has none */
  uint8_t size;               /* of the addresses: 4 or 16 */
  uint8_t protocol;           /* of IANA's "Protocol Numbers" */
  uint8_t zero[2];
} pk_FlowKey;

/* Where a packet belongs. */
typedef struct pk_FlowPlace {
  pk_FlowKey key;
  int fromhigh;  /* the high end sent it */
  uint32_t layer; /* of its transport, or (a packet without) of what gives the addresses */
} pk_FlowPlace;

/*
** Finds the ends of a packet whose layers have been found and measured: the outermost addresses, and the ports of what
** stands on them. 1, or 0: it has no addresses. What an error quotes does not count.
*/
PK_API int pk_flow_place (const pk_Packet *p, pk_FlowPlace *place);

/* The same of the first layer that carries a stream, and of the addresses next below it. 1, or 0: there is none. */
PK_API int pk_flow_streamplace (const pk_Packet *p, pk_FlowPlace *place);

/* A conversation. What is asked of each that is passed when one is looked for lies in one line of the cache. */
typedef struct pk_Flow {
  struct pk_Flow *chain; /* of its bucket */
  uint32_t hash;
  uint32_t slot; /* a number that no other has at the time, from 1 on */
  pk_FlowKey key;
  struct pk_Flow *older, *newer; /* by when they were put at the end of this list */
  uint8_t highfirst; /* the high end sent the first packet: side 0 is that which did */
  int64_t start, last; /* ns: times of the first packet, and of the last */
  uint8_t used;        /* since it was put at the end of the list */
  uint64_t packets[2], bytes[2]; /* by side; bytes on the wire, or what else the table counts */
} pk_Flow;

/* The side that sent a packet: 0, as the first one, or 1. */
static inline int pk_flow_side (const pk_Flow *f, const pk_FlowPlace *place) {
  return place->fromhigh != f->highfirst;
}

/* Whether more than `timeout` ns lie between two times, which may be any. */
static inline int pk_flow_idle (int64_t last, int64_t now, int64_t timeout) {
  return now > last && (uint64_t)now - (uint64_t)last > (uint64_t)timeout;
}

/* A table of conversations, in memory from pk_realloc. All zeros is an empty one that has not been set up. */
typedef struct pk_Flows {
  pk_Flow **buckets; /* `mask` + 1 of them */
  char **blocks;     /* of flows */
  pk_Flow *free, *oldest, *newest;
  size_t size; /* of one, which a pk_Flow begins */
  uint64_t seed;
  uint32_t mask, nblocks, maxblocks, n;
} pk_Flows;

/* Sets up a table of flows of `size` bytes each, a pk_Flow first. */
PK_API void pk_flows_init (pk_Flows *t, size_t size, uint64_t seed);
PK_API void pk_flows_free (pk_Flows *t);

PK_API uint32_t pk_flows_hash (const pk_Flows *t, const pk_FlowKey *key);

/* That of a key, or NULL. */
PK_API pk_Flow *pk_flows_find (const pk_Flows *t, const pk_FlowKey *key, uint32_t hash);

/* Enters a new one, zeros behind its pk_Flow; NULL: out of memory. None moves. */
PK_API pk_Flow *pk_flows_add (pk_Flows *t, const pk_FlowPlace *place, uint32_t hash, int64_t time);

/*
** The one that was used least recently, or NULL. Using one only sets its `used`, since neighbours in a list lie anywhere
** in memory: those that were used since they were listed are put at the end here.
*/
PK_API pk_Flow *pk_flows_oldest (pk_Flows *t);

/* Takes it out; its memory is used again. */
PK_API void pk_flows_remove (pk_Flows *t, pk_Flow *f);

PK_END

#endif
