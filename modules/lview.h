/*
** lview.h: packets and the views of their layers, as Lua objects.
*/
#ifndef lview_h
#define lview_h

#include <stdint.h>

#include <lua.h>
#include <lauxlib.h>

#include "llayreg.h"
#include "lmemlib.h"
#include "packet.h"

extern const char lpacket_meta[], lview_meta[]; /* names of classes, and by their addresses keys */
#define PACKET_META lpacket_meta
#define VIEW_META lview_meta
#define PACKETNAME "packet"

/*
** User values of packets: of a part, UV_PACKET_RECIPE holds its values; of two that were joined, that holds the
** left one and UV_PACKET_FIRST the right one; of a list, the list. After the last the views of first layers, by their place in
** the registry, in `nviews`.
*/
enum {
  UV_PACKET_MEMORY = 1, UV_PACKET_VIEWS, UV_PACKET_FIRST, UV_PACKET_RECIPE, UV_PACKET_LAYERS, UV_PACKET_BINDS,
  UV_PACKET_LAST = UV_PACKET_BINDS
};

/*
** A packet. Dissected when first asked, and again when its memory, the bindings or (a steering field
** written) `fresh` say so; `count` tells views.
*/
typedef struct Packet {
  const luamem_Area *area; /* of its memory, user value 1; NULL: a recipe not built yet */
  const Registry *registry; /* of the state */
  const Binds *binds;       /* the registry's, or those of a capture (user value 6) */
  const pk_Layout *first;  /* user value 3 keeps it */
  const Map *part;         /* a recipe of one layer: its layout; else NULL */
  uint8_t joined;          /* a recipe of two that were joined */
  uint8_t listed;          /* or of a list */
  uint8_t edited;          /* its bytes are no more those of its recipe */
  unsigned gen, version, count;
  int fresh;
  int nviews;
  struct View **views; /* the same, behind the packet; NULL where none has been made */
  size_t wirelen; /* 0: as captured */
  lua_Integer time, number;
  lua_Integer interface; /* of a capture, from 1 on; or 0 */
  int64_t linktype;      /* by which `first` was found, or -1 */
  int hastime;
  pk_Packet *p; /* user value 5, or behind it; NULL: nobody has read it yet */
} Packet;

typedef enum ViewKind { VIEW_LAYER, VIEW_STRUCT, VIEW_LIST, VIEW_ELEMENT } ViewKind;

/* A view; user values: 1 what it hangs on, 2 nested views by field or index. */
typedef struct View {
  Packet *packet;
  struct View *parent;   /* or NULL: of a layer */
  const Map *map;        /* names of its members; of a list, those of its elements */
  const pk_Field *field; /* that it is of the parent's; of an element: the list's */
  uint32_t n;            /* which layer of that layout, which element; from 1 on */
  ViewKind kind;
  unsigned seen;          /* the packet's count when what follows was found */
  const pk_Layer *layer;  /* or NULL: not there */
  size_t at;              /* of a list: where element n + 1 begins, when element n was read last */
} View;

/* [-0, +1, m] Pushes a new packet that is a recipe, of no parts yet; the class of packets is at `meta`. */
Packet *lpacket_pushrecipe (lua_State *L, const Registry *r, int meta);

/* [-0, +0, e] Builds the packet at `idx` if it is a recipe that has not been built, and readies it to be read. */
void lpacket_build (lua_State *L, int idx);

/* [-0, +0, -] The packet at `arg`, or NULL; its bytes may not have been made. */
Packet *lpacket_test (lua_State *L, int arg);

/* [-0, +0, e] Makes the bytes of the packet at `idx`, a recipe. */
void lpacket_makebytes (lua_State *L, int idx);

/* [-0, +0, -] Has the layers of the packet, which has been built, found anew if they may be others. */
static inline void lpacket_refresh (Packet *pk) {
  const luamem_Area *area = pk->area;
  if (pk->fresh && pk->gen == area->gen && pk->version == pk->binds->version) return;
  if (pk->version != pk->binds->version) pk_packet_init(pk->p, pk->p->shapes);
  pk_packet_begin(pk->p, pk->first, (const uint8_t *)area->data, area->len,
                  pk->wirelen > 0 ? pk->wirelen : area->len);
  pk->gen = area->gen;
  pk->version = pk->binds->version;
  pk->fresh = 1;
  pk->count++;
}

/* [-0, +0, -] The n-th layer of that layout, or NULL. */
static inline const pk_Layer *lpacket_seek (Packet *pk, const pk_Layout *l, uint32_t n) {
  lpacket_refresh(pk);
  if (n == 1) return pk_packet_seek(pk->p, pk->binds->bindings, l);
  pk_packet_seek(pk->p, pk->binds->bindings, NULL);
  return pk_packet_layer(pk->p, l, n);
}

/* [-0, +0, -] Finds and measures all layers. */
void lpacket_measure (Packet *pk);

/* [-0, +0, v] The packet at `arg`, measured. Upvalue 1 of all methods is the metatable. */
Packet *lpacket_check (lua_State *L, int arg);

/* [-0, +0, v] The packet at `arg`, built. */
Packet *lpacket_get (lua_State *L, int arg);

/*
** [-0, +1, e] Pushes a new packet over the memory at `m`. `first` is its first layout, which something else
** keeps. `many`: it is for many frames, and worth the room for views that are found in less time.
*/
Packet *lpacket_push (lua_State *L, int m, const pk_Layout *first, int many);

/* [-0, +0, -] Aims the packet at `idx` at the memory at `m` again, after it got one of its own. */
void lpacket_aim (lua_State *L, int idx, int m, const pk_Layout *first);

/* The layout that frames of a link type begin with, or NULL. */
static inline const pk_Layout *lpacket_first (const Binds *b, uint32_t linktype) {
  return pk_bindings_find(b->bindings, pk_space_hash(PK_SPACE_LINK), linktype);
}

/* [-0, +0, -] Gives the packet at `idx` the bindings at `binds`. */
void lpacket_setbinds (lua_State *L, int idx, int binds);

/* [-0, +1, m] Pushes the view of the n-th layer of a layout, which is there, of the packet at `idx`. */
void lview_push (lua_State *L, int idx, Packet *pk, const Map *map, uint32_t n);

/*
** [-0, +1, m] Pushes the value of the field that a walk found: nil when it is none that has one. For one
** with members, a view that hangs on the view at `idx`, or nil when `idx` is 0.
*/
int lview_pushvalue (lua_State *L, int idx, View *v, const pk_Walk *w, const Map *map);

/* [-0, +0, m] Makes the class of views. */
void lview_open (lua_State *L);

/* Methods of packets that check and change them: lpacketedit.c. */
int lpacket_verify (lua_State *L);
int lpacket_fix (lua_State *L);
int lpacket_insert (lua_State *L);
int lpacket_remove (lua_State *L);
int lpacket_pad (lua_State *L);

/* pkt:diff(other): lpacketdiff.c */
int lpacket_diff (lua_State *L);

/* pkt:setter(path, ...), setter(path, ...), getter(path, ...): lpacketset.c */
int lpacket_setter (lua_State *L);
int lpacket_setterof (lua_State *L);
int lpacket_getter (lua_State *L);

/*
** [-0, +0, e] The bytes of the field that `arg` names, as the paths of setters do, of a packet that has been measured: 1; 0: it
** is not there.
*/
int lpacket_findrange (lua_State *L, Packet *pk, int arg, size_t *begin, size_t *end);

/*
** [-0, +0..1, e] Pushes words of the packet at `idx`, fields of its layers by number, that may be put anew with
** the sums over them, in other bytes of that form; or NULL: it has not only such.
*/
struct PacketWords;
struct PacketWords *lpacket_pushwords (lua_State *L, int idx, const uint32_t *layers, const pk_Field *const *fields,
                                       int n);
void lpacket_putwords (const struct PacketWords *words, uint8_t *bytes, const uint32_t *values);

/* pkt:totable([recipe]): lpackettable.c */
int lpacket_totable (lua_State *L);

/* [-0, +1, m] Pushes a copy of a packet and its bytes, dissected: what no finalizer changes. */
pk_Packet *lpacket_pushcopy (lua_State *L, Packet *pk);

/* Methods of packets that print: lpacketshow.c. */
int lpacket_tostring (lua_State *L);
int lpacket_show (lua_State *L);
int lpacket_hexdump (lua_State *L);

#endif
