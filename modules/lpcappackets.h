/*
** lpcappackets.h: captures as packets, and as values of their fields.
*/
#ifndef lpcappackets_h
#define lpcappackets_h

#include <lua.h>

#include "lpcapsieve.h"
#include "lview.h"

/* An iteration over packets; what it points to, the iterator's upvalues keep. */
typedef struct Packets {
  Capture *c;
  Packet *pk;
  const luamem_Area *memory;
  int filtered;      /* by a function or BPF */
  Sieve *sieve;      /* `own`, or NULL */
  Sieve own;
  int64_t until;     /* of an interface: as its reader's, */
  int sure;          /* this too */
  const Binds *base; /* the registry's bindings */
  unsigned version;  /* of the packet's, when its first layer was looked for */
  uint32_t linktype; /* that it was looked for */
} Packets;

/* Upvalues of an iterator over packets: its first ones. */
enum { IT_STATE = lua_upvalueindex(1), IT_PACKET = lua_upvalueindex(2), IT_CAPTURE = lua_upvalueindex(3),
       IT_MEMORY = lua_upvalueindex(4), IT_FILTER = lua_upvalueindex(5), IT_MATCH = lua_upvalueindex(6) };
#define IT_UPVALUES 6

/*
** [-0, +6, e] Pushes the upvalues of an iterator over the packets of the capture at 1 that the filter at `filter` wants;
** lsieve_check has seen it. The state at upvalue 1 has `size` more bytes.
*/
Packets *lpackets_push (lua_State *L, int filter, size_t size);

/* [-0, +0, e] Has the packet be the next one that is wanted: 1, or 0 at the end. In the iterator's function. */
int lpackets_next (lua_State *L, Packets *it);

/* Methods of captures: packets([filter]), fields([filter,] ...), count([filter]) */
int lpcap_packets (lua_State *L);
int lpcap_fields (lua_State *L);
int lpcap_count (lua_State *L);

#endif
